#include "sync/diff.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

using sync::diff;
using sync::Diff;
using sync::DiffInput;

MessageRef ref(int number) {
  return MessageRef(std::string(1, static_cast<char>(number)));
}

MessageMeta message(int number, std::string_view flags = "") {
  MessageMeta out;
  out.ref = ref(number);
  out.flags = FlagSet::parse(flags);
  out.date = InternalDate(std::int64_t{100} * number, 0);
  out.size = static_cast<std::uint64_t>(number) * 1000;
  return out;
}

state::PairRow pair(int source, int target, std::string_view base = "", std::string_view normalised = "") {
  state::PairRow out;
  out.source = ref(source);
  out.target = ref(target);
  out.flags = FlagSet::parse(base);
  out.normalised = FlagSet::parse(normalised);
  return out;
}

state::ParkedRow parked(int number, std::uint64_t limit = 0) {
  return {ref(number), "too-big", "NO", static_cast<std::uint64_t>(number) * 1000, limit};
}

class DiffOf : public ::testing::Test {
 protected:
  Diff go() {
    const DiffInput in{source, pairs,        parked_rows, knows_target ? &target : nullptr,
                       rules,  source_rules, policy,      limit};
    return diff(in);
  }

  std::vector<MessageMeta> source, target;
  std::vector<state::PairRow> pairs;
  std::vector<state::ParkedRow> parked_rows;
  FlagRules rules, source_rules;
  sync::Policy policy;
  std::optional<std::uint64_t> limit;
  bool knows_target = true;
};

std::vector<MessageRef> refs(const std::vector<sync::CopyItem>& items) {
  std::vector<MessageRef> out;
  for (const auto& item : items) out.push_back(item.ref);
  return out;
}
using Refs = std::vector<MessageRef>;

TEST_F(DiffOf, WantsWhatHasNoPair) {
  source = {message(1), message(2, "\\Seen"), message(3)};
  target = {message(10), message(11)};
  pairs = {pair(1, 10)};
  const auto out = go();
  EXPECT_EQ(refs(out.unpaired), (Refs{ref(2), ref(3)}));
  EXPECT_EQ(out.unpaired_target, (Refs{ref(11)}));
  EXPECT_EQ(out.matched, 1U);
  EXPECT_EQ(out.unpaired[0].size, 2000U);
  EXPECT_EQ(out.unpaired[0].flags.to_string(), "\\Seen");
  EXPECT_FALSE(out.unpaired[0].restored);
}

TEST_F(DiffOf, RestoresACopyThatVanished) {
  source = {message(1), message(2)};
  target = {message(11)};
  pairs = {pair(1, 10), pair(2, 11)};
  auto out = go();
  EXPECT_EQ(refs(out.restore), (Refs{ref(1)}));
  EXPECT_TRUE(out.restore[0].restored);
  EXPECT_EQ(out.matched, 1U);

  policy.keep_deleted = true;
  out = go();
  EXPECT_TRUE(out.restore.empty());
  EXPECT_EQ(out.kept_deleted, 1U);
}

TEST_F(DiffOf, APairWhoseSourceIsGoneIsNobodysBusinessButStaysExplained) {
  source = {message(2)};
  target = {message(10), message(11)};
  pairs = {pair(1, 10), pair(2, 11)};
  const auto out = go();
  EXPECT_TRUE(out.unpaired.empty());
  EXPECT_TRUE(out.unpaired_target.empty());
  EXPECT_EQ(out.matched, 1U);
}

TEST_F(DiffOf, ATargetThatWasNotLookedAtIsTrusted) {
  source = {message(1), message(2)};
  pairs = {pair(1, 10)};
  knows_target = false;
  const auto out = go();
  EXPECT_EQ(refs(out.unpaired), (Refs{ref(2)}));
  EXPECT_TRUE(out.restore.empty());
}

TEST_F(DiffOf, OnlyWhatChangedSinceTheBaseTravels) {
  // The target's own \Flagged stays, the base's \Seen went at the source, \Answered came.
  source = {message(1, "\\Answered")};
  target = {message(10, "\\Seen \\Flagged")};
  pairs = {pair(1, 10, "\\Seen")};
  const auto out = go();
  ASSERT_EQ(out.flags.size(), 1U);
  EXPECT_EQ(out.flags[0].add.to_string(), "\\Answered");
  EXPECT_EQ(out.flags[0].remove.to_string(), "\\Seen");
  EXPECT_EQ(out.flags[0].base_after.to_string(), "\\Answered");
  EXPECT_EQ(out.flags[0].target, ref(10));
}

TEST_F(DiffOf, AChangeTheTargetHasAlreadyMovesOnlyTheBase) {
  source = {message(1, "\\Answered")};
  target = {message(10, "\\Answered")};
  pairs = {pair(1, 10, "\\Seen")};
  const auto out = go();
  ASSERT_EQ(out.flags.size(), 1U);
  EXPECT_TRUE(out.flags[0].add.empty());
  EXPECT_TRUE(out.flags[0].remove.empty());
  EXPECT_EQ(out.flags[0].base_after.to_string(), "\\Answered");
}

