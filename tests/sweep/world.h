// Two accounts in memory, a policy and a state directory: all that outlives a run.  Runs go by virtual time,
// with the real journal on SQLite, and nothing in them happens on another thread.
#pragma once

#include "state/database.h"
#include "state/sqlite_journal.h"
#include "state/writer.h"
#include "unit/sync/rig.h"

#include <cstdlib>
#include <filesystem>
#include <unistd.h>

namespace pf::test {

// Goes with its owner; in memory where the system has a file system there.
class ScratchDir {
 public:
  ScratchDir() {
    std::error_code none;
    const bool shm = std::filesystem::is_directory("/dev/shm", none);
    std::string pattern = (shm ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) /
                          "pf-sweep-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch directory");
    path_ = pattern;
  }
  ~ScratchDir() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// What a program that dies leaves of its state: whatever it has given to the kernel.  The shared memory of
// SQLite is not part of it, whoever comes first makes that anew.
inline void copy_state(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::create_directories(to);
  for (const auto* name : {"postferry.db", "postferry.db-wal"}) {
    std::filesystem::remove(to / name);
    if (std::filesystem::exists(from / name)) std::filesystem::copy_file(from / name, to / name);
  }
}

using Account = std::map<std::string, std::vector<Held>>;  // by mailbox
inline Account account(const store::MemoryServer& server) {
  Account out;
  for (const auto& id : server.mailbox_ids()) out[id] = contents(server, id);
  return out;
}

// Empty when equal.
inline std::string difference(const Account& wanted, const Account& there) {
  std::string out;
  for (const auto& [id, messages] : wanted) {
    if (!there.contains(id)) {
      out += fmt::format("no mailbox {}\n", id);
      continue;
    }
    const auto& held = there.at(id);
    std::vector<Held> missing, extra;
    std::ranges::set_difference(messages, held, std::back_inserter(missing));
    std::ranges::set_difference(held, messages, std::back_inserter(extra));
    for (const auto& [what, list] : {std::pair("missing", &missing), std::pair("extra", &extra)}) {
      for (const auto& m : *list)
        out += fmt::format("{}: {} [{}] {} {:.60}...\n", id, what, m.flags, m.seconds, m.bytes);
    }
  }
  for (const auto& [id, messages] : there) {
    if (!wanted.contains(id)) out += fmt::format("mailbox {} with {} messages\n", id, messages.size());
  }
  return out;
}

struct World {
  std::shared_ptr<store::MemoryServer> from = std::make_shared<store::MemoryServer>();
  std::shared_ptr<store::MemoryServer> to = std::make_shared<store::MemoryServer>();
  sync::Policy policy;
  std::filesystem::path state;
  std::atomic<int> stop{0};
  // Of the run under way, for those who look on.
  const state::Writer* writer = nullptr;

  [[nodiscard]] std::uint64_t writes() const { return from->writes().total() + to->writes().total(); }

  // Throws std::runtime_error when the run hangs, or cannot begin.
  sync::Summary run();
  // Its own servers, and in `directory` its own copy of the state in `remembered`.
  [[nodiscard]] std::unique_ptr<World> copy(const std::filesystem::path& remembered,
                                            const std::filesystem::path& directory) const {
    auto out = std::make_unique<World>();
    out->from = std::make_shared<store::MemoryServer>(*from);
    out->to = std::make_shared<store::MemoryServer>(*to);
    out->policy = policy;
    out->state = directory;
    copy_state(remembered, directory);
    return out;
  }
};

// Runs `loop` until `ended()`; when nothing is ready, time jumps.
inline void drive(asio::io_context& loop, const std::function<bool()>& ended) {
  constexpr auto jump = std::chrono::milliseconds(250);
  constexpr int most_jumps = 40000;  // almost three hours
  for (int jumps = 0; !ended();) {
    loop.restart();
    if (loop.poll_one() != 0) continue;
    if (++jumps > most_jumps) throw std::runtime_error("the run hangs");
    MonoClock::advance(jump);
    // The loop looks at its timers when one that it knows of is due.
    Timer due(loop, MonoClock::now() - jump);
    due.async_wait([](const asio::error_code&) {});
    loop.run_one();
  }
}

inline sync::Summary World::run() {
  asio::io_context loop{1};
  auto opened = state::Database::open(state.string());
  if (!opened) throw std::runtime_error(opened.error().describe());
  if (!opened->notes.empty()) throw std::runtime_error(opened->notes.front());
  state::Writer by_hand(std::move(opened->database), state::Writer::default_max_batch,
                        state::Writer::Served::by_caller);
  writer = &by_hand;
  store::MemoryStore source(from, "memory:from"), target(to, "memory:to");
  state::SqliteJournal journal(by_hand, "memory:from", "memory:to");
  state::SqliteJournal back_journal(by_hand, "memory:to", "memory:from");
  const sync::Observer nobody = [](const sync::Event&) {};
  sync::RunContext context(source, target, journal, policy, nobody, stop);
  context.back_journal = &back_journal;
  bool ended = false;
  asio::co_spawn(loop, sync::run_copy(context), [&](const std::exception_ptr& failure) {
    ended = true;
    if (failure) std::rethrow_exception(failure);
  });
  drive(loop, [&] { return ended; });
  writer = nullptr;
  if (auto closed = by_hand.close(); !closed) throw std::runtime_error(closed.error().describe());
  return std::move(context.summary);
}

}  // namespace pf::test
