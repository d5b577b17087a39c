// Rates and portions between two Dovecots, by the clock on the wall.  To within a few percent, by a clock of
// its own: tests/unit/sync/pace_test.cpp.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

TEST(Pace, TheRateIsNeverExceeded) {
  const DovecotServer source;
  const DovecotServer target;
  constexpr std::size_t count = 200, size = 10'000;
  std::vector<AwkwardMessage> messages;
  for (std::size_t i = 1; i <= count; ++i) messages.push_back(message_of_size(size, i));
  append_all(*oracle_of(source, "alice"), "INBOX", messages);
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");

  const auto begun = Clock::now();
  const auto ran = ferry.sync(from, to, {"--max-rate", "400K"});
  const double took = seconds_since(begun);
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], count) << ran;
  // A busy machine makes it slower, and a limit that is taken for something else ten times as slow.
  const double at_least = static_cast<double>(count * size) / 409'600;
  EXPECT_GT(took, 0.85 * at_least);
  EXPECT_LT(took, at_least + 40);
  EXPECT_EQ(difference(*oracle_of(source, "alice"), "INBOX", *oracle_of(target, "bob"), "INBOX"), "");
}

TEST(Pace, APortionIsFinishedAndTheNextRunGoesOn) {
  const DovecotServer source;
  const DovecotServer target;
  const auto at_source = oracle_of(source, "alice");
  std::vector<AwkwardMessage> messages;
  for (std::size_t i = 1; i <= 50; ++i) messages.push_back(message_of_size(10'000, i));
  append_all(*at_source, "INBOX", messages);
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");

  const auto first = ferry.sync(from, to, {"--max-bytes", "200K", "--verify"});
  EXPECT_EQ(first.code, 0) << first;
  EXPECT_EQ(first["copied"], 20U) << first;
  EXPECT_EQ(first["failed"], 0U) << first;
  EXPECT_TRUE(first.warned("30 messages are left: run again to go on")) << first;
  const auto second = ferry.sync(from, to, {"--max-bytes", "200K"});
  EXPECT_EQ(second["copied"], 20U) << second;
  const auto third = ferry.sync(from, to, {"--max-bytes", "200K"});
  EXPECT_EQ(third.code, 0) << third;
  EXPECT_EQ(third["copied"], 10U) << third;
  EXPECT_TRUE(third.warnings.empty()) << third;
  EXPECT_EQ(difference(*at_source, "INBOX", *oracle_of(target, "bob"), "INBOX"), "");
}

}  // namespace
}  // namespace pf::test
