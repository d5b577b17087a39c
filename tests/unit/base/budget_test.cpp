#include "base/budget.h"

#include <gtest/gtest.h>

#include <limits>

namespace pf {
namespace {

TEST(ByteBudget, AdmitsUpToTheLimit) {
  ByteBudget budget(10);
  EXPECT_TRUE(budget.try_take(4));
  EXPECT_TRUE(budget.try_take(6));
  EXPECT_FALSE(budget.try_take(1));
  EXPECT_EQ(budget.left(), 0U);
  budget.give(6);
  EXPECT_TRUE(budget.try_take(5));
}

TEST(ByteBudget, LetsSomethingLargerInAloneSoThatItDoesNotWaitForEver) {
  ByteBudget budget(10);
  EXPECT_TRUE(budget.try_take(1));
  EXPECT_FALSE(budget.try_take(100));
  budget.give(1);
  EXPECT_TRUE(budget.try_take(100));
  EXPECT_TRUE(budget.over());
  EXPECT_FALSE(budget.try_take(1));
}

TEST(ByteBudget, CountsWhatIsHereAlready) {
  ByteBudget budget(10);
  budget.take(15);
  EXPECT_TRUE(budget.over());
  EXPECT_EQ(budget.left(), 0U);
  EXPECT_FALSE(budget.try_take(1));
  budget.give(5);
  EXPECT_FALSE(budget.over());
}

TEST(ByteBudget, DoesNotWrapAround) {
  ByteBudget budget(10);
  EXPECT_TRUE(budget.try_take(5));
  EXPECT_FALSE(budget.try_take(std::numeric_limits<std::uint64_t>::max()));
  budget.give(1000);
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace pf
