// A token bucket as plain arithmetic over time points: it says how long to wait and never waits itself.
#pragma once

#include "base/clock.h"

#include <cstdint>

namespace pf::net {

class TokenBucket {
 public:
  // `bytes_per_second` 0: no limit.  `burst`: octets that may go at once after a pause.  Starts full.
  TokenBucket(std::uint64_t bytes_per_second, std::uint64_t burst, TimePoint now);

  // Takes `n` octets and says how long to wait before sending them; zero: now.  More than the burst is
  // allowed and becomes debt that later takers wait for, so that one big literal need not be cut.
  Duration take(std::uint64_t n, TimePoint now);

 private:
  double rate_;
  double burst_;
  double tokens_;  // negative: debt
  TimePoint last_;
};

}  // namespace pf::net
