// A fleet as a face sees it: many accounts side by side in one process.
#pragma once

#include "app/job.h"
#include "fleet/fleet.h"

#include <memory>
#include <set>
#include <vector>

namespace pf::app {

struct FleetPolicy {
  fleet::Work work = fleet::Work::sync;
  sync::Policy sync;
  sync::VerifyPolicy verify;
  fleet::Limits limits;
  fleet::Order order = fleet::Order::list;
  bool fail_fast = false;  // the first account that fails ends the run; what runs ends at a message boundary
  bool check_first = false;   // every account logs in at both ends before any work is begun
  bool retry_failed = false;  // only accounts that failed last time
  std::size_t threads = 0;    // event loops; 0: one a core, few accounts need fewer
};

// For a face, from any thread, while run_fleet() runs and before.
class FleetControl {
 public:
  FleetControl();
  // Nothing new begins and what runs ends at a message boundary, with its connections closed, and begins
  // again where it was when the run goes on.
  void pause();
  void resume();
  [[nodiscard]] bool paused() const;
  // This account ends at a message boundary, or never begins: Phase::not_done.
  void cancel(std::size_t pair);

 private:
  friend class FleetRun;
  [[nodiscard]] std::set<std::size_t> cancelled() const;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Runs the event loops on threads of its own, and returns when all of them have ended.  `stop` as in job.h.
// Nobody is asked anything (environment.ask is not used).  A password that cannot be read, a lock that
// another run holds and the like are failures of that account only.
fleet::Summary run_fleet(const std::vector<fleet::Pair>& pairs, const FleetPolicy& policy,
                         const Environment& environment, const fleet::Observer& observer, StopFlag& stop,
                         FleetControl control = {});

}  // namespace pf::app
