#include "unit/sync/rig.h"

namespace pf::test {
namespace {

using sync::Outcome;

std::vector<std::string> kinds(const Rig& rig) {
  std::vector<std::string> out;
  for (const auto& d : rig.seen<sync::Difference>()) out.push_back(d.kind + " " + d.mailbox + " " + d.ref);
  std::ranges::sort(out);
  return out;
}
using Lines = std::vector<std::string>;

// The same mail at both sides.
void fill_both(Rig& rig, std::string_view mailbox, const std::vector<int>& numbers) {
  for (const int n : numbers) {
    rig.from->add(mailbox, mail(n), "\\Seen", date(n));
    rig.to->add(mailbox, mail(n), "\\Seen", date(n));
  }
}

TEST(Verify, EqualAccountsAreEqual) {
  Rig rig;
  fill_both(rig, "INBOX", {1, 2, 2, 3});
  fill_both(rig, "A/B", {4});
  for (const bool content : {false, true}) {
    const auto sum = rig.verify(content);
    EXPECT_EQ(sum.outcome, Outcome::ok);
    EXPECT_FALSE(sum.verify_differs);
    EXPECT_EQ(sum.matched, 5U);
    EXPECT_EQ(sum.source_messages, 5U);
    EXPECT_EQ(sum.mailboxes, 2U);
    EXPECT_TRUE(kinds(rig).empty());
  }
  EXPECT_EQ(rig.to->writes().total(), 0U);
}

TEST(Verify, NamesWhatIsMissingAndWhatIsThereBesides) {
  Rig rig;
  fill_both(rig, "INBOX", {1});
  rig.fill("INBOX", {2});
  rig.to->add("INBOX", mail(9), "", date(9));
  const auto sum = rig.verify();
  EXPECT_TRUE(sum.verify_differs);
  EXPECT_EQ(sum.outcome, Outcome::ok);
  EXPECT_EQ(sum.matched, 1U);
  EXPECT_EQ(sum.missing, 1U);
  EXPECT_EQ(sum.extra, 1U);
  EXPECT_EQ(kinds(rig), (Lines{"extra INBOX 2", "missing INBOX 2"}));
}

// A copy of what is chosen, beside what was there before.
TEST(Verify, WhatIsLeftOutAtTheSourceIsLeftOutAtTheTarget) {
  Rig rig;
  fill_both(rig, "INBOX", {1, 2, 3, 4});
  rig.to->add("INBOX", mail(5), "", date(5));  // ours are all at the source
  rig.to->add("INBOX", mail(1), "", date(1));
  rig.policy.messages.since = date(3).unix_seconds();
  const auto sum = rig.verify();
  EXPECT_EQ(kinds(rig), (Lines{"extra INBOX 5"}));
  EXPECT_EQ(sum.source_messages, 2U);
  EXPECT_EQ(sum.matched, 2U);
}

// A Maildir tells the status of a mailbox only when it is asked.
TEST(Verify, AMailboxBesidesIsFoundAlsoWhereTheListingTellsNoStatus) {
  Rig rig;
  fill_both(rig, "INBOX", {1});
  rig.to->add("Old", mail(2), "", date(2));
  rig.to->options.list_status = false;
  EXPECT_TRUE(rig.verify().verify_differs);
  EXPECT_EQ(kinds(rig), (Lines{"extra Old "}));
}

TEST(Verify, AMailboxThatNobodyHasIsNamed) {
  Rig rig;
  fill_both(rig, "INBOX", {1});
  rig.policy.mailboxes.include = {"INBOX", "Nope*"};
  const auto sum = rig.verify();
  ASSERT_EQ(sum.warnings.size(), 1U);
  EXPECT_NE(sum.warnings[0].find("\"Nope*\""), std::string::npos) << sum.warnings[0];
  EXPECT_EQ(rig.copy().warnings, sum.warnings);
}

TEST(Verify, CountsTwins) {
  Rig rig;
  rig.fill("INBOX", {1, 1, 1});
  rig.to->add("INBOX", mail(1), "\\Seen", date(1));
  const auto sum = rig.verify();
  EXPECT_EQ(sum.matched, 1U);
  EXPECT_EQ(sum.missing, 2U);
}

TEST(Verify, AMissingMailboxIsMissingWithAllItHolds) {
  Rig rig;
  rig.fill("Gone", {1, 2});
  rig.to->add("Theirs", mail(3), "", date(3));
  rig.to->create("TheirsEmpty");
  const auto sum = rig.verify();
  EXPECT_TRUE(sum.verify_differs);
  EXPECT_EQ(sum.missing, 2U);
  EXPECT_EQ(sum.extra, 1U);
  EXPECT_EQ(kinds(rig), (Lines{"extra Theirs ", "missing Gone "}));
}

TEST(Verify, NamesOtherFlagsAndOtherDates) {
  Rig rig;
  rig.from->add("INBOX", mail(1), "\\Seen", date(1));
  rig.to->add("INBOX", mail(1), "\\Flagged", date(1));
  rig.from->add("INBOX", mail(2), "", date(2));
  rig.to->add("INBOX", mail(2), "", date(3));
  rig.from->add("INBOX", mail(3), "", InternalDate(sample_time, 0));
  rig.to->add("INBOX", mail(3), "", InternalDate(sample_time, 120));  // another zone, the same instant
  const auto sum = rig.verify();
  EXPECT_TRUE(sum.verify_differs);
  EXPECT_EQ(sum.different, 2U);
  EXPECT_EQ(sum.matched, 1U);
  const auto found = rig.seen<sync::Difference>();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NE(found[0].detail.find("flags (\\Seen) and (\\Flagged)"), std::string::npos) << found[0].detail;
  EXPECT_NE(found[1].detail.find("date"), std::string::npos) << found[1].detail;
}

TEST(Verify, ContentOfEqualSizeIsComparedOnlyWhenAsked) {
  Rig rig;
  rig.from->add("INBOX", mail(1, "right"), "", date(1));
  rig.to->add("INBOX", mail(1, "wrong"), "", date(1));
  fill_both(rig, "INBOX", {2});
  EXPECT_FALSE(rig.verify(false).verify_differs);
  const auto sum = rig.verify(true);
  EXPECT_TRUE(sum.verify_differs);
  EXPECT_EQ(sum.different, 1U);
  EXPECT_EQ(sum.matched, 1U);
  EXPECT_EQ(kinds(rig), (Lines{"different INBOX 1"}));
}

TEST(Verify, TwinsByKeyInAnotherOrderAreNoDifference) {
  Rig rig;
  // One Message-ID, equal sizes, equal dates: only the content tells them apart.
  rig.from->add("INBOX", mail(1, "aaaa"), "", date(1));
  rig.from->add("INBOX", mail(1, "bbbb"), "", date(1));
  rig.to->add("INBOX", mail(1, "bbbb"), "", date(1));
  rig.to->add("INBOX", mail(1, "aaaa"), "", date(1));
  const auto sum = rig.verify(true);
  EXPECT_FALSE(sum.verify_differs) << sum.different;
  EXPECT_EQ(sum.matched, 2U);
}

TEST(Verify, AMessageTheServerMendedIsNormalisedNotDifferent) {
  Rig rig;
  rig.from->add("INBOX", mail(1, "a\r\r\nb"), "", date(1));
  rig.to->add("INBOX", mail(1, "a\r\nb"), "", date(1));
  rig.from->add("INBOX", mail(2, std::string("a\0b", 3)), "", date(2));
  rig.to->add("INBOX",
              mail(2,
                   "a\x80"
                   "b"),
              "", date(2));
  auto sum = rig.verify(true);
  EXPECT_FALSE(sum.verify_differs);
  EXPECT_EQ(sum.normalised, 2U);
  EXPECT_EQ(kinds(rig), (Lines{"normalised INBOX 1", "normalised INBOX 2"}));
  sum = rig.verify(false);  // equal sizes are not read then
  EXPECT_FALSE(sum.verify_differs);
  EXPECT_EQ(sum.normalised, 1U);
  EXPECT_EQ(sum.matched, 1U);
}

// Cyrus stores X for octets beyond ASCII in a header.
TEST(Verify, AMungedHeaderIsNormalisedAMungedBodyDifferent) {
  Rig rig;
  const std::string head = "Message-ID: <1@example.com>\r\nSubject: ";
  rig.from->add("INBOX", head + "\xFC\r\n\r\n\xFC\r\n", "", date(1));
  rig.to->add("INBOX", head + "X\r\n\r\n\xFC\r\n", "", date(1));
  auto sum = rig.verify(true);
  EXPECT_FALSE(sum.verify_differs);
  EXPECT_EQ(sum.normalised, 1U);
  EXPECT_EQ(sum.matched, 0U);
  EXPECT_EQ(kinds(rig), (Lines{"normalised INBOX 1"}));
  const auto told = rig.seen<sync::Difference>();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].detail.find("header"), std::string::npos) << told[0].detail;

