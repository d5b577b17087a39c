// The helpers of the suite, and mailboxes: listing, making, opening.
#include "contract/store_contract.h"

namespace pf::test {

Task<Bytes> TextSource::next() {
  if (given_ >= fails_at_)
    co_return Error{Errc::disconnected, Scope::connection, Retry::now, "the source broke off"};
  current_ = text_.substr(given_, std::min(piece_, fails_at_ - given_));
  given_ += current_.size();
  co_return Bytes(current_);
}

std::string sample_message(int number, std::size_t body_bytes) {
  auto text = fmt::format(
      "From: a@example.com\r\nSubject: number {}\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n"
      "Message-ID: <{}@example.com>\r\n\r\n",
      number, number);
  for (int line = 0; body_bytes > 0; ++line) {
    const auto written = fmt::format("{:08} of message {}\r\n", line, number);
    text += written;
    body_bytes -= std::min(body_bytes, written.size());
  }
  return text;
}

StoreContract::StoreContract() : site(GetParam().make()), store(connected()) {}

StoreContract::~StoreContract() {
  ignore(run(store->close()));
}

std::unique_ptr<store::Store> StoreContract::connected() {
  auto out = site->store();
  must(out->connect());
  return out;
}

store::MailboxInfo StoreContract::create(std::string_view path) {
  const auto parts = MailboxPath::from_display(path);
  return must(store->create(parts, wire_from_path(parts, store->name_rules()).wire, SpecialUse::none));
}

std::optional<store::MailboxInfo> StoreContract::listed(std::string_view path) {
  for (auto& mailbox : must(store->list())) {
    if (mailbox.path == MailboxPath::from_display(path)) return mailbox;
  }
  return std::nullopt;
}

std::unique_ptr<store::OpenMailbox> StoreContract::open(store::Store& at, const store::MailboxInfo& mailbox,
                                                        store::Access access) {
  return must(at.open(mailbox, access));
}

std::vector<store::AppendOutcome> StoreContract::append(store::OpenMailbox& mailbox,
                                                        std::vector<ToAppend> messages) {
  std::vector<std::unique_ptr<TextSource>> sources;
  std::vector<store::AppendItem> items;
  for (auto& message : messages) {
    sources.push_back(std::make_unique<TextSource>(std::move(message.text)));
    items.push_back({FlagSet::parse(message.flags), message.date, sources.back().get(), {}});
  }
  auto outcomes = must(mailbox.append(items));
  EXPECT_EQ(outcomes.size(), items.size());
  for (const auto& outcome : outcomes) {
    EXPECT_EQ(outcome.kind, store::AppendOutcome::Kind::stored)
        << (outcome.error ? outcome.error->describe() : "");
  }
  return outcomes;
}

std::vector<MessageMeta> StoreContract::scan(store::OpenMailbox& mailbox, store::ScanFields fields,
                                             const MessageRef& from) {
  std::vector<MessageMeta> out;
  for (MessageRef next = from;;) {
    auto page = must(mailbox.scan(next, fields));
    for (auto& message : page.messages) out.push_back(std::move(message));
    if (!page.more) return out;
    if (page.next <= next) throw std::runtime_error("scan does not get on");
    next = page.next;
  }
}

std::vector<MessageRef> StoreContract::refs(store::OpenMailbox& mailbox) {
  std::vector<MessageRef> out;
  for (auto& message : scan(mailbox, store::ScanFields::refs)) out.push_back(message.ref);
  return out;
}

TEST_P(StoreContract, OpeningAndLookingAtOnceIsTheSameAsOneAfterTheOther) {
  auto work = create("Work");
  append(*open(*store, work), {{sample_message(1), "\\Seen"}, {sample_message(2)}, {sample_message(3)}});
  for (const auto& mailbox : {work, *listed("Work"), *listed("INBOX")}) {
    for (const auto access : {store::Access::read, store::Access::write}) {
      auto at_once = must(store->open_and_scan(mailbox, access, store::ScanFields::basic));
      const auto status = at_once.mailbox->status();
      close(*at_once.mailbox);
      auto opened = open(*store, mailbox, access);
      EXPECT_EQ(status, opened->status());
      EXPECT_FALSE(at_once.page.more);
      const auto scanned = scan(*opened, store::ScanFields::basic);
      ASSERT_EQ(at_once.page.messages.size(), scanned.size());
      for (std::size_t i = 0; i < scanned.size(); ++i) {
        EXPECT_EQ(at_once.page.messages[i].ref, scanned[i].ref);
        EXPECT_EQ(at_once.page.messages[i].flags, scanned[i].flags);
        EXPECT_EQ(at_once.page.messages[i].size, scanned[i].size);
        EXPECT_EQ(at_once.page.messages[i].date, scanned[i].date);
      }
      close(*opened);
    }
  }
}

namespace {

Task<std::string> drain(store::MessageSource& body) {
  std::string text;
  for (;;) {
    PF_CO_TRY(const Bytes piece, co_await body.next());
    if (piece.empty()) co_return text;
    text.append(piece.begin(), piece.end());
  }
}

Task<std::vector<ReadMessage>> read_all(store::MessageStream& stream,
                                        const std::function<bool(std::size_t)>& skip) {
  std::vector<ReadMessage> out;
  for (std::size_t i = 0;; ++i) {
    PF_CO_TRY(auto item, co_await stream.next());
    if (!item) co_return out;
    if (skip && skip(i)) continue;
    const auto size = item->body->size();
    PF_CO_TRY(auto text, co_await drain(*item->body));
    EXPECT_EQ(text.size(), size);
    EXPECT_EQ(item->body->size(), size);
    out.push_back({item->ref, std::move(text)});
  }
}

}  // namespace

std::vector<ReadMessage> StoreContract::read(store::OpenMailbox& mailbox, std::vector<MessageRef> refs,
                                             const std::function<bool(std::size_t)>& skip) {
  auto stream = must(mailbox.read(std::move(refs)));
  auto out = run(read_all(*stream, skip));
  must(stream->close());
  if (!out) throw std::runtime_error(out.error().describe());
  std::ranges::sort(*out, [](const auto& a, const auto& b) { return a.ref < b.ref; });
  return *std::move(out);
}

TEST_P(StoreContract, ListsTheInboxOfAFreshStore) {
  const auto inbox = listed("INBOX");
  ASSERT_TRUE(inbox);
  EXPECT_TRUE(inbox->path.is_inbox());
  EXPECT_TRUE(inbox->selectable);
}

TEST_P(StoreContract, ListsWhatWasCreatedNestedAndNamedInAnyLanguage) {
  for (const auto* path : {"Work", "Work/2024", "Work/2024/March", "\xC3\x9C rger & unter",
                           "\xE6\x97\xA5\xE6\x9C\xAC/\xE8\xAA\x9E"}) {
    const auto made = create(path);
    EXPECT_EQ(made.path.display(), path);
    EXPECT_TRUE(made.selectable);
    const auto found = listed(path);
    ASSERT_TRUE(found) << path;
    EXPECT_EQ(found->id, made.id);
    EXPECT_TRUE(found->selectable);
  }
}

TEST_P(StoreContract, CreatingWhatIsThereIsExists) {
  const auto made = create("Work");
  const auto again = run(store->create(made.path, made.id, SpecialUse::none));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::exists);
  EXPECT_EQ(again.error().scope, Scope::mailbox);
}

