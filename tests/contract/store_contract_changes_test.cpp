// What changed since a checkpoint, changes that depend on it, and moving.
#include "contract/store_contract.h"

#include <algorithm>

namespace pf::test {

using store::Access;
using store::ScanFields;

namespace {

store::FlagChange adding(const MessageRef& ref, std::string_view flags) {
  return {ref, FlagSet::parse(flags), {}};
}

std::vector<MessageRef> refs_of(const std::vector<MessageMeta>& messages) {
  std::vector<MessageRef> out;
  for (const auto& message : messages) out.push_back(message.ref);
  return out;
}

bool names(const std::vector<store::RefRange>& ranges, const MessageRef& ref) {
  return std::ranges::any_of(ranges,
                             [&](const auto& range) { return range.first <= ref && ref <= range.last; });
}

}  // namespace

TEST_P(StoreContract, ChangesTellWhatIsNewAndWhatHasOtherFlags) {
  if (!store->features().checkpoints) return;  // the store says that it cannot
  const auto work = create("Work");
  auto mine = open(*store, work);
  append(*mine, {{sample_message(0)}, {sample_message(1), "\\Seen"}, {sample_message(2)}});
  must(mine->refresh());
  const auto all = refs(*mine);
  const auto since = mine->status().checkpoint;
  ASSERT_FALSE(since.empty());

  const auto other = connected();
  auto theirs = open(*other, work);
  const std::vector flagged{adding(all[1], "\\Flagged")};
  must(theirs->change_flags(flagged));
  append(*theirs, {{sample_message(3), "\\Draft"}});

  must(mine->refresh());
  const auto changes = must(mine->changes_since(since));
  ASSERT_EQ(changes.changed.size(), 2U);
  EXPECT_EQ(changes.changed[0].ref, all[1]);
  EXPECT_EQ(changes.changed[0].flags, FlagSet::parse("\\Seen \\Flagged"));
  EXPECT_GT(changes.changed[1].ref, all[2]);
  EXPECT_EQ(changes.changed[1].flags, FlagSet::parse("\\Draft"));
  for (const auto& ref : refs(*mine)) EXPECT_FALSE(names(changes.vanished, ref));
  close(*theirs);
  must(other->close());
  close(*mine);
}

TEST_P(StoreContract, NothingChangedWhereNothingHappened) {
  if (!store->features().checkpoints) return;  // the store says that it cannot
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}, {sample_message(1)}});
  must(mailbox->refresh());
  const auto before = mailbox->status();
  must(mailbox->refresh());
  EXPECT_EQ(mailbox->status().checkpoint, before.checkpoint);
  const auto changes = must(mailbox->changes_since(before.checkpoint));
  EXPECT_TRUE(changes.changed.empty());
  for (const auto& ref : refs(*mailbox)) EXPECT_FALSE(names(changes.vanished, ref));
  close(*mailbox);
}

TEST_P(StoreContract, ChangesTellWhatWeAppendedOurselves) {
  if (!store->features().checkpoints) return;  // the store says that it cannot
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}});
  must(mailbox->refresh());
  const auto since = mailbox->status().checkpoint;
  append(*mailbox, {{sample_message(1), "\\Answered"}});
  must(mailbox->refresh());
  EXPECT_NE(mailbox->status().checkpoint, since);
  const auto changes = must(mailbox->changes_since(since));
  ASSERT_EQ(changes.changed.size(), 1U);
  EXPECT_EQ(changes.changed.front().ref, refs(*mailbox).back());
  EXPECT_EQ(changes.changed.front().flags, FlagSet::parse("\\Answered"));
  close(*mailbox);
}

TEST_P(StoreContract, ChangesOfAMailboxThatWasEmpty) {
  if (!store->features().checkpoints) return;  // the store says that it cannot
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  const auto since = mailbox->status().checkpoint;
  if (!since.empty()) {
    EXPECT_TRUE(must(mailbox->changes_since(since)).changed.empty());
    append(*mailbox, {{sample_message(0)}});
    must(mailbox->refresh());
    EXPECT_EQ(refs_of(must(mailbox->changes_since(since)).changed), refs(*mailbox));
  }
  close(*mailbox);
}

