// Virtual time for a loop that does no real input or output.
#pragma once

#include "async/timer.h"

#include <asio/error_code.hpp>
#include <asio/io_context.hpp>

namespace pf::test {

// Does one thing that is ready; when there is none, time jumps by `flies` and the timers are looked at.  Asks
// no real clock whether something was ready: a machine that is busy elsewhere must not make time fly.
inline void step_or_fly(asio::io_context& loop, Duration flies) {
  loop.restart();
  if (loop.poll_one() != 0) return;
  MonoClock::advance(flies);
  // The loop looks at its timers when the first one it knows of is due.
  Timer due(loop, MonoClock::now() - flies);
  due.async_wait([](const asio::error_code&) {});
  loop.run_one();
}

}  // namespace pf::test
