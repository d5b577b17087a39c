#include "cli/exit_status.h"

#include <gtest/gtest.h>

#include <csignal>

namespace pf::cli {
namespace {

using sync::Outcome;
using sync::Summary;

Error error_of(Errc code) {
  return {code, Scope::run, Retry::never, "x"};
}

Summary ended(Outcome outcome) {
  Summary summary;
  summary.outcome = outcome;
  return summary;
}

Summary stopped(Errc code, bool nothing_done) {
  auto summary = ended(Outcome::failed);
  summary.fatal = error_of(code);
  summary.nothing_done = nothing_done;
  return summary;
}

TEST(ExitStatus, TellsEachOutcomeByItself) {
  EXPECT_EQ(exit_status(ended(Outcome::ok), 0), 0);
  EXPECT_EQ(exit_status(ended(Outcome::partial), 0), 6);
  EXPECT_EQ(exit_status(ended(Outcome::refused), 0), 5);
  EXPECT_EQ(exit_status(ended(Outcome::failed), 0), 6);
  auto differs = ended(Outcome::ok);
  differs.verify_differs = true;
  EXPECT_EQ(exit_status(differs, 0), 4);
  differs.outcome = Outcome::partial;
  EXPECT_EQ(exit_status(differs, 0), 4);
}

TEST(ExitStatus, WarningsAndLostFlagsKeepZero) {
  auto summary = ended(Outcome::ok);
  summary.warnings = {"the target keeps no keyword"};
  summary.normalised = 3;
  EXPECT_EQ(exit_status(summary, 0), 0);
}

TEST(ExitStatus, AnythingThatFailedIsSix) {
  auto summary = ended(Outcome::ok);
  summary.failed = 1;
  EXPECT_EQ(exit_status(summary, 0), 6);
  summary.failed = 0;
  summary.failures = {{"INBOX", "", "permission", "no", ""}};
  EXPECT_EQ(exit_status(summary, 0), 6);
}

TEST(ExitStatus, WhatAGuardWithheldIsFiveWhateverElseFailed) {
  auto summary = ended(Outcome::ok);
  summary.withheld = 1;
  EXPECT_EQ(exit_status(summary, 0), 5);
  summary.outcome = Outcome::partial;
  summary.failed = 2;
  summary.verify_differs = true;
  EXPECT_EQ(exit_status(summary, 0), 5);
  summary.outcome = Outcome::interrupted;
  EXPECT_EQ(exit_status(summary, SIGINT), 130);
}

TEST(ExitStatus, ASignalIsToldOnlyWhenItEndedTheRun) {
  EXPECT_EQ(exit_status(ended(Outcome::interrupted), SIGINT), 130);
  EXPECT_EQ(exit_status(ended(Outcome::interrupted), SIGTERM), 143);
  EXPECT_EQ(exit_status(ended(Outcome::ok), SIGINT), 0);
  EXPECT_EQ(exit_status(stopped(Errc::cancelled, true), SIGTERM), 143);
}

TEST(ExitStatus, ATimeLimitLeavesSomeUndone) {
  EXPECT_EQ(exit_status(ended(Outcome::interrupted), 0), 6);
}

TEST(ExitStatus, NothingDoneForTheServersSakeIsThree) {
  for (const auto code :
       {Errc::resolve, Errc::refused, Errc::disconnected, Errc::timeout, Errc::tls, Errc::certificate,
        Errc::cleartext, Errc::auth_failed, Errc::auth_no_mech, Errc::protocol, Errc::unavailable,
        Errc::too_many_connections, Errc::throttled, Errc::rejected}) {
    EXPECT_EQ(exit_status(stopped(code, true), 0), 3) << name(code);
    EXPECT_EQ(exit_status(stopped(code, false), 0), 6) << name(code);
    EXPECT_EQ(exit_status(error_of(code), 0), 3) << name(code);
  }
}

TEST(ExitStatus, WhatIsOursIsOne) {
  for (const auto code : {Errc::unexpected, Errc::io, Errc::state}) {
    EXPECT_EQ(exit_status(stopped(code, true), 0), 1) << name(code);
    EXPECT_EQ(exit_status(stopped(code, false), 0), 1) << name(code);
  }
}

TEST(ExitStatus, FollowsThePrecedenceOfTheDesign) {
  // 2 before 130 before 7 before 3 before 5 before 6 before 4.
  auto all = stopped(Errc::usage, true);
  all.outcome = Outcome::interrupted;
  all.failed = 1;
  all.verify_differs = true;
  EXPECT_EQ(exit_status(all, SIGINT), 2);
  all.fatal = error_of(Errc::locked);
  EXPECT_EQ(exit_status(all, SIGINT), 130);
  EXPECT_EQ(exit_status(all, 0), 7);
  all.fatal = error_of(Errc::auth_failed);
  EXPECT_EQ(exit_status(all, 0), 3);
  all.fatal.reset();
  all.nothing_done = false;
  all.outcome = Outcome::refused;
  EXPECT_EQ(exit_status(all, 0), 5);
  all.outcome = Outcome::partial;
  EXPECT_EQ(exit_status(all, 0), 6);
  all.failed = 0;
  EXPECT_EQ(exit_status(all, 0), 4);
  all.verify_differs = false;
  all.outcome = Outcome::ok;
  EXPECT_EQ(exit_status(all, 0), 0);
}

}  // namespace
}  // namespace pf::cli
