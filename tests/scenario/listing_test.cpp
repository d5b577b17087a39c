// LIST, LSUB, NAMESPACE, CREATE, QUOTA: what there is and what may be made.
#include "scenario/play.h"
#include "support/temp_dir.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace pf::test {
namespace {

using store::MailboxInfo;

class Listing : public StoreScenario {
 protected:
  std::vector<MailboxInfo> listed(std::string_view capabilities, std::string_view dialogue) {
    play(capabilities, dialogue);
    return must(store->list());
  }
};

const MailboxInfo& named(const std::vector<MailboxInfo>& all, std::string_view id) {
  const auto found = std::ranges::find(all, id, &MailboxInfo::id);
  if (found == all.end()) throw std::runtime_error("not listed: " + std::string(id));
  return *found;
}

TEST_F(Listing, AsksForEverythingAtOnceWhereTheServerCan) {
  const auto all = listed("LIST-EXTENDED SPECIAL-USE LIST-STATUS", R"(
    C: $1 LIST "" "\*" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY))
    S: * LIST (\HasNoChildren \Subscribed) "/" INBOX
    S: * STATUS INBOX (MESSAGES 3 UIDNEXT 7 UIDVALIDITY 42)
    S: * LIST (\HasNoChildren \Sent) "/" "Sent Items"
    S: * LIST (\NonExistent \HasChildren) "/" Parent
    S: * STATUS "Sent Items" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 43)
    S: $1 OK
  )");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(named(all, "INBOX").subscribed);
  ASSERT_TRUE(named(all, "INBOX").status);
  EXPECT_EQ(named(all, "INBOX").status->count, 3U);
  EXPECT_EQ(named(all, "Sent Items").special_use, SpecialUse::sent);
  EXPECT_FALSE(named(all, "Sent Items").subscribed);
  EXPECT_FALSE(named(all, "Parent").selectable);
  EXPECT_FALSE(named(all, "Parent").status);
}

TEST_F(Listing, AsksTwiceWhereItCannot) {
  const auto all = listed("SPECIAL-USE", R"(
    C: $1 LIST "" "\*"
    C: $2 LSUB "" "\*"
    S: * LIST (\HasNoChildren) "/" INBOX
    S: * LIST (\trash) "/" Trash
    S: * LIST (\NoSelect) "/" Parent
    S: * LIST (\NoInferiors) "/" Leaf
    S: $1 OK
    S: * LSUB () "/" Trash
    S: * LSUB () "/" Gone
    S: $2 OK
  )");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_TRUE(named(all, "Trash").subscribed);
  EXPECT_EQ(named(all, "Trash").special_use, SpecialUse::trash);  // Cyrus writes it small
  EXPECT_FALSE(named(all, "INBOX").subscribed);
  EXPECT_FALSE(named(all, "Parent").selectable);
  EXPECT_FALSE(named(all, "Leaf").may_have_children);
}

TEST_F(Listing, AnExtendedListThatIsRefusedIsAskedForPlainly) {
  const auto all = listed("LIST-EXTENDED SPECIAL-USE", R"(
    C: $1 LIST "" "\*" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)
    S: $1 BAD Invalid arguments
    C: $2 LIST "" "\*"
    C: $3 LSUB "" "\*"
    S: * LIST () "/" INBOX
    S: * LIST () "/" Work
    S: $2 OK
    S: * LSUB () "/" Work
    S: $3 OK
  )");
  EXPECT_EQ(all.size(), 2U);
  EXPECT_TRUE(named(all, "Work").subscribed);
}

TEST_F(Listing, LsubIsAComfort) {
  const auto all = listed({}, R"(
    C: $1 LIST "" "\*"
    C: $2 LSUB "" "\*"
    S: * LIST () "/" INBOX
    S: $1 OK
    S: $2 BAD LSUB?
  )");
  EXPECT_EQ(all.size(), 1U);
}

TEST_F(Listing, ARefusedListConcernsTheAccount) {
  play({}, R"(
    C: $1 LIST "" "\*"
    C: $2 LSUB "" "\*"
    S: $1 NO [SERVERBUG] list is gone
    S: $2 OK
  )");
  const auto all = run(store->list());
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().scope, Scope::account);
}

