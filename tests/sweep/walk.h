// Kills a run at every step it takes.  The run goes on; at each step the process forks, and the child finds
// what a killed run leaves behind: the servers as they are (they live in its memory), and the state directory
// as the kernel has it.  There a new run has to reach the same end, and one more must find nothing to do.
// Of the steps that leave behind what the step before did two of three are tried, with
// POSTFERRY_ALL=1 all.
#pragma once

#include "base/step.h"
#include "support/ferry.h"
#include "sweep/world.h"

#include <fstream>
#include <sys/wait.h>

namespace pf::test {

// What becomes of an append whose octets have all come when the client dies.
enum class InFlight : std::uint8_t {
  lost,
  stored_at_once,
  stored_while_looked_for,  // the next run is waiting for the target to settle
  stored_after_all,         // when the next run is over
};

struct Aftermath {
  InFlight in_flight = InFlight::lost;
  bool power_lost = false;  // of the state only what was synced is there
  [[nodiscard]] std::string text() const {
    constexpr std::array<std::string_view, 4> names{"lost", "stored at once", "stored while looked for",
                                                    "stored after all"};
    return fmt::format("in flight: {}{}", names.at(static_cast<std::size_t>(in_flight)),
                       power_lost ? ", power lost" : "");
  }
};

struct Walked {
  std::size_t points = 0;    // steps
  std::size_t judged = 0;    // those tried
  std::size_t variants = 0;  // of what came after the kill, all told
  std::vector<std::string> failures;
};

class Walk {
 public:
  // The world as it is before the run that is killed.
  explicit Walk(World& world) : world_(world) {}

  Walked go() {
    learn_the_end();
    copy_state(world_.state, scratch_.path() / "synced");
    hook(*world_.from);
    hook(*world_.to);
    current_ = this;
    set_step_hook([](Step) { current_->journal_step(); });
    const auto sum = world_.run();
    set_step_hook(nullptr);
    current_ = nullptr;
    while (children_ != 0) reap();
    if (const auto wrong = wrong_with(world_, sum); !wrong.empty())
      walked_.failures.push_back("without a kill: " + wrong);
    return std::move(walked_);
  }

 private:
  // Equal: between two steps only the dead program has learned something.
  struct Left {
    std::uint64_t writes = ~std::uint64_t{0}, committed = 0, synced = 0;
    std::size_t in_flight = 0;
    friend bool operator==(const Left&, const Left&) = default;
  };
  struct Arrived {
    std::string mailbox;
    std::vector<store::MemoryMessage> messages;
  };

  void learn_the_end() {
    const auto other = world_.copy(world_.state, scratch_.path() / "end");
    const auto sum = other->run();
    outcome_ = sum.outcome;
    end_from_ = account(*other->from);
    end_to_ = account(*other->to);
  }

  void hook(store::MemoryServer& server) {
    auto see = [this](const MemoryCall& call) -> std::optional<Error> {
      point(store::name(call.op));
      return std::nullopt;
    };
    server.options.before = server.options.after = see;
    server.options.received = [this](std::size_t) { point("octets of an append"); };
    server.options.arrived = [this, &server](std::string_view mailbox, const auto& messages) {
      in_flight_ = {std::string(mailbox), messages};
      receiver_ = &server;
      point("append, not stored yet");
      in_flight_ = {};
    };
  }
  static void unhook(store::MemoryServer& server) {
    auto& options = server.options;
    options.before = options.after = nullptr;
    options.received = nullptr;
    options.arrived = nullptr;
  }

  void journal_step() {
    const auto counted = world_.writer->counters();
    if (counted.syncs != syncs_) {
      syncs_ = counted.syncs;
      synced_ = counted.commits;
      copy_state(world_.state, scratch_.path() / "synced");
    }
    committed_ = counted.commits;
    point("journal");
  }

  void point(std::string_view where) {
    ++walked_.points;
    const Left left{world_.writes(), committed_, synced_, in_flight_.messages.size()};
    if (left == last_ && ++unchanged_ % 3 == 0 && !everything_wanted()) return;
    last_ = left;
    ++walked_.judged;
    walked_.variants += aftermaths().size();
    while (children_ >= 2) reap();
    const auto directory = scratch_.path() / fmt::format("{}", walked_.points);
    copy_state(world_.state, directory / "state");
    if (committed_ != synced_) copy_state(scratch_.path() / "synced", directory / "synced");
    const auto pid = ::fork();
    if (pid < 0) throw std::runtime_error("fork");
    if (pid == 0) be_the_child(where, directory);
    ++children_;
  }

