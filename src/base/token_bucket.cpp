#include "base/token_bucket.h"

#include <algorithm>

namespace pf {

namespace {

constexpr std::int64_t billion = 1'000'000'000;
// Faster than any line, and a second's worth in billionths still fits.
constexpr std::int64_t most_rate = 9 * billion;
// Nobody lives to pay back more, and the sums stay far from overflow.
constexpr std::int64_t most_debt = std::int64_t{1} << 60;

std::int64_t clamped(std::uint64_t n, std::int64_t most) {
  return static_cast<std::int64_t>(std::min(n, static_cast<std::uint64_t>(most)));
}

}  // namespace

TokenBucket::TokenBucket(std::uint64_t per_second, TimePoint now)
    : rate_(clamped(per_second, most_rate)), last_(now) {}

void TokenBucket::set_rate(std::uint64_t per_second, TimePoint now) {
  fill(now);
  rate_ = clamped(per_second, most_rate);
  tokens_ = std::min(tokens_, rate_);
}

void TokenBucket::fill(TimePoint now) {
  if (now <= last_) return;
  const std::int64_t passed = std::chrono::duration_cast<std::chrono::nanoseconds>(now - last_).count();
  last_ = now;
  if (rate_ == 0) return;
  const std::int64_t seconds = passed / billion;
  if (seconds > (rate_ - tokens_) / rate_) {
    tokens_ = rate_;
    fraction_ = 0;
    return;
  }
  fraction_ += rate_ * (passed % billion) % billion;
  tokens_ += rate_ * seconds + rate_ * (passed % billion) / billion + fraction_ / billion;
  fraction_ %= billion;
  if (tokens_ < rate_) return;
  tokens_ = rate_;
  fraction_ = 0;
}

Duration TokenBucket::take(std::uint64_t n, TimePoint now) {
  fill(now);
  if (rate_ == 0) return Duration::zero();
  const std::int64_t wanted = clamped(n, most_debt);
  const std::int64_t enough = std::min(wanted, rate_);
  if (tokens_ >= enough) {
    tokens_ = std::max(tokens_ - wanted, -most_debt);
    return Duration::zero();
  }
  const std::int64_t missing = enough - tokens_;
  // Rounded up, to the microsecond: after exactly this long it is there.
  const std::int64_t whole = std::min<std::int64_t>(missing / rate_, std::int64_t{1} << 32);
  const double rest = static_cast<double>(missing % rate_) / static_cast<double>(rate_);
  const auto wait =
      std::chrono::seconds(whole) + std::chrono::microseconds(static_cast<std::int64_t>(rest * 1e6) + 1);
  return std::chrono::duration_cast<Duration>(wait);
}

}  // namespace pf
