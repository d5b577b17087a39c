#include "base/backoff.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{};

Backoff with_random(double value, BackoffRules rules = {}) {
  return Backoff(rules, {}, [value] { return value; });
}

TEST(Backoff, TriesAgainAtOnceThenDoublesUpToTheCeiling) {
  auto backoff = with_random(0.5);  // no jitter
  std::vector<Duration> waits;
  for (int i = 0; i < 10; ++i) waits.push_back(*backoff.next(start));
  EXPECT_EQ(waits, (std::vector<Duration>{0s, 1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}));
}

TEST(Backoff, JitterStaysWithinAFifth) {
  auto shortest = with_random(0.0);
  auto longest = with_random(1.0);
  (void)shortest.next(start);
  (void)longest.next(start);
  EXPECT_EQ(*shortest.next(start), 800ms);
  EXPECT_EQ(*longest.next(start), 1200ms);
}

TEST(Backoff, GivesUpAfterTheAttemptsWithoutProgress) {
  auto backoff = with_random(0.5, {.max_attempts = 3});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(backoff.next(start).has_value());
  EXPECT_FALSE(backoff.next(start).has_value());
  EXPECT_EQ(backoff.attempts(), 3U);
}

TEST(Backoff, ProgressStartsFromTheBeginning) {
  auto backoff = with_random(0.5, {.max_attempts = 3});
  for (int i = 0; i < 3; ++i) (void)backoff.next(start);
  backoff.progress();
  EXPECT_EQ(backoff.attempts(), 0U);
  EXPECT_EQ(backoff.next(start), Duration(0s));
}

TEST(Backoff, ObeysTheServersOwnTimeEvenAboveTheCeiling) {
  auto backoff = with_random(0.9);
  EXPECT_EQ(backoff.next(start, 92415ms), Duration(92415ms));  // as Exchange says it
  EXPECT_EQ(backoff.attempts(), 1U);
  EXPECT_EQ(backoff.next(start, -5s), Duration(0s));
}

TEST(Backoff, NeverStartsARetryAfterTheDeadline) {
  Backoff backoff({}, start + 10s, [] { return 0.5; });
  EXPECT_TRUE(backoff.next(start, 10s).has_value());
  EXPECT_FALSE(backoff.next(start, 11s).has_value());
  EXPECT_FALSE(backoff.next(start + 10s).has_value());
  EXPECT_EQ(backoff.attempts(), 1U);
}

RC_GTEST_PROP(Backoff, EveryWaitIsBoundedByTheCeilingAndItsJitter, ()) {
  const auto ceiling = std::chrono::seconds(*rc::gen::inRange(1, 1000));
  const auto first = std::chrono::seconds(*rc::gen::inRange(0, 2000));
  Backoff backoff({.first = first, .ceiling = ceiling, .max_attempts = 100});
  while (const auto wait = backoff.next(start)) {
    RC_ASSERT(*wait >= Duration::zero());
    RC_ASSERT(*wait <= Duration(ceiling) * 6 / 5);
  }
  RC_ASSERT(backoff.attempts() == 100U);
}

}  // namespace
}  // namespace pf
