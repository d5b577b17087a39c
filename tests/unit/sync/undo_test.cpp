// What a run removed can be put back.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

constexpr const char* quarantine = "deleted_from_source";

class Undo : public ::testing::Test {
 protected:
  Undo() {
    rig.policy.mode = sync::Mode::mirror;
    rig.policy.removal.confirmed = true;
    rig.fill("INBOX", {1, 2, 3});
    expect_ok(rig.copy());
  }
  // The number of the run that removed something.
  state::RunId remove(std::uint32_t uid) {
    rig.from->remove("INBOX", uid);
    const auto sum = rig.copy();
    EXPECT_EQ(sum.deleted, 1U) << text_of(sum);
    return std::stoll(sum.run);
  }
  Rig rig;
};

TEST_F(Undo, PutsBackWhatTheRunMovedIntoTheQuarantine) {
  const auto before = contents(*rig.to, "INBOX");
  const auto run = remove(2);
  const auto sum = rig.undo(run);
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_EQ(sum.restored, 1U);
  EXPECT_EQ(contents(*rig.to, "INBOX"), before);
  EXPECT_TRUE(bodies(*rig.to, quarantine).empty());
}

TEST_F(Undo, TheNextMirrorLeavesItAlone) {
  const auto run = remove(2);
  (void)rig.undo(run);
  EXPECT_EQ(rig.copy().deleted, 0U);
  EXPECT_EQ(contents(*rig.to, "INBOX").size(), 3U);
}

TEST_F(Undo, TwiceIsOnce) {
  const auto run = remove(2);
  (void)rig.undo(run);
  const auto again = rig.undo(run);
  EXPECT_EQ(again.outcome, sync::Outcome::ok);
  EXPECT_EQ(again.restored, 0U);
  EXPECT_EQ(contents(*rig.to, "INBOX").size(), 3U);
}

TEST_F(Undo, OnlyOfThatRun) {
  const auto first = remove(2);
  (void)remove(3);
  EXPECT_EQ(rig.undo(first).restored, 1U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 2}));
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({3}));
}

TEST_F(Undo, FindsTheMessageWhenTheQuarantineWasRenumbered) {
  const auto run = remove(2);
  rig.to->set_validity(quarantine, 4711);
  EXPECT_EQ(rig.undo(run).restored, 1U);
  EXPECT_EQ(contents(*rig.to, "INBOX").size(), 3U);
}

TEST_F(Undo, MakesTheMailboxAgainWhenItIsGone) {
  rig.fill("Work", {4, 5});
  expect_ok(rig.copy());
  rig.from->remove("Work", 1);
  const auto run = std::stoll(rig.copy().run);
  rig.to->drop("Work");
  EXPECT_EQ(rig.undo(run).restored, 1U);
  EXPECT_EQ(bodies(*rig.to, "Work"), mails({4}));
}

TEST_F(Undo, SaysWhatCannotBePutBack) {
  rig.policy.removal.for_good = true;
  const auto run = remove(2);
  const auto sum = rig.undo(run);
  EXPECT_EQ(sum.outcome, sync::Outcome::partial);
  ASSERT_EQ(sum.failures.size(), 1U);
  EXPECT_EQ(sum.failures[0].ref, "2");
}

TEST_F(Undo, AnUnknownRunIsAUsageError) {
  const auto sum = rig.undo(99);
  ASSERT_TRUE(sum.fatal);
  EXPECT_EQ(sum.fatal->code, Errc::usage);
}

TEST_F(Undo, ARunOfOtherAccountsIsAUsageErrorToo) {
  const auto run = remove(2);
  rig.state->runs.at(run).accounts = {"memory:to", "memory:from"};
  const auto before = rig.to->writes().total();
  const auto sum = rig.undo(run);
  ASSERT_TRUE(sum.fatal);
  EXPECT_EQ(sum.fatal->code, Errc::usage);
  EXPECT_EQ(rig.to->writes().total(), before);
}

// Brought there by a tool that lost the date.
TEST_F(Undo, ACopyWithAnotherDateIsPutBack) {
  rig.to->add("INBOX", mail(4), "", date(400));
  rig.fill("INBOX", {4});
  EXPECT_EQ(rig.copy().copied, 0U);
  const auto before = contents(*rig.to, "INBOX");
  const auto run = remove(4);
  const auto sum = rig.undo(run);
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_EQ(contents(*rig.to, "INBOX"), before);
}

TEST_F(Undo, IsFinishedByTheNextWhereverItIsKilled) {
  const auto run = remove(2);
  rig.to->options.after = fault_at(Op::move, 1, connection_cut());
  const auto sum = rig.undo(run);
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_EQ(bodies(*rig.to, "INBOX").size(), 3U);
  EXPECT_TRUE(bodies(*rig.to, quarantine).empty());
}

// A copy and then a removal: cut off in between, the message is at both places.
TEST_F(Undo, WithoutMoveACutInTheMiddleDoublesNothing) {
  rig.to->options.features.move_copies = true;
  const auto before = contents(*rig.to, "INBOX");
  const auto run = remove(2);
  int cuts = 2;
  rig.to->options.before = [&cuts](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::remove || cuts-- <= 0) return std::nullopt;
    return connection_cut();
  };
  const auto sum = rig.undo(run);
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_EQ(sum.restored, 1U);
  EXPECT_EQ(contents(*rig.to, "INBOX"), before);
  EXPECT_TRUE(bodies(*rig.to, quarantine).empty());
}

TEST_F(Undo, WithoutMoveATwinThatStayedIsNotTakenForTheOneThatComesBack) {
  rig.to->options.features.move_copies = true;
  rig.from->add("INBOX", mail(2), "\\Seen", date(2));
  expect_ok(rig.copy());
  const auto before = contents(*rig.to, "INBOX");
  const auto run = remove(2);
  EXPECT_EQ(rig.undo(run).restored, 1U);
  EXPECT_EQ(contents(*rig.to, "INBOX"), before);
}

// Somebody else delivered the same message again: it is at home by its own right.
TEST_F(Undo, WithoutMoveATwinThatNoRunKnowsIsNotTakenForTheOneThatComesBack) {
  rig.to->options.features.move_copies = true;
  const auto run = remove(2);
  rig.to->add("INBOX", mail(2), "\\Seen", date(2));
  EXPECT_EQ(rig.undo(run).restored, 1U);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3, 2, 2}));
  EXPECT_TRUE(bodies(*rig.to, quarantine).empty());
}

TEST_F(Undo, AQuarantineThatIsRenumberedMeanwhileGivesNothing) {
  const auto run = remove(2);
  int opened = 0;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::open && call.mailbox == quarantine && ++opened == 2)
      rig.to->set_validity(quarantine, 4711);
    return std::nullopt;
  };
  EXPECT_EQ(rig.undo(run).restored, 0U);
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({2}));
  rig.to->options.before = nullptr;
  EXPECT_EQ(rig.undo(run).restored, 1U);
}

}  // namespace
}  // namespace pf::test
