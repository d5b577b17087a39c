// Servers that ask to go slower, rates that are set, and runs that stop after so many octets.
#include "base/stopped_clock.h"
#include "unit/sync/rig.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

namespace pf::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Error throttled(std::optional<std::chrono::milliseconds> retry_after = {}, Scope scope = Scope::account) {
  Error error(Errc::throttled, scope, Retry::later, "", "NO Request is throttled.");
  error.retry_after = retry_after;
  return error;
}

double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

class Throttle : public ::testing::Test {
 protected:
  Throttle() { rig.flies = 100ms; }

  // A run, and how long it took by the virtual clock.
  std::pair<sync::Summary, double> timed() {
    const TimePoint begun = MonoClock::now();
    auto sum = rig.copy();
    return {std::move(sum), seconds(MonoClock::now() - begun)};
  }
  std::string fact(const std::string& name) const {
    state::MemoryJournal journal(rig.state, "memory:from", "memory:to");
    std::string out;
    asio::io_context loop{1};
    auto ask = [&]() -> asio::awaitable<void> {
      auto told = co_await journal.fact(name);
      if (told) out = *told;
    };
    asio::co_spawn(loop, ask(), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    loop.run();
    return out;
  }
  // What the target's rate is remembered to be.
  sync::Rates kept() const {
    return sync::decode_pace(fact("pace of target"), wall_seconds()).value_or(sync::Rates{});
  }
  std::size_t complaints_told() const {
    const auto told = rig.seen<sync::Notice>();
    return static_cast<std::size_t>(std::ranges::count_if(
        told, [](const auto& n) { return n.text.find("asks to slow down") != std::string::npos; }));
  }

  StoppedClock clock;  // what the machine takes does not count
  Rig rig;
};

TEST_F(Throttle, AnAppendThatIsThrottledGoesAgainWhenTheServerSaidSo) {
  for (const bool batches : {true, false}) {
    SCOPED_TRACE(batches);
    rig.forget_everything();
    rig.to = std::make_shared<store::MemoryServer>();
    rig.to->options.features.atomic_batch = batches;
    rig.flies = 1s;
    if (batches) rig.fill("INBOX", range(1, 120));
    int asked = 0;
    rig.to->options.refuse_append = [&](const MemoryCall&) -> std::optional<Error> {
      if (++asked > 2) return std::nullopt;
      return throttled(92'415ms);
    };
    const auto [sum, took] = timed();
    expect_ok(sum);
    expect_exact(rig);
    EXPECT_GE(took, 92.4);
    EXPECT_LE(asked, 150) << "it asks again and again";
    EXPECT_GE(complaints_told(), 1U);
    EXPECT_LE(complaints_told(), 2U);
    rig.to->options.refuse_append = nullptr;
    expect_nothing_left(rig);
  }
}

TEST_F(Throttle, OneOfManyIsThrottled) {
  rig.to->options.features.atomic_batch = false;
  rig.fill("INBOX", range(1, 60));
  for (const int which : {1, 17, 60}) {
    SCOPED_TRACE(which);
    rig.forget_everything();
    rig.to->drop("INBOX");
    rig.to->create("INBOX");
    int asked = 0;
    rig.to->options.refuse_append = [&](const MemoryCall&) -> std::optional<Error> {
      if (++asked != which) return std::nullopt;
      return throttled(3000ms);
    };
    const auto [sum, took] = timed();
    expect_ok(sum);
    expect_exact(rig);
    EXPECT_GE(took, 3.0);
    EXPECT_EQ(asked, 61);
  }
}

TEST_F(Throttle, ALargeMessageThatIsThrottledIsReadAgain) {
  rig.from->add("INBOX", mail(1, std::string(3'000'000, 'x')), "", date(1));
  int asked = 0;
  rig.to->options.refuse_append = [&](const MemoryCall&) -> std::optional<Error> {
    if (++asked > 2) return std::nullopt;
    return throttled(5000ms);
  };
  rig.flies = 500ms;
  const auto [sum, took] = timed();
  expect_ok(sum);
  expect_exact(rig);
  EXPECT_GE(took, 10.0);
  EXPECT_EQ(asked, 3);
}

TEST_F(Throttle, WhoThrottlesForEverIsLeftAloneAndNothingIsCalledBroken) {
  rig.flies = 60s;
  rig.fill("INBOX", range(1, 30));
  rig.fill("Work", range(101, 130));
  int asked = 0;
  rig.to->options.refuse_append = [&](const MemoryCall&) -> std::optional<Error> {
    ++asked;
    return throttled(10ms);
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::partial) << text_of(sum);
  EXPECT_LT(asked, 200);
  for (const auto& failure : sum.failures) EXPECT_EQ(failure.reason, "throttled");
  EXPECT_LE(sum.failures.size(), 2U) << "each mailbox once, not each message";
  rig.to->options.refuse_append = nullptr;
  expect_ok(rig.copy());
  expect_exact(rig);
}

TEST_F(Throttle, AWordInAnOkHalvesTheRateAndTheNextRunKnows) {
  rig.policy.connections = 1;
  rig.to->options.features.atomic_batch = false;
  for (int i = 1; i <= 60; ++i) rig.from->add("INBOX", mail(i, std::string(1000, 'x')), "", date(i));
  int answered = 0;
  rig.to->options.grumble = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::append || ++answered != 20) return std::nullopt;
    return throttled();
  };
  expect_ok(rig.copy());
  expect_exact(rig);
  EXPECT_EQ(complaints_told(), 1U);
  const auto found = kept();
  EXPECT_GT(found.messages, 0);
  EXPECT_GT(found.octets, 1000);
  // A second run that knows of a slow server goes slowly from the start.
  rig.to->options.grumble = nullptr;
  {
    state::MemoryJournal journal(rig.state, "memory:from", "memory:to");
    asio::io_context loop{1};
    auto tell = [&]() -> asio::awaitable<void> {
      ignore(co_await journal.set_fact("pace of target", sync::encode_pace({5, 0}, wall_seconds())));
    };
    asio::co_spawn(loop, tell(), [](const std::exception_ptr&) {});
    loop.run();
  }
  rig.fill("INBOX", range(101, 140));
  const auto [sum, took] = timed();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 40U);
  EXPECT_GE(took, 7.0);
  EXPECT_LE(took, 12.0);
  EXPECT_GT(kept().messages, 5.0) << "it grows while nobody complains";
}

