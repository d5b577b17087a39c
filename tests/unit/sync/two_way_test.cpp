// Two-way: both sides get each other's changes since they were last in step.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

constexpr const char* quarantine = "deleted_from_source";

void expect_in_step(const Rig& rig) {
  for (const auto& id : rig.from->mailbox_ids()) {
    if (id == quarantine) continue;
    EXPECT_TRUE(rig.to->has(id)) << id;
    EXPECT_EQ(contents(*rig.to, id), contents(*rig.from, id)) << id;
  }
  for (const auto& id : rig.to->mailbox_ids()) {
    if (id != quarantine) EXPECT_TRUE(rig.from->has(id)) << id;
  }
}

class TwoWay : public ::testing::Test {
 protected:
  TwoWay() { prepare(rig); }
  static void prepare(Rig& rig) {
    rig.policy.mode = sync::Mode::two_way;
    rig.policy.removal.confirmed = true;
    rig.source_may_change = true;
  }
  void start(const std::vector<int>& numbers) {
    rig.fill("INBOX", numbers);
    expect_ok(rig.copy());
    expect_in_step(rig);
  }
  void settle() {
    const auto sum = rig.copy();
    EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
    expect_in_step(rig);
    const auto before = rig.to->writes().total() + rig.from->writes().total();
    EXPECT_EQ(rig.copy().outcome, sync::Outcome::ok);
    EXPECT_EQ(rig.to->writes().total() + rig.from->writes().total(), before);
  }
  // Both have three messages, and one side loses them all; the other one.
  static std::shared_ptr<store::MemoryServer> empty_one(Rig& rig, bool at_source) {
    rig.fill("INBOX", {1, 2, 3});
    expect_ok(rig.copy());
    for (std::uint32_t uid = 1; uid <= 3; ++uid) (at_source ? rig.from : rig.to)->remove("INBOX", uid);
    return at_source ? rig.to : rig.from;
  }
  Rig rig;
};

TEST_F(TwoWay, TheFirstRunUnitesBothSides) {
  rig.fill("INBOX", {1, 2});
  rig.to->add("INBOX", mail(2), "\\Seen", date(2));
  rig.to->add("INBOX", mail(3), "\\Flagged", date(3));
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 1U);
  EXPECT_EQ(sum.copied_back, 1U);
  EXPECT_EQ(contents(*rig.from, "INBOX").size(), 3U);
  settle();
}

TEST_F(TwoWay, NewMessagesTravelBothWays) {
  start({1, 2});
  rig.fill("INBOX", {3});
  rig.to->add("INBOX", mail(4), "", date(4));
  const auto sum = rig.copy();
  EXPECT_EQ(sum.copied, 1U) << text_of(sum);
  EXPECT_EQ(sum.copied_back, 1U);
  settle();
  EXPECT_EQ(contents(*rig.from, "INBOX").size(), 4U);
}

TEST_F(TwoWay, DeletionsTravelBothWays) {
  start({1, 2, 3});
  rig.from->remove("INBOX", 1);
  rig.to->remove("INBOX", 2);
  const auto sum = rig.copy();
  EXPECT_EQ(sum.deleted, 2U) << text_of(sum);
  settle();
  EXPECT_EQ(bodies(*rig.from, "INBOX"), mails({3}));
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({1}));
  EXPECT_EQ(bodies(*rig.from, quarantine), mails({2}));
}

TEST_F(TwoWay, ARenameIsOneAlsoAfterADryRun) {
  rig.fill("Work", {1, 2, 3});
  start({4});
  rig.from->rename("Work", "Job");
  rig.policy.dry_run = true;
  (void)rig.copy();
  rig.policy.dry_run = false;
  const auto sum = rig.copy();
  EXPECT_EQ(sum.copied, 0U) << text_of(sum);
  EXPECT_FALSE(rig.to->has("Work"));
  settle();
}

TEST_F(TwoWay, AMessageThatWasFlaggedAndMovedArrivesWithItsFlags) {
  for (const bool at_source : {true, false}) {
    SCOPED_TRACE(at_source);
    Rig each;
    prepare(each);
    each.fill("INBOX", {1, 2});
    each.fill("Box", {3});
    expect_ok(each.copy());
    auto& side = at_source ? each.from : each.to;
    side->remove("INBOX", 1);
    side->add("Box", mail(1), "\\Flagged", date(1));  // it was \Seen
    const auto sum = each.copy();
    EXPECT_EQ(sum.moved, 1U) << text_of(sum);
    expect_in_step(each);
    EXPECT_EQ(each.copy().flags_changed, 0U);
  }
}