TEST_P(StoreContract, ChangesTellWhatIsGone) {
  if (!store->features().tells_vanished || !store->features().targeted_remove) return;
  const auto work = create("Work");
  auto mine = open(*store, work);
  append(*mine, {{sample_message(0)}, {sample_message(1)}, {sample_message(2)}, {sample_message(3)}});
  must(mine->refresh());
  const auto all = refs(*mine);
  const auto since = mine->status().checkpoint;

  const auto other = connected();
  auto theirs = open(*other, work);
  must(theirs->remove({all[1], all[2]}));
  must(mine->refresh());
  const auto changes = must(mine->changes_since(since));
  EXPECT_TRUE(names(changes.vanished, all[1]));
  EXPECT_TRUE(names(changes.vanished, all[2]));
  EXPECT_FALSE(names(changes.vanished, all[0]));
  EXPECT_FALSE(names(changes.vanished, all[3]));
  for (const auto& ref : refs_of(changes.changed)) EXPECT_TRUE(ref != all[1] && ref != all[2]);

  must(theirs->remove({all[0], all[3]}));  // and now it is empty
  must(mine->refresh());
  const auto later = must(mine->changes_since(since));
  for (const auto& ref : all) EXPECT_TRUE(names(later.vanished, ref));
  EXPECT_TRUE(later.changed.empty());
  close(*theirs);
  must(other->close());
  close(*mine);
}

TEST_P(StoreContract, ChangesOfALaterCheckpointLeaveOutWhatWasBefore) {
  if (!store->features().checkpoints) return;  // the store says that it cannot
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}, {sample_message(1)}});
  const auto all = refs(*mailbox);
  const std::vector first{adding(all[0], "\\Seen")};
  must(mailbox->change_flags(first));
  must(mailbox->refresh());
  const auto since = mailbox->status().checkpoint;
  const std::vector second{adding(all[1], "\\Seen")};
  must(mailbox->change_flags(second));
  must(mailbox->refresh());
  EXPECT_EQ(refs_of(must(mailbox->changes_since(since)).changed), (std::vector{all[1]}));
  close(*mailbox);
}

TEST_P(StoreContract, FlagsThatChangedMeanwhileAreLeftAlone) {
  if (!store->features().conditional_flags) return;  // the store says that it cannot
  const auto work = create("Work");
  auto mine = open(*store, work);
  append(*mine, {{sample_message(0)},
                 {sample_message(1)},
                 {sample_message(2), "\\Draft"},
                 {sample_message(3), "\\Draft"}});
  must(mine->refresh());
  const auto all = refs(*mine);
  const auto since = mine->status().checkpoint;

  const auto other = connected();
  auto theirs = open(*other, work);
  const std::vector meanwhile{adding(all[1], "\\Flagged"), adding(all[3], "\\Flagged")};
  must(theirs->change_flags(meanwhile));

  const auto draft = FlagSet::parse("\\Draft");
  const auto seen = FlagSet::parse("\\Seen");
  const std::vector<store::FlagChange> wanted{
      {all[0], seen, {}}, {all[1], seen, {}}, {all[2], seen, draft}, {all[3], seen, draft}};
  auto left = must(mine->change_flags_unless(wanted, since));
  std::ranges::sort(left);
  EXPECT_EQ(left, (std::vector{all[1], all[3]}));
  must(mine->refresh());
  const auto found = scan(*mine, ScanFields::flags);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].flags, seen);
  EXPECT_EQ(found[1].flags, FlagSet::parse("\\Flagged"));
  EXPECT_EQ(found[2].flags, seen);
  EXPECT_EQ(found[3].flags, FlagSet::parse("\\Flagged \\Draft"));

  const auto now = mine->status().checkpoint;
  EXPECT_TRUE(must(mine->change_flags_unless(wanted, now)).empty());
  for (const auto& message : scan(*mine, ScanFields::flags)) {
    EXPECT_TRUE(message.flags.has(SystemFlag::seen));
    EXPECT_FALSE(message.flags.has(SystemFlag::draft));
  }
  close(*theirs);
  must(other->close());
  close(*mine);
}

TEST_P(StoreContract, ConditionalFlagsOfAMessageThatIsGoneAreNoError) {
  if (!store->features().conditional_flags || !store->features().targeted_remove) return;
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}, {sample_message(1)}});
  const auto all = refs(*mailbox);
  must(mailbox->remove({all[0]}));
  must(mailbox->refresh());
  const std::vector wanted{adding(all[0], "\\Seen"), adding(all[1], "\\Seen")};
  EXPECT_TRUE(must(mailbox->change_flags_unless(wanted, mailbox->status().checkpoint)).empty());
  EXPECT_EQ(scan(*mailbox, ScanFields::flags).front().flags, FlagSet::parse("\\Seen"));
  close(*mailbox);
}