TEST_P(StoreContract, OpeningAMissingMailboxIsNotFoundAndConcernsThatMailboxOnly) {
  auto missing = create("Work");
  missing.id += "-not";
  missing.path.parts.back() += "-not";
  for (const auto access : {store::Access::read, store::Access::write}) {
    const auto opened = run(store->open(missing, access));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::not_found);
    EXPECT_EQ(opened.error().scope, Scope::mailbox);
  }
  auto inbox = open(*store, *listed("INBOX"));
  close(*inbox);
}

TEST_P(StoreContract, StatusIsWhatOpeningTellsInTheOrderAsked) {
  auto work = create("Work");
  auto missing = work;
  missing.id += "-not";
  const auto inbox = *listed("INBOX");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(1)}, {sample_message(2)}});
  must(mailbox->refresh());
  const auto status = must(store->status({work, missing, inbox}));
  ASSERT_EQ(status.size(), 3U);
  ASSERT_TRUE(status[0]);
  EXPECT_EQ(*status[0], mailbox->status());
  EXPECT_EQ(status[0]->count, 2U);
  ASSERT_FALSE(status[1]);
  EXPECT_EQ(status[1].error().code, Errc::not_found);
  EXPECT_EQ(status[1].error().scope, Scope::mailbox);
  ASSERT_TRUE(status[2]);
  EXPECT_EQ(status[2]->count, 0U);
  if (const auto told = listed("Work")->status) EXPECT_EQ(*told, *status[0]);
  close(*mailbox);
}

