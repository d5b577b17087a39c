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
#include "sync/verify.h"

#include <optional>

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
  Status open(const Environment& environment, const std::string& from, const std::string& to) {
    if (!environment.state) {
      journal_ = std::make_unique<state::MemoryJournal>(std::make_shared<state::MemoryState>(), from, to);
      return {};
    }
    PF_TRY(lock_, state::PairLock::acquire(environment.state_dir, from, to));
    PF_TRY(auto opened, state::Database::open(environment.state_dir));
    notes = std::move(opened.notes);
    writer_.emplace(std::move(opened.database));
    journal_ = std::make_unique<state::SqliteJournal>(*writer_, from, to);
    return {};
  }
  [[nodiscard]] state::Journal& journal() { return *journal_; }
  Status close() { return writer_ ? writer_->close() : Status{}; }

  std::vector<std::string> notes;

 private:
  std::optional<state::PairLock> lock_;
  std::optional<state::Writer> writer_;
  std::unique_ptr<state::Journal> journal_;
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
  if (auto opened = memory.open(environment, from.account.label(), to.account.label()); !opened)
    return refused(opened.error());
  const auto source = make_store(from, environment, policy.connections, *wiretap);
  const auto target = make_store(to, environment, policy.connections, *wiretap);
  sync::RunContext run(*source, *target, memory.journal(), policy, observer, stop);
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

}  // namespace

sync::Summary run_sync(const Endpoint& from, const Endpoint& to, const sync::Policy& policy,
                       const Environment& environment, const sync::Observer& observer, StopFlag& stop) {
  return run_between(from, to, policy, environment, observer, stop,
                     [](sync::RunContext& run) { return sync::run_copy(run); });
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

}  // namespace pf::app
