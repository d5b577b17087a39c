// Messages going in, and what a scan tells of them.
#include "base/clock.h"
#include "contract/store_contract.h"

#include <cmath>

namespace pf::test {

using store::Access;
using store::ScanFields;

TEST_P(StoreContract, AppendsOneMessage) {
  auto inbox = open(*store, *listed("INBOX"));
  append(*inbox, {{sample_message(1), "\\Seen", InternalDate(1'700'000'000, 60)}});
  const auto found = scan(*inbox);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].flags, FlagSet::parse("\\Seen"));
  EXPECT_EQ(found[0].date, InternalDate(1'700'000'000, 0));
  EXPECT_EQ(found[0].size, sample_message(1).size());
  close(*inbox);
}

TEST_P(StoreContract, KeepsAllSystemFlagsKeywordsAndNone) {
  auto inbox = open(*store, *listed("INBOX"));
  const std::vector<std::string> flags{"", "\\Answered \\Flagged \\Deleted \\Seen \\Draft", "$Forwarded",
                                       "\\Seen NonJunk work"};
  std::vector<ToAppend> messages;
  messages.reserve(flags.size());
  for (std::size_t i = 0; i < flags.size(); ++i)
    messages.push_back({sample_message(static_cast<int>(i)), flags[i]});
  append(*inbox, std::move(messages));
  const auto found = scan(*inbox, ScanFields::flags);
  ASSERT_EQ(found.size(), flags.size());
  for (std::size_t i = 0; i < flags.size(); ++i) {
    EXPECT_EQ(found[i].flags, inbox->flag_rules().kept(FlagSet::parse(flags[i]))) << flags[i];
  }
  close(*inbox);
}

TEST_P(StoreContract, KeepsDatesBefore1970AndFarAheadAndInAnyZone) {
  auto inbox = open(*store, *listed("INBOX"));
  std::vector<InternalDate> dates{
      {-31'536'000, 0}, {0, 0}, {1'700'000'000, -720}, {1'700'000'000, 840}, {4'000'000'000, 330}};
  std::erase_if(dates, [&](const InternalDate& date) {
    return date.unix_seconds() < GetParam().manners.first_date ||
           date.unix_seconds() > GetParam().manners.last_date;
  });
  std::vector<ToAppend> messages;
  for (const auto& date : dates) messages.push_back({sample_message(1), "", date});
  append(*inbox, std::move(messages));
  const auto found = scan(*inbox);
  ASSERT_EQ(found.size(), dates.size());
  for (std::size_t i = 0; i < dates.size(); ++i)
    EXPECT_EQ(found[i].date, dates[i]) << dates[i].unix_seconds();
  close(*inbox);
}

TEST_P(StoreContract, AMessageWithoutADateArrivesNow) {
  auto inbox = open(*store, *listed("INBOX"));
  append(*inbox, {{sample_message(1)}});
  const auto found = scan(*inbox);
  ASSERT_EQ(found.size(), 1U);
  ASSERT_TRUE(found[0].date);
  EXPECT_LT(std::abs(found[0].date->unix_seconds() - wall_seconds()), 120);
  close(*inbox);
}

TEST_P(StoreContract, ABatchIsStoredInOrderAndItsReferencesPointAtTheMessages) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}});
  std::vector<ToAppend> messages;
  for (int i = 1; i <= 40; ++i) messages.push_back({sample_message(i)});
  const auto outcomes = append(*mailbox, std::move(messages));
  const auto found = scan(*mailbox, ScanFields::keys);
  ASSERT_EQ(found.size(), 41U);
  for (int i = 1; i <= 40; ++i) {
    const auto& message = found[static_cast<std::size_t>(i)];
    const auto text = sample_message(i);
    ASSERT_TRUE(message.key);
    EXPECT_EQ(*message.key, key_of_headers(as_bytes(text), text.size())) << i;
    const auto& outcome = outcomes[static_cast<std::size_t>(i) - 1];
    if (store->features().append_refs) EXPECT_TRUE(outcome.ref);
    EXPECT_EQ(outcome.ref.has_value(), outcome.epoch.has_value());
    if (outcome.ref) EXPECT_EQ(*outcome.ref, message.ref);
    if (outcome.epoch) EXPECT_EQ(*outcome.epoch, mailbox->status().epoch);
  }
  close(*mailbox);
}

TEST_P(StoreContract, IdenticalMessagesAreAllKept) {
  auto inbox = open(*store, *listed("INBOX"));
  append(*inbox, {{sample_message(1)}, {sample_message(1)}, {sample_message(1)}});
  EXPECT_EQ(scan(*inbox).size(), 3U);
  close(*inbox);
}

TEST_P(StoreContract, AppendsToAMailboxOpenedForAppendOnly) {
  const auto work = create("Work");
  auto mailbox = open(*store, work, Access::append);
  append(*mailbox, {{sample_message(1)}, {sample_message(2)}});
  append(*mailbox, {{sample_message(3)}});
  close(*mailbox);
  auto reader = open(*store, work, Access::read);
  EXPECT_EQ(scan(*reader).size(), 3U);
  close(*reader);
}

TEST_P(StoreContract, AppendsThatOverlapAreServedInOrder) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  auto one = [&](int number) -> Task<void> {
    // Larger ones first, so that the order is not left to their size.
    TextSource body(sample_message(number, static_cast<std::size_t>(12 - number) * 20'000));
    std::vector<store::AppendItem> items;
    items.emplace_back();
    items.back().body = &body;
    PF_CO_TRY(const auto outcomes, co_await mailbox->append(items));
    EXPECT_EQ(outcomes.front().kind, store::AppendOutcome::Kind::stored);
    co_return Status{};
  };
  auto all = [&]() -> Task<void> {
    TaskGroup group;
    for (int i = 0; i < 12; ++i) co_await group.spawn(one(i));
    auto joined = co_await group.join();
    co_return joined;
  };
  must(all());
  const auto found = scan(*mailbox, ScanFields::keys);
  ASSERT_EQ(found.size(), 12U);
  for (int i = 0; i < 12; ++i) {
    const auto text = sample_message(i);
    EXPECT_EQ(found[static_cast<std::size_t>(i)].key->id, key_of_headers(as_bytes(text), text.size()).id)
        << i;
  }
  close(*mailbox);
}

TEST_P(StoreContract, ABodyThatBreaksOffIsAConnectionLostAndNoMessage) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(1)}});
  TextSource broken(sample_message(2, 100'000), 7000, 40'000);
  std::vector<store::AppendItem> items;
  items.emplace_back();
  items.back().body = &broken;
  const auto outcome = run(mailbox->append(items));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().scope, Scope::connection);
  ignore(run(mailbox->close()));
  // The store itself goes on.
  auto again = open(*store, work);
  EXPECT_EQ(scan(*again).size(), 1U);
  append(*again, {{sample_message(3)}});
  EXPECT_EQ(scan(*again).size(), 2U);
  close(*again);
}

