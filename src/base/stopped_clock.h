#pragma once

namespace pf {

// For tests: while one lives, MonoClock stands still but for MonoClock::advance(), so that what takes how
// long does not depend on what else the machine has to do.  Not while another lives.
class StoppedClock {
 public:
  StoppedClock() noexcept;
  ~StoppedClock();
  StoppedClock(const StoppedClock&) = delete;
  StoppedClock& operator=(const StoppedClock&) = delete;
};

}  // namespace pf
