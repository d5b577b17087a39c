// What a run brings over, and that the next one has nothing to do.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

using sync::Order;
using sync::Outcome;

TEST(Copy, TheFirstRunBringsEverythingExactly) {
  Rig rig;
  rig.from->add("INBOX", mail(1), "\\Seen \\Flagged $Forwarded", date(1));
  rig.from->add("INBOX", mail(1), "\\Seen \\Flagged $Forwarded", date(1));  // twins
  rig.from->add("INBOX", mail_without_id(2), "", InternalDate(-5, 0));      // before 1970
  rig.from->add("INBOX", std::string("\0\r\nno header at all\rbare\n", 24), "\\Deleted", date(3));
  rig.from->add("INBOX", "", "\\Draft", date(4));
  rig.from->create("Empty");
  rig.fill("Work/2019/May", {5, 6});
  const auto sum = rig.copy();
  expect_ok(sum);
  expect_exact(rig);
  EXPECT_EQ(sum.copied, 7U);
  EXPECT_EQ(sum.mailboxes, 3U);
  EXPECT_TRUE(rig.to->has("Empty"));
  expect_nothing_left(rig);
}

TEST(Copy, EverythingIsTheSameWhateverTheTargetCanDo) {
  for (const bool refs : {true, false}) {
    for (const bool batches : {true, false}) {
      for (const std::size_t parallel : {1U, 2U, 4U}) {
        SCOPED_TRACE(fmt::format("refs {} batches {} parallel {}", refs, batches, parallel));
        Rig rig;
        rig.to->options.features.append_refs = refs;
        rig.to->options.features.atomic_batch = batches;
        rig.from->options.features.parallel = rig.to->options.features.parallel = parallel;
        rig.policy.connections = parallel;
        for (int box = 0; box < 6; ++box) rig.fill(fmt::format("Box{}", box), range(box * 10, box * 10 + 4));
        rig.fill("Box1", {10, 11});  // twins
        const auto sum = rig.copy();
        expect_ok(sum);
        expect_exact(rig);
        for (const auto& r : sum.per_mailbox) EXPECT_EQ(r.target_messages, r.source_messages) << r.source;
        expect_nothing_left(rig);
      }
    }
  }
}

