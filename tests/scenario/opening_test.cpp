// Opening mailboxes and what STATUS says of them, on servers that leave things out.
#include "scenario/play.h"

namespace pf::test {
namespace {

using store::Access;

class Opening : public StoreScenario {
 protected:
  // Opens INBOX to read; the status it has.
  store::MailboxStatus opened(std::string_view capabilities, std::string_view dialogue) {
    play(capabilities, dialogue);
    auto inbox = open("INBOX", Access::read);
    auto status = inbox->status();
    must(inbox->close());
    return status;
  }
};

Epoch epoch(std::uint32_t validity) {
  return store::to_handle<Epoch>(imap::UidValidity{validity});
}
Position position(std::uint32_t next) {
  return store::to_handle<Position>(imap::Uid{next});
}
Checkpoint checkpoint(std::uint64_t modseq) {
  return store::to_handle<Checkpoint>(imap::ModSeq{modseq});
}

TEST_F(Opening, ExaminesWhatItOnlyReads) {
  const auto status = opened("CONDSTORE ENABLE", R"(
    C: $1 EXAMINE "INBOX" (CONDSTORE)
    S: * FLAGS (\Seen)
    S: * 3 EXISTS
    S: * OK [PERMANENTFLAGS ()] none
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 10] ok
    S: * OK [HIGHESTMODSEQ 77] ok
    S: $1 OK [READ-ONLY] there you are
  )");
  EXPECT_EQ(status.epoch, epoch(42));
  EXPECT_EQ(status.position, position(10));
  EXPECT_EQ(status.checkpoint, checkpoint(77));
  EXPECT_EQ(status.count, 3U);
}

TEST_F(Opening, SelectsWhatItWritesTo) {
  play({}, R"(
    C: $1 SELECT "INBOX"
    S: * 0 EXISTS
    S: * OK [PERMANENTFLAGS (\Seen \*)] some
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 10] ok
    S: $1 OK [READ-WRITE] go
  )");
  auto inbox = open("INBOX", Access::write);
  EXPECT_TRUE(inbox->flag_rules().known);
  EXPECT_EQ(inbox->flag_rules().kept(FlagSet::parse("\\Seen \\Draft work")), FlagSet::parse("\\Seen work"));
  must(inbox->close());
}

TEST_F(Opening, AppendingNeedsNoLook) {
  play({}, R"(
    C: $1 APPEND "Work" () {8}
    S: + go
    C-raw: a: b\r\n\r\n\r\n
    S: $1 OK
  )");
  auto work = open("Work", Access::append);
  TextSource body("a: b\r\n\r\n");
  std::vector<store::AppendItem> items(1);
  items.front().body = &body;
  EXPECT_TRUE(run(work->append(items)));
  must(work->close());
}

// Courier, on a maildir no IMAP client has seen yet.
TEST_F(Opening, AsksStatusWhereExamineLacksUidvalidity) {
  const auto status = opened({}, R"(
    C: $1 EXAMINE "INBOX"
    S: * 3 EXISTS
    S: * OK [UIDNEXT 10] ok
    S: $1 OK
    C: $2 STATUS "INBOX" (UIDVALIDITY)
    S: * STATUS "INBOX" (UIDVALIDITY 42)
    S: $2 OK
  )");
  EXPECT_EQ(status.epoch, epoch(42));
}

TEST_F(Opening, WithoutAnyUidvalidityNothingIsRemembered) {
  const auto status = opened({}, R"(
    C: $1 EXAMINE "INBOX"
    S: * 3 EXISTS
    S: * OK [UIDNEXT 10] ok
    S: $1 OK
    C: $2 STATUS "INBOX" (UIDVALIDITY)
    S: $2 NO that one is selected
  )");
  EXPECT_TRUE(status.epoch.empty());
  EXPECT_EQ(status.count, 3U);
}

TEST_F(Opening, UidsThatDoNotStickAreNotRemembered) {
  const auto status = opened({}, R"(
    C: $1 EXAMINE "INBOX"
    S: * 3 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 10] ok
    S: * NO [UIDNOTSTICKY] sorry
    S: $1 OK
  )");
  EXPECT_TRUE(status.epoch.empty());
}

