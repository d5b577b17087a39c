// Bodies coming out.
#include "contract/store_contract.h"

namespace pf::test {

using store::Access;
using store::ScanFields;

TEST_P(StoreContract, ReadsExactlyTheBytesThatWereAppended) {
  std::vector<std::string> texts{
      sample_message(1, 65'536),
      sample_message(2, 3'145'728),
      "Subject: protocol\r\n\r\n)\r\nA1 OK done\r\n* 1 FETCH (BODY[] {5}\r\n+ go on\r\n{5}",
      "Subject: 8 bit\r\n\r\n\xC3\xA4\xFF\x01\x7F\r\nno line end",
      "Subject: long\r\n\r\n" + std::string(200'000, 'a') + "\r\n",
      sample_message(3),
  };
  if (!GetParam().manners.picky) texts.emplace_back("x");
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  for (const auto& text : texts) append(*mailbox, {{text}});
  close(*mailbox);

  auto reader = open(*store, work, Access::read);
  const auto all = refs(*reader);
  ASSERT_EQ(all.size(), texts.size());
  const auto found = read(*reader, all);
  ASSERT_EQ(found.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(found[i].ref, all[i]);
    EXPECT_TRUE(found[i].text == texts[i])
        << i << ": " << found[i].text.size() << " octets, " << texts[i].size() << " expected";
  }
  close(*reader);
}

TEST_P(StoreContract, AStreamThatTakesMoreGivesThemBehindTheOthers) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  for (int i = 0; i < 6; ++i) append(*mailbox, {{sample_message(i, i == 3 ? 3'000'000 : 1000)}});
  const auto all = refs(*mailbox);
  auto stream = must(mailbox->read({all[0], all[1]}));
  auto in_pieces = [&]() -> Task<std::vector<MessageRef>> {
    std::vector<MessageRef> order;
    const std::vector<std::vector<MessageRef>> rest{{all[3]}, {}, {all[2], all[5]}};
    auto ask = rest.begin();
    for (;;) {
      if (ask != rest.end()) co_await stream->more(*ask++);
      PF_CO_TRY(auto item, co_await stream->next());
      if (!item) co_return order;
      order.push_back(item->ref);
    }
  };
  if (stream->takes_more()) {
    EXPECT_EQ(must(in_pieces()), (std::vector<MessageRef>{all[0], all[1], all[3], all[2], all[5]}));
  }
  must(stream->close());
  stream.reset();
  EXPECT_EQ(read(*mailbox, {all[4]}).front().text, sample_message(4, 1000));
  close(*mailbox);
}

TEST_P(StoreContract, BodiesThatAreNotReadAreSkipped) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  for (int i = 0; i < 6; ++i) append(*mailbox, {{sample_message(i, i % 2 == 0 ? 300'000 : 10)}});
  const auto all = refs(*mailbox);
  const auto odd = read(*mailbox, all, [](std::size_t i) { return i % 2 == 0; });
  ASSERT_EQ(odd.size(), 3U);
  for (const auto& message : odd) {
    const auto at = std::ranges::find(all, message.ref) - all.begin();
    EXPECT_EQ(message.text, sample_message(static_cast<int>(at), at % 2 == 0 ? 300'000 : 10));
  }
  // The stream left the mailbox in step.
  EXPECT_EQ(scan(*mailbox).size(), 6U);
  EXPECT_EQ(read(*mailbox, {all[5]}).front().text, sample_message(5, 10));
  close(*mailbox);
}

TEST_P(StoreContract, AStreamThatIsClosedEarlyLeavesTheMailboxUsableOrLost) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  for (int i = 0; i < 4; ++i) append(*mailbox, {{sample_message(i, 200'000)}});
  const auto all = refs(*mailbox);
  auto begin_one = [](store::MessageStream& stream) -> Task<std::size_t> {
    PF_CO_TRY(auto item, co_await stream.next());
    if (!item) co_return std::size_t{0};
    PF_CO_TRY(const Bytes piece, co_await item->body->next());
    co_return piece.size();
  };
  auto stream = must(mailbox->read(all));
  EXPECT_GT(must(begin_one(*stream)), 0U);
  must(stream->close());
  stream.reset();
  const auto after = run(mailbox->scan({}, ScanFields::refs));
  if (after) {
    EXPECT_EQ(after->messages.size(), 4U);
  } else {
    EXPECT_EQ(after.error().scope, Scope::connection);
  }
  ignore(run(mailbox->close()));
  auto again = open(*store, work, Access::read);
  EXPECT_EQ(read(*again, {all[3]}).front().text, sample_message(3, 200'000));
  close(*again);
}

TEST_P(StoreContract, MessagesThatAreGoneAreLeftOut) {
  if (!store->features().targeted_remove) return;  // nothing can go
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}, {sample_message(1)}, {sample_message(2)}});
  const auto all = refs(*mailbox);
  const auto other = connected();
  auto theirs = open(*other, work);
  must(theirs->remove({all[1]}));
  close(*theirs);
  must(other->close());
  must(mailbox->refresh());
  const auto found = read(*mailbox, all);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].ref, all[0]);
  EXPECT_EQ(found[1].ref, all[2]);
  EXPECT_EQ(must(mailbox->fetch(all, ScanFields::basic)).size(), 2U);
  close(*mailbox);
}

TEST_P(StoreContract, ReadingChangesNothing) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}, {sample_message(1), "\\Flagged"}});
  must(mailbox->refresh());
  const auto before = mailbox->status();
  close(*mailbox);

  auto reader = open(*store, work, Access::read);
  EXPECT_EQ(read(*reader, refs(*reader)).size(), 2U);
  scan(*reader, ScanFields::keys);
  must(reader->refresh());
  EXPECT_EQ(reader->status(), before);
  const auto found = scan(*reader, ScanFields::flags);
  EXPECT_TRUE(found[0].flags.empty());
  EXPECT_EQ(found[1].flags, FlagSet::parse("\\Flagged"));
  close(*reader);
}

TEST_P(StoreContract, ReadingNothingIsAnEmptyStream) {
  auto inbox = open(*store, *listed("INBOX"), Access::read);
  EXPECT_TRUE(read(*inbox, {}).empty());
  EXPECT_TRUE(scan(*inbox).empty());
  close(*inbox);
}

}  // namespace pf::test
