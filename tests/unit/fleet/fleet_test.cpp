// What becomes of one account: its phase, its reason, and several attempts as one.
#include "fleet/fleet.h"

#include "fleet/attempts.h"

#include <gtest/gtest.h>

namespace pf::fleet {
namespace {

using sync::Outcome;
using sync::Summary;

TEST(Fleet, AnAccountIsDoneOnlyWhenNothingIsLeft) {
  Summary ok;
  EXPECT_EQ(phase_of(ok), Phase::done);
  Summary partial;
  partial.outcome = Outcome::partial;
  partial.failed = 1;
  EXPECT_EQ(phase_of(partial), Phase::failed);
  Summary withheld;
  withheld.outcome = Outcome::refused;
  withheld.withheld = 3;
  EXPECT_EQ(phase_of(withheld), Phase::failed);
  Summary broken;
  broken.outcome = Outcome::failed;
  broken.fatal = Error(Errc::auth_failed, Scope::account, Retry::never, "login");
  EXPECT_EQ(phase_of(broken), Phase::failed);
}

TEST(Fleet, WhatWasStoppedIsNotDoneEvenWhenItBrokeOnTheWay) {
  Summary stopped;
  stopped.outcome = Outcome::interrupted;
  stopped.fatal = Error(Errc::cancelled, Scope::run, Retry::never, "stopped");
  EXPECT_EQ(phase_of(stopped), Phase::not_done);
}

TEST(Fleet, AVerifyThatFindsDifferencesIsDone) {
  Summary differs;
  differs.outcome = Outcome::partial;
  differs.verify_differs = true;
  differs.missing = 2;
  EXPECT_EQ(phase_of(differs), Phase::done);
}

TEST(Fleet, TheReasonNamesTheFirstFailureAndHowManyMoreThereAre) {
  AccountResult result;
  result.phase = Phase::failed;
  result.summary.failures.push_back({"INBOX", "7", "too-big", "INBOX uid 7: too big", ""});
  EXPECT_EQ(result.reason(), "INBOX uid 7: too big");
  result.summary.failures.resize(3);
  EXPECT_EQ(result.reason(), "INBOX uid 7: too big (and 2 more)");
  result.summary.fatal = Error(Errc::auth_failed, Scope::account, Retry::never, "imaps://joe@example.com");
  EXPECT_NE(result.reason().find("joe@example.com"), std::string::npos);
  result.phase = Phase::done;
  EXPECT_EQ(AccountResult{}.reason(), "");
}

TEST(Fleet, AttemptsAddUpAndEndAsTheLastOneDid) {
  Summary first;
  first.outcome = Outcome::interrupted;
  first.copied = 30;
  first.bytes_copied = 3000;
  first.bytes_sent = 4000;
  first.source_messages = 50;
  first.warnings = {"slow", "strange"};
  first.per_mailbox.push_back({.source = "INBOX", .target = "INBOX", .copied = 30, .created = true});
  first.per_mailbox.push_back({.source = "Gone", .target = "Gone", .copied = 0});
  Summary second;
  second.copied = 20;
  second.matched = 30;
  second.bytes_copied = 2000;
  second.bytes_sent = 2500;
  second.source_messages = 50;
  second.warnings = {"slow"};
  second.per_mailbox.push_back({.source = "INBOX", .target = "INBOX", .copied = 20, .matched = 30});
  const auto all = together(first, second);
  EXPECT_EQ(all.outcome, Outcome::ok);
  EXPECT_EQ(all.copied, 50U);
  EXPECT_EQ(all.matched, 0U);  // those the first attempt brought are not there by themselves
  EXPECT_EQ(all.bytes_copied, 5000U);
  EXPECT_EQ(all.bytes_sent, 6500U);
  EXPECT_EQ(all.source_messages, 50U);
  EXPECT_EQ(all.warnings.size(), 2U);
  ASSERT_EQ(all.per_mailbox.size(), 2U);
  EXPECT_EQ(all.per_mailbox[0].copied, 50U);
  EXPECT_EQ(all.per_mailbox[0].matched, 0U);
  EXPECT_TRUE(all.per_mailbox[0].created);
}

}  // namespace
}  // namespace pf::fleet
