#include "base/clock.h"

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

}  // namespace
}  // namespace pf