TEST_P(StoreContract, MovesWithFlagsDateAndBytes) {
  if (!store->features().move) return;  // the store says that it cannot
  const auto from = create("From");
  const auto to = create("To");
  const InternalDate date(837596665, 0);
  auto target = open(*store, to);
  append(*target, {{sample_message(10)}});
  close(*target);
  auto mailbox = open(*store, from);
  append(*mailbox, {{sample_message(0)},
                    {sample_message(1, 30'000), "\\Seen \\Flagged", date},
                    {sample_message(2), "\\Draft", date},
                    {sample_message(3)}});
  const auto all = refs(*mailbox);

  const auto told = must(mailbox->move({all[2], all[1]}, to));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(refs(*mailbox), (std::vector{all[0], all[3]}));
  must(mailbox->refresh());
  EXPECT_EQ(mailbox->status().count, 2U);
  close(*mailbox);

  target = open(*store, to, Access::read);
  const auto found = scan(*target, ScanFields::basic);
  ASSERT_EQ(found.size(), 3U);
  const auto texts = read(*target, refs_of(found));
  ASSERT_EQ(texts.size(), 3U);
  const auto where = [&](int number) {
    const auto at =
        std::ranges::find(texts, sample_message(number, number == 1 ? 30'000 : 200), &ReadMessage::text);
    return at == texts.end() ? MessageRef() : at->ref;
  };
  const auto meta = [&](const MessageRef& ref) { return *std::ranges::find(found, ref, &MessageMeta::ref); };
  ASSERT_FALSE(where(1).empty());
  ASSERT_FALSE(where(2).empty());
  EXPECT_EQ(meta(where(1)).flags, FlagSet::parse("\\Seen \\Flagged"));
  EXPECT_EQ(meta(where(2)).flags, FlagSet::parse("\\Draft"));
  for (const int number : {1, 2}) {
    ASSERT_TRUE(meta(where(number)).date);
    EXPECT_EQ(meta(where(number)).date->unix_seconds(), date.unix_seconds());
  }
  if (store->features().append_refs) {
    EXPECT_EQ(told[0], where(2));
    EXPECT_EQ(told[1], where(1));
  }
  close(*target);
}

TEST_P(StoreContract, MovingWhatIsGoneIsNoError) {
  if (!store->features().move || !store->features().targeted_remove) return;
  const auto from = create("From");
  const auto to = create("To");
  auto mailbox = open(*store, from);
  append(*mailbox, {{sample_message(0)}, {sample_message(1)}, {sample_message(2)}});
  const auto all = refs(*mailbox);
  const auto other = connected();
  auto theirs = open(*other, from);
  must(theirs->remove({all[1]}));
  close(*theirs);
  must(other->close());

  const auto told = must(mailbox->move({all[0], all[1]}, to));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_FALSE(told[1]);
  EXPECT_EQ(must(mailbox->move({all[0], all[1]}, to)), (std::vector<std::optional<MessageRef>>(2)));
  EXPECT_TRUE(must(mailbox->move({}, to)).empty());
  must(mailbox->refresh());
  EXPECT_EQ(refs(*mailbox), (std::vector{all[2]}));
  close(*mailbox);
  auto target = open(*store, to, Access::read);
  EXPECT_EQ(target->status().count, 1U);
  close(*target);
}

// What another program has marked is not ours to expunge.
TEST_P(StoreContract, MovingTakesAwayOnlyWhatWasMoved) {
  if (!store->features().move) return;  // the store says that it cannot
  const auto from = create("From");
  const auto to = create("To");
  auto mailbox = open(*store, from);
  append(*mailbox, {{sample_message(0)}, {sample_message(1), "\\Deleted"}});
  const auto all = refs(*mailbox);
  must(mailbox->move({all[0]}, to));
  must(mailbox->refresh());
  EXPECT_EQ(refs(*mailbox), (std::vector{all[1]}));
  close(*mailbox);
}

TEST_P(StoreContract, MovingIntoAMailboxThatIsNotThereMovesNothing) {
  if (!store->features().move) return;  // the store says that it cannot
  const auto from = create("From");
  auto to = create("To");
  auto mailbox = open(*store, from);
  append(*mailbox, {{sample_message(0)}, {sample_message(1)}});
  const auto all = refs(*mailbox);
  to.id = wire_from_path(MailboxPath::from_display("Nowhere"), store->name_rules()).wire;
  const auto moved = run(mailbox->move(all, to));
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, Errc::not_found);
  EXPECT_EQ(moved.error().scope, Scope::mailbox);
  must(mailbox->refresh());
  EXPECT_EQ(refs(*mailbox), all);
  close(*mailbox);
}

}  // namespace pf::test