TEST_F(Throttle, WithoutAComplaintNothingIsRemembered) {
  rig.fill("INBOX", range(1, 60));
  expect_ok(rig.copy());
  EXPECT_EQ(fact("pace of target"), "");
  EXPECT_EQ(fact("pace of source"), "");
}

TEST_F(Throttle, ASourceThatThrottlesIsWaitedForAndItsMessagesAreNotSuspected) {
  for (const Scope scope : {Scope::message, Scope::account}) {
    for (const int at : {2, 3, 40}) {
      SCOPED_TRACE(at);
      rig.forget_everything();
      rig.from = std::make_shared<store::MemoryServer>();
      rig.to = std::make_shared<store::MemoryServer>();
      rig.fill("INBOX", range(1, 60));
      rig.from->options.before = fault_at(Op::read, at, throttled(20'000ms, scope));
      const auto [sum, took] = timed();
      expect_ok(sum);
      expect_exact(rig);
      EXPECT_GE(took, 20.0);
    }
  }
}

TEST_F(Throttle, AnyOtherCallMayBeThrottled) {
  for (const auto op : {Op::list, Op::status, Op::open, Op::scan, Op::fetch, Op::create}) {
    for (const bool at_source : {true, false}) {
      if (at_source && op == Op::create) continue;
      SCOPED_TRACE(fmt::format("{} at {}", store::name(op), at_source ? "source" : "target"));
      rig.forget_everything();
      rig.from = std::make_shared<store::MemoryServer>();
      rig.to = std::make_shared<store::MemoryServer>();
      rig.from->options.list_status = rig.to->options.list_status = false;
      rig.fill("INBOX", range(1, 20));
      rig.fill("Work", range(101, 120));
      (at_source ? rig.from : rig.to)->options.before = fault_at(op, 1, throttled(2000ms));
      expect_ok(rig.copy());
      expect_exact(rig);
    }
  }
}

TEST_F(Throttle, WhatIsKnownOfSuchServersIsTheStart) {
  rig.to->options.features.appends_per_second = 4;
  rig.fill("INBOX", range(1, 40));
  const auto [sum, took] = timed();
  expect_ok(sum);
  EXPECT_GE(took, 9.0);
  EXPECT_LE(took, 13.0);
}

// ---- rates that are wanted

TEST_F(Throttle, TheRateOfOctetsIsKept) {
  for (const auto order : {sync::Order::oldest, sync::Order::newest}) {
    SCOPED_TRACE(static_cast<int>(order));
    rig.forget_everything();
    rig.to = std::make_shared<store::MemoryServer>();
    rig.policy.order = order;
    rig.policy.pace.bytes_per_second = 100'000;
    rig.from = std::make_shared<store::MemoryServer>();
    std::uint64_t octets = 0;
    for (int i = 1; i <= 100; ++i) {
      const std::string text = mail(i, std::string(static_cast<std::size_t>(1000 + 200 * (i % 90)), 'x'));
      octets += text.size();
      rig.from->add("INBOX", text, "", date(i));
    }
    const auto [sum, took] = timed();
    expect_ok(sum);
    expect_exact(rig);
    const double least = static_cast<double>(octets) / 100'000;
    EXPECT_GE(took, least - 0.5);
    EXPECT_LE(took, least * 1.3 + 1);
  }
}

TEST_F(Throttle, ALargeMessageIsSentNoFasterThanTheRate) {
  rig.policy.pace.bytes_per_second = 500'000;
  rig.from->add("INBOX", mail(1, std::string(5'000'000, 'x')), "", date(1));
  std::map<int, std::size_t> arrived;  // by second
  const TimePoint begun = MonoClock::now();
  rig.to->options.received = [&](std::size_t octets) {
    arrived[static_cast<int>(seconds(MonoClock::now() - begun))] += octets;
  };
  const auto [sum, took] = timed();
  expect_ok(sum);
  expect_exact(rig);
  EXPECT_GE(took, 9.0);
  for (const auto& [second, octets] : arrived) EXPECT_LE(octets, 1'100'000U) << second;
}

TEST_F(Throttle, TheRateOfMessagesIsKept) {
  rig.policy.pace.messages_per_second = 10;
  rig.fill("INBOX", range(1, 50));
  rig.fill("Work", range(101, 150));
  const auto [sum, took] = timed();
  expect_ok(sum);
  expect_exact(rig);
  EXPECT_GE(took, 9.5);
  EXPECT_LE(took, 14.0);
}

TEST_F(Throttle, WhoWaitsForItsTurnStopsAtOnce) {
  rig.policy.pace.bytes_per_second = 1;
  rig.fill("INBOX", range(1, 50));
  const TimePoint begun = MonoClock::now();
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::append) rig.stop = 1;
    return std::nullopt;
  };
  std::size_t calls = 0;
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::read && ++calls == 2) rig.stop = 1;
    return std::nullopt;
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::interrupted);
  EXPECT_LT(seconds(MonoClock::now() - begun), 600);
}

