#include "base/clock.h"

#include "base/stopped_clock.h"

#include <atomic>

namespace pf {

namespace {
std::atomic<MonoClock::rep> advanced{0};
std::atomic<MonoClock::rep> stopped{0};  // since when; 0: it runs

MonoClock::rep running_time() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}
}  // namespace

MonoClock::time_point MonoClock::now() noexcept {
  const rep still = stopped.load(std::memory_order_relaxed);
  return time_point(
      duration((still != 0 ? still : running_time()) + advanced.load(std::memory_order_relaxed)));
}

void MonoClock::advance(duration d) noexcept {
  advanced.fetch_add(d.count(), std::memory_order_relaxed);
}

bool MonoClock::was_advanced() noexcept {
  return advanced.load(std::memory_order_relaxed) != 0;
}

StoppedClock::StoppedClock() noexcept {
  stopped = running_time();
  MonoClock::advance(MonoClock::duration(1));  // timers look at the clock often once it has been moved
}

StoppedClock::~StoppedClock() {
  stopped = 0;
}

std::int64_t wall_seconds() noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace pf
