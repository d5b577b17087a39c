#include "sync/settled.h"

#include "unit/sync/rig.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::test {
namespace {

using store::MailboxStatus;
using sync::encode_settled;

MailboxStatus status(std::string epoch, std::string position, std::uint64_t count, std::string checkpoint) {
  return {Epoch(std::move(epoch)), Position(std::move(position)), count, Checkpoint(std::move(checkpoint))};
}

TEST(Settled, SettlesNothingWithoutStableReferencesOrPosition) {
  EXPECT_EQ(encode_settled(status("", "p", 1, "c")), "");
  EXPECT_EQ(encode_settled(status("e", "", 1, "c")), "");
}

TEST(Settled, AMissingCheckpointNeverSettlesFlags) {
  const auto none = status("e", "p", 1, "");
  EXPECT_FALSE(sync::same_messages_and_flags(none, none));
  EXPECT_TRUE(sync::same_messages(none, none));
}

TEST(Settled, TheCheckpointCountsOnlyForFlags) {
  EXPECT_TRUE(sync::same_messages(status("e", "p", 1, "c"), status("e", "p", 1, "d")));
  EXPECT_FALSE(sync::same_messages_and_flags(status("e", "p", 1, "c"), status("e", "p", 1, "d")));
}

TEST(Settled, WhatIsNoStatusIsNotRead) {
  for (const std::string_view text : {"", "1", "1:", "1:1:e", "1:1:e1:p", "1:1:e1:p2:c", "1:1:e1:p1:cx",
                                      "x:1:e1:p1:c", "1:99999999999999999999:e1:p1:c"}) {
    EXPECT_FALSE(sync::decode_settled(text)) << text;
  }
}

RC_GTEST_PROP(Settled, WhatIsWrittenIsReadAsTheSame, ()) {
  const auto text = rc::gen::container<std::string>(rc::gen::element('0', '1', ':', '\0'));
  const auto a = status("e" + *text, "p" + *text, *rc::gen::inRange(0, 12), *text);
  RC_ASSERT(sync::decode_settled(encode_settled(a)) == a);
}

// ---- in a run

TEST(SettledRun, LooksIntoNothingWhenBothStatusesAreAsTheyWere) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  rig.fill("Work", {3});
  expect_ok(rig.copy());
  int looks = 0;
  for (auto& server : {rig.from, rig.to}) {
    server->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
      looks += call.op == Op::open ? 1 : 0;
      return std::nullopt;
    };
  }
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.matched, 3U);
  EXPECT_EQ(looks, 0);
  EXPECT_TRUE(sum.per_mailbox.at(0).settled);
}

TEST(SettledRun, ANewMessageOrAFlagUnsettles) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  expect_ok(rig.copy());
  rig.fill("INBOX", {3});
  EXPECT_EQ(rig.copy().copied, 1U);
  rig.from->set_flags("INBOX", 1, "\\Answered");
  EXPECT_EQ(rig.copy().flags_changed, 1U);
  rig.to->remove("INBOX", 2);
  EXPECT_EQ(rig.copy().restored, 1U);
  expect_nothing_left(rig);
}

TEST(SettledRun, AServerWithoutCheckpointsIsLookedAtForFlags) {
  Rig rig;
  rig.from->options.features.checkpoints = false;
  rig.fill("INBOX", {1, 2});
  expect_ok(rig.copy());
  EXPECT_FALSE(rig.copy().per_mailbox.at(0).settled);
  rig.from->set_flags("INBOX", 1, "\\Answered");
  EXPECT_EQ(rig.copy().flags_changed, 1U);
  rig.policy.sync_flags = false;
  expect_ok(rig.copy());
  EXPECT_TRUE(rig.copy().per_mailbox.at(0).settled);
}

TEST(SettledRun, ForeignMailAtTheTargetIsNotTakenForSettled) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  rig.to->options.append_fault = [&](const MemoryCall&) {
    rig.to->add("INBOX", mail(99), "", date(99));  // delivered in the middle of the run
    rig.to->options.append_fault = nullptr;
    return AppendFault::none;
  };
  expect_ok(rig.copy());
  const auto again = rig.copy();
  EXPECT_FALSE(again.per_mailbox.at(0).settled);
  EXPECT_EQ(again.copied, 0U);
  EXPECT_TRUE(rig.copy().per_mailbox.at(0).settled);
}

TEST(SettledRun, WhatKeepDeletedLeftOutIsRestoredWithoutIt) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  expect_ok(rig.copy());
  rig.to->remove("INBOX", 1);
  rig.policy.keep_deleted = true;
  EXPECT_EQ(rig.copy().restored, 0U);
  EXPECT_EQ(rig.copy().restored, 0U);
  rig.policy.keep_deleted = false;
  EXPECT_EQ(rig.copy().restored, 1U);
  expect_exact(rig);
}

TEST(SettledRun, AChoiceOfMessagesSettlesNothing) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  rig.policy.messages.before = sample_time + 2;
  EXPECT_EQ(rig.copy().copied, 1U);
  rig.policy.messages = {};
  EXPECT_EQ(rig.copy().copied, 1U);
  expect_exact(rig);
}

TEST(SettledRun, LosingTheLastLookIsNoFailure) {
  Rig rig;
  rig.fill("INBOX", {1});
  rig.to->options.before = fault_at(Op::status, 1, connection_cut());
  expect_ok(rig.copy());
  expect_exact(rig);
  expect_nothing_left(rig);
}

}  // namespace
}  // namespace pf::test
