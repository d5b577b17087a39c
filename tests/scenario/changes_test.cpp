// What changed since a HIGHESTMODSEQ, and STORE with UNCHANGEDSINCE (RFC 7162).
#include "scenario/play.h"

namespace pf::test {
namespace {

using store::Access;

std::string selected(std::string_view verb, std::uint32_t exists, std::uint64_t modseq) {
  return fmt::format(
      "C: $5 {} \"INBOX\" (CONDSTORE)\nS: * {} EXISTS\nS: * OK [UIDVALIDITY 42] ok\nS: * OK [UIDNEXT 10] ok\n"
      "S: * OK [HIGHESTMODSEQ {}] ok\nS: $5 OK done\n",
      verb, exists, modseq);
}

Checkpoint modseq(std::uint64_t number) {
  return store::to_handle<Checkpoint>(imap::ModSeq{number});
}

std::string text_of(const store::Changes& changes) {
  std::string out;
  for (const auto& message : changes.changed)
    out += fmt::format("{}({}) ", number(message.ref), message.flags.to_string());
  for (const auto& range : changes.vanished)
    out += fmt::format("-{}:{} ", number(range.first), number(range.last));
  if (!out.empty()) out.pop_back();
  return out;
}

class ChangesSince : public StoreScenario {
 protected:
  Result<store::Changes> ask(std::string_view capabilities, std::string_view dialogue,
                             std::uint64_t since = 100) {
    play(capabilities, selected("EXAMINE", 9, 200) + std::string(dialogue));
    mailbox = open("INBOX", Access::read);
    return run(mailbox->changes_since(modseq(since)));
  }
  std::string told(std::string_view capabilities, std::string_view dialogue) {
    auto changes = ask(capabilities, dialogue);
    return changes ? text_of(*changes) : changes.error().describe();
  }
  void TearDown() override {
    if (mailbox) must(mailbox->close());
    StoreScenario::TearDown();
  }

