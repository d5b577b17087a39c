// What every journal promises (state/journal.h), on disk and in memory.
#include "unit/state/journal_fixture.h"

namespace pf::test {
namespace {

struct Kind {
  std::string name;
  std::unique_ptr<JournalPlace> (*make)();
};

class JournalOf : public ::testing::TestWithParam<Kind> {
 protected:
  // Never fails in these tests; a failure throws and so fails the test with its reason.
  template <class T>
  static T must(Task<T> task) {
    auto result = run(std::move(task));
    if (!result) throw std::runtime_error(result.error().context);
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }

  void reopen() {
    journal.reset();
    place->reopen();
    journal = place->journal("imaps://a", "imaps://b");
  }

  std::unique_ptr<JournalPlace> place = GetParam().make();
  std::unique_ptr<Journal> journal = place->journal("imaps://a", "imaps://b");
  MailboxId inbox = must(journal->mailbox("INBOX", "INBOX")).id;
};

INSTANTIATE_TEST_SUITE_P(
    Stores, JournalOf,
    ::testing::Values(
        Kind{"Sqlite", []() -> std::unique_ptr<JournalPlace> { return std::make_unique<SqlitePlace>(); }},
        Kind{"Memory", []() -> std::unique_ptr<JournalPlace> { return std::make_unique<MemoryPlace>(); }}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(JournalOf, MakesAMailboxRecordOnce) {
  const auto first = must(journal->mailbox("INBOX", "INBOX"));
  EXPECT_EQ(first.id, inbox);
  EXPECT_TRUE(first.source_epoch.empty());
  EXPECT_TRUE(first.target_epoch.empty());
  EXPECT_TRUE(first.source_settled.empty());
  EXPECT_EQ(must(journal->known_mailbox("INBOX", "INBOX")).id, inbox);
  const auto count = must(journal->mailboxes()).size();
  const auto unknown = must(journal->known_mailbox("INBOX", "Old"));
  EXPECT_EQ(unknown.id, 0);
  EXPECT_EQ(unknown.target_name, "Old");
  EXPECT_TRUE(must(journal->pairs(unknown.id)).empty());
  EXPECT_EQ(must(journal->mailboxes()).size(), count);
  EXPECT_NE(must(journal->mailbox("INBOX", "Old")).id, inbox);
  EXPECT_NE(must(journal->mailbox("Old", "INBOX")).id, inbox);
  EXPECT_EQ(must(journal->mailboxes()).size(), 3U);
}

TEST_P(JournalOf, KeepsMailboxNamesByteForByte) {
  const auto made = must(journal->mailbox(awkward, awkward + awkward));
  reopen();
  const auto again = must(journal->mailbox(awkward, awkward + awkward));
  EXPECT_EQ(again.id, made.id);
  EXPECT_EQ(again.source_name, awkward);
  EXPECT_EQ(again.target_name, awkward + awkward);
}

TEST_P(JournalOf, KeepsPairsOfAccountsApart) {
  auto other = place->journal("imaps://b", "imaps://a");
  EXPECT_TRUE(must(other->mailboxes()).empty());
  const auto theirs = must(other->mailbox("INBOX", "INBOX"));
  EXPECT_NE(theirs.id, inbox);
  must(journal->record(inbox, {pair_row(1)}));
  EXPECT_TRUE(must(other->pairs(theirs.id)).empty());
  EXPECT_EQ(must(other->mailboxes()).size(), 1U);
}

TEST_P(JournalOf, RemembersTheSettledStatusOfBothSides) {
  must(journal->set_settled(inbox, awkward, "target"));
  reopen();
  const auto record = must(journal->mailbox("INBOX", "INBOX"));
  EXPECT_EQ(record.source_settled, awkward);
  EXPECT_EQ(record.target_settled, "target");
}

TEST_P(JournalOf, ForgetsEverythingOfAMailboxOnResetAndNotesTheEpochs) {
  const auto other = must(journal->mailbox("Other", "Other")).id;
  for (const auto id : {inbox, other}) {
    must(journal->record(id, {pair_row(1)}));
    must(journal->park(id, {parked_row(2)}));
    must(journal->begin(id, intent_row({3})));
    const auto watched = must(journal->begin(id, intent_row({4})));
    must(journal->watch(watched, {}, {intent_item(4)}));
    must(journal->set_settled(id, "s", "t"));
  }
  must(journal->reset(inbox, Epoch(awkward), Epoch("new")));

  const auto record = must(journal->mailbox("INBOX", "INBOX"));
  EXPECT_EQ(record.source_epoch.bytes(), awkward);
  EXPECT_EQ(record.target_epoch.bytes(), "new");
  EXPECT_EQ(record.source_settled, "");
  EXPECT_EQ(record.target_settled, "");
  EXPECT_TRUE(must(journal->pairs(inbox)).empty());
  EXPECT_TRUE(must(journal->parked(inbox)).empty());
  EXPECT_TRUE(must(journal->open_intents(inbox)).empty());
  EXPECT_TRUE(must(journal->watched(inbox)).empty());
  // The neighbour is untouched.
  EXPECT_EQ(must(journal->pairs(other)).size(), 1U);
  EXPECT_EQ(must(journal->parked(other)).size(), 1U);
  EXPECT_EQ(must(journal->open_intents(other)).size(), 1U);
  EXPECT_EQ(must(journal->watched(other)).size(), 1U);
  EXPECT_EQ(must(journal->mailbox("Other", "Other")).source_settled, "s");
}

TEST_P(JournalOf, RecordsPairsAndGivesThemBackExactly) {
  PairRow plain = pair_row(7);
  PairRow odd;
  odd.source = MessageRef(awkward);
  odd.target = MessageRef(std::string(64, '\xFF'));
  odd.size = ~std::uint64_t{0};
  odd.date_seconds = std::numeric_limits<std::int64_t>::min();
  odd.flags = FlagSet::parse("\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded NonJunk \xC3\xA4");
  const std::vector rows{odd, plain};  // ascending: both begin with NUL, then 0xFF is above 0x00
  must(journal->record(inbox, {plain, odd}));
  reopen();
  auto found = must(journal->pairs(inbox));
  std::ranges::sort(found, [](const auto& a, const auto& b) { return a.size > b.size; });
  EXPECT_TRUE(same(found, rows));
}

TEST_P(JournalOf, ReplacesAPairThatIsRecordedAgain) {
  must(journal->record(inbox, {pair_row(1), pair_row(2)}));
  PairRow changed = pair_row(1, "\\Deleted");
  changed.target = ref(9);
  must(journal->record(inbox, {changed}));
  EXPECT_TRUE(same(must(journal->pairs(inbox)), {changed, pair_row(2)}));
}

TEST_P(JournalOf, SortsReferencesAsUnsignedBytes) {
  std::vector<PairRow> rows;
  std::vector<MessageRef> ascending;
  for (const auto uid : {0x00000001U, 0x0000007FU, 0x00000080U, 0x000000FFU, 0x00000100U, 0x7FFFFFFFU,
                         0x80000000U, 0xFFFFFFFFU}) {
    rows.insert(rows.begin(), pair_row(uid));
    ascending.push_back(ref(uid));
  }
  PairRow shorter = pair_row(1);
  shorter.source = MessageRef(std::string("\0\0\0", 3));  // a prefix comes before what it begins
  rows.push_back(shorter);
  ascending.insert(ascending.begin(), shorter.source);
  must(journal->record(inbox, rows));
  std::vector<MessageRef> found;
  for (const auto& row : must(journal->pairs(inbox))) found.push_back(row.source);
  EXPECT_EQ(found, ascending);
}

TEST_P(JournalOf, ForgetsOnlyTheNamedPairs) {
  must(journal->record(inbox, {pair_row(1), pair_row(2), pair_row(3)}));
  must(journal->forget(inbox, {ref(1), ref(3), ref(99)}));
  EXPECT_TRUE(same(must(journal->pairs(inbox)), {pair_row(2)}));
}

TEST_P(JournalOf, KeepsAnOpenIntentWithAllItsItemsInOrder) {
  auto intent = intent_row({5, 3, 9});
  intent.target_epoch = Epoch(awkward);
  intent.items[1].source = MessageRef(awkward);
  const auto id = must(journal->begin(inbox, intent));
  reopen();
  const auto open = must(journal->open_intents(inbox));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].id, id);
  EXPECT_EQ(open[0].target_epoch, intent.target_epoch);
  EXPECT_EQ(open[0].target_position, intent.target_position);
  EXPECT_EQ(open[0].wall_seconds, intent.wall_seconds);
  EXPECT_TRUE(same(open[0].items, intent.items));
  EXPECT_TRUE(must(journal->watched(inbox)).empty());
}

TEST_P(JournalOf, FinishRecordsParksAndEndsTheIntent) {
  const auto id = must(journal->begin(inbox, intent_row({1, 2})));
  const auto other = must(journal->begin(inbox, intent_row({3})));
  must(journal->finish(id, {pair_row(1)}, {parked_row(2)}));
  reopen();
  EXPECT_TRUE(same(must(journal->pairs(inbox)), {pair_row(1)}));
  EXPECT_TRUE(same(must(journal->parked(inbox)), {parked_row(2)}));
  const auto open = must(journal->open_intents(inbox));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].id, other);
}

