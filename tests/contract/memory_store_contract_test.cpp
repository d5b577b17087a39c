// MemoryStore in several temperaments, and the faults it can be given.
#include "contract/store_contract.h"
#include "store/memory/memory_store.h"

namespace pf::test {
namespace {

using store::Access;
using store::AppendFault;
using store::AppendOutcome;
using store::MemoryOptions;
using store::MemoryServer;
using store::MemoryStore;
using store::Op;
using store::ScanFields;

class MemorySite final : public StoreSite {
 public:
  explicit MemorySite(MemoryOptions options) : server_(std::make_shared<MemoryServer>(std::move(options))) {}
  ~MemorySite() override { EXPECT_EQ(server_->violations(), std::vector<std::string>{}); }
  std::unique_ptr<store::Store> store() override { return std::make_unique<MemoryStore>(server_); }

 private:
  std::shared_ptr<MemoryServer> server_;
};

StoreKind kind(std::string name, void (*change)(MemoryOptions&)) {
  return {std::move(name), [change]() -> std::unique_ptr<StoreSite> {
            MemoryOptions options;
            change(options);
            return std::make_unique<MemorySite>(std::move(options));
          }};
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract,
                         ::testing::Values(kind("Capable", [](MemoryOptions&) {}),
                                           kind("Plain",
                                                [](MemoryOptions& options) {
                                                  options.features = {};
                                                  options.list_status = false;
                                                  options.flag_rules.known = false;
                                                }),
                                           kind("Condstore",
                                                [](MemoryOptions& options) {
                                                  options.features.tells_vanished = false;
                                                  options.features.append_refs = false;
                                                  options.mailbox_ids = false;
                                                }),
                                           kind("Prefixed",
                                                [](MemoryOptions& options) {
                                                  options.names.separator = '.';
                                                  options.names.prefix = "INBOX.";
                                                  options.features.object_id_family = "memory";
                                                  options.page_messages = 7;
                                                  options.chunk_bytes = 1000;
                                                })),
                         [](const auto& tested) { return tested.param.name; });

// A store, its server and an inbox opened for writing.
class MemoryFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(run(store.connect()));
    inbox = open();
  }

  std::unique_ptr<store::OpenMailbox> open() {
    auto listed = run(store.list()).value();
    return run(store.open(listed.front(), Access::write)).value();
  }

  Result<std::vector<AppendOutcome>> append(const std::vector<int>& numbers) {
    std::vector<std::unique_ptr<TextSource>> sources;
    std::vector<store::AppendItem> items;
    for (const int number : numbers) {
      sources.push_back(std::make_unique<TextSource>(sample_message(number)));
      items.push_back({{}, std::nullopt, sources.back().get(), {}});
    }
    return run(inbox->append(items));
  }

  void fault(AppendFault what) {
    server->options.append_fault = [what](const store::MemoryCall&) { return what; };
  }
  [[nodiscard]] std::size_t count() const { return server->messages("INBOX").size(); }

  std::shared_ptr<MemoryServer> server = std::make_shared<MemoryServer>();
  MemoryStore store{server};
  std::unique_ptr<store::OpenMailbox> inbox;
};

TEST_F(MemoryFaults, AnAnswerThatIsLostLeavesTheMessagesStored) {
  fault(AppendFault::lose_answer);
  const auto outcome = append({1, 2});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().scope, Scope::connection);
  EXPECT_EQ(count(), 2U);
  EXPECT_EQ(server->writes().appended, 2U);
  // This OpenMailbox is gone, the store is not.
  EXPECT_EQ(run(inbox->scan({}, ScanFields::refs)).error().code, Errc::disconnected);
  inbox = open();
  EXPECT_EQ(run(inbox->scan({}, ScanFields::refs))->messages.size(), 2U);
}

TEST_F(MemoryFaults, ACommandThatIsLostLeavesNothing) {
  fault(AppendFault::lose_command);
  EXPECT_FALSE(append({1, 2}));
  EXPECT_EQ(count(), 0U);
  EXPECT_EQ(server->writes().total(), 0U);
}

TEST_F(MemoryFaults, AServerMayStoreLongAfterTheConnectionIsGone) {
  fault(AppendFault::store_late);
  EXPECT_FALSE(append({1, 2}));
  EXPECT_EQ(count(), 0U);
  EXPECT_EQ(server->deliver_late(), 2U);
  EXPECT_EQ(server->deliver_late(), 0U);
  EXPECT_EQ(count(), 2U);
}

