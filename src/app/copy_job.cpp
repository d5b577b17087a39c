#include "app/job.h"
#include "app/loop.h"
#include "app/stores.h"
#include "async/group.h"
#include "state/database.h"
#include "state/memory_journal.h"
#include "state/pair_lock.h"
#include "state/sqlite_journal.h"
#include "state/writer.h"
#include "sync/run.h"
#include "sync/undo.h"
#include "sync/verify.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <variant>

namespace pf::app {

namespace {

sync::Summary refused(const Error& error) {
  sync::Summary summary;
  summary.outcome = sync::Outcome::failed;
  summary.fatal = error;
  summary.nothing_done = true;
  return summary;
}

// What a job remembers: a database on disk, held by one run a pair, or nothing.
class Memory {
 public:
  // `both_ways`: copies go back, too, and no other run may go that way meanwhile.
  Status open(const Environment& environment, const std::string& from, const std::string& to,
              bool both_ways) {
    if (!environment.state) {
      const auto state = std::make_shared<state::MemoryState>();
      journal_ = std::make_unique<state::MemoryJournal>(state, from, to);
      if (both_ways) back_journal_ = std::make_unique<state::MemoryJournal>(state, to, from);
      return {};
    }
    PF_TRY(lock_, state::PairLock::acquire(environment.state_dir, from, to));
    if (both_ways && from != to) {
      PF_TRY(back_lock_, state::PairLock::acquire(environment.state_dir, to, from));
    }
    PF_TRY(auto opened, state::Database::open(environment.state_dir));
    notes = std::move(opened.notes);
    writer_.emplace(std::move(opened.database));
    journal_ = std::make_unique<state::SqliteJournal>(*writer_, from, to);
    if (both_ways) back_journal_ = std::make_unique<state::SqliteJournal>(*writer_, to, from);
    return {};
  }
  [[nodiscard]] state::Journal& journal() { return *journal_; }
  [[nodiscard]] state::Journal* back_journal() { return back_journal_.get(); }  // null: one way only
  Status close() { return writer_ ? writer_->close() : Status{}; }

  std::vector<std::string> notes;

 private:
  std::optional<state::PairLock> lock_, back_lock_;
  std::optional<state::Writer> writer_;
  std::unique_ptr<state::Journal> journal_, back_journal_;
};

using Work = std::function<asio::awaitable<void>(sync::RunContext&)>;

// Both stores around one piece of work, on one loop.
sync::Summary run_between(const Endpoint& from, const Endpoint& to, const sync::Policy& policy,
                          const Environment& environment, const sync::Observer& observer, StopFlag& stop,
                          const Work& work) {
  auto wiretap = open_wiretap(environment);
  if (!wiretap) return refused(wiretap.error());
  Loop loop;  // before what answers to it
  Memory memory;
  const bool both_ways = policy.mode == sync::Mode::two_way;
  if (auto opened = memory.open(environment, from.account.label(), to.account.label(), both_ways); !opened)
    return refused(opened.error());
  const auto source = make_store(from, environment, policy.connections, *wiretap);
  const auto target = make_store(to, environment, policy.connections, *wiretap);
  sync::RunContext run(*source, *target, memory.journal(), policy, observer, stop);
  run.ask = environment.ask;
  run.back_journal = memory.back_journal();
  for (auto& note : memory.notes) run.warn(std::move(note));
  Status closed;
  auto job = [&]() -> asio::awaitable<void> {
    co_await work(run);
    TaskGroup leaving;
    co_await leaving.spawn(source->close());
    co_await leaving.spawn(target->close());
    ignore(co_await leaving.join());
    // The writer's thread touches the loop a moment longer than its last answer takes: it ends before the
    // loop.
    closed = memory.close();
  };
  auto over = [&] { return run.fatal.has_value(); };
  auto abort = [&] {
    source->abort();
    target->abort();
  };
  loop.run(job(), stop, over, abort);
  if (!closed && !run.summary.fatal) {
    run.summary.fatal = closed.error();
    run.summary.outcome = sync::Outcome::failed;
  }
  return std::move(run.summary);
}

// What a comparison found, into the summary of the copy before it.
void add_comparison(sync::Summary& copy, sync::Summary found) {
  copy.missing = found.missing;
  copy.extra = found.extra;
  copy.different = found.different;
  copy.normalised = found.normalised;
  copy.verify_differs = found.verify_differs;
  copy.failed += found.failed;
  copy.bytes_sent += found.bytes_sent;
  copy.bytes_received += found.bytes_received;
  copy.seconds += found.seconds;
  std::ranges::move(found.failures, std::back_inserter(copy.failures));
  std::ranges::copy_if(found.warnings, std::back_inserter(copy.warnings), [&](const auto& w) {
    return std::ranges::find(copy.warnings, w) == copy.warnings.end();
  });
  for (auto& mailbox : copy.per_mailbox) {
    const auto same = std::ranges::find(found.per_mailbox, mailbox.source, &sync::MailboxReport::source);
    if (same == found.per_mailbox.end()) continue;
    mailbox.missing = same->missing;
    mailbox.extra = same->extra;
    mailbox.different = same->different;
    mailbox.normalised = same->normalised;
  }
  if (found.fatal) copy.fatal = std::move(found.fatal);
  if (found.outcome != sync::Outcome::ok) copy.outcome = found.outcome;
}

// To those who watch it is one run: no second beginning, no second report of a mailbox.
sync::Observer without_frame(const sync::Observer& observer) {
  return [&observer](const sync::Event& event) {
    const bool frame = std::holds_alternative<sync::RunStarted>(event) ||
                       std::holds_alternative<sync::MailboxStarted>(event) ||
                       std::holds_alternative<sync::MailboxDone>(event);
    if (!frame) observer(event);
  };
}

}  // namespace

sync::Summary run_sync(const Endpoint& from, const Endpoint& to, const sync::Policy& policy,
                       const Environment& environment, const sync::Observer& observer, StopFlag& stop) {
  auto summary = run_between(from, to, policy, environment, observer, stop,
                             [](sync::RunContext& run) { return sync::run_copy(run); });
  const bool whole = !summary.fatal && summary.outcome != sync::Outcome::interrupted;
  // What waits for the next run would only be called missing.
  if (!policy.verify_after || !whole || summary.left != 0) return summary;
  const sync::VerifyPolicy comparison{.mailboxes = policy.mailboxes,
                                      .messages = policy.messages,
                                      .connections = policy.connections,
                                      .timing = policy.timing};
  add_comparison(summary, run_verify(from, to, comparison, environment, without_frame(observer), stop));
  return summary;
}

sync::Summary run_verify(const Endpoint& from, const Endpoint& to, const sync::VerifyPolicy& policy,
                         const Environment& environment, const sync::Observer& observer, StopFlag& stop) {
  sync::Policy as_copy;
  as_copy.mailboxes = policy.mailboxes;
  as_copy.messages = policy.messages;
  as_copy.connections = policy.connections;
  as_copy.timing = policy.timing;
  Environment stateless = environment;
  stateless.state = false;
  const bool content = policy.content;
  return run_between(from, to, as_copy, stateless, observer, stop,
                     [content](sync::RunContext& run) { return sync::run_verify(run, content); });
}

sync::Summary run_undo(const Endpoint& from, const Endpoint& to, std::int64_t run, const sync::Timing& timing,
                       const Environment& environment, const sync::Observer& observer, StopFlag& stop) {
  sync::Policy policy;
  policy.timing = timing;
  return run_between(from, to, policy, environment, observer, stop,
                     [run](sync::RunContext& context) { return sync::run_undo(context, run); });
}

}  // namespace pf::app