// Told at once or by the next call.
TEST_P(JournalOf, FinishingTwiceIsAnErrorAndRecordsNothing) {
  const auto id = must(journal->begin(inbox, intent_row({1})));
  must(journal->finish(id, {}, {}));
  auto again = run(journal->finish(id, {pair_row(1)}, {parked_row(2)}));
  if (again) again = run(journal->flush());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::state);
  EXPECT_EQ(again.error().scope, Scope::mailbox);
  EXPECT_TRUE(must(journal->pairs(inbox)).empty());
  EXPECT_TRUE(must(journal->parked(inbox)).empty());
}

TEST_P(JournalOf, WhatWasFinishedIsThereForEveryCallThatFollows) {
  const auto first = must(journal->begin(inbox, intent_row({1})));
  must(journal->finish(first, {pair_row(1)}, {}));
  EXPECT_TRUE(same(must(journal->pairs(inbox)), {pair_row(1)}));
  const auto second = must(journal->begin(inbox, intent_row({2})));
  must(journal->finish(second, {pair_row(2)}, {}));
  EXPECT_TRUE(must(journal->open_intents(inbox)).empty());
  const auto third = must(journal->begin(inbox, intent_row({3})));
  must(journal->finish(third, {pair_row(3)}, {}));
  must(journal->forget(inbox, {ref(3)}));
  EXPECT_TRUE(same(must(journal->pairs(inbox)), {pair_row(1), pair_row(2)}));
}