TEST_F(MemoryFaults, AServerMayDropWhatItSaidItStored) {
  fault(AppendFault::drop);
  const auto outcome = append({1});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->front().kind, AppendOutcome::Kind::stored);
  EXPECT_TRUE(outcome->front().ref);
  EXPECT_EQ(count(), 0U);
}

TEST_F(MemoryFaults, OneOfABatchIsRefusedWithoutSayingWhich) {
  server->options.refuse = [](std::string_view bytes) -> std::optional<Errc> {
    if (bytes.find("number 2") == std::string_view::npos) return std::nullopt;
    return Errc::invalid_message;
  };
  const auto batch = append({1, 2, 3});
  ASSERT_TRUE(batch);
  for (const auto& outcome : *batch) {
    EXPECT_EQ(outcome.kind, AppendOutcome::Kind::batch_refused);
    EXPECT_EQ(outcome.error->code, Errc::invalid_message);
  }
  EXPECT_EQ(count(), 0U);
  const auto alone = append({2});
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->front().kind, AppendOutcome::Kind::refused);

  server->options.features.atomic_batch = false;
  const auto singly = append({1, 2, 3});
  ASSERT_TRUE(singly);
  EXPECT_EQ((*singly)[0].kind, AppendOutcome::Kind::stored);
  EXPECT_EQ((*singly)[1].kind, AppendOutcome::Kind::refused);
  EXPECT_EQ((*singly)[2].kind, AppendOutcome::Kind::stored);
  EXPECT_EQ(count(), 2U);
}

TEST_F(MemoryFaults, AFullAccountRefusesTheWholeBatchAsSuch) {
  server->options.refuse = [](std::string_view) { return std::optional(Errc::over_quota); };
  const auto batch = append({1, 2});
  ASSERT_TRUE(batch);
  for (const auto& outcome : *batch) {
    EXPECT_EQ(outcome.kind, AppendOutcome::Kind::refused);
    EXPECT_EQ(outcome.error->scope, Scope::account);
  }
}

TEST_F(MemoryFaults, AMessageAboveTheLimitIsTooBig) {
  server->options.features.max_message_bytes = 100;
  const auto outcome = append({1});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->front().error->code, Errc::too_big);
}

TEST_F(MemoryFaults, EachCallAsksBeforeAndAfter) {
  std::vector<std::string> asked;
  server->options.before = [&](const store::MemoryCall& call) -> std::optional<Error> {
    asked.emplace_back(name(call.op));
    return std::nullopt;
  };
  server->options.after = [](const store::MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::create) return std::nullopt;
    return Error{Errc::disconnected, Scope::connection, Retry::now, "create"};
  };
  EXPECT_FALSE(run(store.create(MailboxPath{{"New"}}, "New", SpecialUse::none)));
  EXPECT_TRUE(server->has("New"));  // it was done
  ASSERT_TRUE(append({1}));
  EXPECT_TRUE(run(inbox->refresh()));
  EXPECT_EQ(asked, (std::vector<std::string>{"create", "append", "refresh"}));
}

TEST_F(MemoryFaults, AnErrorOfScopeConnectionEndsTheOpenMailbox) {
  bool once = true;
  server->options.before = [&](const store::MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::scan || !std::exchange(once, false)) return std::nullopt;
    return Error{Errc::timeout, Scope::connection, Retry::now, "scan"};
  };
  EXPECT_EQ(run(inbox->scan({}, ScanFields::refs)).error().code, Errc::timeout);
  EXPECT_EQ(run(inbox->refresh()).error().code, Errc::disconnected);
  inbox = open();
  EXPECT_TRUE(run(inbox->refresh()));
}

// As where a move is a copy and a removal.
TEST_F(MemoryFaults, AMoveThatIsCutLeavesTheMessageAtBothPlaces) {
  server->add("INBOX", sample_message(1), "\\Seen");
  server->create("Other");
  server->options.features.move_copies = true;
  server->options.before = [](const store::MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::remove) return std::nullopt;
    return Error{Errc::disconnected, Scope::connection, Retry::now, "cut between copy and removal"};
  };
  store::MailboxInfo other;
  other.id = "Other";
  const auto moved = run(inbox->move({store::ref_of_uid(1)}, other));
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().scope, Scope::connection);
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(server->messages("Other").size(), 1U);
  EXPECT_EQ(run(inbox->refresh()).error().code, Errc::disconnected);
}

