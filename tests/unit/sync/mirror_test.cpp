// Mirror: what is gone from the source is taken from the target, as far as the guards let it.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

constexpr const char* quarantine = "deleted_from_source";

class Mirror : public ::testing::Test {
 protected:
  Mirror() {
    rig.policy.mode = sync::Mode::mirror;
    rig.policy.removal.confirmed = true;
  }
  // A first run, so that pairs are recorded.
  void mirror(const std::vector<int>& numbers) {
    rig.fill("INBOX", numbers);
    expect_ok(rig.copy());
  }
  Rig rig;
};

TEST_F(Mirror, WhatIsGoneGoesIntoTheQuarantine) {
  mirror({1, 2, 3});
  rig.from->remove("INBOX", 2);
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_EQ(sum.deleted, 1U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({2}));
  EXPECT_EQ(contents(*rig.to, quarantine).at(0).flags, "\\Seen");
  expect_nothing_left(rig);
}

TEST_F(Mirror, ExpungeRemovesForGood) {
  mirror({1, 2, 3});
  rig.policy.removal.for_good = true;
  rig.from->remove("INBOX", 2);
  EXPECT_EQ(rig.copy().deleted, 1U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
  EXPECT_FALSE(rig.to->has(quarantine));
  expect_nothing_left(rig);
}

TEST_F(Mirror, WhatNeverCameFromTheSourceStays) {
  mirror({1, 2});
  rig.to->add("INBOX", mail(9), "", date(9));
  EXPECT_EQ(rig.copy().deleted, 0U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 2, 9}));
}

TEST_F(Mirror, DeleteExtraTakesWhatNeverCameFromTheSource) {
  mirror({1, 2});
  rig.to->add("INBOX", mail(9), "", date(9));
  rig.policy.removal.extra = true;
  EXPECT_EQ(rig.copy().deleted, 1U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 2}));
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({9}));
  expect_nothing_left(rig);
}

TEST_F(Mirror, WithoutStateNothingIsRemoved) {
  mirror({1, 2, 3});
  rig.from->remove("INBOX", 2);
  rig.forget_everything();
  EXPECT_EQ(rig.copy().deleted, 0U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 2, 3}));
}

TEST_F(Mirror, ACopyRunBeforeDoesNotHideWhatIsGone) {
  mirror({1, 2, 3});
  rig.from->remove("INBOX", 2);
  rig.policy.mode = sync::Mode::copy;
  expect_nothing_left(rig);
  rig.policy.mode = sync::Mode::mirror;
  EXPECT_EQ(rig.copy().deleted, 1U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
}

TEST_F(Mirror, TheFirstRunThatRemovesAsks) {
  rig.policy.removal.confirmed = false;
  mirror({1, 2, 3});
  rig.from->remove("INBOX", 2);
  const auto refused = rig.copy();
  EXPECT_EQ(refused.outcome, sync::Outcome::refused);
  EXPECT_EQ(refused.withheld, 1U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 2, 3}));
  rig.policy.removal.confirmed = true;
  EXPECT_EQ(rig.copy().deleted, 1U);
  rig.policy.removal.confirmed = false;  // asked once is enough
  rig.from->remove("INBOX", 3);
  EXPECT_EQ(rig.copy().deleted, 1U);
}

TEST_F(Mirror, AMailboxThatLosesTooMuchKeepsIt) {
  mirror(range(1, 20));
  rig.fill("Work", range(101, 200));
  expect_ok(rig.copy());
  for (std::uint32_t uid = 1; uid <= 11; ++uid) rig.from->remove("INBOX", uid);
  rig.from->remove("Work", 1);
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::refused) << text_of(sum);
  EXPECT_EQ(sum.withheld, 11U);
  EXPECT_EQ(sum.deleted, 1U);  // another mailbox is another scope
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails(range(1, 20)));
  rig.policy.removal.most_messages = 11;
  EXPECT_EQ(rig.copy().deleted, 11U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails(range(12, 20)));
  expect_nothing_left(rig);
}

TEST_F(Mirror, AMoveAtTheSourceDoesNotCount) {
  mirror(range(1, 20));
  for (int n = 1; n <= 15; ++n) {
    rig.from->remove("INBOX", static_cast<std::uint32_t>(n));
    rig.fill("Archive", {n});
  }
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_EQ(sum.deleted, 15U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails(range(16, 20)));
  EXPECT_EQ(bodies(*rig.to, "Archive"), mails(range(1, 15)));
}

TEST_F(Mirror, AnEmptiedSourceEmptiesNothing) {
  mirror({1, 2, 3});
  for (std::uint32_t uid = 1; uid <= 3; ++uid) rig.from->remove("INBOX", uid);
  rig.policy.removal.most_percent = 100;  // not even then
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::refused);
  EXPECT_EQ(sum.deleted, 0U);
  EXPECT_EQ(sum.withheld, 3U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 2, 3}));
}

TEST_F(Mirror, ARenumberedSourceRemovesNothing) {
  mirror(range(1, 20));
  rig.from->remove("INBOX", 2);
  rig.from->set_validity("INBOX", 4711);
  const auto sum = rig.copy();
  EXPECT_EQ(sum.deleted, 0U) << text_of(sum);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails(range(1, 20)));
}

TEST_F(Mirror, AServerThatCannotRemoveSingleMessagesKeepsThem) {
  rig.to->options.features.move = rig.to->options.features.targeted_remove = false;
  mirror({1, 2, 3});
  rig.from->remove("INBOX", 2);
  const auto sum = rig.copy();
  EXPECT_EQ(sum.withheld, 1U);
  EXPECT_EQ(sum.outcome, sync::Outcome::refused);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 2, 3}));
}