TEST_F(TwoWay, FlagsAreMergedOneByOne) {
  start({1});
  rig.from->set_flags("INBOX", 1, "\\Seen \\Flagged");
  rig.to->set_flags("INBOX", 1, "\\Answered");  // \Seen taken away, \Answered added
  settle();
  EXPECT_EQ(contents(*rig.from, "INBOX").at(0).flags, "\\Answered \\Flagged");
}

TEST_F(TwoWay, AChangeWinsOverADeletion) {
  start({1, 2, 3});
  rig.from->remove("INBOX", 1);
  rig.to->set_flags("INBOX", 1, "\\Seen \\Flagged");
  rig.to->remove("INBOX", 2);
  rig.from->set_flags("INBOX", 2, "\\Answered");
  const auto sum = rig.copy();
  EXPECT_EQ(sum.conflicts.size(), 2U) << text_of(sum);
  EXPECT_EQ(sum.deleted, 0U);
  settle();
  EXPECT_EQ(contents(*rig.from, "INBOX").size(), 3U);
}

// As a run leaves it that was killed between the flag and the EXPUNGE.
TEST_F(TwoWay, ToBeFlaggedDeletedIsNoChangeThatWinsOverADeletion) {
  start({1, 2, 3});
  rig.from->remove("INBOX", 1);
  rig.to->set_flags("INBOX", 1, "\\Seen \\Deleted");
  rig.to->remove("INBOX", 2);
  rig.from->set_flags("INBOX", 2, "\\Deleted");
  const auto sum = rig.copy();
  EXPECT_EQ(sum.conflicts.size(), 0U) << text_of(sum);
  EXPECT_EQ(sum.deleted, 2U);
  settle();
  EXPECT_EQ(contents(*rig.from, "INBOX").size(), 1U);
}

TEST_F(TwoWay, WhatIsGoneOnBothSidesIsForgotten) {
  start({1, 2});
  rig.from->remove("INBOX", 1);
  rig.to->remove("INBOX", 1);
  EXPECT_EQ(rig.copy().deleted, 0U);
  settle();
}

TEST_F(TwoWay, MailboxesAreMadeOnBothSides) {
  start({1});
  rig.fill("Here", {2});
  rig.to->add("There", mail(3), "\\Seen", date(3));
  rig.to->create("Empty");
  settle();
  EXPECT_EQ(bodies(*rig.to, "Here"), mails({2}));
  EXPECT_EQ(bodies(*rig.from, "There"), mails({3}));
  EXPECT_TRUE(rig.from->has("Empty"));
}

// It was in no listing when the run began.
TEST_F(TwoWay, AMailboxMadeInThisRunIsNotTakenForDeleted) {
  for (const bool delete_mailboxes : {false, true}) {
    Rig own;
    prepare(own);
    own.policy.removal.mailboxes = delete_mailboxes;
    own.from->add("Near", mail(2), "", date(2));
    own.to->add("Far", mail(3), "", date(3));
    own.to->create("Empty");
    const auto sum = own.copy();
    expect_ok(sum);
    EXPECT_TRUE(sum.warnings.empty()) << text_of(sum);
    expect_in_step(own);
  }
}

TEST_F(TwoWay, AMoveIsFollowedByAMove) {
  rig.fill("Work", {7});
  start({1, 2, 3});
  rig.from->remove("INBOX", 2);
  rig.fill("Work", {2});
  rig.to->remove("INBOX", 3);
  rig.to->add("Work", mail(3), "\\Seen", date(3));
  const auto before = rig.to->writes().appended + rig.from->writes().appended;
  const auto sum = rig.copy();
  EXPECT_EQ(sum.moved, 2U) << text_of(sum);
  EXPECT_EQ(sum.deleted, 0U);
  EXPECT_EQ(rig.to->writes().appended + rig.from->writes().appended, before);
  EXPECT_FALSE(rig.to->has(quarantine));
  settle();
}

TEST_F(TwoWay, ARenamedMailboxIsRenamed) {
  rig.fill("Old", {7, 8});
  start({1});
  rig.from->rename("Old", "New");
  const auto before = rig.to->writes().appended;
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_FALSE(rig.to->has("Old"));
  EXPECT_EQ(rig.to->writes().appended, before);
  settle();
}