// Whatever such a server says of UIDVALIDITY, by whatever command.
TEST_F(Opening, WhereUidsAreKnownToChangeNoValidityIsBelieved) {
  play_all(R"(
    S: * OK [CAPABILITY IMAP4rev1] Proton Mail Bridge ready
    C: $9 LOGIN joe "secret"
    S: $9 OK [CAPABILITY IMAP4rev1] in
    C: $7 LIST "" ""
    S: * LIST (\Noselect) "/" ""
    S: $7 OK
    C: $1 EXAMINE "INBOX"
    S: * 0 EXISTS
    S: * OK [UIDNEXT 10] ok
    S: $1 OK
    C: $2 STATUS "INBOX" *
    S: * STATUS "INBOX" (MESSAGES 0 UIDNEXT 10 UIDVALIDITY 42)
    S: $2 OK
  )");
  auto inbox = open("INBOX", Access::read);
  EXPECT_TRUE(inbox->status().epoch.empty());
  must(inbox->close());
  const auto asked = must(store->status({mailbox_named("INBOX")}));
  ASSERT_TRUE(asked.front());
  EXPECT_TRUE(asked.front()->epoch.empty());
}

TEST_F(Opening, FindsThePositionWhereUidnextIsMissing) {
  const auto status = opened({}, R"(
    C: $1 EXAMINE "INBOX"
    S: * 3 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: $1 OK
    C: $2 FETCH 3:\* (UID)
    S: * 3 FETCH (UID 17)
    S: $2 OK
  )");
  EXPECT_EQ(status.position, position(18));
}

TEST_F(Opening, AnEmptyMailboxWithoutUidnextBeginsAtOne) {
  const auto status = opened({}, R"(
    C: $1 EXAMINE "INBOX"
    S: * 0 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: $1 OK
  )");
  EXPECT_EQ(status.position, position(1));
}

TEST_F(Opening, NoModseqIsNoCheckpoint) {
  for (const auto* line : {"* OK [NOMODSEQ] none here", "* OK [HIGHESTMODSEQ 0] none", "* OK nothing said"}) {
    const auto status = opened("CONDSTORE ENABLE", fmt::format(R"(
      C: $1 EXAMINE "INBOX" (CONDSTORE)
      S: * 3 EXISTS
      S: * OK [UIDVALIDITY 42] ok
      S: * OK [UIDNEXT 10] ok
      S: {}
      S: $1 OK
    )",
                                                               line));
    EXPECT_TRUE(status.checkpoint.empty()) << line;
    store->abort();
    EXPECT_EQ(server->mismatch(), "");
  }
}

TEST_F(Opening, AMissingMailboxConcernsItselfOnly) {
  play({}, R"(
    C: $1 EXAMINE "Gone"
    S: $1 NO [NONEXISTENT] no such mailbox
    C: $2 EXAMINE "Locked"
    S: $2 NO [INUSE] mailbox is locked
    C: $3 EXAMINE "Odd"
    S: $3 BAD what
  )");
  const auto gone = run(store->open(mailbox_named("Gone"), Access::read));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::not_found);
  EXPECT_EQ(gone.error().scope, Scope::mailbox);
  const auto locked = run(store->open(mailbox_named("Locked"), Access::read));
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, Errc::unavailable);
  EXPECT_EQ(locked.error().retry, Retry::later);
  const auto odd = run(store->open(mailbox_named("Odd"), Access::read));
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().scope, Scope::mailbox);
}

// ---- opening and looking

store::MailboxInfo inbox_of(std::uint64_t messages) {
  auto inbox = mailbox_named("INBOX");
  inbox.status.emplace().count = messages;
  return inbox;
}

// The FETCH is there before the EXAMINE is answered.
TEST_F(Opening, OfAFewMessagesAndTheirListAreOneFlight) {
  play({}, R"(
    C: $1 EXAMINE "INBOX"
    C: $2 UID FETCH 1:4294967295 (UID FLAGS)
    S: * 2 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 10] ok
    S: $1 OK [READ-ONLY] there you are
    S: * 1 FETCH (UID 3 FLAGS (\Seen))
    S: * 2 FETCH (UID 9 FLAGS ())
    S: $2 OK
  )");
  const auto opened = must(store->open_and_scan(inbox_of(2), Access::read, store::ScanFields::flags));
  EXPECT_EQ(opened.mailbox->status().count, 2U);
  ASSERT_EQ(opened.page.messages.size(), 2U);
  EXPECT_EQ(opened.page.messages[0].ref, uid(3));
  EXPECT_FALSE(opened.page.more);
  must(opened.mailbox->close());
}

// What came between the two commands is not of the moment the status tells of: it would never be looked at.
TEST_F(Opening, TheStatusIsThatOfTheExamineWhateverTheFetchTells) {
  play("CONDSTORE ENABLE", R"(
    C: $1 EXAMINE "INBOX" (CONDSTORE)
    C: $2 UID FETCH *
    S: * 1 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 10] ok
    S: * OK [HIGHESTMODSEQ 77] ok
    S: $1 OK [READ-ONLY] there you are
    S: * 1 FETCH (UID 3 FLAGS ())
    S: * 2 EXISTS
    S: * OK [HIGHESTMODSEQ 79] later
    S: $2 OK
  )");
  const auto opened = must(store->open_and_scan(inbox_of(1), Access::read, store::ScanFields::flags));
  EXPECT_EQ(opened.mailbox->status().count, 1U);
  EXPECT_EQ(opened.mailbox->status().checkpoint, checkpoint(77));
  must(opened.mailbox->close());
}

