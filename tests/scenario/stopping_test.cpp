// When a run that was asked to end has had its time.
#include "app/loop.h"
#include "base/stopped_clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace pf::test {
namespace {

using namespace std::chrono_literals;

// The program promises five seconds from Ctrl-C to its end.
TEST(StopPatience, IsOverInLessThanFiveSeconds) {
  const StoppedClock clock;
  app::StopPatience patience;
  EXPECT_FALSE(patience.is_over(0, false));
  MonoClock::advance(1h);
  EXPECT_FALSE(patience.is_over(1, false));
  MonoClock::advance(3s);
  EXPECT_FALSE(patience.is_over(1, false));
  MonoClock::advance(1s);
  EXPECT_TRUE(patience.is_over(1, false));
}

TEST(StopPatience, BeginsAtTheTimeLimitToo) {
  const StoppedClock clock;
  app::StopPatience patience;
  EXPECT_FALSE(patience.is_over(0, true));
  MonoClock::advance(4s);
  EXPECT_TRUE(patience.is_over(0, true));
}

TEST(StopPatience, IsOverAtOnceAtTheSecondCtrlC) {
  const StoppedClock clock;
  app::StopPatience patience;
  EXPECT_FALSE(patience.is_over(1, false));
  EXPECT_TRUE(patience.is_over(2, false));
}

}  // namespace
}  // namespace pf::test
