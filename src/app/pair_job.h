// The work between two accounts, on whatever event loop it is started: alone in its process or one of many.
#pragma once

#include "app/job.h"
#include "async/task.h"
#include "net/wiretap.h"
#include "state/writer.h"
#include "store/store.h"
#include "sync/check.h"

#include <functional>
#include <memory>
#include <optional>

namespace pf::app {

// Of a run that could not begin.
sync::Summary refused(const Error& error);

// Everything on one loop, and one piece of work at a time.
class PairJob {
 public:
  struct Shared {  // by all jobs of a process; what is null is not wanted
    std::shared_ptr<net::Wiretap> wiretap;
    state::Writer* writer = nullptr;
  };

  // All must outlive the job.
  PairJob(const Endpoint& from, const Endpoint& to, const Environment& environment, Shared shared,
          const sync::Observer& observer, StopFlag& stop)
      : from_(from),
        to_(to),
        environment_(environment),
        shared_(std::move(shared)),
        observer_(observer),
        stop_(stop) {}
  PairJob(const PairJob&) = delete;
  PairJob& operator=(const PairJob&) = delete;

  // Each connects, works, and has left both accounts when it returns.
  asio::awaitable<sync::Summary> sync(const sync::Policy& policy);  // and compares, when it is wanted
  asio::awaitable<sync::Summary> verify(const sync::VerifyPolicy& policy);
  asio::awaitable<sync::Summary> undo(std::int64_t run, const sync::Timing& timing);
  asio::awaitable<sync::Summary> check(const sync::Policy& policy, sync::CheckDepth depth);

  // It ends by itself, but some of it may have to be made to.
  [[nodiscard]] bool over() const { return at_work_ && at_work_->run->fatal.has_value(); }
  // Everything pending fails at once.
  void abort();

  struct Vitals {
    std::uint64_t moved = 0;  // octets both ways at both ends, and what was done of the work
    bool awaits_from = false, awaits_to = false;
    sync::Progress progress;
  };
  [[nodiscard]] Vitals vitals() const;

 private:
  struct AtWork {
    store::Store* source;
    store::Store* target;
    sync::RunContext* run;
  };
  class Presence;
  using Work = std::function<asio::awaitable<void>(sync::RunContext&)>;
  asio::awaitable<sync::Summary> between(const sync::Policy& policy, const sync::Observer& observer,
                                         state::Writer* writer, const Work& work);
  asio::awaitable<sync::Summary> compare(const sync::VerifyPolicy& policy, const sync::Observer& observer);

  const Endpoint& from_;
  const Endpoint& to_;
  const Environment& environment_;
  Shared shared_;
  const sync::Observer& observer_;
  StopFlag& stop_;
  std::optional<AtWork> at_work_;
};

}  // namespace pf::app
