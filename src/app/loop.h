// One event loop for one job, with the watch for the person who wants it to stop.
#pragma once

#include "app/job.h"
#include "async/task.h"

#include <functional>

namespace pf::app {

// Runs `job` to its end.  Once `stop` is set (or `over()` says that the job is over by itself) it has
// `patience` to end in good order, then, and at once when `stop` is 2, `abort` is called, which must make
// everything pending fail.
void run_loop(asio::awaitable<void> job, StopFlag& stop, const std::function<bool()>& over,
              const std::function<void()>& abort);

}  // namespace pf::app