TEST_F(Opening, WhatAFailedExamineLetsTheFetchFindIsOfNobody) {
  play({}, R"(
    C: $1 EXAMINE "INBOX"
    C: $2 UID FETCH *
    S: $1 NO [NONEXISTENT] no such mailbox
    S: * 1 FETCH (UID 3 FLAGS ())
    S: $2 OK of the mailbox before
    C: $3 EXAMINE "INBOX"
    C: $4 UID FETCH *
    S: $3 NO [NONEXISTENT] no such mailbox
    S: $4 BAD nothing is selected
  )");
  for (int i = 0; i < 2; ++i) {
    const auto opened = run(store->open_and_scan(inbox_of(1), Access::read, store::ScanFields::flags));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::not_found);
    EXPECT_EQ(opened.error().scope, Scope::mailbox);
  }
}

TEST_F(Opening, ALargeMailboxIsOpenedBeforeItIsListed) {
  play({}, R"(
    C: $1 EXAMINE "INBOX"
    S: * 2001 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 9000] ok
    S: $1 OK [READ-ONLY] there you are
    C: $2 FETCH 2001:2001 (UID)
    S: * 2001 FETCH (UID 4711)
    S: $2 OK
    C: $3 UID FETCH 1:4710 (UID)
    S: * 1 FETCH (UID 3)
    S: $3 OK
  )");
  const auto opened = must(store->open_and_scan(inbox_of(2001), Access::read, store::ScanFields::refs));
  EXPECT_TRUE(opened.page.more);
  EXPECT_EQ(opened.page.next, uid(4711));
  must(opened.mailbox->close());
}

TEST_F(Opening, LooksAgainByAFreshSelect) {
  play({}, R"(
    C: $1 SELECT "INBOX"
    S: * 1 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 2] ok
    S: $1 OK
    C: $2 SELECT "INBOX"
    S: * OK [CLOSED] the old one
    S: * 2 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 3] ok
    S: $2 OK
  )");
  auto inbox = open("INBOX", Access::write);
  EXPECT_EQ(inbox->status().count, 1U);
  must(inbox->refresh());
  EXPECT_EQ(inbox->status().count, 2U);
  EXPECT_EQ(inbox->status().position, position(3));
  must(inbox->close());
}

TEST_F(Opening, ASessionIsUsedAgain) {
  play({}, R"(
    C: $1 EXAMINE "One"
    S: * 0 EXISTS
    S: * OK [UIDVALIDITY 1] ok
    S: * OK [UIDNEXT 1] ok
    S: $1 OK
    C: $2 EXAMINE "Two"
    S: * 5 EXISTS
    S: * OK [UIDVALIDITY 2] ok
    S: * OK [UIDNEXT 6] ok
    S: $2 OK
  )");
  must(open("One", Access::read)->close());
  auto two = open("Two", Access::read);
  EXPECT_EQ(two->status().count, 5U);
  must(two->close());
}

// RFC 3501 6.3.10 says nothing of empty answers; NetEase sends them, mail.ru sends floats.
TEST_F(Opening, StatusMayAnswerNothingOrNonsense) {
  play({}, R"(
    C: $1 STATUS "A" (MESSAGES UIDNEXT UIDVALIDITY)
    C: $2 STATUS "B" *
    C: $3 STATUS "C" *
    C: $4 STATUS "D" *
    S: * STATUS "A" ()
    S: $1 OK
    S: * STATUS "B" (MESSAGES NIL UIDNEXT 0 UIDVALIDITY 9.37e+06)
    S: $2 OK
    S: $3 OK nothing at all
    S: * STATUS "D" (MESSAGES 4 UIDNEXT 8 UIDVALIDITY 1)
    S: $4 OK
  )");
  const auto status =
      must(store->status({mailbox_named("A"), mailbox_named("B"), mailbox_named("C"), mailbox_named("D")}));
  ASSERT_EQ(status.size(), 4U);
  for (const auto& empty : {status[0], status[1]}) {
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->epoch.empty());
    EXPECT_TRUE(empty->position.empty());
    EXPECT_EQ(empty->count, 0U);
  }
  ASSERT_FALSE(status[2]);
  EXPECT_EQ(status[2].error().scope, Scope::mailbox);
  ASSERT_TRUE(status[3]);
  EXPECT_EQ(status[3]->count, 4U);
}

}  // namespace
}  // namespace pf::test
