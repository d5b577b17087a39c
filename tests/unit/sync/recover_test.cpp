// Answers that never came, runs that were killed, and copies that turn up late: exactly once all the same.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

using sync::Outcome;

struct Server {
  std::string name;
  bool refs, batches;
};

class Recover : public ::testing::TestWithParam<Server> {
 protected:
  Recover() { set(rig); }
  static void set(Rig& rig) {
    rig.to->options.features.append_refs = GetParam().refs;
    rig.to->options.features.atomic_batch = GetParam().batches;
  }
  Rig rig;
};
INSTANTIATE_TEST_SUITE_P(Servers, Recover,
                         ::testing::Values(Server{"Full", true, true}, Server{"NoUidplus", false, true},
                                           Server{"NoMultiappend", true, false},
                                           Server{"Bare", false, false}),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(Recover, AnAnswerThatIsLostIsNoSecondCopy) {
  for (const auto fault : {AppendFault::lose_answer, AppendFault::lose_command}) {
    for (const int n : {1, 2, 3}) {
      SCOPED_TRACE(fmt::format("fault {} at {}", static_cast<int>(fault), n));
      Rig own;
      set(own);
      own.fill("INBOX", range(1, 120));
      own.fill("Work", range(201, 203));
      own.to->options.append_fault = append_fault_at(n, fault);
      const auto sum = own.copy();
      expect_ok(sum);
      EXPECT_EQ(sum.copied, 123U);
      expect_exact(own);
      for (const auto& r : sum.per_mailbox) EXPECT_EQ(r.target_messages, r.source_messages) << r.source;
      expect_nothing_left(own);
    }
  }
}

TEST_P(Recover, ASingleMessageIsLookedForToo) {
  for (const auto fault : {AppendFault::lose_answer, AppendFault::lose_command}) {
    Rig own;
    set(own);
    own.fill("INBOX", {1});
    own.to->options.append_fault = append_fault_at(1, fault);
    expect_ok(own.copy());
    expect_exact(own);
    expect_nothing_left(own);
  }
}

TEST_P(Recover, TwinsInTheBatchAreCounted) {
  for (const auto fault : {AppendFault::lose_answer, AppendFault::lose_command}) {
    for (int n = 1; n <= 6; ++n) {
      SCOPED_TRACE(fmt::format("fault {} at {}", static_cast<int>(fault), n));
      Rig own;
      set(own);
      own.fill("INBOX", {1, 1, 2, 1, 1, 2});
      own.from->add("INBOX", mail(1, "other body"), "", date(1));
      own.to->add("INBOX", mail(1), "\\Seen", date(1));  // one was there before
      own.to->options.append_fault = append_fault_at(n, fault);
      const auto sum = own.copy();
      expect_ok(sum);
      expect_exact(own);
      expect_nothing_left(own);
    }
  }
}

// Copies the target acknowledged without saying where must not be taken for those it never answered.
TEST_P(Recover, TwinsInDifferentBatchesAreCounted) {
  for (const auto fault : {AppendFault::lose_answer, AppendFault::lose_command}) {
    for (const int n : {2, 3, 55, 56, 110}) {
      SCOPED_TRACE(fmt::format("fault {} at {}", static_cast<int>(fault), n));
      Rig own;
      set(own);
      auto numbers = range(1, 60);
      numbers.insert(numbers.end(), numbers.begin(), numbers.end());
      own.fill("INBOX", range(1, 60));
      own.fill("INBOX", range(1, 60));
      own.to->options.append_fault = append_fault_at(n, fault);
      const auto sum = own.copy();
      expect_ok(sum);
      EXPECT_EQ(sum.copied, 120U);
      expect_exact(own);
      expect_nothing_left(own);
    }
  }
}

TEST_P(Recover, ALargeMessageIsFoundByItsWholeHeader) {
  for (const std::size_t chunk : {1U, 20U, 16384U}) {
    SCOPED_TRACE(chunk);
    Rig own;
    set(own);
    own.from->options.chunk_bytes = chunk;
    own.to->options.features.batch_message_bytes = 100;
    own.from->add("INBOX", mail(1, std::string(300, 'x')), "", date(1));
    own.from->add("INBOX", mail_without_id(2, std::string(300, 'x')), "", date(2));
    own.to->options.append_fault = append_fault_at(1, AppendFault::lose_answer);
    expect_ok(own.copy());
    expect_exact(own);
    own.forget_everything();
    EXPECT_EQ(own.copy().copied, 0U);
  }
}

TEST_P(Recover, AConnectionThatDiesOfOneMessageBlamesThatOne) {
  rig.fill("INBOX", range(1, 60));
  rig.to->options.features.batch_message_bytes = 400;
  rig.from->add("INBOX", mail(61, std::string(1000, 'x')), "", date(61));
  std::string deadly = "<17@";
  rig.to->options.refuse = nullptr;
  // The line dies whenever a batch with that message comes: told by the rewrite hook, which sees the octets.
  bool saw = false;
  rig.to->options.rewrite = [&](std::string bytes) {
    saw = saw || bytes.find(deadly) != std::string::npos;
    return bytes;
  };
  rig.to->options.append_fault = [&](const MemoryCall&) {
    return std::exchange(saw, false) ? AppendFault::lose_command : AppendFault::none;
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::partial);
  ASSERT_EQ(sum.failures.size(), 1U) << text_of(sum);
  EXPECT_EQ(sum.failures[0].ref, "17");
  EXPECT_EQ(sum.copied, 60U);
  expect_adds_up(sum);
  deadly = "nothing";
  expect_ok(rig.copy());
  expect_exact(rig);
  expect_nothing_left(rig);
}

// With answers that take their time the next one is on the wire when the line dies, and is innocent.
TEST_P(Recover, TheNeighbourOfSuchAMessageIsNotToBlame) {
  rig.fill("INBOX", range(1, 40));
  rig.to->options.append_takes = std::chrono::milliseconds(10);
  bool saw = false;
  rig.to->options.arrived = [&](std::string_view, const std::vector<store::MemoryMessage>& messages) {
    saw = std::ranges::any_of(
        messages, [](const store::MemoryMessage& m) { return m.bytes->find("<17@") != std::string::npos; });
  };
  rig.to->options.append_fault = [&](const MemoryCall&) {
    return std::exchange(saw, false) ? AppendFault::lose_command : AppendFault::none;
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::partial);
  ASSERT_EQ(sum.failures.size(), 1U) << text_of(sum);
  EXPECT_EQ(sum.failures[0].ref, "17");
  EXPECT_EQ(sum.copied, 39U);
  expect_adds_up(sum);
}

// It was empty when the run began, but no longer: what had been copied before is gone with the mailbox.
TEST_P(Recover, AMailboxThatIsMadeAnewInTheMiddleIsNoSuccess) {
  rig.fill("Work", range(1, 120));
  rig.policy.connections = 1;
  int appends = 0;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::append) return {};
    ++appends;
    if (appends != (rig.to->options.features.atomic_batch ? 2 : 60)) return {};
    rig.to->drop("Work");
    rig.to->create("Work");
    rig.to->set_validity("Work", 4711);
    return {};
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::partial) << text_of(sum);
  rig.to->options.before = nullptr;
  rig.policy.adopt_renumbered = true;
  expect_ok(rig.copy());
  expect_exact(rig);
}

