#include "sync/pace.h"

#include "async/group.h"
#include "base/stopped_clock.h"
#include "support/flying_time.h"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>

namespace pf::sync {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Error complaint(std::optional<std::chrono::milliseconds> retry_after = {}) {
  Error error(Errc::throttled, Scope::account, Retry::later, "APPEND", "NO Request is throttled.");
  error.retry_after = retry_after;
  return error;
}

// A pace and a loop whose time flies while nothing is to be done.
class Paced {
 public:
  explicit Paced(Rates most = {})
      : pace(
            "joe", most, [this] { return stop; },
            [this](std::string text) { said.push_back(std::move(text)); }) {}

  // Time until `job` is done.
  Duration takes(asio::awaitable<void> job) {
    bool done = false;
    const TimePoint begun = MonoClock::now();
    asio::co_spawn(loop, std::move(job), [&](const std::exception_ptr& thrown) {
      done = true;
      if (thrown) std::rethrow_exception(thrown);
    });
    const auto deadline = std::chrono::steady_clock::now() + 5min;
    while (!done && std::chrono::steady_clock::now() < deadline) test::step_or_fly(loop, flies);
    EXPECT_TRUE(done);
    return MonoClock::now() - begun;
  }
  // So many batches one after the other.
  Duration takes(int batches, std::uint64_t messages, std::uint64_t octets) {
    return takes(send(batches, messages, octets));
  }
  asio::awaitable<void> send(int batches, std::uint64_t messages, std::uint64_t octets) {
    for (int i = 0; i < batches; ++i) {
      const bool passed = co_await pace.pass(messages, octets);
      if (!passed) co_return;
      ++sent;
    }
  }