TEST_F(Listing, NamesComeInEveryDress) {
  const auto all = listed({}, R"(
    C: $1 LIST "" "\*"
    C: $2 LSUB "" "\*"
    S: * LIST () "/" inbox
    S: * LIST () "/" "quoted \"name\" \\ x"
    S-raw: * LIST () "/" {12}\r\nliteral {3}\n\r\n
    S: * LIST () "/" Entw&APw-rfe
    S: * LIST () "/" broken&AP
    S: * LIST () NIL flat
    S: * LIST () "/" INBOX
    S: * LIST () "/" flat
    S: $1 OK
    S: $2 OK
  )");
  ASSERT_EQ(all.size(), 6U);  // each once
  EXPECT_TRUE(named(all, "INBOX").path.is_inbox());
  EXPECT_EQ(named(all, "quoted \"name\" \\ x").path.parts.size(), 1U);
  EXPECT_EQ(named(all, "literal {3}\n").path.parts.size(), 1U);
  EXPECT_EQ(named(all, "Entw&APw-rfe").path.display(), "Entw\xC3\xBCrfe");
  EXPECT_EQ(named(all, "flat").path.display(), "flat");
  EXPECT_NO_THROW(static_cast<void>(named(all, "broken&AP")));
}

TEST_F(Listing, AnInboxThatIsNotListedIsThereAllTheSame) {
  const auto all = listed({}, R"(
    C: $1 LIST "" "\*"
    C: $2 LSUB "" "\*"
    S: * LIST () "/" Sent
    S: $1 OK
    S: $2 OK
  )");
  EXPECT_EQ(all.size(), 2U);
  EXPECT_TRUE(named(all, "INBOX").selectable);
}

TEST_F(Listing, MailOfOthersIsLeftOut) {
  play_all(login("NAMESPACE") + R"(
    C: $7 NAMESPACE
    S: * NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/") ("#news." "."))
    S: $7 OK
    C: $1 LIST "" "\*"
    C: $2 LSUB "" "\*"
    S: * LIST () "/" INBOX
    S: * LIST () "/" "Other Users/bob"
    S: * LIST (\Noselect) "/" "Other Users"
    S: * LIST () "/" Shared/all
    S: * LIST () "/" Sharedness
    S: * LIST () "." #news.comp
    S: $1 OK
    S: $2 OK
  )");
  const auto all = must(store->list());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NO_THROW(static_cast<void>(named(all, "Sharedness")));
}

TEST_F(Listing, ThePrefixOfAllMailboxesIsNoPartOfTheirNames) {
  play_all(login("NAMESPACE") + R"(
    C: $7 NAMESPACE
    S: * NAMESPACE (("INBOX." ".")) NIL NIL
    S: $7 OK
    C: $1 LIST "" "\*"
    C: $2 LSUB "" "\*"
    S: * LIST () "." INBOX
    S: * LIST () "." INBOX.Work.2024
    S: $1 OK
    S: $2 OK
    C: $3 CREATE "INBOX.Work.2025"
    S: $3 OK
  )");
  const auto all = must(store->list());
  EXPECT_EQ(named(all, "INBOX.Work.2024").path.display(), "Work/2024");
  const auto path = MailboxPath::from_display("Work/2025");
  EXPECT_TRUE(run(store->create(path, wire_from_path(path, store->name_rules()).wire, SpecialUse::none)));
}

TEST_F(Listing, NilNamespacesLeaveTheSeparatorToList) {
  play_all(login("NAMESPACE") + R"(
    C: $7 NAMESPACE
    S: * NAMESPACE NIL NIL NIL
    S: $7 OK
    C: $1 LIST "" ""
    S: * LIST (\Noselect) "\\" ""
    S: $1 OK
  )");
  EXPECT_EQ(store->name_rules().separator, '\\');
  EXPECT_EQ(store->name_rules().prefix, "");
}

// ---- with the first login

class Arrival : public Listing {
 protected:
  Result<std::vector<MailboxInfo>> arrive(const std::string& dialogue) {
    server = std::make_unique<ScriptedServer>(dialogue);
    store::ImapStoreOptions options;
    options.login = joe(server->port());
    options.login.wiretap = *net::Wiretap::open((dir.path() / "trace").string());
    store = std::make_unique<store::ImapStore>(std::move(options));
    return run(store->connect_and_list());
  }
  // Both directions in the order we saw them.
  [[nodiscard]] std::string trace() const {
    std::ifstream file(dir.path() / "trace");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  TempDir dir;

  static std::string greeted(std::string_view capabilities, std::string_view greeting = "ready") {
    return fmt::format(R"(
      S: * OK [CAPABILITY IMAP4rev1] {1}
      C: $9 LOGIN joe "secret"
      S: $9 OK [CAPABILITY IMAP4rev1 {0}] in
    )",
                       capabilities, greeting);
  }
};