TEST(Copy, ALargeMessageGoesAloneAndInPieces) {
  Rig rig;
  rig.fill("INBOX", {1});
  rig.from->add("INBOX", mail(2, std::string(3'000'000, 'x')), "", date(2));
  rig.fill("INBOX", {3});
  expect_ok(rig.copy());
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST(Copy, AMailboxOfManyPagesAndBatches) {
  Rig rig;
  rig.from->options.page_messages = rig.to->options.page_messages = 7;
  rig.fill("INBOX", range(1, 300));
  expect_ok(rig.copy());
  EXPECT_EQ(bodies(*rig.to, "INBOX"), bodies(*rig.from, "INBOX"));  // the order of arrival too
  expect_nothing_left(rig);
}

TEST(Copy, SeveralLanesShareALargeMailbox) {
  Rig rig;
  rig.policy.connections = 4;
  for (int n = 0; n < 300; ++n) rig.from->add("INBOX", mail(n, std::string(40'000, 'a')), "", date(n));
  expect_ok(rig.copy());
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST(Copy, LosingTheStateAddsNothing) {
  Rig rig;
  rig.from->add("INBOX", mail(1), "", date(1));
  rig.from->add("INBOX", mail(1), "", date(1));
  rig.from->add("INBOX", mail(1, "another body"), "", date(1));
  rig.from->add("INBOX", mail_without_id(2), "", date(2));
  rig.from->add("INBOX", mail_without_id(2, "moooore"), "", date(2));
  rig.from->add("INBOX", "", "", date(3));
  expect_ok(rig.copy());
  rig.forget_everything();
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.matched, 6U);
  EXPECT_EQ(sum.copied, 0U);
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST(Copy, LosingTheStateAddsNothingAtATargetThatMendsMessages) {
  Rig rig;
  rig.to->options.rewrite = [](std::string bytes) {
    for (std::size_t at = 0; (at = bytes.find("\r\r\n", at)) != std::string::npos;) bytes.erase(at, 1);
    std::ranges::replace(bytes, '\0', '\x80');
    return bytes;
  };
  rig.from->add("INBOX", mail(1, "a\r\r\nb"), "", date(1));
  rig.from->add("INBOX", mail(1, std::string("a\0b", 3)), "", date(1));
  rig.from->add("INBOX", mail_without_id(2, "a\r\r\nb"), "", date(2));
  rig.from->add("INBOX", mail_without_id(2, "a\r\r\nb"), "", date(2));
  expect_ok(rig.copy());
  EXPECT_EQ(rig.to->messages("INBOX").size(), 4U);
  for (int i = 0; i < 2; ++i) {
    rig.forget_everything();
    const auto sum = rig.copy();
    expect_ok(sum);
    EXPECT_EQ(sum.copied, 0U);
  }
  EXPECT_EQ(rig.to->messages("INBOX").size(), 4U);
}

TEST(Copy, ATargetThatRewritesMessagesIsRecognisedByIdAndHeaders) {
  Rig rig;
  rig.to->options.features.rewrites_messages = true;
  rig.to->options.rewrite = [](const std::string& bytes) { return "X-Added: by the server\r\n" + bytes; };
  rig.fill("INBOX", {1, 2, 2, 3});
  expect_ok(rig.copy());
  rig.forget_everything();
  EXPECT_EQ(rig.copy().copied, 0U);
  EXPECT_EQ(rig.to->messages("INBOX").size(), 4U);
}

TEST(Copy, OneMessageIdOnTwoBodiesOfWhichOneIsThere) {
  Rig rig;
  rig.from->add("INBOX", mail(1, "first"), "", date(1));
  rig.from->add("INBOX", mail(1, "other"), "", date(1));
  rig.to->add("INBOX", mail(1, "other"), "", date(1));
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.matched, 1U);
  EXPECT_EQ(sum.copied, 1U);
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST(Copy, TwinsOfWhichOneIsThereGetTheOther) {
  Rig rig;
  rig.fill("INBOX", {1, 1, 1});
  rig.to->add("INBOX", mail(1), "\\Seen", date(1));
  EXPECT_EQ(rig.copy().copied, 2U);
  expect_exact(rig);
}

// Somebody throws a message away, and takes it out of the bin again: it has another uid then.
TEST(Copy, AMessageThatWasMovedAwayAndBackIsTheOneThatIsThere) {
  for (const auto mode : {sync::Mode::copy, sync::Mode::mirror, sync::Mode::two_way}) {
    for (const bool run_between : {true, false}) {
      for (const bool checkpoints : {true, false}) {
        SCOPED_TRACE(fmt::format("{} {} {}", static_cast<int>(mode), run_between, checkpoints));
        Rig rig;
        rig.source_may_change = true;
        rig.from->options.features.checkpoints = rig.to->options.features.checkpoints = checkpoints;
        rig.policy.mode = mode;
        rig.policy.removal.most_messages = 0;  // nothing is removed
        rig.fill("INBOX", {1, 2, 3, 4});
        rig.fill("Trash", {5});
        (void)rig.copy();
        rig.from->remove("INBOX", 1);
        if (run_between) (void)rig.copy();
        rig.from->add("INBOX", mail(1), "\\Seen", date(1));
        (void)rig.copy();
        EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 2, 3, 4}));
        EXPECT_EQ(rig.to->messages("INBOX").size(), 4U);
        expect_exact(rig);
        expect_nothing_left(rig);
      }
    }
  }
}

// Equal messages, each with the date it has: whichever of them are there, the others come with their own.
TEST(Copy, OfEqualMessagesEachKeepsItsDateAndFlags) {
  for (const bool rewrites : {false, true}) {
    for (const int there : {1, 2, 3}) {
      SCOPED_TRACE(fmt::format("rewrites {}, there {}", rewrites, there));
      Rig rig;
      rig.to->options.features.rewrites_messages = rewrites;
      for (const int day : {3, 1, 2}) rig.from->add("INBOX", mail(1), day == 1 ? "\\Seen" : "", date(day));
      rig.from->add("INBOX", mail(1), "\\Flagged", date(1));
      rig.to->add("INBOX", mail(1), there == 1 ? "\\Flagged" : "", date(there));
      EXPECT_EQ(rig.copy().copied, 3U);
      expect_exact(rig);
      const auto sum = rig.verify();
      EXPECT_EQ(sum.outcome, Outcome::ok) << text_of(sum);
    }
  }
}

TEST(Copy, AsManyHereAsThereIsNotAsManyOfEach) {
  Rig rig;
  rig.from->add("INBOX", mail(1, "aaaa"), "", date(1));
  rig.from->add("INBOX", mail(1, "bbbb"), "", date(1));
  rig.to->add("INBOX", mail(1, "aaaa"), "", date(1));
  rig.to->add("INBOX", mail(1, "aaaa"), "", date(1));
  EXPECT_EQ(rig.copy().copied, 1U);
  EXPECT_EQ(bodies(*rig.to, "INBOX").at(2), mail(1, "bbbb"));
  expect_nothing_left(rig);
}

TEST(Copy, ForeignMailAtTheTargetStays) {
  Rig rig;
  rig.fill("INBOX", {1});
  rig.to->add("INBOX", mail(50), "\\Answered", date(50));
  rig.to->add("Theirs", mail(51), "", date(51));
  expect_ok(rig.copy());
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({50, 1}));
  EXPECT_EQ(bodies(*rig.to, "Theirs"), mails({51}));
  expect_nothing_left(rig);
}

// ---- which messages

TEST(Copy, ChoosesByDateSizeAndDeletedFlag) {
  Rig rig;
  rig.fill("INBOX", {1, 2, 3, 4});
  rig.from->add("INBOX", mail(5), "\\Deleted", date(3));
  rig.from->add("INBOX", mail(6, std::string(5000, 'x')), "", date(3));
  rig.policy.messages.since = sample_time + 2;
  rig.policy.messages.before = sample_time + 4;
  rig.policy.messages.max_size = 4000;
  rig.policy.messages.skip_deleted = true;
  EXPECT_EQ(rig.copy().copied, 2U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({2, 3}));
  EXPECT_EQ(rig.copy().copied, 0U);
  // A wider choice brings the rest.
  rig.policy.messages = {};
  expect_ok(rig.copy());
  expect_exact(rig);
}

TEST(Copy, AMessageThatVanishesBetweenLookAndReadIsNoFailure) {
  Rig rig;
  rig.fill("INBOX", {1, 2, 3});
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::read) rig.from->remove("INBOX", 2);
    return std::nullopt;
  };
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.vanished, 1U);
  EXPECT_EQ(sum.copied, 2U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
  expect_nothing_left(rig);
}