TEST_F(TwoWay, ADeletedMailboxIsLeftAlone) {
  rig.fill("Work", {7, 8});
  start({1});
  rig.from->drop("Work");
  const auto sum = rig.copy();
  EXPECT_FALSE(sum.warnings.empty());
  EXPECT_EQ(bodies(*rig.to, "Work"), mails({7, 8}));
  EXPECT_FALSE(rig.from->has("Work"));
}

// What arrives at the other side meanwhile does not make it look like an account with little mail.
TEST_F(TwoWay, AnEmptiedSideStaysSoUntilSomebodyHasLooked) {
  for (const bool at_source : {true, false}) {
    SCOPED_TRACE(at_source);
    Rig each;
    prepare(each);
    const auto other = empty_one(each, at_source);
    other->add("INBOX", mail(4), "", date(4));
    other->add("New", mail(5), "", date(5));
    for (int i = 0; i < 3; ++i) {
      const auto sum = each.copy();
      EXPECT_EQ(sum.outcome, sync::Outcome::refused) << text_of(sum);
      EXPECT_EQ(sum.deleted, 0U);
      EXPECT_EQ(contents(*other, "INBOX").size(), 4U);
    }
  }
}

TEST_F(TwoWay, AnEmptiedSideEmptiesNothing) {
  for (const bool at_source : {true, false}) {
    Rig each;
    prepare(each);
    const auto other = empty_one(each, at_source);
    const auto sum = each.copy();
    EXPECT_EQ(sum.outcome, sync::Outcome::refused) << text_of(sum);
    EXPECT_EQ(sum.withheld, 3U);
    EXPECT_EQ(bodies(*other, "INBOX"), mails({1, 2, 3}));
  }
}

TEST_F(TwoWay, ADryRunTellsOfAMoveIntoAMailboxThatOnlyTheTargetHas) {
  start({1, 2, 3});
  rig.to->remove("INBOX", 2);
  rig.to->add("Box", mail(2), "\\Seen", date(2));
  rig.to->add("Box", mail(4), "", date(4));
  rig.policy.dry_run = true;
  const auto before = rig.to->writes().total() + rig.from->writes().total();
  EXPECT_EQ(rig.copy().outcome, sync::Outcome::ok);
  EXPECT_EQ(rig.to->writes().total() + rig.from->writes().total(), before);
  std::vector<std::string> plan;
  for (const auto& step : rig.seen<sync::Planned>()) plan.push_back(step.text);
  EXPECT_EQ(plan, (std::vector<std::string>{"create mailbox \"Box\" (source)",
                                            "move 1 message from \"INBOX\" to \"Box\" (source)",
                                            "copy 1 message (0.0 MB) from \"Box\" to \"Box\" (source)"}));
  rig.policy.dry_run = false;
  const auto sum = rig.copy();
  EXPECT_EQ(sum.moved, 1U);
  EXPECT_EQ(sum.copied_back, 1U);
  EXPECT_FALSE(rig.from->has(quarantine));
  settle();
}

// Killed when the COPY was on its way; the server carries it out all the same, when the next run has begun.
TEST_F(TwoWay, WithoutMoveALateCopyOfAMoveIsWaitedFor) {
  rig.to->options.features.move_copies = true;
  rig.policy.timing.settle_floor = std::chrono::seconds(60);
  rig.flies = std::chrono::milliseconds(50);
  rig.from->create("Box");
  start({1, 2, 3});
  rig.from->remove("INBOX", 2);
  rig.fill("Box", {2});
  bool moving = false;
  rig.to->options.before = [&moving](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::move) return std::nullopt;
    moving = true;
    return connection_cut();
  };
  EXPECT_TRUE(rig.copy_until([&moving] { return moving; }));
  const TimePoint killed = MonoClock::now();
  bool looked_too_early = false;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    looked_too_early =
        looked_too_early || (call.op != Op::connect && MonoClock::now() - killed < std::chrono::seconds(60));
    return std::nullopt;
  };
  expect_ok(rig.copy());
  EXPECT_FALSE(looked_too_early);
  EXPECT_EQ(bodies(*rig.to, "Box"), mails({2}));
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
  rig.to->options.before = nullptr;
  const TimePoint before = MonoClock::now();
  expect_ok(rig.copy());
  EXPECT_LT(MonoClock::now() - before, std::chrono::seconds(60)) << "once is enough";
}

