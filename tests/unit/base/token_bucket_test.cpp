#include "base/token_bucket.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1000s};

// As somebody who has to wait does.
TimePoint taken_at(TokenBucket& bucket, std::uint64_t n, TimePoint now) {
  for (auto wait = bucket.take(n, now); wait != Duration::zero(); wait = bucket.take(n, now)) now += wait;
  return now;
}

TEST(TokenBucket, IsEmptyAtFirstAndThenKeepsTheRate) {
  TokenBucket bucket(1000, start);
  EXPECT_GT(bucket.take(500, start), 499ms);
  EXPECT_EQ(bucket.take(500, start + 500ms), 0s);
  EXPECT_GT(bucket.take(1, start + 500ms), 0s);
  EXPECT_EQ(bucket.take(1000, start + 1500ms), 0s);
}

TEST(TokenBucket, AWaitThatWasServedIsEnough) {
  for (const std::uint64_t rate : {1U, 3U, 7U, 999U, 48'000U, 1'000'000'007U}) {
    for (const std::uint64_t n : {1U, 2U, 500U, 1'000'003U}) {
      TokenBucket bucket(rate, start);
      const auto wait = bucket.take(n, start);
      EXPECT_GT(wait, 0s);
      EXPECT_EQ(bucket.take(n, start + wait), 0s) << rate << " " << n;
    }
  }
}

TEST(TokenBucket, SavesUpNoMoreThanASecond) {
  TokenBucket bucket(1000, start);
  EXPECT_EQ(bucket.take(1000, start + 24h), 0s);
  EXPECT_GT(bucket.take(1, start + 24h), 0s);
}

TEST(TokenBucket, LendsWhatIsLargerThanItAndIsPaidBack) {
  TokenBucket bucket(1000, start);
  EXPECT_EQ(bucket.take(10'000, start + 1s), 0s);
  const auto next = taken_at(bucket, 500, start + 1s);
  EXPECT_GE(next, start + 10s + 500ms);
  EXPECT_LE(next, start + 10s + 501ms);
}

TEST(TokenBucket, WithoutARateNeverWaits) {
  TokenBucket bucket(0, start);
  EXPECT_EQ(bucket.take(UINT64_MAX, start), 0s);
  EXPECT_EQ(bucket.take(UINT64_MAX, start), 0s);
}

TEST(TokenBucket, ANewRateKeepsTheDebtAndNotTheSavings) {
  TokenBucket bucket(1000, start);
  bucket.set_rate(10, start + 1s);
  EXPECT_EQ(bucket.take(10, start + 1s), 0s);
  EXPECT_GT(bucket.take(1, start + 1s), 0s) << "the thousand it had saved up are gone";
  EXPECT_EQ(bucket.take(100, start + 2s), 0s);
  bucket.set_rate(1000, start + 2s);
  const auto next = taken_at(bucket, 10, start + 2s);
  EXPECT_GE(next, start + 2s + 100ms) << "90 are still owed";
  EXPECT_LE(next, start + 2s + 101ms);
}

TEST(TokenBucket, LosesNothingToRoundingInADay) {
  // Asked every 7 ms for what 7 ms do not quite bring.
  TokenBucket bucket(333, start);
  TimePoint now = start;
  std::uint64_t taken = 0;
  while (now < start + 24h) {
    now += 7ms;
    if (bucket.take(1, now) == Duration::zero()) ++taken;
    now += 13ms;
    if (bucket.take(8, now) == Duration::zero()) taken += 8;
  }
  EXPECT_GE(taken, 333U * 86'400 - 333);
  EXPECT_LE(taken, 333U * 86'400 + 1);
}

TEST(TokenBucket, SurvivesAbsurdNumbersAndAClockThatGoesBack) {
  TokenBucket bucket(1, start);
  EXPECT_EQ(bucket.take(UINT64_MAX, start + 1s), 0s);
  EXPECT_GT(bucket.take(1, start + 1s), 24h);
  EXPECT_GT(bucket.take(1, start - 5s), 24h);
  TokenBucket fast(UINT64_MAX, start);
  EXPECT_EQ(fast.take(UINT64_MAX, start + 10'000h), 0s);
  EXPECT_GT(fast.take(1, start + 10'000h), 0s);
}

RC_GTEST_PROP(TokenBucket, NeverGivesMoreThanTheRateAllows, ()) {
  const auto rate = *rc::gen::inRange<std::uint64_t>(1, 10'000'000);
  TokenBucket bucket(rate, start);
  TimePoint now = start;
  double sent = 0, last = 0;
  for (int i = 0; i < 50; ++i) {
    const auto n = *rc::gen::inRange<std::uint64_t>(0, 300'000);
    now += std::chrono::milliseconds(*rc::gen::inRange(0, 1500));
    now = taken_at(bucket, n, now);
    last = static_cast<double>(n);
    sent += last;
    // What was lent last is not paid back yet.
    const std::chrono::duration<double> passed = now - start;
    RC_ASSERT(sent - last <= passed.count() * static_cast<double>(rate) + 1.0);
  }
}

RC_GTEST_PROP(TokenBucket, GivesAllTheRateAllowsToWhoAsksAllTheTime, ()) {
  const auto rate = *rc::gen::inRange<std::uint64_t>(1000, 10'000'000);
  TokenBucket bucket(rate, start);
  TimePoint now = start;
  double sent = 0;
  for (int i = 0; i < 200; ++i) {
    const auto n = *rc::gen::inRange<std::uint64_t>(1, 300'000);
    now = taken_at(bucket, n, now);
    sent += static_cast<double>(n);
  }
  const std::chrono::duration<double> passed = now - start;
  // Each wait is too long by less than a microsecond and a token.
  RC_ASSERT(sent + 200.0 * (static_cast<double>(rate) * 2e-6 + 1.0) >=
            passed.count() * static_cast<double>(rate) - 1.0);
}

}  // namespace
}  // namespace pf