TEST(Copy, MailThatArrivesDuringTheRunComesWithTheNext) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  bool arrived = false;
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::read && !std::exchange(arrived, true)) rig.fill("INBOX", {3});
    return std::nullopt;
  };
  expect_ok(rig.copy());
  EXPECT_EQ(rig.copy().copied, 1U);
  expect_exact(rig);
}

// ---- order

TEST(Copy, NewestFirstIsStrictlyDescending) {
  Rig rig;
  rig.policy.order = Order::newest;
  rig.fill("INBOX", range(1, 137));
  expect_ok(rig.copy());
  auto expected = bodies(*rig.from, "INBOX");
  std::ranges::reverse(expected);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), expected);
  expect_nothing_left(rig);
}

TEST(Copy, NewestFirstIsStrictWithLargeMessagesInBetween) {
  Rig rig;
  rig.policy.order = Order::newest;
  rig.to->options.features.batch_message_bytes = 400;
  for (int n = 1; n <= 40; ++n) {
    rig.from->add("INBOX", mail(n, std::string(n % 7 < 2 ? 600 : 10, 'x')), "", date(n));
  }
  expect_ok(rig.copy());
  auto expected = bodies(*rig.from, "INBOX");
  std::ranges::reverse(expected);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), expected);
}

TEST(Copy, NewestFirstIsStrictWhenBatchesFill) {
  Rig rig;
  rig.policy.order = Order::newest;
  for (int n = 1; n <= 12; ++n) rig.from->add("INBOX", mail(n, std::string(300'000, 'x')), "", date(n));
  expect_ok(rig.copy());
  auto expected = bodies(*rig.from, "INBOX");
  std::ranges::reverse(expected);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), expected);
}

TEST(Copy, NewestFirstIsStrictAfterALostConnection) {
  for (const int n : {1, 2, 3}) {
    for (const bool batches : {true, false}) {
      SCOPED_TRACE(fmt::format("append {} batches {}", n, batches));
      Rig rig;
      rig.policy.order = Order::newest;
      rig.to->options.features.atomic_batch = batches;
      rig.fill("INBOX", range(1, 137));
      rig.to->options.append_fault = append_fault_at(n, AppendFault::lose_command);
      expect_ok(rig.copy());
      auto expected = bodies(*rig.from, "INBOX");
      std::ranges::reverse(expected);
      // What left after the lost one was lost with it: the order is that of the queue.
      EXPECT_EQ(bodies(*rig.to, "INBOX"), expected);
    }
  }
}

TEST(Copy, OldestFirstIsKeptAfterALostConnection) {
  Rig rig;
  rig.fill("INBOX", range(1, 137));
  rig.to->options.append_fault = append_fault_at(1, AppendFault::lose_command);
  expect_ok(rig.copy());
  EXPECT_EQ(bodies(*rig.to, "INBOX"), bodies(*rig.from, "INBOX"));
}

// ---- which mailboxes

TEST(Copy, MergesTwoMailboxesWithoutLosingEqualMessages) {
  Rig rig;
  rig.policy.mailboxes.map = {{"Sent Items", "Sent"}};
  rig.fill("Sent", {1, 2});
  rig.fill("Sent Items", {2, 3});
  expect_ok(rig.copy());
  auto all = mails({1, 2, 2, 3});
  auto there = bodies(*rig.to, "Sent");
  std::ranges::sort(all);
  std::ranges::sort(there);
  EXPECT_EQ(there, all);
  expect_nothing_left(rig);

  // A message that comes to the one is not taken for its equal in the other.
  rig.fill("Sent", {3});
  EXPECT_EQ(rig.copy().copied, 1U);
  rig.fill("Sent Items", {1});
  EXPECT_EQ(rig.copy().copied, 1U);
  EXPECT_EQ(rig.to->messages("Sent").size(), 6U);
  expect_nothing_left(rig);
}

TEST(Copy, MergedMailboxesSurviveTheLossOfTheState) {
  Rig rig;
  rig.policy.mailboxes.map = {{"Sent Items", "Sent"}};
  rig.fill("Sent", {1, 2});
  rig.fill("Sent Items", {2, 3});
  expect_ok(rig.copy());
  rig.forget_everything();
  EXPECT_EQ(rig.copy().copied, 0U);
  EXPECT_EQ(rig.to->messages("Sent").size(), 4U);
}

TEST(Copy, OneOfTwoMergedMailboxesAloneDoesNotPairWithTheOther) {
  Rig rig;
  rig.policy.mailboxes.map = {{"Sent Items", "Sent"}};
  rig.fill("Sent", {1});
  rig.fill("Sent Items", {2});
  expect_ok(rig.copy());
  rig.fill("Sent", {2});
  rig.policy.mailboxes = {};
  rig.policy.mailboxes.include = {"Sent"};
  EXPECT_EQ(rig.copy().copied, 1U);
  EXPECT_EQ(rig.to->messages("Sent").size(), 3U);
}

TEST(Copy, MapsBySpecialUseAndMakesNoSecondOne) {
  Rig rig;
  rig.policy.mailboxes.map_special_use = true;
  rig.from->create("Gesendet", SpecialUse::sent);
  rig.fill("Gesendet", {1});
  rig.to->create("Sent Mail", SpecialUse::sent);
  expect_ok(rig.copy());
  EXPECT_EQ(bodies(*rig.to, "Sent Mail"), mails({1}));
  EXPECT_FALSE(rig.to->has("Gesendet"));
  expect_nothing_left(rig);
}

TEST(Copy, AMailboxThatCannotBeMadeFailsAlone) {
  for (const std::size_t parallel : {1U, 4U}) {
    SCOPED_TRACE(parallel);
    Rig rig;
    rig.from->options.features.parallel = rig.to->options.features.parallel = parallel;
    rig.fill("INBOX", {1});
    rig.fill("Bad", {2});
    rig.fill("Good", {3});
    rig.fill("Later", {4});
    rig.to->options.before = [](const MemoryCall& call) -> std::optional<Error> {
      if (call.op != Op::create || call.mailbox != "Bad") return std::nullopt;
      return Error(Errc::rejected, Scope::mailbox, Retry::never, "create of Bad", "no");
    };
    const auto sum = rig.copy();
    EXPECT_EQ(sum.outcome, Outcome::partial);
    ASSERT_EQ(sum.failures.size(), 1U);
    EXPECT_EQ(sum.failures[0].mailbox, "Bad");
    EXPECT_EQ(sum.copied, 3U);
    rig.to->options.before = nullptr;
    expect_ok(rig.copy());
    expect_exact(rig);
  }
}

TEST(Copy, ASubscriptionComesAlong) {
  Rig rig;
  rig.fill("Work", {1});
  rig.from->subscribe("Work");
  expect_ok(rig.copy());
  EXPECT_EQ(rig.to->writes().subscribed, 1U);
  expect_nothing_left(rig);
}

// ---- dry run

TEST(Copy, ADryRunPlansAndWritesNothing) {
  Rig rig;
  rig.policy.dry_run = true;
  rig.fill("INBOX", {1, 2});
  for (int box = 0; box < 12; ++box)
    rig.fill(fmt::format("Box{}", box), {box});  // more than may be open at once
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::ok) << text_of(sum);
  EXPECT_EQ(rig.to->writes().total(), 0U);
  std::string plan;
  for (const auto& line : rig.seen<sync::Planned>()) plan += line.text + "\n";
  EXPECT_NE(plan.find("create mailbox \"Box7\""), std::string::npos) << plan;
  EXPECT_NE(plan.find("copy 2 messages"), std::string::npos) << plan;

  // It does not stand in the way of the real one either.
  rig.policy.dry_run = false;
  expect_ok(rig.copy());
  expect_exact(rig);
  rig.policy.dry_run = true;
  rig.from->set_flags("INBOX", 1, "\\Answered");
  rig.to->remove("INBOX", 2);
  (void)rig.copy();
  EXPECT_EQ(rig.seen<sync::Planned>().size(), 2U);
  EXPECT_EQ(rig.to->writes().flag_changes, 0U);
}