TEST_P(StoreContract, ScanPagesAreCompleteAndAscending) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  constexpr int count = 330;
  for (int at = 0; at < count; at += 110) {
    std::vector<ToAppend> messages;
    for (int i = at; i < at + 110; ++i) messages.push_back({sample_message(i, 10)});
    append(*mailbox, std::move(messages));
  }
  const auto all = refs(*mailbox);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(count));
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
  for (const std::size_t from : {1U, 109U, 110U, 329U}) {
    const auto rest = scan(*mailbox, ScanFields::refs, all[from]);
    ASSERT_EQ(rest.size(), all.size() - from);
    EXPECT_EQ(rest.front().ref, all[from]);
  }
  close(*mailbox);
}

TEST_P(StoreContract, AScanFillsTheFieldsThatWereAskedFor) {
  auto inbox = open(*store, *listed("INBOX"));
  append(*inbox, {{sample_message(1), "\\Flagged", InternalDate(1'600'000'000, 0)}});
  for (const auto fields : {ScanFields::refs, ScanFields::flags, ScanFields::basic, ScanFields::keys}) {
    const auto scanned = scan(*inbox, fields);
    ASSERT_EQ(scanned.size(), 1U);
    const auto fetched = must(inbox->fetch({scanned[0].ref}, fields));
    ASSERT_EQ(fetched.size(), 1U);
    for (const auto& message : {scanned[0], fetched[0]}) {
      EXPECT_EQ(message.ref, scanned[0].ref);
      if (fields >= ScanFields::flags) EXPECT_EQ(message.flags, FlagSet::parse("\\Flagged"));
      if (fields >= ScanFields::basic) EXPECT_EQ(message.date, InternalDate(1'600'000'000, 0));
      if (fields >= ScanFields::basic) EXPECT_EQ(message.size, sample_message(1).size());
      if (fields >= ScanFields::basic)
        EXPECT_EQ(message.object_id.empty(), store->features().object_id_family.empty());
      EXPECT_EQ(message.key.has_value(), fields == ScanFields::keys);
    }
  }
  close(*inbox);
}

TEST_P(StoreContract, KeysAreThoseOfTheHeaderOfTheWholeMessage) {
  std::vector<std::string> texts{
      sample_message(1),
      "Subject: no message id\r\nFrom: x@example.com\r\n\r\nbody\r\n",
      "Message-ID:\r\n  <folded@example.com>\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n folded\r\n\tand "
      "again\r\n\r\nx\r\n",
      "X-Other: 1\r\nMESSAGE-id: <case@example.com>\r\nMessage-ID: <second@example.com>\r\n\r\n",
  };
  if (!GetParam().manners.picky) {
    texts.emplace_back("no header at all\r\n");
    texts.emplace_back("\r\nempty header\r\n");
  }
  auto inbox = open(*store, *listed("INBOX"));
  std::vector<ToAppend> messages;
  messages.reserve(texts.size());
  for (const auto& text : texts) messages.push_back({text});
  append(*inbox, std::move(messages));
  const auto found = scan(*inbox, ScanFields::keys);
  ASSERT_EQ(found.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    HeaderScan scan_of_text;
    scan_of_text.feed(as_bytes(texts[i]));
    ASSERT_TRUE(found[i].key);
    EXPECT_EQ(*found[i].key, scan_of_text.key(texts[i].size())) << texts[i];
  }
  close(*inbox);
}

TEST_P(StoreContract, WhatArrivesAfterAPositionHasAReferenceAtOrAboveIt) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(1)}, {sample_message(2)}});
  must(mailbox->refresh());
  const auto border = mailbox->first_ref_at(mailbox->status().position);
  for (const auto& ref : refs(*mailbox)) EXPECT_LT(ref, border);
  append(*mailbox, {{sample_message(3)}});
  const auto later = scan(*mailbox, ScanFields::refs, border);
  ASSERT_EQ(later.size(), 1U);
  EXPECT_GE(later[0].ref, border);
  close(*mailbox);
}

TEST_P(StoreContract, RefreshSeesWhatAnotherStoreAppended) {
  const auto work = create("Work");
  auto mine = open(*store, work);
  const auto before = mine->status();
  EXPECT_EQ(before.count, 0U);
  const auto other = connected();
  auto theirs = open(*other, work);
  append(*theirs, {{sample_message(1)}, {sample_message(2)}});
  close(*theirs);
  must(other->close());
  EXPECT_EQ(mine->status(), before);
  must(mine->refresh());
  EXPECT_EQ(mine->status().count, 2U);
  EXPECT_NE(mine->status().position, before.position);
  if (store->features().checkpoints) EXPECT_NE(mine->status().checkpoint, before.checkpoint);
  EXPECT_EQ(scan(*mine).size(), 2U);
  close(*mine);
}

}  // namespace pf::test
