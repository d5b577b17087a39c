#include "base/clock.h"

#include "base/stopped_clock.h"

#include <gtest/gtest.h>

namespace pf {
namespace {

using namespace std::chrono_literals;

TEST(MonoClock, AdvancesByWhatATestAsksFor) {
  EXPECT_FALSE(MonoClock::was_advanced());
  const auto before = MonoClock::now();
  MonoClock::advance(1h);
  EXPECT_TRUE(MonoClock::was_advanced());
  const auto passed = MonoClock::now() - before;
  EXPECT_GE(passed, 1h);
  EXPECT_LT(passed, 2h);
}

TEST(MonoClock, StandsStillWhileItIsStopped) {
  const auto before = MonoClock::now();
  {
    const StoppedClock stopped;
    const auto still = MonoClock::now();
    EXPECT_GE(still, before);
    // Until the clock it is made of has moved.
    for (const auto real = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() == real;) {
    }
    EXPECT_EQ(MonoClock::now(), still);
    MonoClock::advance(1h);
    EXPECT_EQ(MonoClock::now(), still + 1h);
    EXPECT_TRUE(MonoClock::was_advanced());
  }
  const auto after = MonoClock::now();
  EXPECT_GE(after, before + 1h);
  while (MonoClock::now() == after) {
  }
  EXPECT_GT(MonoClock::now(), after);
}

}  // namespace
}  // namespace pf