TEST_P(Recover, ALateCopyIsOurOwnDoubleAndGoes) {
  rig.fill("INBOX", {1, 2, 3});
  rig.to->options.append_fault = append_fault_at(1, AppendFault::store_late);
  expect_ok(rig.copy());
  expect_exact(rig);
  EXPECT_GT(rig.to->deliver_late(), 0U);
  rig.to->add("INBOX", mail(50), "", date(50));         // foreign
  rig.to->add("INBOX", mail(2, "other"), "", date(2));  // foreign, with an id of ours
  rig.to->add("INBOX", mail(3), "\\Seen", date(4));     // foreign, ours but for its date
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 0U);
  auto expected = mails({1, 2, 3, 50, 3});
  expected.push_back(mail(2, "other"));
  auto there = bodies(*rig.to, "INBOX");
  std::ranges::sort(expected);
  std::ranges::sort(there);
  EXPECT_EQ(there, expected);
  ASSERT_EQ(sum.warnings.size(), 1U) << text_of(sum);
  expect_nothing_left(rig);
}

TEST_P(Recover, ALateCopyInTheSameRunGoesAtItsEnd) {
  rig.fill("INBOX", {1, 2, 3});
  int appends = 0;
  rig.to->options.append_fault = [&](const MemoryCall&) {
    if (++appends == 1) return AppendFault::store_late;
    (void)rig.to->deliver_late();
    return AppendFault::none;
  };
  expect_ok(rig.copy());
  rig.to->options.append_fault = nullptr;
  expect_ok(rig.copy());
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST_P(Recover, WithoutTargetedRemoveALateDoubleIsNamedAndStays) {
  rig.to->options.features.targeted_remove = false;
  rig.fill("INBOX", {1});
  rig.to->options.append_fault = append_fault_at(1, AppendFault::store_late);
  expect_ok(rig.copy());
  EXPECT_EQ(rig.to->deliver_late(), 1U);
  const auto sum = rig.copy();
  EXPECT_EQ(rig.to->messages("INBOX").size(), 2U);
  ASSERT_FALSE(sum.warnings.empty());
  EXPECT_NE(sum.warnings[0].find("arrived twice"), std::string::npos) << sum.warnings[0];
}

// The numbers of a renumbered mailbox say nothing about what is ours: nothing may be removed by them.
TEST_P(Recover, NothingIsRemovedFromARenumberedMailbox) {
  for (const bool source_gone : {false, true}) {
    Rig own;
    set(own);
    own.fill("INBOX", {1, 2, 3});
    own.to->options.append_fault = append_fault_at(1, AppendFault::lose_command);
    expect_ok(own.copy());
    const auto held = own.to->messages("INBOX");
    own.to->drop("INBOX");
    own.to->add("INBOX", mail(70), "", date(70));
    own.to->add("INBOX", mail(71), "", date(71));
    own.to->add("INBOX", mail(72), "", date(72));
    own.to->add("INBOX", mail(73), "", date(73));
    for (const auto& m : held) own.to->add("INBOX", *m.bytes, m.flags.to_string(), m.date);
    if (source_gone) own.from->remove("INBOX", 2);
    expect_ok(own.copy());
    EXPECT_EQ(own.to->writes().removed, 0U);
    EXPECT_EQ(bodies(*own.to, "INBOX"), mails({70, 71, 72, 73, 1, 2, 3}));
  }
}

TEST_P(Recover, WithoutTheSourceMessageThereIsNoProofAndNothingGoes) {
  rig.fill("INBOX", {1, 2});
  rig.to->options.append_fault = append_fault_at(1, AppendFault::lose_command);
  expect_ok(rig.copy());
  rig.from->remove("INBOX", 1);
  // The same key, size and date, yet not ours.
  rig.to->add("INBOX", mail(1, "mine"), "", date(1));
  expect_ok(rig.copy());
  EXPECT_EQ(rig.to->messages("INBOX").size(), 3U);
}

// Equal messages of two mailboxes that go to one: what belongs to the other is no late double.
TEST_P(Recover, ASiblingsCopyIsNotTakenForOurs) {
  for (const auto fault : {AppendFault::lose_command, AppendFault::lose_answer}) {
    for (int n = 1; n <= 4; ++n) {
      SCOPED_TRACE(fmt::format("fault {} at {}", static_cast<int>(fault), n));
      Rig own;
      set(own);
      own.policy.mailboxes.map = {{"Sent Items", "Sent"}};
      own.fill("Sent", {1, 2});
      own.fill("Sent Items", {1, 2});
      own.to->options.append_fault = append_fault_at(n, fault);
      expect_ok(own.copy());
      EXPECT_EQ(own.to->messages("Sent").size(), 4U);
      expect_ok(own.copy());
      EXPECT_EQ(own.to->messages("Sent").size(), 4U);
      EXPECT_EQ(own.to->writes().removed, 0U);
    }
  }
}

TEST_P(Recover, ABodyThatBreaksInTheMiddleIsReadAgain) {
  for (const std::uint64_t batch_message_bytes : {std::uint64_t{1} << 20, std::uint64_t{100}}) {
    for (int n = 1; n <= 12; ++n) {
      SCOPED_TRACE(fmt::format("chunk {} limit {}", n, batch_message_bytes));
      Rig own;
      set(own);
      own.from->options.chunk_bytes = 100;
      own.to->options.features.batch_message_bytes = batch_message_bytes;
      own.fill("INBOX", {1, 2, 3});
      own.from->options.before = fault_at(Op::chunk, n, connection_cut());
      expect_ok(own.copy());
      expect_exact(own);
      expect_nothing_left(own);
    }
  }
}

TEST_P(Recover, EveryCallMayLoseItsConnectionOnce) {
  for (const auto op :
       {Op::open, Op::refresh, Op::scan, Op::fetch, Op::read, Op::chunk, Op::append, Op::flags}) {
    for (const bool after : {false, true}) {
      for (const bool at_source : {false, true}) {
        for (const int n : {1, 2, 3}) {
          SCOPED_TRACE(fmt::format("{} {} after {} at source {}", store::name(op), n, after, at_source));
          Rig own;
          set(own);
          own.fill("INBOX", {1, 2, 2, 3});
          own.to->add("INBOX", mail(1), "", date(1));
          own.fill("Work", {5, 6});
          auto& server = at_source ? own.from : own.to;
          (after ? server->options.after : server->options.before) = fault_at(op, n, connection_cut());
          expect_ok(own.copy());
          expect_exact(own);
          server->options.after = server->options.before = nullptr;
          expect_nothing_left(own);
        }
      }
    }
  }
}

TEST_P(Recover, TheSourceMayRefuseToDeliverOneMessage) {
  rig.fill("INBOX", {1, 2, 3});
  int asked = 0;
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    // The second body of every stream; the first call of each is read() itself.
    if (call.op != Op::read || ++asked % 4 != 3) return std::nullopt;
    return Error(Errc::unavailable, Scope::message, Retry::now, "cannot be had");
  };
  const auto sum = rig.copy();
  expect_adds_up(sum);
  EXPECT_EQ(rig.to->messages("INBOX").size(), sum.copied);
  rig.from->options.before = nullptr;
  expect_ok(rig.copy());
  EXPECT_EQ(contents(*rig.to, "INBOX"), contents(*rig.from, "INBOX"));
}