TEST_P(JournalOf, WhatWasFinishedLastIsKeptWhenTheJournalGoes) {
  const auto id = must(journal->begin(inbox, intent_row({1})));
  must(journal->finish(id, {pair_row(1)}, {}));
  reopen();
  EXPECT_TRUE(same(must(journal->pairs(inbox)), {pair_row(1)}));
  EXPECT_TRUE(must(journal->open_intents(inbox)).empty());
}

TEST_P(JournalOf, NeverUsesAnIntentIdTwice) {
  const auto first = must(journal->begin(inbox, intent_row({1})));
  must(journal->finish(first, {}, {}));
  reopen();
  EXPECT_GT(must(journal->begin(inbox, intent_row({1}))), first);
}

TEST_P(JournalOf, WatchesWhatWasNotFoundAndRecordsTheRest) {
  const auto id = must(journal->begin(inbox, intent_row({1, 2, 3})));
  must(journal->watch(id, {pair_row(1)}, {intent_item(2), intent_item(3)}));
  reopen();
  EXPECT_TRUE(must(journal->open_intents(inbox)).empty());
  EXPECT_TRUE(same(must(journal->pairs(inbox)), {pair_row(1)}));
  const auto watched = must(journal->watched(inbox));
  ASSERT_EQ(watched.size(), 1U);
  EXPECT_EQ(watched[0].id, id);
  EXPECT_EQ(watched[0].target_position, intent_row({}).target_position);
  EXPECT_TRUE(same(watched[0].items, {intent_item(2), intent_item(3)}));

  must(journal->unwatch(id));
  must(journal->unwatch(id));  // gone already: nothing to do
  EXPECT_TRUE(must(journal->watched(inbox)).empty());
}

TEST_P(JournalOf, AnIntentWithNothingLeftToWatchEnds) {
  const auto id = must(journal->begin(inbox, intent_row({1})));
  must(journal->watch(id, {pair_row(1)}, {}));
  EXPECT_TRUE(must(journal->open_intents(inbox)).empty());
  EXPECT_TRUE(must(journal->watched(inbox)).empty());
}