  std::unique_ptr<store::OpenMailbox> mailbox;
};

constexpr std::string_view qresync = "CONDSTORE QRESYNC ENABLE";
constexpr std::string_view condstore = "CONDSTORE ENABLE";

TEST_F(ChangesSince, WithQresyncWhatIsGoneIsToldToo) {
  EXPECT_EQ(told(qresync, R"(
    C: $1 UID FETCH 1:\* (UID FLAGS) (CHANGEDSINCE 100 VANISHED)
    S: * VANISHED (EARLIER) 3:5,8
    S: * VANISHED (EARLIER) 1
    S: * 7 FETCH (UID 12 FLAGS (\Seen) MODSEQ (150))
    S: * 2 FETCH (UID 6 FLAGS () MODSEQ (120))
    S: $1 OK done
  )"),
            "6() 12(\\Seen) -1:1 -3:5 -8:8");
  EXPECT_TRUE(store->features().checkpoints);
  EXPECT_TRUE(store->features().tells_vanished);
  EXPECT_TRUE(store->features().conditional_flags);
}

TEST_F(ChangesSince, WithCondstoreAloneOnlyWhatIsThere) {
  EXPECT_EQ(told(condstore, R"(
    C: $1 UID FETCH 1:\* (UID FLAGS) (CHANGEDSINCE 100)
    S: * 2 FETCH (UID 6 MODSEQ (120) FLAGS (\Flagged))
    S: $1 OK done
  )"),
            "6(\\Flagged)");
  EXPECT_TRUE(store->features().checkpoints);
  EXPECT_FALSE(store->features().tells_vanished);
}

TEST_F(ChangesSince, NothingIsNothing) {
  EXPECT_EQ(told(qresync, "C: $1 UID FETCH *\nS: $1 OK done\n"), "");
}

// Threat: 1:4294967295 costs eight octets and must stay that small.
TEST_F(ChangesSince, HugeRangesStayRanges) {
  EXPECT_EQ(told(qresync, R"(
    C: $1 UID FETCH *
    S: * VANISHED (EARLIER) 1:4294967295
    S: * 1 FETCH (UID 5 FLAGS () MODSEQ (120))
    S: $1 OK done
  )"),
            "5() -1:4 -6:4294967295");
}

TEST_F(ChangesSince, WhatComesUnaskedMeanwhileIsNeitherLostNorMixedUp) {
  EXPECT_EQ(told(qresync, R"(
    C: $1 UID FETCH *
    S: * VANISHED (EARLIER) 3
    S: * 10 EXISTS
    S: * 1 FETCH (UID 5 FLAGS () MODSEQ (120))
    S: * 2 FETCH (UID 6 FLAGS () MODSEQ (120))
    S: * VANISHED 5
    S: * 1 FETCH (UID 6 FLAGS (\Seen) MODSEQ (210))
    S: * 9 FETCH (UID 20 FLAGS (\Recent) MODSEQ (211))
    S: * 4 FETCH (FLAGS (\Draft))
    S: * OK [HIGHESTMODSEQ 211] still here
    S: $1 OK done
  )"),
            "6(\\Seen) 20() -3:3 -5:5");
}

// A server need not repeat what it told when it happened.
TEST_F(ChangesSince, WhatVanishedBetweenTheSelectAndTheQuestionCounts) {
  play(qresync, selected("EXAMINE", 9, 200) + R"(
    C: $1 UID FETCH 7 (UID FLAGS)
    S: * VANISHED 4,6
    S: * 5 FETCH (UID 7 FLAGS ())
    S: $1 OK
    C: $2 UID FETCH 1:\* (UID FLAGS) (CHANGEDSINCE 100 VANISHED)
    S: * VANISHED (EARLIER) 2
    S: $2 OK
  )");
  mailbox = open("INBOX", Access::read);
  must(mailbox->fetch(uids({7}), store::ScanFields::flags));
  EXPECT_EQ(text_of(must(mailbox->changes_since(modseq(100)))), "-2:2 -4:4 -6:6");
}

// Some servers do not look at CHANGEDSINCE.
TEST_F(ChangesSince, WhatIsNotNewerIsLeftOut) {
  EXPECT_EQ(told(condstore, R"(
    C: $1 UID FETCH *
    S: * 1 FETCH (UID 1 FLAGS () MODSEQ (100))
    S: * 2 FETCH (UID 2 FLAGS () MODSEQ (101))
    S: * 3 FETCH (UID 3 MODSEQ (150))
    S: * 4 FETCH (UID 0 FLAGS () MODSEQ (150))
    S: $1 OK done
  )"),
            "2()");
}

TEST_F(ChangesSince, ARefusalIsAnError) {
  const auto changes = ask(qresync, R"(
    C: $1 UID FETCH *
    S: * VANISHED (EARLIER) 3
    S: $1 NO [UNAVAILABLE] try later
  )");
  ASSERT_FALSE(changes);
  EXPECT_EQ(changes.error().code, Errc::unavailable);
  EXPECT_NE(changes.error().context.find("INBOX"), std::string::npos);
}

// RFC 7162 3.1.2.2: such a mailbox takes no CHANGEDSINCE.
TEST_F(ChangesSince, AMailboxWithoutModSequencesIsNotAsked) {
  play(condstore, R"(
    C: $5 EXAMINE "INBOX" (CONDSTORE)
    S: * 2 EXISTS
    S: * OK [NOMODSEQ] none here
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 10] ok
    S: $5 OK
  )");
  mailbox = open("INBOX", Access::read);
  EXPECT_TRUE(mailbox->status().checkpoint.empty());
  EXPECT_EQ(run(mailbox->changes_since(modseq(100))).error().code, Errc::unsupported);
  EXPECT_EQ(run(mailbox->changes_since(Checkpoint("odd"))).error().code, Errc::unsupported);
}

TEST_F(ChangesSince, RangesWithoutEndAreTooMany) {
  std::string dialogue = "C: $1 UID FETCH *\n";
  for (std::uint32_t first = 1; first < 240'000; first += 24'000) {
    std::string set;
    for (std::uint32_t uid = first; uid < first + 24'000; uid += 2) set += fmt::format("{},", uid);
    set.pop_back();
    dialogue += "S: * VANISHED (EARLIER) " + set + "\n";
  }
  dialogue += "S: $1 OK done\nC: $2 UID FETCH *\nS: $2 OK\n";
  const auto changes = ask(qresync, dialogue);
  ASSERT_FALSE(changes);
  EXPECT_EQ(changes.error().code, Errc::limit);
  EXPECT_EQ(changes.error().scope, Scope::mailbox);
  must(mailbox->fetch(uids({1}), store::ScanFields::flags));  // the connection is in step
}

TEST_F(ChangesSince, MessagesWithoutEndAreTooMany) {
  std::string answer;
  for (std::uint32_t uid = 1; uid <= 100'001; ++uid)
    answer += fmt::format("* {0} FETCH (UID {0} FLAGS () MODSEQ (150))\\r\\n", uid);
  const auto changes = ask(condstore, "C: $1 UID FETCH *\nS-raw: " + answer + "\nS: $1 OK done\n");
  ASSERT_FALSE(changes);
  EXPECT_EQ(changes.error().code, Errc::limit);
  EXPECT_EQ(changes.error().scope, Scope::mailbox);
}

// ---- flags

class ChangingUnless : public StoreScenario {
 protected:
  // The uids left alone.
  Result<std::vector<MessageRef>> change(std::vector<store::FlagChange> changes, std::string_view dialogue) {
    play(condstore, selected("SELECT", 9, 200) + std::string(dialogue));
    mailbox = open("INBOX", Access::write);
    return run(mailbox->change_flags_unless(changes, modseq(200)));
  }
  void TearDown() override {
    if (mailbox) must(mailbox->close());
    StoreScenario::TearDown();
  }

  std::unique_ptr<store::OpenMailbox> mailbox;
  FlagSet seen = FlagSet::parse("\\Seen");
  FlagSet draft = FlagSet::parse("\\Draft");
};

TEST_F(ChangingUnless, ModifiedNamesWhatWasLeftAlone) {
  const auto left =
      change({{uid(2), seen, {}}, {uid(3), seen, {}}, {uid(7), seen, {}}, {uid(9), {}, draft}}, R"(
    C: $1 UID STORE 2:3,7 (UNCHANGEDSINCE 200) +FLAGS.SILENT (\Seen)
    C: $2 UID STORE 9 (UNCHANGEDSINCE 200) -FLAGS.SILENT (\Draft)
    S: * 2 FETCH (UID 2 MODSEQ (201))
    S: $1 OK [MODIFIED 7,3] Conditional STORE failed
    S: * 9 FETCH (UID 9 MODSEQ (202))
    S: $2 OK
  )");
  ASSERT_TRUE(left);
  EXPECT_EQ(*left, uids({3, 7}));
}

TEST_F(ChangingUnless, ANoWithModifiedIsNoError) {
  const auto left = change({{uid(2), seen, {}}, {uid(3), seen, {}}}, R"(
    C: $1 UID STORE 2:3 (UNCHANGEDSINCE 200) +FLAGS.SILENT (\Seen)
    S: $1 NO [MODIFIED 2] Some of the messages no longer exist.
  )");
  ASSERT_TRUE(left);
  EXPECT_EQ(*left, uids({2}));
}

TEST_F(ChangingUnless, ModifiedNamesOnlyWhatWeAskedFor) {
  const auto left = change({{uid(2), seen, {}}, {uid(5), seen, {}}}, R"(
    C: $1 UID STORE *
    S: $1 OK [MODIFIED 3:4294967295] done
  )");
  ASSERT_TRUE(left);
  EXPECT_EQ(*left, uids({5}));
}

TEST_F(ChangingUnless, ARefusalIsAnError) {
  const auto left = change({{uid(2), seen, {}}}, R"(
    C: $1 UID STORE *
    S: $1 NO [NOPERM] not yours
  )");
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().code, Errc::permission);
}

// The addition is a change, too: the removal must go by the number that one got, and by no later one.
TEST_F(ChangingUnless, WhatIsAddedAndTakenAwayGoesInTwoSteps) {
  const auto left = change({{uid(2), seen, draft}, {uid(3), seen, draft}, {uid(4), seen, draft}}, R"(
    C: $1 UID STORE 2:4 (UNCHANGEDSINCE 200) +FLAGS.SILENT (\Seen)
    S: * 2 FETCH (UID 2 MODSEQ (201))
    S: * 4 FETCH (UID 4 MODSEQ (201))
    S: * 4 FETCH (UID 4 FLAGS (\Seen \Draft \Flagged) MODSEQ (202))
    S: $1 OK [MODIFIED 3] Conditional STORE failed
    C: $2 UID STORE 2,4 (UNCHANGEDSINCE 201) -FLAGS.SILENT (\Draft)
    S: * 2 FETCH (UID 2 MODSEQ (203))
    S: $2 OK [MODIFIED 4] Conditional STORE failed
  )");
  ASSERT_TRUE(left);
  EXPECT_EQ(*left, uids({3, 4}));
}

// A flag that was there already is no change, and some servers then tell no number.
TEST_F(ChangingUnless, WhereTheAdditionChangedNothingTheRemovalGoesByTheOldNumber) {
  const auto left = change({{uid(2), seen, draft}}, R"(
    C: $1 UID STORE 2 (UNCHANGEDSINCE 200) +FLAGS.SILENT (\Seen)
    S: $1 OK
    C: $2 UID STORE 2 (UNCHANGEDSINCE 200) -FLAGS.SILENT (\Draft)
    S: $2 OK
  )");
  ASSERT_TRUE(left);
  EXPECT_TRUE(left->empty());
}

TEST_F(ChangingUnless, WithoutCondstoreItCannot) {
  play({}, "");
  EXPECT_FALSE(store->features().conditional_flags);
  EXPECT_FALSE(store->features().checkpoints);
}

}  // namespace
}  // namespace pf::test
