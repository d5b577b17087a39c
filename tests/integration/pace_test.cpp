// Rates and portions between two Dovecots, by the clock on the wall.
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

TEST(Pace, TheRateIsKeptToWithinAFewPercent) {
  const DovecotServer source;
  const DovecotServer target;
  constexpr std::size_t count = 200, size = 10'000;
  std::vector<AwkwardMessage> messages;
  for (std::size_t i = 1; i <= count; ++i) messages.push_back(message_of_size(size, i));
  append_all(*oracle_of(source, "alice"), "INBOX", messages);
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");
  const auto at_target = first_session_of(target, "bob");

  // Measured from the first message that has arrived, so that the login does not count.
  const auto process = ferry.start_sync(from, to, {"--max-rate", "400K"});
  ASSERT_TRUE(eventually([&] { return at_target->select("INBOX", true).exists != 0; }));
  const auto begun = Clock::now();
  const double there = static_cast<double>(at_target->select("INBOX", true).exists);
  const auto ran = Ferry::finish(*process);
  const double took = seconds_since(begun);
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], count) << ran;
  const double rate = (static_cast<double>(count) - there) * size / took;
  EXPECT_GT(rate, 0.85 * 409'600) << took << " s for " << count - there;
  EXPECT_LT(rate, 1.15 * 409'600) << took << " s for " << count - there;
  EXPECT_EQ(difference(*oracle_of(source, "alice"), "INBOX", *at_target, "INBOX"), "");
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