TEST_P(Recover, ServerSaysStoredAndHasNothing) {
  rig.fill("INBOX", {1, 2});
  rig.to->options.append_fault = append_fault_at(1, AppendFault::drop);
  const auto sum = rig.copy();
  expect_adds_up(sum);
  if (!GetParam().refs) {
    // Looked for at the end of the mailbox and not found.
    EXPECT_EQ(sum.outcome, Outcome::partial);
    EXPECT_EQ(sum.failed, GetParam().batches ? 2U : 1U);
  }
  (void)rig.copy();
  expect_ok(rig.copy());
  expect_exact(rig);
}

// ---- how long the target takes

// A long upload is no slow commit: else every later search would wait three times as long.
TEST(RecoverTime, TheRoadDoesNotCountAsTheTargetsCommit) {
  Rig rig;
  rig.to->options.features.batch_message_bytes = 100;
  rig.fill("INBOX", {1});
  rig.from->options.chunk_bytes = 50;
  rig.from->options.before = [](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::chunk) MonoClock::advance(std::chrono::hours(1));
    return std::nullopt;
  };
  expect_ok(rig.copy());
  EXPECT_LT(rig.state->slowest_commit.at("memory:to"), std::chrono::hours(1));
}

TEST(RecoverTime, ALongMessageInMemoryIsOnTheRoadTheLongestTime) {
  Rig rig;
  rig.from->add("INBOX", mail(1), "", date(1));
  rig.from->add("INBOX", mail(2, std::string(900'000, 'x')), "", date(2));
  std::size_t octets = 0;
  rig.to->options.received = [&](std::size_t n) {
    octets += n;
    MonoClock::advance(std::chrono::milliseconds(n));
  };
  expect_ok(rig.copy());
  expect_exact(rig);
  EXPECT_GT(octets, 900'000U);
  EXPECT_LT(rig.state->slowest_commit.at("memory:to"), std::chrono::seconds(60));
}

TEST(RecoverTime, ASlowCommitCounts) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  rig.to->options.after = [](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::append) MonoClock::advance(std::chrono::hours(1));
    return std::nullopt;
  };
  expect_ok(rig.copy());
  EXPECT_GE(rig.state->slowest_commit.at("memory:to"), std::chrono::hours(1));
}

// The first look may take longer than the settle time; what comes while it lasts is seen by the next.
TEST(RecoverTime, OneLookIsNotEnoughHoweverLongItTakes) {
  Rig rig;
  rig.fill("INBOX", {1, 2});
  rig.to->add("INBOX", mail(50), "", date(50));
  rig.to->options.append_fault = append_fault_at(1, AppendFault::store_late);
  bool lost = false;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    lost = lost || call.op == Op::append;
    if (!lost || call.op != Op::scan) return std::nullopt;
    MonoClock::advance(std::chrono::hours(1));
    return std::nullopt;
  };
  rig.to->options.after = [&](const MemoryCall& call) -> std::optional<Error> {
    if (lost && call.op == Op::scan) (void)rig.to->deliver_late();
    return std::nullopt;
  };
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 2U);
  EXPECT_EQ(rig.to->writes().removed, 0U) << "sent twice, removed once";
  EXPECT_EQ(rig.to->messages("INBOX").size(), 3U);
}