TEST_F(DiffOf, WhatTheTargetChangedByItselfIsLeftAlone) {
  source = {message(1, "\\Seen")};
  target = {message(10, "\\Flagged")};
  pairs = {pair(1, 10, "\\Seen")};
  EXPECT_TRUE(go().flags.empty());
}

TEST_F(DiffOf, FlagsTheTargetCannotKeepAreNeverSent) {
  source = {message(1, "\\Seen work"), message(2, "\\Seen $old")};
  target = {message(10), message(11)};
  pairs = {pair(1, 10), pair(2, 11, "", "$old")};
  rules.known = true;
  rules.new_keywords = false;
  rules.permanent = FlagSet::parse("\\Seen $old");
  const auto out = go();
  ASSERT_EQ(out.flags.size(), 2U);
  EXPECT_EQ(out.flags[0].add.to_string(), "\\Seen");
  EXPECT_EQ(out.flags[1].add.to_string(), "\\Seen");
}

TEST_F(DiffOf, FlagsStayWhereTheyAreWhenTheyAreNotWanted) {
  source = {message(1, "\\Answered")};
  target = {message(10)};
  pairs = {pair(1, 10)};
  policy.sync_flags = false;
  EXPECT_TRUE(go().flags.empty());
}

TEST_F(DiffOf, TheChoiceOfMessagesAppliesToNewAndLostOnes) {
  source = {message(1), message(2), message(3, "\\Deleted"), message(4)};
  target = {};
  pairs = {pair(1, 10)};
  policy.messages.since = 200;
  policy.messages.before = 400;
  auto out = go();
  EXPECT_EQ(refs(out.unpaired), (Refs{ref(2), ref(3)}));
  EXPECT_TRUE(out.restore.empty());
  policy.messages.skip_deleted = true;
  EXPECT_EQ(refs(go().unpaired), (Refs{ref(2)}));
  policy.messages = {};
  policy.messages.max_size = 2000;
  out = go();
  EXPECT_EQ(refs(out.unpaired), (Refs{ref(2)}));
  EXPECT_EQ(refs(out.restore), (Refs{ref(1)}));
}

TEST_F(DiffOf, BoundariesAreInclusiveBelowAndExclusiveAbove) {
  sync::MessageChoice choice;
  choice.since = 100;
  choice.before = 200;
  EXPECT_TRUE(sync::chosen(choice, message(1)));
  EXPECT_FALSE(sync::chosen(choice, message(2)));
  MessageMeta dateless = message(1);
  dateless.date.reset();
  EXPECT_FALSE(sync::chosen(choice, dateless));
  EXPECT_TRUE(sync::chosen({}, dateless));
  choice = {};
  choice.max_size = 1000;
  EXPECT_TRUE(sync::chosen(choice, message(1)));
  choice.max_size = 999;
  EXPECT_FALSE(sync::chosen(choice, message(1)));
}

TEST_F(DiffOf, ARefusedMessageIsReportedNotSent) {
  source = {message(1), message(2)};
  parked_rows = {parked(1)};
  auto out = go();
  EXPECT_EQ(refs(out.unpaired), (Refs{ref(2)}));
  ASSERT_EQ(out.still_parked.size(), 1U);
  EXPECT_EQ(out.still_parked[0].source, ref(1));
  EXPECT_TRUE(out.unpark.empty());

  policy.retry_failed = true;
  out = go();
  EXPECT_EQ(refs(out.unpaired), (Refs{ref(1), ref(2)}));
  EXPECT_EQ(out.unpark, (Refs{ref(1)}));
  EXPECT_TRUE(out.still_parked.empty());
}

TEST_F(DiffOf, AChangedMessageOrAHigherLimitIsWorthAnotherTry) {
  source = {message(5)};
  parked_rows = {parked(5, 4000)};
  limit = 4000;
  EXPECT_EQ(go().still_parked.size(), 1U);
  limit = 4500;  // raised, not far enough
  EXPECT_EQ(go().still_parked.size(), 1U);
  limit = 6000;
  EXPECT_EQ(go().unpark.size(), 1U);
  limit.reset();  // no limit any more
  EXPECT_EQ(go().unpark.size(), 1U);
  limit = 4000;
  source[0].size = 3000;
  EXPECT_EQ(go().unpark.size(), 1U);
}

TEST(PutInOrder, IsAscendingOrStrictlyDescending) {
  std::vector<sync::CopyItem> items(3);
  items[0].ref = ref(2);
  items[1].ref = ref(200);  // above 127: octets compare as unsigned
  items[2].ref = ref(1);
  sync::put_in_order(items, sync::Order::oldest);
  EXPECT_EQ(refs(items), (Refs{ref(1), ref(2), ref(200)}));
  sync::put_in_order(items, sync::Order::newest);
  EXPECT_EQ(refs(items), (Refs{ref(200), ref(2), ref(1)}));
}

}  // namespace
}  // namespace pf::test
