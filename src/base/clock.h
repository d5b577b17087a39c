// Time as the program sees it.  Timers and deadlines use MonoClock (never the wall clock, which jumps);
// tests move it forward instead of sleeping.
#pragma once

#include <chrono>
#include <cstdint>

namespace pf {

struct MonoClock {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonoClock, duration>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept;
  // Tests only: jumps ahead by `d`.  Never goes back.
  static void advance(duration d) noexcept;
  static bool was_advanced() noexcept;
};

using Duration = MonoClock::duration;
using TimePoint = MonoClock::time_point;

constexpr double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

// Seconds since 1970-01-01 UTC by the wall clock; for records a person reads, never for waiting.
std::int64_t wall_seconds() noexcept;

}  // namespace pf
