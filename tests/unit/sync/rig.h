// The whole engine between two servers in memory, with what it remembers; runs that end, and runs that are
// killed.
#pragma once

#include "state/memory_journal.h"
#include "store/memory/memory_store.h"
#include "support/flying_time.h"
#include "sync/check.h"
#include "sync/run.h"
#include "sync/undo.h"
#include "sync/verify.h"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace pf::test {

using store::AppendFault;
using store::MemoryCall;
using store::Op;

inline constexpr std::int64_t sample_time = 1'000'000'000;

// A message with a Message-ID of its own for each number; `body` makes others with the same one.
inline std::string mail(int number, const std::string& body = "text") {
  return fmt::format(
      "Message-ID: <{0}@example.com>\r\nFrom: a@example.com\r\nSubject: number {0}\r\n"
      "Date: Sun, 9 Sep 2001 01:46:40 +0000\r\n\r\n{1}\r\n",
      number, body);
}

inline std::string mail_without_id(int number, const std::string& body = "text") {
  return fmt::format("From: a@example.com\r\nSubject: number {}\r\n\r\n{}\r\n", number, body);
}

inline InternalDate date(int number) {
  return {sample_time + number, 0};
}

inline Error connection_cut() {
  return {Errc::disconnected, Scope::connection, Retry::now, "the line was cut"};
}

// All that is remembered, as far as a run could change it.
inline std::string text_of(const state::MemoryState& state) {
  std::string out;
  for (const auto& [id, m] : state.mailboxes) {
    out +=
        fmt::format("mailbox {} \"{}\" \"{}\" epochs {} settled {} pairs {} parked {} open {} watched {}\n",
                    id, m.record.source_name, m.record.target_name,
                    m.record.source_epoch.bytes().size() + m.record.target_epoch.bytes().size(),
                    m.record.source_settled + m.record.target_settled, m.pairs.size(), m.parked.size(),
                    m.open.size(), m.watched.size());
  }
  for (const auto& [id, run] : state.runs)
    out += fmt::format("run {} removals {}\n", id, run.removals.size());
  for (const auto& [accounts, facts] : state.facts) {
    for (const auto& [name, value] : facts) out += fmt::format("fact {}={}\n", name, value);
  }
  return out;
}

