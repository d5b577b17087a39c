// A token bucket as plain arithmetic over time points: it says how long to wait and never waits itself.
// Tokens are whole and none is lost to rounding, so that the rate holds over days.
#pragma once

#include "base/clock.h"

#include <cstdint>

namespace pf {

class TokenBucket {
 public:
  // `per_second` 0: no limit.  Holds at most what one second brings, and is empty at first: what begins has
  // saved nothing up.
  TokenBucket(std::uint64_t per_second, TimePoint now);

  // What is saved up is kept as far as the new size allows, debt is kept whole.
  void set_rate(std::uint64_t per_second, TimePoint now);
  [[nodiscard]] std::uint64_t rate() const { return static_cast<std::uint64_t>(rate_); }

  // Takes `n` tokens and gives zero, or takes nothing and gives how long to wait before asking again.  More
  // than the bucket holds is lent when it is full, and paid back by those who come later: a large message
  // need not be cut.
  [[nodiscard]] Duration take(std::uint64_t n, TimePoint now);

 private:
  void fill(TimePoint now);

  std::int64_t rate_ = 0;
  std::int64_t tokens_ = 0;    // negative: debt
  std::int64_t fraction_ = 0;  // of the next token, in billionths
  TimePoint last_;
};

}  // namespace pf