// ---- no more than so much

class Portions : public ::testing::Test {
 protected:
  // What two sides hold the same way when all portions are through.
  void copy_in_portions(std::uint64_t most, std::size_t least_runs) {
    rig.policy.pace.most_bytes = most;
    std::size_t runs = 0;
    for (;; ++runs) {
      ASSERT_LT(runs, 400U);
      const auto sum = rig.copy();
      ASSERT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
      EXPECT_TRUE(sum.failures.empty());
      const bool one_large = sum.copied == 1;
      EXPECT_TRUE(sum.bytes_copied <= most || one_large) << sum.bytes_copied;
      if (sum.left == 0) {
        EXPECT_TRUE(sum.warnings.empty()) << text_of(sum);
        break;
      }
      EXPECT_GE(sum.copied, 1U) << "a run that gets nowhere";
      ASSERT_EQ(sum.warnings.size(), 1U) << text_of(sum);
      EXPECT_THAT(sum.warnings.front(), HasSubstr(fmt::format("stopped after {} bytes", sum.bytes_copied)));
      EXPECT_THAT(sum.warnings.front(), HasSubstr("run again"));
    }
    EXPECT_GE(runs + 1, least_runs);
    expect_exact(rig);
    rig.policy.pace.most_bytes.reset();
    expect_nothing_left(rig);
  }

