#include "base/clock.h"

#include <atomic>

namespace pf {

namespace {
std::atomic<MonoClock::rep> advanced{0};
}

MonoClock::time_point MonoClock::now() noexcept {
  return time_point(std::chrono::steady_clock::now().time_since_epoch() +
                    duration(advanced.load(std::memory_order_relaxed)));
}

void MonoClock::advance(duration d) noexcept {
  advanced.fetch_add(d.count(), std::memory_order_relaxed);
}

bool MonoClock::was_advanced() noexcept {
  return advanced.load(std::memory_order_relaxed) != 0;
}

std::int64_t wall_seconds() noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace pf