TEST_F(Mirror, ADryRunSaysWhatWouldGo) {
  mirror({1, 2, 3});
  rig.from->remove("INBOX", 2);
  rig.policy.dry_run = true;
  const auto before = rig.to->writes().total();
  (void)rig.copy();
  EXPECT_EQ(rig.to->writes().total(), before);
  const auto plan = rig.seen<sync::Planned>();
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].text, "move to \"deleted_from_source\" 1 message of \"INBOX\"");
}

TEST_F(Mirror, IsFinishedByTheNextRunWhereverItIsKilled) {
  for (int step = 1;; ++step) {
    Rig each;
    each.policy.mode = sync::Mode::mirror;
    each.policy.removal.confirmed = true;
    each.fill("INBOX", {1, 2, 3});
    expect_ok(each.copy());
    each.from->remove("INBOX", 2);
    int calls = 0;
    each.from->options.before = each.to->options.before =
        each.to->options.after = [&](const MemoryCall&) -> std::optional<Error> {
      ++calls;
      return std::nullopt;
    };
    each.state->fault = [&](std::string_view) -> std::optional<Error> {
      ++calls;
      return std::nullopt;
    };
    const bool died = each.copy_until([&] { return calls >= step; });
    each.from->options.before = each.to->options.before = each.to->options.after = nullptr;
    each.state->fault = nullptr;
    EXPECT_EQ(each.copy().outcome, sync::Outcome::ok) << step;
    EXPECT_EQ(bodies(*each.to, "INBOX"), mails({1, 3})) << step;
    EXPECT_EQ(bodies(*each.to, quarantine), mails({2})) << step;
    expect_nothing_left(each);
    if (!died) break;
  }
}

// ---- a server without MOVE: a copy, then a removal

class MirrorWithoutMove : public Mirror {
 protected:
  MirrorWithoutMove() { rig.to->options.features.move_copies = true; }

  void die_before_the_copy() { die_at(Op::move); }
  // The messages are at both places.
  void die_between_copy_and_removal() { die_at(Op::remove); }

 private:
  void die_at(Op op) {
    bool there = false;
    rig.to->options.before = [&there, op](const MemoryCall& call) -> std::optional<Error> {
      if (call.op != op) return std::nullopt;
      there = true;
      return connection_cut();
    };
    EXPECT_TRUE(rig.copy_until([&there] { return there; }));
    rig.to->options.before = nullptr;
  }
};

TEST_F(MirrorWithoutMove, WhatWasCopiedByARunThatDiedIsNotCopiedAgain) {
  mirror({1, 2, 3, 4});
  for (const std::uint32_t uid : {2U, 3U}) rig.from->remove("INBOX", uid);
  die_between_copy_and_removal();
  ASSERT_EQ(bodies(*rig.to, quarantine), mails({2, 3}));
  EXPECT_EQ(rig.copy().deleted, 2U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 4}));
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({2, 3}));
  expect_nothing_left(rig);
}

TEST_F(MirrorWithoutMove, NorWhenTheNextRunDiesThereToo) {
  mirror({1, 2, 3});
  rig.from->remove("INBOX", 2);
  for (int i = 0; i < 3; ++i) die_between_copy_and_removal();
  EXPECT_EQ(rig.copy().deleted, 1U);
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({2}));
}

TEST_F(MirrorWithoutMove, NorWhenTheConnectionIsCutAndTheRunGoesOn) {
  mirror({1, 2, 3});
  rig.from->remove("INBOX", 2);
  int cuts = 2;
  rig.to->options.before = [&cuts](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::remove || cuts-- <= 0) return std::nullopt;
    return connection_cut();
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({2}));
}

TEST_F(MirrorWithoutMove, ATwinThatWentBeforeIsNoCopyOfThisOne) {
  mirror({1, 2, 2, 3});
  rig.from->remove("INBOX", 2);
  EXPECT_EQ(rig.copy().deleted, 1U);
  rig.from->remove("INBOX", 3);
  die_before_the_copy();
  EXPECT_EQ(rig.copy().deleted, 1U);
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({2, 2}));
}

TEST_F(MirrorWithoutMove, OfTwinsThatGoTogetherNoneIsLeftOut) {
  mirror({1, 2, 2, 3});
  for (const std::uint32_t uid : {2U, 3U}) rig.from->remove("INBOX", uid);
  die_between_copy_and_removal();
  EXPECT_EQ(rig.copy().deleted, 2U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({2, 2}));
}

// The server carries out what it had received when the program died.
TEST_F(MirrorWithoutMove, ACopyThatComesLateIsWaitedFor) {
  mirror({1, 2, 3});
  rig.to->create(quarantine);
  rig.from->remove("INBOX", 2);
  die_before_the_copy();
  bool late = false;
  rig.to->options.before = [this, &late](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::refresh && call.mailbox == quarantine && !std::exchange(late, true))
      rig.to->add(quarantine, mail(2), "\\Seen", date(2));
    return std::nullopt;
  };
  EXPECT_EQ(rig.copy().deleted, 1U);
  EXPECT_TRUE(late);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({2}));
}

TEST_F(MirrorWithoutMove, UndoFindsWhatTheNextRunTookAway) {
  mirror({1, 2, 3});
  rig.from->remove("INBOX", 2);
  die_between_copy_and_removal();
  const auto run = std::stoll(rig.copy().run);
  EXPECT_EQ(rig.undo(run).restored, 1U);
  EXPECT_EQ(contents(*rig.to, "INBOX").size(), 3U);
  EXPECT_TRUE(bodies(*rig.to, quarantine).empty());
}

}  // namespace
}  // namespace pf::test