TEST_P(StoreContract, TheEpochOfAMailboxStays) {
  const auto work = create("Work");
  auto first = open(*store, work);
  const auto epoch = first->status().epoch;
  append(*first, {{sample_message(1)}});
  must(first->refresh());
  EXPECT_EQ(first->status().epoch, epoch);
  close(*first);
  const auto other = connected();
  auto second = open(*other, work, store::Access::read);
  EXPECT_EQ(second->status().epoch, epoch);
  close(*second);
  must(other->close());
}

TEST_P(StoreContract, TwoMailboxesAreOpenAtOnce) {
  if (store->features().parallel < 2) return;  // the store says that it cannot
  const auto here = create("Here");
  const auto there = create("There");
  auto a = open(*store, here);
  auto b = open(*store, there);
  append(*a, {{sample_message(1)}});
  append(*b, {{sample_message(2)}, {sample_message(3)}});
  EXPECT_EQ(scan(*a).size(), 1U);
  EXPECT_EQ(scan(*b).size(), 2U);
  close(*a);
  EXPECT_EQ(scan(*b).size(), 2U);
  close(*b);
}

// A store may keep a place or two in hand; at the latest it opens once another mailbox is closed.
TEST_P(StoreContract, OpeningWaitsForAPlaceAndGetsOne) {
  const auto inbox = *listed("INBOX");
  std::vector<std::unique_ptr<store::OpenMailbox>> opened;
  opened.reserve(store->features().parallel);
  for (std::size_t i = 0; i < store->features().parallel; ++i)
    opened.push_back(open(*store, inbox, store::Access::read));
  auto one_more = [&]() -> Task<void> {
    PF_CO_TRY(auto mailbox, co_await store->open(inbox, store::Access::read));
    auto done = co_await mailbox->close();
    co_return done;
  };
  auto give_up_one = [&]() -> Task<void> {
    co_await sleep_for(Duration::zero());
    auto done = co_await opened.back()->close();
    co_return done;
  };
  auto both = [&]() -> Task<void> {
    TaskGroup group;
    co_await group.spawn(one_more());
    co_await group.spawn(give_up_one());
    auto joined = co_await group.join();
    co_return joined;
  };
  must(both());
  opened.pop_back();
  for (auto& mailbox : opened) close(*mailbox);
}

TEST_P(StoreContract, SubscribesAndMarksSpecialUseWhereItSaysSo) {
  const auto work = create("Work");
  if (store->features().subscriptions) {
    must(store->subscribe(work));
    EXPECT_TRUE(listed("Work")->subscribed);
  }
  if (store->features().special_use_create) {
    const MailboxPath path{{"Old mail"}};
    must(store->create(path, wire_from_path(path, store->name_rules()).wire, SpecialUse::archive));
    EXPECT_EQ(listed("Old mail")->special_use, SpecialUse::archive);
  }
}

TEST_P(StoreContract, NothingGoesOnAfterAnAbort) {
  const auto inbox = *listed("INBOX");
  auto mailbox = open(*store, inbox);
  store->abort();
  EXPECT_FALSE(run(mailbox->scan({}, store::ScanFields::refs)));
  EXPECT_FALSE(run(store->list()));
  EXPECT_FALSE(run(store->open(inbox, store::Access::read)));
  ignore(run(mailbox->close()));
}

}  // namespace pf::test
