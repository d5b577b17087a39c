// One event loop for one job, with the watch for the person who wants it to stop.
#pragma once

#include "app/job.h"
#include "async/task.h"
#include "base/clock.h"

#include <functional>
#include <memory>

namespace pf::app {

// How long a job may take to end in good order once it was asked to.
class StopPatience {
 public:
  // `wish`: the stop flag; `over`: the job ends by itself.  True: it must be made to end now.
  bool is_over(int wish, bool over);

 private:
  TimePoint asked_{};
};

// Must outlive whatever still answers to it from another thread (state::Writer): make it first, close that
// before it goes.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs `job` to its end.  Once `stop` is set (or `over()` says that the job is over by itself) it has a
  // little time to end in good order, then, and at once when `stop` is 2, `abort` is called, which must make
  // everything pending fail.
  void run(asio::awaitable<void> job, StopFlag& stop, const std::function<bool()>& over,
           const std::function<void()>& abort);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pf::app