  Rig rig;
};

TEST_F(Portions, AreTakenUntilAllIsThere) {
  for (const int box : {0, 1, 2}) {
    for (int i = 1; i <= 30; ++i) {
      rig.from->add(fmt::format("Box{}", box), mail(100 * box + i, std::string(1000, 'x')), "", date(i));
    }
  }
  copy_in_portions(20'000, 5);
}

TEST_F(Portions, AMessageLargerThanOneIsAPortionOfItsOwn) {
  rig.from->add("INBOX", mail(1, std::string(300, 'x')), "", date(1));
  rig.from->add("INBOX", mail(2, std::string(5000, 'x')), "", date(2));
  rig.from->add("INBOX", mail(3, std::string(3'000'000, 'x')), "", date(3));
  rig.from->add("INBOX", mail(4, std::string(300, 'x')), "", date(4));
  copy_in_portions(1000, 4);
}

TEST_F(Portions, ExactlyAllNeedsNoSecondRun) {
  rig.fill("INBOX", range(1, 9));
  std::uint64_t octets = 0;
  for (const auto& m : rig.from->messages("INBOX")) octets += m.bytes->size();
  copy_in_portions(octets, 1);
}

TEST_F(Portions, WhatIsUnfinishedIsNotSettled) {
  rig.fill("INBOX", range(1, 9));
  rig.policy.pace.most_bytes = 300;
  EXPECT_GT(rig.copy().left, 0U);
  const auto sum = rig.copy();
  EXPECT_GT(sum.copied, 0U);
  EXPECT_FALSE(sum.per_mailbox.front().settled);
}

TEST_F(Portions, ALostConnectionIsMadeUpForWithinThePortion) {
  rig.fill("INBOX", range(1, 60));
  for (const auto fault : {AppendFault::lose_answer, AppendFault::lose_command, AppendFault::store_late}) {
    rig.to = std::make_shared<store::MemoryServer>();
    rig.forget_everything();
    rig.to->options.append_fault = append_fault_at(1, fault);
    rig.policy.pace.most_bytes = 5000;
    const auto sum = rig.copy();
    EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
    EXPECT_GT(sum.bytes_copied, 4500U);
    EXPECT_LE(sum.bytes_copied, 5000U);
    rig.policy.pace.most_bytes.reset();
    rig.to->options.append_fault = nullptr;
    expect_ok(rig.copy());
    expect_exact(rig);
  }
}

TEST_F(Portions, BothWaysShareOne) {
  rig.source_may_change = true;
  rig.policy.mode = sync::Mode::two_way;
  rig.fill("INBOX", range(1, 20));
  for (int i = 101; i <= 120; ++i) rig.to->add("INBOX", mail(i), "\\Seen", date(i));
  copy_in_portions(2000, 3);
}

TEST(PortionsOf, AnySizeBringAllOfAnyMail) {
  const char* const many = std::getenv("POSTFERRY_ALL");
  for (unsigned seed = 1; seed <= (many != nullptr ? 200U : 20U); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return random() % n; };
    Rig rig;
    rig.policy.connections = 1 + below(3);
    rig.from->options.features.parallel = rig.to->options.features.parallel = rig.policy.connections;
    rig.policy.order = below(2) != 0 ? sync::Order::oldest : sync::Order::newest;
    for (int i = 1; i <= 40; ++i) {
      rig.from->add(fmt::format("Box{}", below(4)), mail(i, std::string(below(3000), 'x')), "", date(i));
    }
    rig.policy.pace.most_bytes = 500 + below(20'000);
    std::size_t runs = 0;
    for (; runs < 60; ++runs) {
      const auto sum = rig.copy();
      ASSERT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
      EXPECT_TRUE(sum.bytes_copied <= *rig.policy.pace.most_bytes || sum.copied == 1) << text_of(sum);
      if (sum.left == 0) break;
    }
    EXPECT_LT(runs, 60U);
    expect_exact(rig);
  }
}

}  // namespace
}  // namespace pf::test
