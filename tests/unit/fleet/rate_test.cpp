#include "fleet/rate.h"

#include <gtest/gtest.h>

namespace pf::fleet {
namespace {

using std::chrono::seconds;

Totals at(double elapsed, std::uint64_t messages, std::uint64_t bytes, std::size_t done,
          std::size_t waiting) {
  Totals t;
  t.seconds = elapsed;
  t.messages = messages;
  t.bytes = bytes;
  t.done = done;
  t.waiting = waiting;
  return t;
}

TEST(Rate, IsThatOfTheLastSecondsOnly) {
  Rate rate;
  const TimePoint start{seconds(100)};
  for (int second = 0; second <= 30; ++second) {
    const bool fast = second >= 15;
    const auto messages = static_cast<std::uint64_t>(fast ? 15 + (second - 15) * 100 : second);
    auto totals = at(second, messages, messages * 1000, 0, 1);
    rate.update(totals, start + seconds(second));
    if (second == 10) EXPECT_NEAR(totals.messages_per_second, 1, 0.01);
    if (second == 30) {
      EXPECT_NEAR(totals.messages_per_second, 100, 0.01);
      EXPECT_NEAR(totals.bytes_per_second, 100'000, 1);
    }
  }
}

TEST(Rate, IsNothingBeforeThereAreTwoLooks) {
  Rate rate;
  auto totals = at(0, 10, 10, 0, 1);
  rate.update(totals, TimePoint{seconds(1)});
  EXPECT_EQ(totals.messages_per_second, 0);
  EXPECT_FALSE(totals.seconds_left);
}

TEST(Rate, GuessesTheRestFromTheAccountsThatEnded) {
  Rate rate;
  auto totals = at(10, 0, 0, 25, 75);
  rate.update(totals, TimePoint{seconds(1)});
  ASSERT_TRUE(totals.seconds_left);
  EXPECT_NEAR(*totals.seconds_left, 30, 0.01);
  auto ended = at(10, 0, 0, 100, 0);
  rate.update(ended, TimePoint{seconds(2)});
  EXPECT_NEAR(*ended.seconds_left, 0, 0.01);
}

TEST(Rate, OneLargeAccountDoesNotStandStill) {
  Rate rate;
  Totals totals;
  totals.seconds = 100;
  totals.running = 1;
  totals.bytes = 250;
  totals.bytes_expected = 1000;
  rate.update(totals, TimePoint{seconds(1)});
  const double before = totals.seconds_left.value_or(0);
  EXPECT_GT(before, 0);
  totals.bytes = 750;
  rate.update(totals, TimePoint{seconds(2)});
  EXPECT_LT(totals.seconds_left.value_or(1e9), before);
}

}  // namespace
}  // namespace pf::fleet