// ---- what the target makes of a message

// As Cyrus does with octets beyond ASCII in a header.
std::string munged(std::string bytes) {
  const auto header = std::min(bytes.find("\r\n\r\n"), bytes.size());
  std::replace_if(
      bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header),
      [](char c) { return (c & 0x80) != 0; }, 'X');
  return bytes;
}

std::string beyond_ascii(const std::string& id, const std::string& subject = "Gr\xFC\xDF") {
  return "Message-ID: <" + id + "@example.com>\r\nFrom: a@example.com\r\nSubject: " + subject +
         "\r\n\r\ntext \xFC\r\n";
}

TEST_P(Recover, AMungedCopyIsFound) {
  for (const auto fault : {AppendFault::lose_answer, AppendFault::lose_command, AppendFault::store_late}) {
    Rig own;
    set(own);
    own.from->add("INBOX", beyond_ascii("1"), "", date(1));
    own.from->add("INBOX", beyond_ascii("1"), "", date(1));  // twins
    own.from->add("INBOX", beyond_ascii("2"), "", date(2));
    own.to->options.rewrite = munged;
    own.to->options.append_fault = append_fault_at(1, fault);
    expect_ok(own.copy());
    (void)own.to->deliver_late();
    expect_ok(own.copy());
    EXPECT_EQ(own.to->messages("INBOX").size(), 3U) << static_cast<int>(fault);
    expect_nothing_left(own);
    own.forget_everything();
    EXPECT_EQ(own.copy().copied, 0U);
  }
}

