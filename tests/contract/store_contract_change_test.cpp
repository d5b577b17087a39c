// Flags and removal.
#include "contract/store_contract.h"

namespace pf::test {

using store::Access;
using store::ScanFields;

TEST_P(StoreContract, AddsAndTakesAwayFlagsOfTheNamedMessagesOnly) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0), "\\Seen"},
                    {sample_message(1), "\\Seen \\Flagged"},
                    {sample_message(2)},
                    {sample_message(3), "\\Draft"}});
  const auto all = refs(*mailbox);
  must(mailbox->refresh());
  const auto before = mailbox->status();
  std::vector<store::FlagChange> changes;
  changes.push_back({all[0], FlagSet::parse("\\Answered $Forwarded"), {}});
  changes.push_back({all[1], {}, FlagSet::parse("\\Seen")});
  changes.push_back({all[2], FlagSet::parse("\\Seen"), FlagSet::parse("\\Flagged")});  // was not there: fine
  const auto told = must(mailbox->change_flags(changes));
  const std::vector expected{FlagSet::parse("\\Seen \\Answered $Forwarded"), FlagSet::parse("\\Flagged"),
                             FlagSet::parse("\\Seen"), FlagSet::parse("\\Draft")};
  for (const auto& message : told) {
    const auto at = static_cast<std::size_t>(std::ranges::find(all, message.ref) - all.begin());
    ASSERT_LT(at, 3U);
    EXPECT_EQ(message.flags, mailbox->flag_rules().kept(expected[at]));
  }
  const auto found = scan(*mailbox, ScanFields::flags);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(found[i].flags, mailbox->flag_rules().kept(expected[i])) << i;
  must(mailbox->refresh());
  EXPECT_EQ(mailbox->status().count, before.count);
  EXPECT_EQ(mailbox->status().position, before.position);
  if (store->features().checkpoints) EXPECT_NE(mailbox->status().checkpoint, before.checkpoint);
  close(*mailbox);
}

TEST_P(StoreContract, AnotherStoreSeesTheFlags) {
  const auto work = create("Work");
  auto mine = open(*store, work);
  append(*mine, {{sample_message(0)}});
  const auto other = connected();
  auto theirs = open(*other, work, Access::read);
  std::vector<store::FlagChange> changes;
  changes.push_back({refs(*mine).front(), FlagSet::parse("\\Flagged"), {}});
  must(mine->change_flags(changes));
  must(theirs->refresh());
  EXPECT_EQ(scan(*theirs, ScanFields::flags).front().flags, FlagSet::parse("\\Flagged"));
  close(*theirs);
  must(other->close());
  close(*mine);
}

TEST_P(StoreContract, FlagsOfAMessageThatIsGoneChangeNothing) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}, {sample_message(1)}});
  must(mailbox->refresh());
  std::vector<store::FlagChange> changes;
  changes.push_back({mailbox->first_ref_at(mailbox->status().position), FlagSet::parse("\\Seen"), {}});
  EXPECT_TRUE(must(mailbox->change_flags(changes)).empty());
  for (const auto& message : scan(*mailbox, ScanFields::flags)) EXPECT_TRUE(message.flags.empty());
  close(*mailbox);
}

TEST_P(StoreContract, RemovesOnlyWhatWasNamed) {
  if (!store->features().targeted_remove) return;  // the store says that it cannot
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  // The last one was marked by another client, which may still change its mind.
  append(*mailbox,
         {{sample_message(0)}, {sample_message(1)}, {sample_message(2)}, {sample_message(3), "\\Deleted"}});
  const auto all = refs(*mailbox);
  must(mailbox->remove({all[0], all[2]}));
  must(mailbox->refresh());
  EXPECT_EQ(mailbox->status().count, 2U);
  EXPECT_EQ(refs(*mailbox), (std::vector{all[1], all[3]}));
  must(mailbox->remove({all[0]}));  // gone already
  close(*mailbox);
  auto again = open(*store, work, Access::read);
  EXPECT_EQ(refs(*again), (std::vector{all[1], all[3]}));
  close(*again);
}

TEST_P(StoreContract, AReferenceIsNeverGivenTwice) {
  if (!store->features().targeted_remove) return;  // nothing can go
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}, {sample_message(1)}});
  const auto before = refs(*mailbox);
  must(mailbox->remove(before));
  append(*mailbox, {{sample_message(2)}});
  const auto after = refs(*mailbox);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_GT(after.front(), before.back());
  close(*mailbox);
}

}  // namespace pf::test
