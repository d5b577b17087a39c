// Timers by MonoClock.  Included by task.h, so that every coroutine waits by the same rule.
#pragma once

#include "base/clock.h"

#include <asio/basic_waitable_timer.hpp>
#include <asio/wait_traits.hpp>

#include <algorithm>

// A loop that sleeps in the kernel does not see MonoClock::advance(), so once a test has used it no sleep is
// long; and none is longer than a second before, so that the first advance() is seen soon.
template <>
struct asio::wait_traits<pf::MonoClock> {
  static pf::Duration to_wait_duration(const pf::Duration& d) {
    constexpr pf::Duration advanced = std::chrono::milliseconds(1), ordinary = std::chrono::seconds(1);
    return std::min(d, pf::MonoClock::was_advanced() ? advanced : ordinary);
  }
};

namespace pf {

using Timer = asio::basic_waitable_timer<MonoClock>;

}  // namespace pf