TEST(Copy, ADryRunOnAServerWithOneConnectionEnds) {
  Rig rig;
  rig.from->options.features.parallel = rig.to->options.features.parallel = 1;
  rig.policy.dry_run = true;
  rig.fill("INBOX", {1});
  rig.fill("Work", {2});
  rig.fill("More", {3});
  EXPECT_EQ(rig.copy().outcome, Outcome::ok);
  EXPECT_EQ(rig.seen<sync::Planned>().size(), 5U);
}

// ---- messages that went from the target

TEST(Copy, ACopyThatVanishedIsRestoredAndCountedSo) {
  Rig rig;
  rig.fill("INBOX", {1, 2, 3});
  expect_ok(rig.copy());
  rig.to->remove("INBOX", 2);
  rig.policy.keep_deleted = true;
  EXPECT_EQ(rig.copy().restored, 0U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
  rig.policy.keep_deleted = false;
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.restored, 1U);
  EXPECT_EQ(sum.copied, 0U);
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST(Copy, AMessageDeletedAtTheSourceStaysAtTheTarget) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  expect_ok(rig.copy());
  rig.from->remove("INBOX", 1);
  expect_ok(rig.copy());
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 2}));
}

// ---- renumbered mailboxes

TEST(Copy, ANewUidValidityAtEitherSideCopiesNothing) {
  Rig rig;
  rig.fill("INBOX", {1, 2, 2});
  expect_ok(rig.copy());
  rig.from->set_validity("INBOX", 4711);
  auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 0U);
  rig.to->set_validity("INBOX", 4712);
  sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 0U);
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST(Copy, ATargetMailboxMadeAnewIsFilledAgain) {
  Rig rig;
  rig.fill("Work", {1, 2});
  expect_ok(rig.copy());
  rig.to->drop("Work");
  EXPECT_EQ(rig.copy().copied, 2U);
  rig.to->drop("Work");
  rig.to->create("Work");
  expect_ok(rig.copy());
  expect_exact(rig);
}