  rig.to->add("Other", head + "X\r\n\r\nX\r\n", "", date(1));
  rig.from->add("Other", head + "\xFC\r\n\r\n\xFC\r\n", "", date(1));
  sum = rig.verify(true);
  EXPECT_EQ(sum.different, 1U);
  EXPECT_EQ(sum.normalised, 1U);
}

TEST(Verify, AnotherSizeWithOtherContentIsAnotherMessage) {
  Rig rig;
  rig.from->add("INBOX", mail(1, "short"), "", date(1));
  rig.to->add("INBOX", mail(1, "longer"), "", date(1));
  const auto sum = rig.verify();
  EXPECT_EQ(sum.missing, 1U);
  EXPECT_EQ(sum.extra, 1U);
}

TEST(Verify, AfterACopyThereIsNoDifference) {
  Rig rig;
  rig.fill("INBOX", range(1, 20));
  rig.from->add("INBOX", mail_without_id(30), "\\Deleted x", date(30));
  rig.fill("A/B", {40});
  expect_ok(rig.copy());
  const auto sum = rig.verify(true);
  EXPECT_FALSE(sum.verify_differs);
  EXPECT_EQ(sum.matched, 22U);
}

TEST(Verify, ReconnectsAndCountsOnce) {
  for (const auto op : {Op::open, Op::scan, Op::read, Op::chunk}) {
    SCOPED_TRACE(store::name(op));
    Rig rig;
    fill_both(rig, "INBOX", {1, 2});
    rig.fill("INBOX", {3});
    rig.from->options.before = fault_at(op, 1, connection_cut());
    rig.to->options.before = fault_at(op, 2, connection_cut());
    const auto sum = rig.verify(true);
    EXPECT_EQ(sum.outcome, Outcome::ok) << text_of(sum);
    EXPECT_EQ(sum.matched, 2U);
    EXPECT_EQ(sum.missing, 1U);
  }
}