TEST_P(JournalOf, UnwatchLeavesAnOpenIntentAlone) {
  const auto id = must(journal->begin(inbox, intent_row({1})));
  must(journal->unwatch(id));
  EXPECT_EQ(must(journal->open_intents(inbox)).size(), 1U);
}

TEST_P(JournalOf, ParksAndUnparks) {
  ParkedRow odd = parked_row(2);
  odd.server_text = awkward;
  odd.size = ~std::uint64_t{0};
  odd.limit = 0;
  must(journal->park(inbox, {parked_row(3), odd}));
  ParkedRow again = parked_row(3);
  again.reason = "invalid-message";
  must(journal->park(inbox, {again}));
  reopen();
  EXPECT_TRUE(same(must(journal->parked(inbox)), {odd, again}));
  must(journal->unpark(inbox, {ref(2), ref(50)}));
  EXPECT_TRUE(same(must(journal->parked(inbox)), {again}));
}

TEST_P(JournalOf, RemembersTheSlowestCommitOfATargetForAllItsPairs) {
  EXPECT_EQ(must(journal->slowest_commit()), Duration::zero());
  must(journal->note_commit(std::chrono::milliseconds(30)));
  must(journal->note_commit(std::chrono::milliseconds(90)));
  must(journal->note_commit(std::chrono::milliseconds(60)));
  reopen();
  EXPECT_EQ(must(journal->slowest_commit()), std::chrono::milliseconds(90));
  must(journal->note_commit(std::chrono::milliseconds(10)));
  auto sibling = place->journal("imaps://c", "imaps://b");
  EXPECT_EQ(must(sibling->slowest_commit()), std::chrono::milliseconds(90));
  auto stranger = place->journal("imaps://b", "imaps://a");
  EXPECT_EQ(must(stranger->slowest_commit()), Duration::zero());
}

TEST_P(JournalOf, RefusesToWriteForAMailboxThatDoesNotExist) {
  const MailboxId nowhere = inbox + 1000;
  EXPECT_FALSE(run(journal->record(nowhere, {pair_row(1)})));
  EXPECT_FALSE(run(journal->begin(nowhere, intent_row({1}))));
  EXPECT_FALSE(run(journal->park(nowhere, {parked_row(1)})));
  EXPECT_FALSE(run(journal->reset(nowhere, Epoch("a"), Epoch("b"))));
  EXPECT_FALSE(run(journal->set_settled(nowhere, "a", "b")));
  EXPECT_TRUE(must(journal->pairs(nowhere)).empty());
}

TEST_P(JournalOf, CallsMadeTogetherAreServedInOrder) {
  // The second call names the intent the first makes; the third records over the second.
  auto both = [](Journal& on, MailboxId mailbox) -> Task<void> {
    TaskGroup group;
    co_await group.spawn(on.record(mailbox, {pair_row(1, "\\Seen")}));
    co_await group.spawn(on.record(mailbox, {pair_row(1, "\\Flagged")}));
    co_await group.spawn(on.forget(mailbox, {ref(2)}));
    co_await group.spawn(on.record(mailbox, {pair_row(2)}));
    auto joined = co_await group.join();
    co_return joined;
  };
  must(both(*journal, inbox));
  EXPECT_TRUE(same(must(journal->pairs(inbox)), {pair_row(1, "\\Flagged"), pair_row(2)}));
}

TEST_P(JournalOf, CountsThePairsOfOneMailbox) {
  const auto other = must(journal->mailbox("Other", "Other")).id;
  EXPECT_EQ(must(journal->pair_count(inbox)), 0U);
  must(journal->record(inbox, {pair_row(1), pair_row(2), pair_row(3)}));
  must(journal->record(inbox, {pair_row(2, "\\Flagged")}));
  must(journal->record(other, {pair_row(9)}));
  must(journal->forget(inbox, {ref(1)}));
  reopen();
  EXPECT_EQ(must(journal->pair_count(inbox)), 2U);
  EXPECT_EQ(must(journal->pair_count(other)), 1U);
  EXPECT_EQ(must(journal->pair_count(other + 1000)), 0U);
}