// Their keys are equal; their octets tell them apart where the target keeps them.
TEST_P(Recover, MessagesThatDifferOnlyBeyondAsciiAreAllCopied) {
  const std::vector<std::string> alike = {beyond_ascii("\xE9"), beyond_ascii("\xE8"), beyond_ascii("X"),
                                          beyond_ascii("\xE8", "Gr\xFC\xDC")};
  for (const bool munges : {false, true}) {
    for (std::size_t there = 0; there < alike.size(); ++there) {
      Rig own;
      set(own);
      for (const auto& text : alike) own.from->add("INBOX", text, "", date(1));
      own.to->add("INBOX", munges ? munged(alike[there]) : alike[there], "", date(1));
      if (munges) own.to->options.rewrite = munged;
      own.to->options.append_fault = append_fault_at(1, AppendFault::lose_answer);
      expect_ok(own.copy());
      EXPECT_EQ(own.to->messages("INBOX").size(), alike.size());
      if (!munges) expect_exact(own);
    }
  }
}

// ---- an empty mailbox may get its UIDVALIDITY with its first message (GNU imap4d)

TEST_P(Recover, AnEmptyMailboxMayBeRenumberedByItsFirstMessage) {
  for (const auto fault : {AppendFault::none, AppendFault::lose_answer, AppendFault::lose_command}) {
    for (const int n : {1, 2}) {
      SCOPED_TRACE(fmt::format("fault {} at {}", static_cast<int>(fault), n));
      Rig own;
      set(own);
      own.fill("INBOX", range(1, 60));
      auto strike = append_fault_at(n, fault);
      own.to->options.append_fault = [&](const MemoryCall& call) {
        if (own.to->messages("INBOX").empty()) own.to->set_validity("INBOX", 77'000);
        return strike(call);
      };
      const auto sum = own.copy();
      expect_ok(sum);
      EXPECT_EQ(sum.copied, 60U);
      expect_exact(own);
      own.to->options.append_fault = nullptr;
      expect_nothing_left(own);
    }
  }
}

TEST_P(Recover, AMailboxWithMailThatIsRenumberedEndsItsCopy) {
  rig.fill("INBOX", range(1, 5));
  rig.to->add("INBOX", mail(50), "", date(50));
  auto strike = append_fault_at(1, AppendFault::lose_command);
  rig.to->options.append_fault = [&](const MemoryCall& call) {
    rig.to->set_validity("INBOX", 77'000);
    return strike(call);
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::partial) << text_of(sum);
  ASSERT_FALSE(sum.failures.empty());
  EXPECT_NE(sum.failures[0].message.find("renumbered"), std::string::npos) << text_of(sum);
  rig.to->options.append_fault = nullptr;
  expect_ok(rig.copy());
  EXPECT_EQ(rig.to->messages("INBOX").size(), 6U);
}

// ---- killed

// Kills a run at each step, lets another finish the work, and expects exactly one copy of each.
void kill_everywhere(void (*prepare)(Rig&), const std::function<void(Rig&)>& configure) {
  for (int at = 1;; at += at < 60 ? 1 : 7) {
    SCOPED_TRACE(fmt::format("killed at call {}", at));
    Rig rig;
    configure(rig);
    prepare(rig);
    int calls = 0;
    auto count = [&](const MemoryCall&) -> std::optional<Error> {
      ++calls;
      return std::nullopt;
    };
    rig.from->options.before = rig.to->options.before = count;
    rig.to->options.after = count;
    rig.state->fault = [&](std::string_view) -> std::optional<Error> {
      ++calls;
      return std::nullopt;
    };
    const bool killed = rig.copy_until([&] { return calls >= at; });
    rig.from->options.before = rig.to->options.before = rig.to->options.after = nullptr;
    rig.state->fault = nullptr;
    expect_ok(rig.copy());
    expect_exact(rig);
    expect_nothing_left(rig);
    if (!killed || ::testing::Test::HasFailure()) return;
  }
}

TEST_P(Recover, KilledAnywhereTheNextRunFinishesAndAddsNothing) {
  kill_everywhere(
      [](Rig& rig) {
        rig.fill("INBOX", {1, 2, 2, 3});
        rig.from->add("INBOX", mail_without_id(4), "work", date(4));
        rig.fill("Work", {5, 6});
      },
      [](Rig& rig) { set(rig); });
}

TEST_P(Recover, KilledBetweenIntentAndAnswerTheCopyIsFound) {
  rig.fill("INBOX", {1, 2, 2});
  ASSERT_TRUE(rig.copy_until([&] { return rig.to->writes().appended > 0; }));
  EXPECT_FALSE(rig.state->mailboxes.begin()->second.open.empty());
  const auto sum = rig.copy();
  expect_ok(sum);
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST_P(Recover, KilledBeforeALateCommitTheCopyIsFoundWhenItComesInTime) {
  rig.fill("INBOX", {1, 2, 2});
  rig.to->options.append_fault = append_fault_at(1, AppendFault::store_late);
  bool lost = false;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    lost = lost || call.op == Op::refresh;
    return std::nullopt;
  };
  ASSERT_TRUE(rig.copy_until([&] { return lost; }));
  // It comes while the next run is watching.
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::refresh) (void)rig.to->deliver_late();
    return std::nullopt;
  };
  expect_ok(rig.copy());
  expect_exact(rig);
  expect_nothing_left(rig);
}