TEST(Verify, AMailboxThatCannotBeReadFailsAloneAndIsNamed) {
  Rig rig;
  fill_both(rig, "A", {1});
  fill_both(rig, "B", {2});
  rig.from->options.before = [](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::open || call.mailbox != "A") return std::nullopt;
    return Error(Errc::permission, Scope::mailbox, Retry::never, "no");
  };
  const auto sum = rig.verify();
  EXPECT_EQ(sum.outcome, Outcome::partial);
  ASSERT_EQ(sum.failures.size(), 1U);
  EXPECT_EQ(sum.failures[0].mailbox, "A");
  EXPECT_EQ(sum.matched, 1U);
}

TEST(Verify, WhatCannotConnectHasDoneNothing) {
  Rig rig;
  rig.to->options.before =
      fault_at(Op::connect, 1, Error(Errc::auth_failed, Scope::account, Retry::never, "no"));
  const auto sum = rig.verify();
  EXPECT_EQ(sum.outcome, Outcome::failed);
  EXPECT_TRUE(sum.nothing_done);
  ASSERT_TRUE(sum.fatal);
  EXPECT_EQ(sum.fatal->code, Errc::auth_failed);
}

TEST(Verify, WorksThroughManyMailboxesWithOneConnection) {
  Rig rig;
  rig.from->options.features.parallel = rig.to->options.features.parallel = 1;
  for (int box = 0; box < 8; ++box) fill_both(rig, fmt::format("Box{}", box), {box, box + 100});
  EXPECT_EQ(rig.verify(true).matched, 16U);
}

// As of an archive whose file is damaged: nothing is known of it, so it is neither equal nor different.
TEST(Verify, WhatCannotBeReadIsAFailureAndNoMatch) {
  for (const bool at_source : {true, false}) {
    for (const auto op : {Op::read, Op::chunk}) {
      Rig rig;
      fill_both(rig, "INBOX", {1, 2, 3});
      (at_source ? rig.from : rig.to)->options.before =
          fault_at(op, 2, Error(Errc::invalid_message, Scope::message, Retry::never, "damaged"));
      const auto sum = rig.verify(true);
      EXPECT_EQ(sum.outcome, Outcome::partial);
      EXPECT_EQ(sum.failed, 1U);
      ASSERT_EQ(sum.failures.size(), 1U);
      EXPECT_NE(sum.failures[0].message.find("damaged"), std::string::npos);
      EXPECT_EQ(sum.failures[0].mailbox, "INBOX");
      EXPECT_NE(sum.failures[0].ref, "");
      EXPECT_EQ(sum.matched, 2U);
      EXPECT_FALSE(sum.verify_differs);
    }
  }
}

}  // namespace
}  // namespace pf::test