// ---- flags

std::string flags_at(const Rig& rig, std::size_t index = 0) {
  return rig.to->messages("INBOX").at(index).flags.to_string();
}

TEST(CopyFlags, OnlyChangesSinceTheBaseTravel) {
  Rig rig;
  rig.from->add("INBOX", mail(1), "\\Seen work", date(1));
  expect_ok(rig.copy());
  rig.to->set_flags("INBOX", 1, "\\Seen work \\Flagged");  // theirs
  rig.from->set_flags("INBOX", 1, "\\Answered \\Deleted work");
  auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.flags_changed, 1U);
  EXPECT_EQ(flags_at(rig), "\\Answered \\Flagged \\Deleted work");
  expect_nothing_left(rig);
  // What they took away stays away.
  rig.to->set_flags("INBOX", 1, "");
  expect_nothing_left(rig);
  EXPECT_EQ(flags_at(rig), "");
}

TEST(CopyFlags, WithoutABaseFlagsAreOnlyAdded) {
  Rig rig;
  rig.from->add("INBOX", mail(1), "\\Seen", date(1));
  rig.to->add("INBOX", mail(1), "\\Flagged", date(1));
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.flags_changed, 1U);
  EXPECT_EQ(flags_at(rig), "\\Flagged \\Seen");
  expect_nothing_left(rig);
  // Their \Flagged was never ours to take.
  rig.from->set_flags("INBOX", 1, "");
  expect_ok(rig.copy());
  EXPECT_EQ(flags_at(rig), "\\Flagged");
}