TEST_P(JournalOf, FindsPairsByTheirReferenceOnEitherSide) {
  const auto other = must(journal->mailbox("Other", "Other")).id;
  // Ascending by source is descending by target.
  PairRow low = pair_row(1);
  PairRow high = pair_row(2);
  low.target = ref(2002);
  high.target = ref(2001);
  must(journal->record(inbox, {low, high, pair_row(3)}));
  must(journal->record(other, {pair_row(4), low}));
  const std::vector both{low, high};
  EXPECT_TRUE(
      same(must(journal->pairs_of(inbox, Journal::Side::source, {ref(2), ref(77), ref(1), ref(2)})), both));
  EXPECT_TRUE(
      same(must(journal->pairs_of(inbox, Journal::Side::target, {ref(2001), ref(1), ref(2002), ref(2001)})),
           both));
  EXPECT_TRUE(must(journal->pairs_of(inbox, Journal::Side::target, {})).empty());
  EXPECT_TRUE(must(journal->pairs_of(inbox, Journal::Side::source, {ref(4)})).empty());
  EXPECT_TRUE(must(journal->pairs_of(inbox, Journal::Side::target, {ref(1004)})).empty());
}

TEST_P(JournalOf, FindsPairsByTargetAsTheyAreNow) {
  EXPECT_TRUE(must(journal->pairs_of(inbox, Journal::Side::target, {ref(1001)})).empty());
  must(journal->record(inbox, {pair_row(1), pair_row(2)}));
  PairRow moved = pair_row(1);
  moved.target = ref(5000);
  must(journal->record(inbox, {moved}));
  must(journal->forget(inbox, {ref(2)}));
  reopen();
  EXPECT_TRUE(must(journal->pairs_of(inbox, Journal::Side::target, {ref(1001), ref(1002)})).empty());
  EXPECT_TRUE(same(must(journal->pairs_of(inbox, Journal::Side::target, {ref(5000)})), {moved}));
}

TEST_P(JournalOf, FindsThePairsWithinARangeOfEitherSide) {
  std::vector<PairRow> rows;
  for (const auto uid : {0x7FU, 0x80U, 0xFFU, 0x100U, 0x101U}) {
    rows.push_back(pair_row(uid));
    rows.back().target = ref(0x1000 - uid);
  }
  must(journal->record(inbox, rows));
  const std::vector middle(rows.begin() + 1, rows.begin() + 4);
  EXPECT_TRUE(same(must(journal->pairs_within(inbox, Journal::Side::source, ref(0x80), ref(0x100))), middle));
  EXPECT_TRUE(
      same(must(journal->pairs_within(inbox, Journal::Side::target, ref(0x1000 - 0x100), ref(0x1000 - 0x80))),
           middle));
  for (const auto side : {Journal::Side::source, Journal::Side::target}) {
    EXPECT_TRUE(must(journal->pairs_within(inbox, side, ref(0x102), ref(0x103))).empty());
    EXPECT_TRUE(must(journal->pairs_within(inbox, side, ref(0x2000), ref(0))).empty());
    EXPECT_TRUE(same(must(journal->pairs_within(inbox, side, MessageRef(), ref(0xFFFFFFFF))), rows));
  }
}

TEST_P(JournalOf, FindsThousandsOfPairsAtOnce) {
  std::vector<PairRow> rows;
  std::vector<MessageRef> targets;
  for (std::uint32_t uid = 1; uid <= 5000; ++uid) {
    rows.push_back(pair_row(uid));
    targets.insert(targets.begin(), rows.back().target);
  }
  must(journal->record(inbox, rows));
  EXPECT_TRUE(same(must(journal->pairs_of(inbox, Journal::Side::target, targets)), rows));
}

TEST_P(JournalOf, ARenamedMailboxKeepsEverything) {
  must(journal->reset(inbox, Epoch("s"), Epoch("t")));
  must(journal->record(inbox, {pair_row(1)}));
  must(journal->park(inbox, {parked_row(2)}));
  must(journal->begin(inbox, intent_row({3})));
  must(journal->set_settled(inbox, "source", "target"));
  must(journal->rename(inbox, awkward, "New"));
  must(journal->rename(inbox, awkward, "New"));
  reopen();
  const auto record = must(journal->mailbox(awkward, "New"));
  EXPECT_EQ(record.id, inbox);
  EXPECT_EQ(record.source_epoch.bytes(), "s");
  EXPECT_EQ(record.target_settled, "target");
  EXPECT_EQ(must(journal->pairs(inbox)).size(), 1U);
  EXPECT_EQ(must(journal->parked(inbox)).size(), 1U);
  EXPECT_EQ(must(journal->open_intents(inbox)).size(), 1U);
  EXPECT_NE(must(journal->mailbox("INBOX", "INBOX")).id, inbox);
}