TEST_F(Arrival, EverythingIsAskedInOneWrite) {
  const auto all = arrive(greeted("ID ENABLE CONDSTORE NAMESPACE QUOTA LIST-EXTENDED LIST-STATUS") + R"(
    C: $1 ID *
    C: $2 ENABLE CONDSTORE
    C: $3 NAMESPACE
    C: $4 GETQUOTAROOT "INBOX"
    C: $5 LIST "" "\*" RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))
    S: * ID ("name" "Dovecot")
    S: $1 OK
    S: * ENABLED CONDSTORE
    S: $2 OK
    S: * NAMESPACE (("INBOX." ".")) (("Others." ".")) NIL
    S: $3 OK
    S: * QUOTA "" (STORAGE 10 30)
    S: $4 OK
    S: * LIST (\Subscribed) "." INBOX
    S: * STATUS INBOX (MESSAGES 3 UIDNEXT 7 UIDVALIDITY 42 HIGHESTMODSEQ 99)
    S: * LIST () "." INBOX.Work
    S: * LIST () "." Others.bob
    S: $5 OK
  )");
  ASSERT_TRUE(all) << all.error().describe();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(named(*all, "INBOX.Work").path.display(), "Work");
  EXPECT_EQ(named(*all, "INBOX").status->checkpoint, store::to_handle<Checkpoint>(imap::ModSeq{99}));
  EXPECT_TRUE(store->features().checkpoints);
  EXPECT_EQ(store->features().quota_left_bytes, 20U * 1024);
  EXPECT_EQ(store->profile().family, "dovecot");
  EXPECT_EQ(store->name_rules().prefix, "INBOX.");
}

TEST_F(Arrival, ThePlainQuestionsGoInOneWriteToo) {
  const auto all = arrive(greeted("") + R"(
    C: $1 LIST "" ""
    C: $2 LIST "" "\*"
    C: $3 LSUB "" "\*"
    S: * LIST (\Noselect) "/" ""
    S: $1 OK
    S: * LIST () "/" INBOX
    S: * LIST () "/" a/b
    S: $2 OK
    S: * LSUB () "/" a/b
    S: $3 OK
  )");
  ASSERT_TRUE(all) << all.error().describe();
  EXPECT_EQ(named(*all, "a/b").path.parts.size(), 2U);
  EXPECT_TRUE(named(*all, "a/b").subscribed);
}

// What came of CONDSTORE although it was refused proves nothing.
TEST_F(Arrival, ARefusedEnableLeavesTheListAsItIs) {
  const auto all = arrive(greeted("ENABLE CONDSTORE NAMESPACE LIST-EXTENDED LIST-STATUS") + R"(
    C: $1 ENABLE CONDSTORE
    C: $2 NAMESPACE
    C: $3 LIST "" "\*" RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))
    S: $1 BAD never
    S: * NAMESPACE (("" "/")) NIL NIL
    S: $2 OK
    S: * LIST () "/" INBOX
    S: * STATUS INBOX (MESSAGES 3 UIDNEXT 7 UIDVALIDITY 42 HIGHESTMODSEQ 99)
    S: $3 OK
  )");
  ASSERT_TRUE(all) << all.error().describe();
  ASSERT_TRUE(named(*all, "INBOX").status);
  EXPECT_EQ(named(*all, "INBOX").status->count, 3U);
  EXPECT_EQ(named(*all, "INBOX").status->checkpoint, Checkpoint{});
  EXPECT_FALSE(store->features().checkpoints);
}

TEST_F(Arrival, ARefusedQuestionIsAskedPlainly) {
  const auto all = arrive(greeted("ENABLE CONDSTORE NAMESPACE LIST-EXTENDED LIST-STATUS") + R"(
    C: $1 ENABLE CONDSTORE
    C: $2 NAMESPACE
    C: $3 LIST "" "\*" RETURN *
    S: $1 NO never
    S: $2 BAD what
    S: $3 BAD HIGHESTMODSEQ?
    C: $4 LIST "" "\*"
    C: $5 LSUB "" "\*"
    S: * LIST () "/" INBOX
    S: * LIST () "/" a/b
    S: $4 OK
    S: $5 OK
    C: $6 LIST "" ""
    S: * LIST (\Noselect) "/" ""
    S: $6 OK
  )");
  ASSERT_TRUE(all) << all.error().describe();
  EXPECT_EQ(named(*all, "a/b").path.parts.size(), 2U);
  EXPECT_FALSE(named(*all, "INBOX").status);
}

TEST_F(Arrival, WhereNamesChangeByEnableTheListWaitsForIt) {
  const auto all = arrive(greeted("ENABLE NAMESPACE UTF8=ONLY") + R"(
    C: $1 ENABLE UTF8=ACCEPT
    C: $2 NAMESPACE
    S: * NAMESPACE (("" "/")) NIL NIL
    S: $2 OK
    S-raw: * ENABLED UTF8=ACCEPT\r\n$1 OK\r\n
    C: $3 LIST "" "\*"
    C: $4 LSUB "" "\*"
    S-raw: * LIST () "/" "Entw\xC3\xBCrfe"\r\n
    S: $3 OK
    S: $4 OK
  )");
  ASSERT_TRUE(all) << all.error().describe();
  EXPECT_EQ(named(*all, "Entw\xC3\xBCrfe").path.display(), "Entw\xC3\xBCrfe");
  const auto seen = trace();
  EXPECT_NE(seen.find("ENABLED UTF8=ACCEPT"), std::string::npos);
  EXPECT_LT(seen.find("ENABLED UTF8=ACCEPT"), seen.find("LIST"));
}