class Rig {
 public:
  Rig() {
    policy.timing.settle_floor = std::chrono::milliseconds(4);
    policy.timing.backoff_first = std::chrono::milliseconds(1);
    policy.timing.backoff_ceiling = std::chrono::milliseconds(4);
  }
  ~Rig() {
    EXPECT_EQ(from->violations(), std::vector<std::string>{});
    EXPECT_EQ(to->violations(), std::vector<std::string>{});
    if (!source_may_change) EXPECT_EQ(from->writes().total(), 0U) << "the source was changed";
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  std::shared_ptr<store::MemoryServer> from = std::make_shared<store::MemoryServer>();
  std::shared_ptr<store::MemoryServer> to = std::make_shared<store::MemoryServer>();
  std::shared_ptr<state::MemoryState> state = std::make_shared<state::MemoryState>();
  sync::Policy policy;
  std::atomic<int> stop{0};
  std::vector<sync::Event> events;  // of the last run
  bool source_may_change = false;   // two-way
  // Virtual time that passes whenever nothing is to be done; zero: time is real.
  Duration flies{};

  // Throws std::runtime_error when the run hangs.
  sync::Summary copy() {
    const std::string before = text_of(*state);
    auto running = start([](sync::RunContext& context) { return sync::run_copy(context); });
    auto summary = finish(std::move(running));
    if (policy.dry_run) EXPECT_EQ(text_of(*state), before) << "a dry run left a trace";
    return summary;
  }
  sync::Summary verify(bool content = false) {
    auto running = start([content](sync::RunContext& context) { return sync::run_verify(context, content); });
    return finish(std::move(running));
  }
  sync::Summary look(sync::CheckDepth how) {
    auto running = start([how](sync::RunContext& context) { return sync::run_check(context, how); });
    return finish(std::move(running));
  }
  sync::Summary undo(state::RunId id) {
    auto running = start([id](sync::RunContext& context) { return sync::run_undo(context, id); });
    return finish(std::move(running));
  }
  // A run that is killed as soon as `died` says so; false when it ended before.
  bool copy_until(const std::function<bool()>& died) {
    auto running = start([](sync::RunContext& context) { return sync::run_copy(context); });
    while (!running->ended && !died()) step(*running);
    if (running->ended) return false;
    bury(std::move(running));
    return true;
  }

  // Adds mail(number) for each, with date(number).
  void fill(std::string_view mailbox, const std::vector<int>& numbers) const {
    for (const int number : numbers) from->add(mailbox, mail(number), "\\Seen", date(number));
  }
  void forget_everything() { state = std::make_shared<state::MemoryState>(); }

  template <class E>
  [[nodiscard]] std::vector<E> seen() const {
    std::vector<E> out;
    for (const auto& event : events) {
      if (const auto* wanted = std::get_if<E>(&event)) out.push_back(*wanted);
    }
    return out;
  }

 private:
  struct Running {
    Running(const Rig& rig, sync::Observer watcher)
        : source(rig.from, "memory:from"),
          target(rig.to, "memory:to"),
          journal(rig.state, "memory:from", "memory:to"),
          back_journal(rig.state, "memory:to", "memory:from"),
          policy(rig.policy),
          observer(std::move(watcher)),
          context(source, target, journal, policy, observer, rig.stop) {
      context.back_journal = &back_journal;
    }
    asio::io_context loop{1};
    store::MemoryStore source, target;
    state::MemoryJournal journal, back_journal;
    sync::Policy policy;
    sync::Observer observer;
    sync::RunContext context;
    bool ended = false;
    std::exception_ptr thrown;
  };
  using Owner = std::unique_ptr<Running>;

  Owner start(const std::function<asio::awaitable<void>(sync::RunContext&)>& what) {
    events.clear();
    auto running =
        std::make_unique<Running>(*this, [this](const sync::Event& event) { events.push_back(event); });
    asio::co_spawn(running->loop, what(running->context), [at = running.get()](std::exception_ptr failure) {
      at->thrown = std::move(failure);
      at->ended = true;
    });
    return running;
  }

  static constexpr std::chrono::minutes hangs_after{5};  // on whatever machine

  static void step(Running& running) {
    const auto deadline = std::chrono::steady_clock::now() + hangs_after;
    running.loop.restart();
    if (running.loop.run_one_until(deadline) == 0 && !running.ended)
      throw std::runtime_error("the run hangs");
  }

  // What the loop of a killed run holds must neither go on nor be cleaned up: a killed program does neither.
  static void bury(Owner running) {
    static auto* const graveyard = new std::vector<Owner>;
    graveyard->push_back(std::move(running));
  }

  sync::Summary finish(Owner running) const {
    const auto deadline = std::chrono::steady_clock::now() + hangs_after;
    while (!running->ended) {
      if (flies != Duration::zero() && std::chrono::steady_clock::now() < deadline) {
        step_or_fly(running->loop, flies);
        continue;
      }
      running->loop.restart();
      if (std::chrono::steady_clock::now() > deadline ||
          (running->loop.run_one_until(deadline) == 0 && !running->ended)) {
        bury(std::move(running));
        throw std::runtime_error("the run hangs");
      }
    }
    if (running->thrown) std::rethrow_exception(running->thrown);
    return running->context.summary;
  }
};

// ---- what is where
// ---------------------------------------------------------------------------------------------

struct Held {
  std::string bytes, flags;
  std::int64_t seconds = 0;
  friend auto operator<=>(const Held&, const Held&) = default;
};
inline void PrintTo(const Held& held, std::ostream* out) {
  *out << fmt::format("({} octets, {:.60}..., [{}], {})", held.bytes.size(), held.bytes, held.flags,
                      held.seconds);
}

// As a multiset: sorted, with multiplicity.
inline std::vector<Held> contents(const store::MemoryServer& server, std::string_view mailbox) {
  std::vector<Held> out;
  for (const auto& m : server.messages(mailbox))
    out.push_back({*m.bytes, m.flags.to_string(), m.date.unix_seconds()});
  std::ranges::sort(out);
  return out;
}

// In the order of arrival.
inline std::vector<std::string> bodies(const store::MemoryServer& server, std::string_view mailbox) {
  std::vector<std::string> out;
  for (const auto& m : server.messages(mailbox)) out.push_back(*m.bytes);
  return out;
}

inline std::vector<std::string> mails(const std::vector<int>& numbers) {
  std::vector<std::string> out;
  for (const int n : numbers) out.push_back(mail(n));
  return out;
}

inline std::vector<int> range(int first, int last) {
  std::vector<int> out;
  for (int n = first; n <= last; ++n) out.push_back(n);
  return out;
}

// Every mailbox of the source is there with the same messages, flags and dates, and nothing else is.
inline void expect_exact(const Rig& rig) {
  for (const auto& id : rig.from->mailbox_ids()) {
    EXPECT_TRUE(rig.to->has(id)) << id;
    EXPECT_EQ(contents(*rig.to, id), contents(*rig.from, id)) << id;
  }
}

// The numbers of each mailbox explain all of its messages.  Only without a choice of messages.
inline void expect_adds_up(const sync::Summary& sum) {
  std::uint64_t all = 0;
  for (const auto& r : sum.per_mailbox) {
    EXPECT_EQ(r.copied + r.matched + r.restored + r.failed + r.vanished, r.source_messages)
        << r.source << ": copied " << r.copied << " matched " << r.matched << " restored " << r.restored
        << " failed " << r.failed << " vanished " << r.vanished;
    all += r.source_messages;
  }
  EXPECT_EQ(sum.source_messages, all);
}

inline std::string text_of(const sync::Summary& sum) {
  std::string out = fmt::format("outcome {}", sync::name(sum.outcome));
  if (sum.fatal) out += "; fatal: " + sum.fatal->describe();
  for (const auto& f : sum.failures) out += fmt::format("; {} {}: {}", f.mailbox, f.ref, f.message);
  for (const auto& w : sum.warnings) out += "; warning: " + w;
  return out;
}

inline void expect_ok(const sync::Summary& sum) {
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_TRUE(sum.failures.empty()) << text_of(sum);
  expect_adds_up(sum);
}

// Runs once more and expects nothing to happen.
inline void expect_nothing_left(Rig& rig) {
  const auto before = rig.to->writes().total();
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(rig.to->writes().total(), before) << text_of(sum);
  EXPECT_EQ(sum.copied + sum.restored + sum.flags_changed, 0U);
}

// ---- faults
// ----------------------------------------------------------------------------------------------------

// An Error at the n-th call of `op` (from 1), once.
inline store::MemoryOptions::Fault fault_at(Op op, int n, const Error& error) {
  auto count = std::make_shared<int>(0);
  return [op, n, error, count](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != op || ++*count != n) return std::nullopt;
    return error;
  };
}

// The n-th append (from 1) goes wrong in this way, once.
inline std::function<AppendFault(const MemoryCall&)> append_fault_at(int n, AppendFault fault) {
  auto count = std::make_shared<int>(0);
  return [n, fault, count](const MemoryCall&) { return ++*count == n ? fault : AppendFault::none; };
}

// The target refuses messages that hold `text`.
inline std::function<std::optional<Errc>(std::string_view)> refuses(std::string text, Errc why) {
  return [text = std::move(text), why](std::string_view bytes) -> std::optional<Errc> {
    if (bytes.find(text) == std::string_view::npos) return std::nullopt;
    return why;
  };
}

}  // namespace pf::test