  StoppedClock clock;     // what the machine takes does not count
  Duration flies = 20ms;  // whenever nothing is to be done
  bool stop = false;
  int sent = 0;
  std::vector<std::string> said;
  Pace pace;
  asio::io_context loop{1};
};

double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

TEST(Pace, WithoutALimitNothingWaits) {
  Paced p;
  EXPECT_FALSE(p.pace.limited());
  EXPECT_LT(p.takes(1000, 50, 1'000'000), 1s);
  EXPECT_EQ(p.pace.messages_at_once(), UINT64_MAX);
  EXPECT_EQ(p.pace.octets_at_once(), UINT64_MAX);
  EXPECT_EQ(p.pace.found(), std::nullopt);
}

TEST(Pace, KeepsTheRateOfOctetsThatTheUserAllows) {
  Paced p({0, 100'000});
  EXPECT_TRUE(p.pace.limited());
  EXPECT_EQ(p.pace.octets_at_once(), 100'000U);
  // Never faster; slower only by what a machine with other things to do adds.
  const double took = seconds(p.takes(40, 3, 50'000));
  EXPECT_GE(took, 19.9);
  EXPECT_LT(took, 24);
  EXPECT_EQ(p.pace.found(), std::nullopt) << "what the user wants is no knowledge about the server";
}

TEST(Pace, KeepsTheRateOfMessagesThatTheUserAllows) {
  Paced p({2, 0});
  EXPECT_EQ(p.pace.messages_at_once(), 2U);
  const double took = seconds(p.takes(30, 1, 50'000));
  EXPECT_GE(took, 14.9);
  EXPECT_LT(took, 18);
}

TEST(Pace, LanesShareTheRateAndNoneIsLeftOut) {
  Paced p({0, 100'000});
  std::vector<int> done(4);
  auto lane = [&](std::size_t which) -> Task<void> {
    for (int i = 0; i < 10; ++i) {
      const bool on = co_await p.pace.pass(1, 10'000 * (which + 1));
      EXPECT_TRUE(on);
      ++done[which];
      if (which == 3) EXPECT_LE(std::ranges::max(done) - done[3], 2);
    }
    co_return Status{};
  };
  auto all = [&]() -> asio::awaitable<void> {
    TaskGroup lanes;
    for (std::size_t i = 0; i < 4; ++i) co_await lanes.spawn(lane(i));
    ignore(co_await lanes.join());
  };
  const double took = seconds(p.takes(all()));
  EXPECT_GE(took, 9.9);
  EXPECT_LT(took, 13);
}

TEST(Pace, AtTheFirstComplaintTheMeasuredRateIsHalved) {
  Paced p;
  // Ten batches a second.
  auto job = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 60; ++i) {
      const bool on = co_await p.pace.pass(5, 10'000);
      EXPECT_TRUE(on);
      co_await sleep_for(100ms);
    }
  };
  p.takes(job());
  p.pace.complained(complaint());
  ASSERT_TRUE(p.pace.found());
  EXPECT_NEAR(p.pace.found()->messages, 25, 6);
  EXPECT_NEAR(p.pace.found()->octets, 50'000, 12'000);
  ASSERT_EQ(p.said.size(), 1U);
  EXPECT_THAT(p.said.front(), HasSubstr("joe: the server asks to slow down (\"NO Request is throttled.\")"));
  EXPECT_THAT(p.said.front(), HasSubstr("a second"));
}

TEST(Pace, TheRateGrowsSteadilyWhileNobodyComplains) {
  Paced p;
  p.pace.begin_with({10, 0});
  p.flies = 100ms;
  // A tenth of a message more each second.
  const double begun = seconds(p.takes(10, 10, 0));
  EXPECT_NEAR(p.pace.found()->messages, 10 + 0.1 * begun, 0.15);
  EXPECT_LT(begun, 11);
  const double more = seconds(p.takes(100, 10, 0));
  EXPECT_LT(more, 80) << "a hundred seconds at the rate it began with";
  const double later = p.pace.found()->messages;
  EXPECT_NEAR(later, 10 + 0.1 * (begun + more), 0.3);
  p.pace.complained(complaint());
  EXPECT_NEAR(p.pace.found()->messages, later / 2, 0.6);
}

TEST(Pace, TimeInWhichNothingIsSentEarnsLittle) {
  Paced p;
  p.pace.begin_with({10, 0});
  p.takes(1, 1, 0);
  MonoClock::advance(24h);
  p.takes(1, 1, 0);
  EXPECT_LE(p.pace.found()->messages, 11.1);
}

TEST(Pace, AllWaitForTheTimeTheServerNames) {
  Paced p;
  p.takes(5, 10, 1000);
  p.flies = 500ms;
  p.pace.complained(complaint(92'415ms));
  auto all = [&]() -> asio::awaitable<void> {
    TaskGroup lanes;
    auto lane = [&]() -> Task<void> {
      const bool on = co_await p.pace.pass(1, 0);
      EXPECT_TRUE(on);
      co_return Status{};
    };
    for (int i = 0; i < 4; ++i) co_await lanes.spawn(lane());
    ignore(co_await lanes.join());
  };
  const double waited = seconds(p.takes(all()));
  EXPECT_GE(waited, 92.4);
  EXPECT_LT(waited, 97);
  EXPECT_THAT(p.said.front(), HasSubstr("waiting 92.4 s"));
}

TEST(Pace, ReadyWaitsForTheServerAndForNoRate) {
  Paced p({0, 1});
  auto job = [&]() -> asio::awaitable<void> {
    const bool on = co_await p.pace.ready();
    EXPECT_TRUE(on);
  };
  EXPECT_LT(p.takes(job()), 1s);
  p.pace.complained(complaint(5000ms));
  const double waited = seconds(p.takes(job()));
  EXPECT_GE(waited, 4.9);
  EXPECT_LT(waited, 6);
}

// Fifty commands on the wire bring fifty complaints.
TEST(Pace, TheEchoOfAComplaintHalvesNothing) {
  Paced p;
  p.pace.begin_with({100, 100'000});
  p.pace.complained(complaint(1000ms));
  for (int i = 0; i < 49; ++i) p.pace.complained(complaint(1000ms));
  EXPECT_EQ(p.pace.found(), (Rates{50, 50'000}));
  EXPECT_EQ(p.said.size(), 1U);
  MonoClock::advance(4s);
  p.pace.complained(complaint());
  EXPECT_EQ(p.pace.found(), (Rates{25, 25'000}));
  EXPECT_EQ(p.said.size(), 2U);
}

TEST(Pace, ALongerWishInAnEchoIsObeyed) {
  Paced p;
  p.pace.complained(complaint(1000ms));
  p.pace.complained(complaint(30'000ms));
  EXPECT_GE(p.takes(1, 1, 1), 29s);
}

TEST(Pace, NeverGoesBelowWhatStillMoves) {
  Paced p;
  p.pace.begin_with({1, 2000});
  for (int i = 0; i < 100; ++i) {
    p.pace.complained(complaint());
    MonoClock::advance(3s);
  }
  EXPECT_EQ(p.pace.found(), (Rates{0.1, 1024}));
}

TEST(Pace, WhatTheUserAllowsIsNeverExceededHoweverMuchTheServerBears) {
  Paced p({0, 10'000});
  p.pace.begin_with({0, 1'000'000});
  EXPECT_GE(seconds(p.takes(10, 1, 10'000)), 9.9);
  // It complains at that rate: the half of it counts, not the half of what was borne once.
  p.pace.complained(complaint());
  EXPECT_LE(p.pace.found()->octets, 5000.0);
}

TEST(Pace, AComplaintBeforeAnythingWasSentLimitsNoRate) {
  Paced p;
  p.pace.complained(complaint(500ms));
  EXPECT_EQ(p.pace.found(), std::nullopt);
  EXPECT_GE(p.takes(1, 1000, 1'000'000'000), 400ms);
  EXPECT_LT(p.takes(1, 1000, 1'000'000'000), 1s);
}

TEST(Pace, WhoStopsDoesNotWait) {
  Paced p;
  p.pace.begin_with({10, 0});
  p.pace.complained(complaint(24h));
  auto job = [&]() -> asio::awaitable<void> {
    TaskGroup group;
    auto sender = [&]() -> Task<void> {
      co_await p.send(1, 1, 1);
      co_return Status{};
    };
    co_await group.spawn(sender());
    co_await sleep_for(1s);
    p.stop = true;
    ignore(co_await group.join());
  };
  EXPECT_LT(p.takes(job()), 3s);
  EXPECT_EQ(p.sent, 0);
}

TEST(Pace, NobodyIsToldOnceItIsMuted) {
  Paced p;
  p.pace.mute();
  p.pace.complained(complaint());
  EXPECT_TRUE(p.said.empty());
}

// ---- remembered

constexpr std::int64_t today = 1'700'000'000;

TEST(KeptPace, IsReadAsItWasWrittenForADay) {
  const std::string kept = encode_pace({2.5, 40'000}, today);
  EXPECT_EQ(kept, "1700000000 2.500 40000");
  EXPECT_EQ(decode_pace(kept, today), (Rates{2.5, 40'000}));
  EXPECT_EQ(decode_pace(kept, today + 86'400), (Rates{2.5, 40'000}));
  EXPECT_EQ(decode_pace(kept, today + 86'401), std::nullopt);
  EXPECT_EQ(decode_pace(kept, today - 1), std::nullopt) << "from the future";
}

TEST(KeptPace, WhatIsNoneIsForgotten) {
  for (const auto* text : {"", " ", "x", "1700000000", "1700000000 1", "1700000000 1 2 3", "1700000000 -1 2",
                           "1700000000 nan 2", "1700000000 1 inf", "1700000000 1e300 2", "1700000000  1 2",
                           "99999999999999999999 1 2", "-5 1 2", "1700000000 1 2 x"}) {
    EXPECT_EQ(decode_pace(text, today), std::nullopt) << text;
  }
}

RC_GTEST_PROP(KeptPace, AnyTextIsReadWithoutHarm, (const std::string& text)) {
  const auto rates = decode_pace(text, today);
  if (rates) RC_ASSERT(rates->messages >= 0 && rates->octets >= 0);
}

}  // namespace
}  // namespace pf::sync
