#include "app/job.h"
#include "app/loop.h"
#include "app/memory.h"
#include "app/pair_job.h"
#include "app/stores.h"

#include <functional>

namespace pf::app {

namespace {

using Work = std::function<asio::awaitable<sync::Summary>(PairJob&)>;

// One piece of work on a loop of its own.
sync::Summary run_alone(const Endpoint& from, const Endpoint& to, const Environment& environment,
                        const sync::Observer& observer, StopFlag& stop, const Work& work) {
  auto wiretap = open_wiretap(environment);
  if (!wiretap) return refused(wiretap.error());
  Loop loop;  // before what answers to it
  auto state = SharedState::open(environment);
  if (!state) return refused(state.error());
  PairJob job(from, to, environment, {*std::move(wiretap), state->writer()}, observer, stop);
  sync::Summary summary;
  Status closed;
  auto all = [&]() -> asio::awaitable<void> {
    summary = co_await work(job);
    // The writer's thread touches the loop a moment longer than its last answer takes: it ends before the
    // loop.
    closed = state->close();
  };
  const auto notes = state->take_notes();
  for (const auto& note : notes) observer(sync::Event(sync::Warning{note}));
  loop.run(all(), stop, [&] { return job.over(); }, [&] { job.abort(); });
  summary.warnings.insert(summary.warnings.begin(), notes.begin(), notes.end());
  if (!closed && !summary.fatal) {
    summary.fatal = closed.error();
    summary.outcome = sync::Outcome::failed;
  }
  return summary;
}

}  // namespace

sync::Summary run_sync(const Endpoint& from, const Endpoint& to, const sync::Policy& policy,
                       const Environment& environment, const sync::Observer& observer, StopFlag& stop) {
  return run_alone(from, to, environment, observer, stop, [&](PairJob& job) { return job.sync(policy); });
}

sync::Summary run_verify(const Endpoint& from, const Endpoint& to, const sync::VerifyPolicy& policy,
                         const Environment& environment, const sync::Observer& observer, StopFlag& stop) {
  Environment stateless = environment;
  stateless.state = false;
  return run_alone(from, to, stateless, observer, stop, [&](PairJob& job) { return job.verify(policy); });
}

sync::Summary run_undo(const Endpoint& from, const Endpoint& to, std::int64_t run, const sync::Timing& timing,
                       const Environment& environment, const sync::Observer& observer, StopFlag& stop) {
  return run_alone(from, to, environment, observer, stop,
                   [&](PairJob& job) { return job.undo(run, timing); });
}

}  // namespace pf::app