  [[nodiscard]] std::vector<Aftermath> aftermaths() const {
    std::vector<Aftermath> out{{}};
    if (!in_flight_.messages.empty()) {
      out.push_back({InFlight::stored_at_once});
      out.push_back({InFlight::stored_while_looked_for});
      // Elsewhere a double that comes so late cannot be removed, only named.
      if (receiver_->options.features.targeted_remove) out.push_back({InFlight::stored_after_all});
    }
    if (committed_ == synced_) return out;
    auto all = out;
    for (auto& one : out) one.power_lost = true;
    std::ranges::copy(out, std::back_inserter(all));
    return all;
  }

  [[noreturn]] void be_the_child(std::string_view where, const std::filesystem::path& directory) {
    ::alarm(100);
    set_step_hook(nullptr);
    unhook(*world_.from);
    unhook(*world_.to);
    std::string wrong;
    int number = 0;
    for (const auto& after : aftermaths()) {
      std::string found;
      try {
        const auto left = world_.copy(directory / (after.power_lost ? "synced" : "state"),
                                      directory / fmt::format("{}", ++number));
        found = judge(*left, after.in_flight);
      } catch (const std::exception& e) {
        found = e.what();
      }
      if (!found.empty())
        wrong += fmt::format("killed at step {} ({}), {}: {}\n", walked_.points, where, after.text(), found);
    }
    if (!wrong.empty()) std::ofstream(failure_file(::getpid())) << wrong;
    std::error_code none;
    std::filesystem::remove_all(directory, none);
    ::_exit(wrong.empty() ? 0 : 1);
  }

  std::string judge(World& world, InFlight variant) {
    auto& receiver = receiver_ == world_.from.get() ? *world.from : *world.to;
    bool delivered = variant == InFlight::lost;
    auto deliver = [&] {
      if (std::exchange(delivered, true)) return;
      for (const auto& m : in_flight_.messages)
        receiver.add(in_flight_.mailbox, *m.bytes, m.flags.to_string(), m.date);
    };
    if (variant == InFlight::stored_at_once) deliver();
    if (variant == InFlight::stored_while_looked_for) {
      receiver.options.before = [&](const MemoryCall& call) -> std::optional<Error> {
        if (call.op == Op::refresh) deliver();
        return std::nullopt;
      };
    }
    auto sum = world.run();
    receiver.options.before = nullptr;
    if (auto wrong = wrong_with(world, sum); !wrong.empty()) return "the next run: " + wrong;
    if (!delivered) {
      deliver();
      sum = world.run();
      if (auto wrong = wrong_with(world, sum); !wrong.empty()) return "the run after a late double: " + wrong;
    }
    const auto writes = world.writes();
    sum = world.run();
    if (world.writes() != writes)
      return fmt::format("the last run: wrote {} times, {}", world.writes() - writes, text_of(sum));
    if (auto wrong = wrong_with(world, sum); !wrong.empty()) return "the last run: " + wrong;
    return {};
  }

  [[nodiscard]] std::string wrong_with(const World& world, const sync::Summary& sum) const {
    std::string out = difference(end_to_, account(*world.to)) + difference(end_from_, account(*world.from));
    for (const auto& server : {world.from, world.to}) {
      for (const auto& v : server->violations()) out += "violation: " + v + "\n";
    }
    if (sum.outcome != outcome_) out += "not as wanted\n";
    if (!out.empty()) out += text_of(sum);
    return out;
  }

  [[nodiscard]] std::filesystem::path failure_file(pid_t pid) const {
    return scratch_.path() / fmt::format("failure-{}", pid);
  }

  void reap() {
    int status = 0;
    const auto pid = ::wait(&status);
    if (pid < 0) throw std::runtime_error("wait");
    --children_;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    std::ifstream file(failure_file(pid));
    std::string text{std::istreambuf_iterator<char>(file), {}};
    walked_.failures.push_back(text.empty() ? fmt::format("a child died, status {:#x}", status) : text);
  }

  static inline Walk* current_ = nullptr;

  World& world_;
  ScratchDir scratch_;
  sync::Outcome outcome_ = sync::Outcome::ok;
  Account end_from_, end_to_;
  Arrived in_flight_;
  store::MemoryServer* receiver_ = nullptr;
  std::uint64_t syncs_ = 0, committed_ = 0, synced_ = 0;
  std::size_t children_ = 0;
  Left last_;
  std::size_t unchanged_ = 0;  // steps like the one before
  Walked walked_;
};

}  // namespace pf::test