TEST_F(TwoWay, WithoutStateNothingIsRemoved) {
  start({1, 2, 3});
  rig.from->remove("INBOX", 1);
  rig.forget_everything();
  EXPECT_EQ(rig.copy().deleted, 0U);
  EXPECT_EQ(contents(*rig.from, "INBOX").size(), 3U);
  settle();
}

TEST_F(TwoWay, ADryRunShowsBothDirections) {
  start({1, 2, 3});
  rig.fill("INBOX", {4});
  rig.to->add("INBOX", mail(5), "", date(5));
  rig.to->remove("INBOX", 1);
  rig.policy.dry_run = true;
  const auto before = rig.to->writes().total() + rig.from->writes().total();
  (void)rig.copy();
  EXPECT_EQ(rig.to->writes().total() + rig.from->writes().total(), before);
  std::vector<std::string> plan;
  for (const auto& line : rig.seen<sync::Planned>()) plan.push_back(line.text);
  EXPECT_EQ(plan,
            (std::vector<std::string>{"copy 1 message (0.0 MB) from \"INBOX\" to \"INBOX\"",
                                      "copy 1 message (0.0 MB) from \"INBOX\" to \"INBOX\" (source)",
                                      "move to \"deleted_from_source\" 1 message of \"INBOX\" (source)"}));
}

// The copies of the way back have become pairs like all others when the late one comes.
TEST_F(TwoWay, ALateCopyOnTheWayBackIsOurOwnDoubleAndGoes) {
  start({1, 2});
  rig.to->add("INBOX", mail(3), "\\Flagged", date(3));
  rig.to->add("INBOX", mail(4), "", date(4));
  rig.from->options.append_fault = append_fault_at(1, AppendFault::store_late);
  expect_ok(rig.copy());
  expect_in_step(rig);
  EXPECT_EQ(rig.from->deliver_late(), 2U);
  const auto sum = rig.copy();
  EXPECT_EQ(sum.copied, 0U) << text_of(sum);
  EXPECT_EQ(contents(*rig.from, "INBOX").size(), 4U);
  settle();
}

TEST_F(TwoWay, IsFinishedByTheNextRunWhereverItIsKilled) {
  for (int step = 1;; ++step) {
    Rig each;
    prepare(each);
    each.fill("INBOX", {1, 2, 3, 4});
    each.fill("Work", {7});
    expect_ok(each.copy());
    each.fill("INBOX", {5});
    each.to->add("INBOX", mail(6), "", date(6));
    each.from->remove("INBOX", 1);
    each.to->remove("INBOX", 2);
    each.from->remove("INBOX", 3);
    each.fill("Work", {3});
    each.to->set_flags("INBOX", 4, "\\Answered");
    each.to->add("There", mail(8), "", date(8));
    int calls = 0;
    each.from->options.before = each.to->options.before = each.to->options.after =
        each.from->options.after = [&](const MemoryCall&) -> std::optional<Error> {
      ++calls;
      return std::nullopt;
    };
    each.state->fault = [&](std::string_view) -> std::optional<Error> {
      ++calls;
      return std::nullopt;
    };
    const bool died = each.copy_until([&] { return calls >= step; });
    for (const auto& server : {each.from, each.to}) server->options.before = server->options.after = nullptr;
    each.state->fault = nullptr;
    const auto healing = each.copy();
    ASSERT_EQ(healing.outcome, sync::Outcome::ok) << step << " " << text_of(healing);
    expect_in_step(each);
    EXPECT_EQ(contents(*each.from, "INBOX").size(), 3U) << step;
    EXPECT_EQ(contents(*each.from, "Work").size(), 2U) << step;
    EXPECT_EQ(contents(*each.from, "There").size(), 1U) << step;
    EXPECT_EQ(each.copy().outcome, sync::Outcome::ok);
    const auto before = each.to->writes().total() + each.from->writes().total();
    EXPECT_EQ(each.copy().outcome, sync::Outcome::ok);
    EXPECT_EQ(each.to->writes().total() + each.from->writes().total(), before) << step;
    if (::testing::Test::HasFailure()) FAIL() << "killed at step " << step;
    if (!died) break;
  }
}

}  // namespace
}  // namespace pf::test
