// How fast the whole goes, and how long it will take.
#pragma once

#include "base/clock.h"
#include "fleet/fleet.h"

#include <deque>

namespace pf::fleet {

// Fills in the rates of a Totals from those it saw before.
class Rate {
 public:
  static constexpr auto window = std::chrono::seconds(10);

  void update(Totals& totals, TimePoint now);

 private:
  struct Sample {
    TimePoint at;
    std::uint64_t messages, bytes;
  };
  std::deque<Sample> samples_;
};

}  // namespace pf::fleet