TEST_P(JournalOf, ARenameDropsWhatHadTheNames) {
  const auto in_the_way = must(journal->mailbox("New", "New")).id;
  const auto half = must(journal->mailbox("New", "INBOX")).id;
  auto stranger = place->journal("imaps://b", "imaps://a");
  const auto theirs = must(stranger->mailbox("New", "New")).id;
  for (const auto id : {in_the_way, half, theirs}) {
    must(journal->record(id, {pair_row(7)}));
    must(journal->begin(id, intent_row({8})));
  }
  must(journal->record(inbox, {pair_row(1)}));
  must(journal->rename(inbox, "New", "New"));
  EXPECT_EQ(must(journal->mailbox("New", "New")).id, inbox);
  EXPECT_TRUE(same(must(journal->pairs(inbox)), {pair_row(1)}));
  EXPECT_TRUE(must(journal->pairs(in_the_way)).empty());
  EXPECT_TRUE(must(journal->open_intents(in_the_way)).empty());
  EXPECT_EQ(must(journal->pairs(half)).size(), 1U);
  EXPECT_EQ(must(journal->pairs(theirs)).size(), 1U);
  EXPECT_EQ(must(journal->mailboxes()).size(), 2U);
}

TEST_P(JournalOf, RefusesToRenameAMailboxThatDoesNotExist) {
  const auto refused = run(journal->rename(inbox + 1000, "a", "b"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::state);
  EXPECT_EQ(refused.error().scope, Scope::mailbox);
}

TEST_P(JournalOf, ADroppedMailboxLeavesNothingAndItsIdIsNotUsedAgain) {
  const auto last = must(journal->mailbox("Last", "Last")).id;
  for (const auto id : {inbox, last}) {
    must(journal->record(id, {pair_row(1)}));
    must(journal->park(id, {parked_row(2)}));
    must(journal->begin(id, intent_row({3})));
    const auto watched = must(journal->begin(id, intent_row({4})));
    must(journal->watch(watched, {}, {intent_item(4)}));
  }
  must(journal->drop(last));
  must(journal->drop(last));
  reopen();
  EXPECT_TRUE(must(journal->pairs(last)).empty());
  EXPECT_TRUE(must(journal->parked(last)).empty());
  EXPECT_TRUE(must(journal->open_intents(last)).empty());
  EXPECT_TRUE(must(journal->watched(last)).empty());
  EXPECT_EQ(must(journal->pairs(inbox)).size(), 1U);
  EXPECT_EQ(must(journal->watched(inbox)).size(), 1U);
  EXPECT_EQ(must(journal->mailboxes()).size(), 1U);
  EXPECT_GT(must(journal->mailbox("Last", "Last")).id, last);
  must(journal->drop(inbox));  // a lower one: still
  EXPECT_GT(must(journal->mailbox("Newest", "Newest")).id, last + 1);
}

TEST_P(JournalOf, NumbersItsRuns) {
  EXPECT_TRUE(must(journal->runs()).empty());
  const auto before = wall_seconds();
  const auto first = must(journal->begin_run("mirror"));
  auto stranger = place->journal("imaps://b", "imaps://a");
  const auto theirs = must(stranger->begin_run("mirror"));
  const auto second = must(journal->begin_run(awkward));
  EXPECT_LT(first, theirs);
  EXPECT_LT(theirs, second);
  reopen();
  const auto runs = must(journal->runs());
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].id, first);
  EXPECT_EQ(runs[0].mode, "mirror");
  EXPECT_GE(runs[0].wall_seconds, before);
  EXPECT_LE(runs[0].wall_seconds, wall_seconds());
  EXPECT_EQ(runs[1].id, second);
  EXPECT_EQ(runs[1].mode, awkward);
}