TEST_F(MemoryFaults, MovesRemovalsAndRenamesCanFailAndAreCounted) {
  std::vector<std::string> asked;
  server->options.before = [&](const store::MemoryCall& call) -> std::optional<Error> {
    asked.emplace_back(name(call.op));
    return std::nullopt;
  };
  server->add("INBOX", sample_message(1));
  server->create("Other");
  store::MailboxInfo other;
  other.id = "Other";
  ASSERT_TRUE(run(inbox->move({store::ref_of_uid(1), store::ref_of_uid(7)}, other)));
  ASSERT_TRUE(run(inbox->changes_since(inbox->status().checkpoint)));
  const auto renamed = run(store.rename(other, MailboxPath{{"New"}}, "New"));
  ASSERT_TRUE(renamed);
  EXPECT_EQ(server->messages("New").size(), 1U);
  ASSERT_TRUE(run(store.remove(*renamed)));
  EXPECT_EQ(asked, (std::vector<std::string>{"move", "changes", "rename", "remove mailbox"}));
  const auto& writes = server->writes();
  EXPECT_EQ(writes.moved, 1U);
  EXPECT_EQ(writes.mailboxes_renamed, 1U);
  EXPECT_EQ(writes.mailboxes_removed, 1U);
  EXPECT_EQ(writes.total(), 3U);
}

TEST_F(MemoryFaults, WhatIsSwitchedOffIsUnsupported) {
  server->options.features.move = server->options.features.checkpoints = false;
  server->options.features.conditional_flags = false;
  const auto since = inbox->status().checkpoint;
  EXPECT_EQ(run(inbox->changes_since(since)).error().code, Errc::unsupported);
  EXPECT_EQ(run(inbox->change_flags_unless({}, since)).error().code, Errc::unsupported);
  EXPECT_EQ(run(inbox->move({}, {})).error().code, Errc::unsupported);
  EXPECT_TRUE(server->violations().empty());
}

TEST_F(MemoryFaults, FlagsAreKeptAsTheRulesSayAndDroppedAsTheyDoNot) {
  server->options.flag_rules.permanent.remove(SystemFlag::draft);
  server->options.flag_rules.new_keywords = false;
  server->options.dropped_flags = FlagSet::parse("\\Flagged");
  TextSource body(sample_message(1));
  std::vector<store::AppendItem> items;
  items.push_back({FlagSet::parse("\\Seen \\Draft \\Flagged $Junk"), std::nullopt, &body, {}});
  ASSERT_TRUE(run(inbox->append(items)));
  EXPECT_EQ(server->messages("INBOX").front().flags, FlagSet::parse("\\Seen"));
}

TEST_F(MemoryFaults, BreakingTheRulesOfTheWaistIsNoted) {
  auto listed = run(store.list()).value();
  auto reader = run(store.open(listed.front(), Access::read)).value();
  EXPECT_FALSE(run(reader->change_flags({})));
  EXPECT_EQ(server->violations().size(), 1U);
  auto stream = run(reader->read({})).value();
  EXPECT_FALSE(run(reader->read({})));
  stream.reset();
  EXPECT_EQ(server->violations().size(), 3U);
}

TEST_F(MemoryFaults, AMailboxThatWasReplacedEndsItsSessions) {
  server->add("INBOX", sample_message(1));
  server->set_validity("INBOX", 4711);
  EXPECT_EQ(run(inbox->refresh()).error().scope, Scope::connection);
  inbox = open();
  EXPECT_EQ(inbox->status().epoch.bytes(), big_endian(4711, 4));
}

TEST_F(MemoryFaults, OnlyChangesThroughAStoreAreCounted) {
  server->add("INBOX", sample_message(1), "\\Seen");
  server->create("Other");
  EXPECT_EQ(server->writes().total(), 0U);
  ASSERT_TRUE(append({2}));
  std::vector<store::FlagChange> same;
  same.push_back({store::ref_of_uid(1), FlagSet::parse("\\Seen"), {}});
  ASSERT_TRUE(run(inbox->change_flags(same)));
  EXPECT_EQ(server->writes().total(), 1U);
  EXPECT_EQ(server->messages("INBOX").size(), 2U);
}

}  // namespace
}  // namespace pf::test
