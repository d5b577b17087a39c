#include "net/rate_limit.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::net {

namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1000s};

TEST(TokenBucket, LetsTheBurstPassAndThenTheRate) {
  TokenBucket bucket(1000, 500, start);
  EXPECT_EQ(bucket.take(500, start), 0s);
  EXPECT_EQ(bucket.take(1000, start), 1s);
  EXPECT_EQ(bucket.take(1000, start), 2s);
  EXPECT_EQ(bucket.take(0, start + 2s), 0s);
}

TEST(TokenBucket, SavesNoMoreThanTheBurst) {
  TokenBucket bucket(1000, 500, start);
  EXPECT_EQ(bucket.take(1500, start + 1h), 1s);
}

TEST(TokenBucket, WithoutARateNeverWaits) {
  TokenBucket bucket(0, 0, start);
  EXPECT_EQ(bucket.take(UINT64_MAX, start), 0s);
}

TEST(TokenBucket, SurvivesAnAbsurdAmountAndAClockThatStands) {
  TokenBucket bucket(1, 0, start);
  EXPECT_GT(bucket.take(UINT64_MAX, start), 1h);
  EXPECT_GT(bucket.take(1, start - 5s), 1h);
}

RC_GTEST_PROP(TokenBucket, NeverExceedsBurstPlusRateTimesTime, ()) {
  const auto rate = *rc::gen::inRange<std::uint64_t>(1, 10'000'000);
  const auto burst = *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
  TokenBucket bucket(rate, burst, start);
  TimePoint now = start;
  double sent = 0;
  for (int i = 0; i < 50; ++i) {
    const auto n = *rc::gen::inRange<std::uint64_t>(0, 300'000);
    now += bucket.take(n, now);
    sent += static_cast<double>(n);
    const std::chrono::duration<double> passed = now - start;
    RC_ASSERT(sent <= static_cast<double>(burst) + passed.count() * static_cast<double>(rate) + 1.0);
  }
}

}  // namespace

}  // namespace pf::net
