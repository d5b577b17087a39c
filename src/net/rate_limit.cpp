#include "net/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace pf::net {

TokenBucket::TokenBucket(std::uint64_t bytes_per_second, std::uint64_t burst, TimePoint now)
    : rate_(static_cast<double>(bytes_per_second)),
      burst_(static_cast<double>(burst)),
      tokens_(burst_),
      last_(now) {}

Duration TokenBucket::take(std::uint64_t n, TimePoint now) {
  if (rate_ <= 0) return Duration::zero();
  if (now > last_) {
    const std::chrono::duration<double> passed = now - last_;
    tokens_ = std::min(burst_, tokens_ + passed.count() * rate_);
    last_ = now;
  }
  tokens_ -= static_cast<double>(n);
  if (tokens_ >= 0) return Duration::zero();
  // Rounded up: waiting exactly this long pays the whole debt.
  constexpr double ticks = static_cast<double>(Duration::period::den) / Duration::period::num;
  constexpr double most = 1e9 * ticks;  // 31 years; the cast of anything near 2^63 would be undefined
  return Duration(static_cast<Duration::rep>(std::ceil(std::min(-tokens_ / rate_ * ticks, most))));
}

}  // namespace pf::net
