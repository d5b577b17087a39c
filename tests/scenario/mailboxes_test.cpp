// Mailboxes deleted and renamed, and what they are called by servers that give them ids.
#include "scenario/play.h"

namespace pf::test {
namespace {

using store::Access;

class Mailboxes : public StoreScenario {
 protected:
  Result<store::MailboxInfo> rename(const std::string& from, const std::string& to) {
    return run(store->rename(mailbox_named(from), MailboxPath::from_display(to), to));
  }
};

TEST_F(Mailboxes, AreDeleted) {
  play({}, "C: $1 DELETE \"Work\"\nS: $1 OK deleted\n");
  must(store->remove(mailbox_named("Work")));
}

TEST_F(Mailboxes, RefusalsOfDeleteSayWhy) {
  play({}, R"(
    C: $1 DELETE "Work"
    S: $1 NO [HASCHILDREN] Mailbox has inferior hierarchical names
    C: $2 DELETE "Gone"
    S: $2 NO [NONEXISTENT] no such mailbox
    C: $3 DELETE "Odd"
    S: $3 NO Mailbox does not exist
  )");
  const auto parent = run(store->remove(mailbox_named("Work")));
  EXPECT_EQ(parent.error().code, Errc::rejected);
  EXPECT_EQ(parent.error().scope, Scope::mailbox);
  EXPECT_EQ(run(store->remove(mailbox_named("Gone"))).error().code, Errc::not_found);
  EXPECT_EQ(run(store->remove(mailbox_named("Odd"))).error().code, Errc::not_found);
}

TEST_F(Mailboxes, AreRenamed) {
  play({}, R"(
    C: $1 RENAME "Work" "Play"
    S: $1 OK renamed
    C: $2 RENAME "Play" "Taken"
    S: $2 NO [ALREADYEXISTS] Mailbox already exists
  )");
  const auto play = rename("Work", "Play");
  ASSERT_TRUE(play);
  EXPECT_EQ(play->id, "Play");
  EXPECT_EQ(play->path.display(), "Play");
  const auto taken = rename("Play", "Taken");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::exists);
}

// RFC 3501 6.3.4, 6.3.5: it cannot be deleted, and renaming it empties it.
TEST_F(Mailboxes, TheInboxIsNotAskedFor) {
  play({}, "");
  EXPECT_EQ(run(store->remove(mailbox_named("INBOX"))).error().code, Errc::unsupported);
  EXPECT_EQ(rename("inbox", "Old").error().code, Errc::unsupported);
}

constexpr std::string_view work_selected = R"(
  C: $5 SELECT "Work"
  S: * 0 EXISTS
  S: * OK [UIDVALIDITY 42] ok
  S: * OK [UIDNEXT 10] ok
  S: $5 OK
)";

TEST_F(Mailboxes, ASelectedOneIsLeftBeforeItIsDeleted) {
  play("UNSELECT", std::string(work_selected) + R"(
    C: $1 UNSELECT
    S: $1 OK
    C: $2 DELETE "Work"
    S: $2 OK
  )");
  auto mailbox = open("Work", Access::write);
  must(mailbox->close());
  must(store->remove(mailbox_named("Work")));
}

// CLOSE would expunge what others have marked, had the mailbox been opened by SELECT.
TEST_F(Mailboxes, WithoutUnselectItIsLeftByExamineAndClose) {
  play({}, std::string(work_selected) + R"(
    C: $1 EXAMINE "Work"
    S: * 0 EXISTS
    S: $1 OK
    C: $2 CLOSE
    S: $2 OK
    C: $3 RENAME "Work" "Play"
    S: $3 OK
  )");
  auto mailbox = open("Work", Access::write);
  must(mailbox->close());
  EXPECT_TRUE(rename("Work", "Play"));
}

TEST_F(Mailboxes, AChildIsLeftBeforeItsParentIsRenamed) {
  play("UNSELECT", R"(
    C: $5 EXAMINE "Work/Deep"
    S: * 0 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 10] ok
    S: $5 OK
    C: $1 DELETE "Work"
    S: $1 NO [HASCHILDREN] no
    C: $2 UNSELECT
    S: $2 OK
    C: $3 RENAME "Work" "Play"
    S: $3 OK
  )");
  auto mailbox = open("Work/Deep", Access::read);
  must(mailbox->close());
  EXPECT_FALSE(run(store->remove(mailbox_named("Work"))));  // the child is not in its way
  EXPECT_TRUE(rename("Work", "Play"));
}

// ---- MAILBOXID

TEST_F(Mailboxes, IdsComeWithListStatus) {
  play("OBJECTID LIST-EXTENDED LIST-STATUS", R"(
    C: $1 LIST "" "\*" RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UIDNEXT UIDVALIDITY MAILBOXID))
    S: * LIST () "/" INBOX
    S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3 MAILBOXID (F-1))
    S: * LIST () "/" Work
    S: * STATUS Work (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3 MAILBOXID (F_2))
    S: $1 OK
  )");
  const auto all = must(store->list());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].object_id.bytes(), "F-1");
  EXPECT_EQ(all[1].object_id.bytes(), "F_2");
}

TEST_F(Mailboxes, WithoutListStatusEachIsAskedForItsId) {
  play("OBJECTID", R"(
    C: $1 LIST "" "\*"
    C: $2 LSUB "" "\*"
    S: * LIST () "/" INBOX
    S: * LIST (\Noselect) "/" Parent
    S: * LIST () "/" Work
    S: $1 OK
    S: $2 OK
    C: $3 STATUS "INBOX" (MESSAGES UIDNEXT UIDVALIDITY MAILBOXID)
    C: $4 STATUS "Work" (MESSAGES UIDNEXT UIDVALIDITY MAILBOXID)
    S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3 MAILBOXID (F1))
    S: $3 OK
    S: $4 NO [NOPERM] not yours
  )");
  const auto all = must(store->list());
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].object_id.bytes(), "F1");
  ASSERT_TRUE(all[0].status);
  EXPECT_EQ(all[0].status->count, 1U);
  EXPECT_TRUE(all[2].object_id.empty());
  EXPECT_FALSE(all[2].status);
}

TEST_F(Mailboxes, ANewOneMayHaveItsIdAtOnce) {
  play("OBJECTID", R"(
    C: $1 CREATE "Work"
    S: $1 OK [MAILBOXID (F22)] made
  )");
  EXPECT_EQ(
      must(store->create(MailboxPath::from_display("Work"), "Work", SpecialUse::none)).object_id.bytes(),
      "F22");
}

// Cyrus 3.6.1 answers with memory that was freed.
TEST_F(Mailboxes, CyrusIsNotAskedForIds) {
  play("OBJECTID LIST-EXTENDED LIST-STATUS X-REPLICATION", R"(
    C: $1 LIST "" "\*" RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UIDNEXT UIDVALIDITY))
    S: * LIST () "/" INBOX
    S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)
    S: $1 OK
  )");
  EXPECT_TRUE(must(store->list()).front().object_id.empty());
}

}  // namespace
}  // namespace pf::test