TEST(CopyFlags, LeavesThemAloneWhenAsked) {
  Rig rig;
  rig.policy.sync_flags = false;
  rig.from->add("INBOX", mail(1), "\\Seen", date(1));
  expect_ok(rig.copy());
  EXPECT_EQ(flags_at(rig), "\\Seen");
  rig.from->set_flags("INBOX", 1, "\\Answered");
  expect_nothing_left(rig);
}

TEST(CopyFlags, WhatTheTargetCannotKeepIsNamedOnceAndNeverRetried) {
  Rig rig;
  rig.to->options.flag_rules.new_keywords = false;
  rig.from->add("INBOX", mail(1), "\\Seen work", date(1));
  rig.from->add("INBOX", mail(2), "work play", date(2));
  auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(flags_at(rig), "\\Seen");
  ASSERT_EQ(sum.warnings.size(), 2U) << text_of(sum);
  EXPECT_NE(sum.warnings[0].find("play"), std::string::npos);
  EXPECT_NE(sum.warnings[1].find("work (2 messages)"), std::string::npos) << sum.warnings[1];
  expect_nothing_left(rig);
  // Nor after another change.
  rig.from->set_flags("INBOX", 1, "\\Answered work");
  sum = rig.copy();
  EXPECT_EQ(sum.flags_changed, 1U);
  EXPECT_EQ(flags_at(rig), "\\Answered");
  expect_nothing_left(rig);
}

TEST(CopyFlags, AFlagTheTargetDropsWithoutAWordIsNotSentForEver) {
  Rig rig;
  rig.to->options.dropped_flags = FlagSet::parse("work");
  rig.from->add("INBOX", mail(1), "work", date(1));
  expect_ok(rig.copy());
  expect_nothing_left(rig);
  rig.forget_everything();
  expect_ok(rig.copy());
  const auto before = rig.to->writes().total();
  rig.from->set_flags("INBOX", 1, "work \\Seen");
  expect_ok(rig.copy());
  EXPECT_EQ(rig.to->writes().total(), before + 1);
  expect_nothing_left(rig);
}

TEST(CopyFlags, ALostConnectionOnTheWayIsTriedAgain) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  expect_ok(rig.copy());
  rig.from->set_flags("INBOX", 1, "\\Answered");
  rig.to->options.after = fault_at(Op::flags, 1, connection_cut());
  expect_ok(rig.copy());
  EXPECT_EQ(flags_at(rig), "\\Answered");
  expect_nothing_left(rig);
}

}  // namespace
}  // namespace pf::test