TEST_P(JournalOf, KeepsPlannedRemovalsAndReplacesThemByOrdinal) {
  const auto first = must(journal->begin_run("mirror"));
  const auto second = must(journal->begin_run("mirror"));
  RemovalRow bare;
  bare.ordinal = std::numeric_limits<std::uint32_t>::max();
  bare.size = ~std::uint64_t{0};
  must(journal->plan_removals(first, {bare, removal_row(2), removal_row(0)}));
  must(journal->plan_removals(second, {removal_row(5)}));
  RemovalRow again = removal_row(2);
  again.done = RemovalRow::Done::undone;
  again.quarantine_ref = MessageRef();
  must(journal->plan_removals(first, {again, removal_row(1)}));
  must(journal->plan_removals(first, {}));
  reopen();
  EXPECT_TRUE(same(must(journal->removals(first)), {removal_row(0), removal_row(1), again, bare}));
  EXPECT_TRUE(same(must(journal->removals(second)), {removal_row(5)}));
  EXPECT_TRUE(must(journal->removals(second + 1)).empty());
}

TEST_P(JournalOf, NamesTheRemovalsOfAMailboxThatDidNotEnd) {
  const auto first = must(journal->begin_run("mirror"));
  const auto second = must(journal->begin_run("mirror"));
  const auto of_inbox = [this](std::uint32_t ordinal, RemovalRow::Done done) {
    RemovalRow row = removal_row(ordinal);
    row.mailbox = inbox;
    row.done = done;
    return row;
  };
  const auto planned = RemovalRow::Done::planned;
  const auto removed = of_inbox(2, RemovalRow::Done::removed);
  RemovalRow elsewhere = of_inbox(3, planned);
  elsewhere.mailbox = inbox + 1;
  must(journal->plan_removals(second, {of_inbox(1, planned)}));
  must(journal->plan_removals(first, {of_inbox(4, planned), of_inbox(1, planned), removed, elsewhere}));
  must(journal->plan_removals(first, {of_inbox(4, RemovalRow::Done::undone)}));
  reopen();
  const auto unfinished = must(journal->unfinished_removals(inbox));
  ASSERT_EQ(unfinished.size(), 2U);
  EXPECT_EQ(unfinished[0].run, first);
  EXPECT_EQ(unfinished[1].run, second);
  for (const auto& one : unfinished) EXPECT_TRUE(same({one.row}, {of_inbox(1, planned)}));
}

TEST_P(JournalOf, RefusesRemovalsOfARunThatDoesNotExist) {
  const auto refused = run(journal->plan_removals(77, {removal_row(1)}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::state);
  EXPECT_TRUE(must(journal->removals(77)).empty());
}

TEST_P(JournalOf, RemovalsOutliveTheirMailbox) {
  const auto run_id = must(journal->begin_run("two-way"));
  RemovalRow row = removal_row(1);
  row.mailbox = inbox;
  must(journal->plan_removals(run_id, {row}));
  must(journal->reset(inbox, Epoch("a"), Epoch("b")));
  must(journal->drop(inbox));
  EXPECT_TRUE(same(must(journal->removals(run_id)), {row}));
}

TEST_P(JournalOf, RemembersFactsOfItsPairOfAccounts) {
  EXPECT_EQ(must(journal->fact("pace")), "");
  must(journal->set_fact("pace", "7"));
  must(journal->set_fact("pace", awkward));
  must(journal->set_fact(awkward, "x"));
  must(journal->set_fact("gone", "y"));
  must(journal->set_fact("gone", ""));
  auto stranger = place->journal("imaps://b", "imaps://a");
  EXPECT_EQ(must(stranger->fact("pace")), "");
  must(stranger->set_fact("pace", "theirs"));
  reopen();
  EXPECT_EQ(must(journal->fact("pace")), awkward);
  EXPECT_EQ(must(journal->fact(awkward)), "x");
  EXPECT_EQ(must(journal->fact("gone")), "");
}

TEST_P(JournalOf, EverythingIsThereAfterAFlush) {
  must(journal->record(inbox, {pair_row(1)}));
  must(journal->flush());
  must(journal->flush());
  reopen();
  EXPECT_EQ(must(journal->pairs(inbox)).size(), 1U);
}

}  // namespace
}  // namespace pf::test
