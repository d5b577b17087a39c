// Mailboxes that are gone from one side.
#include "unit/sync/rig.h"

#include <gmock/gmock.h>

namespace pf::test {
namespace {

constexpr const char* quarantine = "deleted_from_source";

class GoneMailbox : public ::testing::Test {
 protected:
  GoneMailbox() {
    rig.policy.mode = sync::Mode::mirror;
    rig.policy.removal.confirmed = true;
    rig.policy.removal.mailboxes = true;
    rig.fill("INBOX", {1});
    rig.fill("Work", {7, 8});
    expect_ok(rig.copy());
  }
  Rig rig;
};

TEST_F(GoneMailbox, IsLeftAloneAndNamedUnlessAskedFor) {
  rig.policy.removal.mailboxes = false;
  rig.from->drop("Work");
  const auto sum = rig.copy();
  EXPECT_EQ(sum.warnings.size(), 1U) << text_of(sum);
  EXPECT_EQ(bodies(*rig.to, "Work"), mails({7, 8}));
}

TEST_F(GoneMailbox, GoesWhenItsMessagesAreInTheQuarantine) {
  rig.from->drop("Work");
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_EQ(sum.deleted, 2U);
  EXPECT_FALSE(rig.to->has("Work"));
  EXPECT_EQ(bodies(*rig.to, quarantine), mails({7, 8}));
  EXPECT_EQ(rig.copy().outcome, sync::Outcome::ok);
}

TEST_F(GoneMailbox, UndoMakesItAgain) {
  rig.from->drop("Work");
  const auto sum = rig.copy();
  EXPECT_EQ(rig.undo(std::stoll(sum.run)).restored, 2U);
  EXPECT_EQ(bodies(*rig.to, "Work"), mails({7, 8}));
}

TEST_F(GoneMailbox, StaysWhenItHoldsWhatNeverCameFromTheSource) {
  rig.to->add("Work", mail(9), "", date(9));
  rig.from->drop("Work");
  const auto sum = rig.copy();
  EXPECT_EQ(sum.deleted, 2U);
  EXPECT_EQ(bodies(*rig.to, "Work"), mails({9}));
  EXPECT_FALSE(sum.warnings.empty());
}

TEST_F(GoneMailbox, StaysWhenAGuardWithholdsItsMessages) {
  rig.policy.removal.most_messages = 1;
  rig.from->drop("Work");
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::refused);
  EXPECT_EQ(bodies(*rig.to, "Work"), mails({7, 8}));
}

TEST_F(GoneMailbox, AListingThatForgotItDeletesNothing) {
  rig.from->options.forget_in_list = "Work";
  const auto sum = rig.copy();
  EXPECT_FALSE(sum.warnings.empty());
  EXPECT_EQ(sum.deleted, 0U);
  EXPECT_EQ(bodies(*rig.to, "Work"), mails({7, 8}));
}

// A folder of an archive that cannot be read, rights that were taken away: that is not "gone".
TEST_F(GoneMailbox, OneThatIsHiddenAndRefusedIsNotTakenForGone) {
  rig.from->options.forget_in_list = "Work";
  rig.from->options.before = [](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::status || call.mailbox != "Work") return std::nullopt;
    return Error(Errc::permission, Scope::mailbox, Retry::never, "no right to see it");
  };
  const auto sum = rig.copy();
  EXPECT_THAT(sum.warnings, testing::ElementsAre(testing::HasSubstr("no right to see it"))) << text_of(sum);
  EXPECT_EQ(sum.deleted, 0U);
  EXPECT_EQ(bodies(*rig.to, "Work"), mails({7, 8}));
}

TEST_F(GoneMailbox, OneThatWasMadeAgainElsewhereIsNoConcern) {
  rig.from->drop("Work");
  rig.to->set_validity("Work", 4711);
  const auto sum = rig.copy();
  EXPECT_EQ(sum.deleted, 0U) << text_of(sum);
  EXPECT_EQ(bodies(*rig.to, "Work"), mails({7, 8}));
}

TEST_F(GoneMailbox, TwoWayItGoesFromEitherSide) {
  rig.source_may_change = true;
  rig.policy.mode = sync::Mode::two_way;
  rig.to->drop("Work");
  const auto sum = rig.copy();
  EXPECT_EQ(sum.deleted, 2U) << text_of(sum);
  EXPECT_FALSE(rig.from->has("Work"));
  EXPECT_EQ(bodies(*rig.from, quarantine), mails({7, 8}));
}

TEST_F(GoneMailbox, ADryRunSaysIt) {
  rig.from->drop("Work");
  rig.policy.dry_run = true;
  (void)rig.copy();
  std::vector<std::string> plan;
  for (const auto& line : rig.seen<sync::Planned>()) plan.push_back(line.text);
  EXPECT_EQ(plan, (std::vector<std::string>{"move to \"deleted_from_source\" 2 messages of \"Work\"",
                                            "delete mailbox \"Work\" when it is empty"}));
  EXPECT_TRUE(rig.to->has("Work"));
}

}  // namespace
}  // namespace pf::test