// Proton Bridge says who it is in its greeting.
TEST_F(Arrival, AQuirkOfTheGreetingIsKnownToTheList) {
  const auto all = arrive(greeted("ID NAMESPACE LIST-EXTENDED", "Proton Mail Bridge 3 ready") + R"(
    C: $1 ID *
    C: $2 NAMESPACE
    C: $3 LIST "" "\*"
    C: $4 LSUB "" "\*"
    S: $1 OK
    S: * NAMESPACE (("" "/")) NIL NIL
    S: $2 OK
    S: * LIST () "/" INBOX
    S: $3 OK
    S: $4 OK
  )");
  EXPECT_TRUE(all);
}

TEST_F(Arrival, ARefusedListConcernsTheAccount) {
  const auto all = arrive(greeted("NAMESPACE LIST-EXTENDED") + R"(
    C: $1 NAMESPACE
    C: $2 LIST "" "\*" *
    S: $1 OK
    S: $2 NO [SERVERBUG] list is gone
  )");
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().scope, Scope::account);
}

TEST_F(Arrival, AConnectionThatIsLostMeanwhileIsToldAsSuch) {
  const auto all = arrive(greeted("NAMESPACE LIST-EXTENDED") + R"(
    C: $1 NAMESPACE
    C: $2 LIST "" "\*" *
    S: $1 OK
    S: * LIST () "/" INBOX
    X
  )");
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, Errc::disconnected);
  EXPECT_EQ(all.error().scope, Scope::connection);
}

// ---- making

TEST_F(Listing, CreatingWhatIsThereIsKnownAsSuch) {
  play("CREATE-SPECIAL-USE", R"(
    C: $1 CREATE "A"
    S: $1 NO [ALREADYEXISTS] there it is
    C: $2 CREATE "B"
    S: $2 NO Mailbox already exists
    C: $3 CREATE "C"
    S: $3 NO [CANNOT] no inferiors here
    C: $4 CREATE "Sent" (USE (\Sent))
    S: $4 OK
  )");
  const auto create = [&](const char* name, SpecialUse use = SpecialUse::none) {
    return run(store->create(MailboxPath::from_display(name), name, use));
  };
  EXPECT_EQ(create("A").error().code, Errc::exists);
  EXPECT_EQ(create("B").error().code, Errc::exists);
  EXPECT_EQ(create("C").error().code, Errc::unsupported);
  EXPECT_TRUE(create("Sent", SpecialUse::sent));
}

TEST_F(Listing, SpecialUseIsOnlyAskedForWhereItCanBeMade) {
  play({}, R"(
    C: $1 CREATE "Sent"
    S: $1 OK
    C: $2 SUBSCRIBE "Sent"
    S: $2 NO why
  )");
  const auto sent = run(store->create(MailboxPath::from_display("Sent"), "Sent", SpecialUse::sent));
  ASSERT_TRUE(sent);
  const auto subscribed = run(store->subscribe(*sent));
  ASSERT_FALSE(subscribed);
  EXPECT_EQ(subscribed.error().scope, Scope::mailbox);
}

TEST_F(Listing, KnowsWhatIsLeftOfTheQuota) {
  play_all(login("QUOTA APPENDLIMIT=1000000 UIDPLUS") + separator() + R"(
    C: $1 GETQUOTAROOT "INBOX"
    S: * QUOTAROOT INBOX "User quota" all
    S: * QUOTA "User quota" (STORAGE 100 150 MESSAGE 7 9)
    S: * QUOTA all (STORAGE 990 1000)
    S: $1 OK
  )");
  EXPECT_EQ(store->features().quota_left_bytes, 10U * 1024);
  EXPECT_EQ(store->features().max_message_bytes, 1'000'000U);
  EXPECT_TRUE(store->features().append_refs);
}

TEST_F(Listing, AnOverdrawnQuotaIsEmptyAndARefusedOneUnknown) {
  play_all(login("QUOTA") + separator() + R"(
    C: $1 GETQUOTAROOT "INBOX"
    S: * QUOTA "" (STORAGE 1500 1000)
    S: $1 OK
  )");
  EXPECT_EQ(store->features().quota_left_bytes, 0U);
  store->abort();
  EXPECT_EQ(server->mismatch(), "");
  play_all(login("QUOTA APPENDLIMIT") + separator() + R"(
    C: $1 GETQUOTAROOT "INBOX"
    S: $1 NO no quota for you
  )");
  EXPECT_FALSE(store->features().quota_left_bytes);
  EXPECT_FALSE(store->features().max_message_bytes);  // each mailbox has its own
}

}  // namespace
}  // namespace pf::test