// ---- more lanes than the server likes

TEST(RecoverLanes, TooManyConnectionsOnlyMakeItSlower) {
  Rig rig;
  rig.policy.connections = 4;
  for (int box = 0; box < 6; ++box) rig.fill(fmt::format("Box{}", box), range(box * 10, box * 10 + 9));
  int appending = 0;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    // Every second lane gets no connection for quite a while.
    if (call.op != Op::open) return std::nullopt;
    ++appending;
    if (appending % 2 == 0 && appending < 40)
      return Error(Errc::too_many_connections, Scope::connection, Retry::later, "too many");
    return std::nullopt;
  };
  expect_ok(rig.copy());
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST(RecoverLanes, ALaneThatNeverGetsItsConnectionLeavesTheWorkToTheOthers) {
  Rig rig;
  rig.policy.connections = 2;
  rig.policy.timing.attempts_without_progress = 3;
  rig.to->options.features.parallel = 2;
  for (int n = 0; n < 200; ++n) rig.from->add("INBOX", mail(n, std::string(60'000, 'a')), "", date(n));
  for (int n = 0; n < 20; ++n) rig.fill(fmt::format("Box{}", n), {1000 + n});
  // As long as the large mailbox is busy nobody else gets in.
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::open || call.mailbox == "INBOX" || rig.to->messages("INBOX").size() == 200)
      return std::nullopt;
    return Error(Errc::too_many_connections, Scope::connection, Retry::later, "too many");
  };
  expect_ok(rig.copy());
  expect_exact(rig);
}

// Each of two lanes holds a source connection when it has to look for something; nobody may wait for ever.
TEST(RecoverLanes, LookingForAnswersNeedsNoMoreConnectionsThanThereAre) {
  for (const std::size_t parallel : {1U, 2U, 3U}) {
    for (const bool refs : {true, false}) {
      for (const auto fault : {AppendFault::lose_answer, AppendFault::lose_command}) {
        SCOPED_TRACE(fmt::format("parallel {} refs {} fault {}", parallel, refs, static_cast<int>(fault)));
        Rig rig;
        rig.policy.connections = parallel;
        rig.from->options.features.parallel = rig.to->options.features.parallel = parallel;
        rig.to->options.features.append_refs = refs;
        for (int box = 0; box < 9; ++box) rig.fill(fmt::format("Box{}", box), range(box * 10, box * 10 + 2));
        std::set<std::string> struck;
        rig.to->options.append_fault = [&](const MemoryCall& call) {
          return struck.insert(std::string(call.mailbox)).second ? fault : AppendFault::none;
        };
        expect_ok(rig.copy());
        expect_exact(rig);
        rig.to->options.append_fault = nullptr;
        expect_nothing_left(rig);
      }
    }
  }
}

TEST(RecoverLanes, LanesThatShareAMailboxLoseTheirConnectionsTogether) {
  for (const bool refs : {true, false}) {
    Rig rig;
    rig.policy.connections = 4;
    rig.to->options.features.append_refs = refs;
    for (int n = 0; n < 300; ++n)
      rig.from->add("INBOX", mail(n % 150, std::string(40'000, 'a')), "", date(n % 150));
    int appends = 0;
    rig.to->options.append_fault = [&](const MemoryCall&) {
      ++appends;
      if (appends > 12) return AppendFault::none;
      return appends % 3 == 0   ? AppendFault::lose_answer
             : appends % 3 == 1 ? AppendFault::lose_command
                                : AppendFault::none;
    };
    expect_ok(rig.copy());
    expect_exact(rig);
    expect_nothing_left(rig);
  }
}

}  // namespace
}  // namespace pf::test
