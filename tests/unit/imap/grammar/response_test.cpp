#include "imap/grammar/response.h"

#include "frames.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <chrono>

namespace pf::imap {
namespace {

using namespace std::string_literals;
using test::is_unknown;
using test::parsed;
using test::response_of;

// ---- status ----

TEST(Response, ReadsATaggedCompletion) {
  const auto tagged = parsed<Tagged>("A12 ok [READ-WRITE]  Select completed.");
  EXPECT_EQ(tagged.tag, "A12");
  EXPECT_EQ(tagged.status, StatusKind::ok);
  EXPECT_TRUE(tagged.code.is(Code::read_write));
  EXPECT_EQ(tagged.text, "Select completed.");
  EXPECT_EQ(parsed<Tagged>("A1 NO").status, StatusKind::no);
  EXPECT_EQ(parsed<Tagged>("A1 BAD ").text, "");
}

TEST(Response, TakesNoByeForACompletion) {
  EXPECT_TRUE(is_unknown("A1 BYE"));
  EXPECT_TRUE(is_unknown("A1 MAYBE yes"));
  EXPECT_TRUE(is_unknown("A1"));
  EXPECT_TRUE(is_unknown("HTTP/1.1 400 Bad Request"));
}

TEST(Response, ReadsContinuationsWithAndWithoutText) {
  EXPECT_EQ(parsed<Continuation>("+ idling").text, "idling");
  EXPECT_EQ(parsed<Continuation>("+").text, "");
  EXPECT_EQ(parsed<Continuation>("+ ").text, "");
  EXPECT_EQ(parsed<Continuation>("+ eyJzdGF0dXMi ").text, "eyJzdGF0dXMi");
}

TEST(Response, ReadsUntaggedStatus) {
  EXPECT_EQ(parsed<StatusResponse>("* BYE Connection closed. 14").status, StatusKind::bye);
  EXPECT_EQ(parsed<StatusResponse>("*   NO  [ALERT]  careful ").text, "careful");
  EXPECT_EQ(parsed<StatusResponse>("* PREAUTH hello").status, StatusKind::preauth);
}

TEST(Response, TakesExchangesCodeWithoutOk) {
  const auto status = parsed<StatusResponse>("* [COPYUID 38505 304,319:320 3956:3958] done");
  EXPECT_EQ(status.status, StatusKind::ok);
  ASSERT_NE(status.code.get<CopyUid>(), nullptr);
}

TEST(Response, MakesAnythingElseUnknownAndKeepsTheReason) {
  for (const auto* line : {"",
                           "*",
                           "* ",
                           "* XAPPLEPUSHSERVICE \"x\"",
                           "* 5",
                           "* 5 FOO",
                           "* 99999999999 EXISTS",
                           "* -1 EXISTS",
                           "\xFF\xFE",
                           "A1",
                           "* FETCH",
                           "* 1 FETCH",
                           "* LIST",
                           "* STATUS",
                           "* VANISHED",
                           "* NAMESPACE NIL",
                           "* ID",
                           "* QUOTA",
                           "* FLAGS",
                           "* ESEARCH ALL x"}) {
    auto response = response_of(line);
    auto* unknown = std::get_if<Unknown>(&response);
    ASSERT_NE(unknown, nullptr) << line;
    EXPECT_EQ(unknown->text, line);
    EXPECT_FALSE(unknown->reason.empty()) << line;
  }
}

TEST(Response, KeepsOnlyTheBeginningOfWhatNobodyUnderstands) {
  EXPECT_EQ(parsed<Unknown>("* X " + std::string(100'000, 'y')).text.size(), Limits{}.max_unknown_text);
}

TEST(Greeting, IsOkPreauthOrBye) {
  EXPECT_EQ(parse_greeting(test::frame_of("* OK [CAPABILITY IMAP4rev1] Dovecot ready."))->status,
            StatusKind::ok);
  EXPECT_EQ(parse_greeting(test::frame_of("* PREAUTH hi"))->status, StatusKind::preauth);
  EXPECT_EQ(parse_greeting(test::frame_of("* BYE full"))->status, StatusKind::bye);
  for (const auto* line : {"220 smtp.example.com ESMTP", "+OK POP3 ready", "* NO go away", "A1 OK",
                           "* CAPABILITY IMAP4rev1", ""}) {
    auto greeting = parse_greeting(test::frame_of(line));
    ASSERT_FALSE(greeting.ok()) << line;
    EXPECT_EQ(greeting.error().code, Errc::protocol);
    EXPECT_EQ(greeting.error().scope, Scope::connection);
  }
}

// ---- numbers ----

TEST(Response, ReadsMailboxSizes) {
  EXPECT_EQ(parsed<Exists>("* 23 EXISTS").count, 23U);
  EXPECT_EQ(parsed<Exists>("* 23 exists ").count, 23U);
  EXPECT_EQ(parsed<Recent>("* 0 RECENT").count, 0U);
  EXPECT_EQ(parsed<Expunge>("* 44 EXPUNGE").number, SeqNum{44});
}

TEST(Response, ReadsVanished) {
  const auto earlier = parsed<Vanished>("* VANISHED (EARLIER) 41,43:116,118");
  EXPECT_TRUE(earlier.earlier);
  EXPECT_EQ(earlier.uids.to_string(), "41,43:116,118");
  const auto all = parsed<Vanished>("* VANISHED 4294967295:1");
  EXPECT_FALSE(all.earlier);
  EXPECT_EQ(all.uids.intervals().size(), 1U);
  EXPECT_TRUE(is_unknown("* VANISHED (LATER) 5"));
  EXPECT_TRUE(is_unknown("* VANISHED 0"));
  EXPECT_TRUE(is_unknown("* VANISHED 5:*"));
}

// ---- LIST ----

TEST(List, ReadsNamesInEveryForm) {
  EXPECT_EQ(parsed<ListData>("* LIST (\\Noselect) \"/\" ~/Mail/foo").name, "~/Mail/foo");
  EXPECT_EQ(parsed<ListData>(R"(* LIST () "\\" "a\"b\\c")").name, "a\"b\\c");
  EXPECT_EQ(parsed<ListData>(R"(* LIST () "\\" "a\"b\\c")").separator, '\\');
  EXPECT_EQ(parsed<ListData>("* LIST () \"/\" {6}\r\nx\"\r\n\\y").name, "x\"\r\n\\y");
  EXPECT_EQ(parsed<ListData>("* LIST () NIL INBOX").separator, '\0');
  EXPECT_EQ(parsed<ListData>("* LIST () \".\" \"\"").name, "");
  EXPECT_EQ(parsed<ListData>("* LIST () \"/\" NIL").name, "NIL");
  EXPECT_EQ(parsed<ListData>("* LIST () \"/\" \"Entw&APw-rfe \"").name, "Entw&APw-rfe ");
  EXPECT_EQ(parsed<ListData>("* LIST () \"/\" \"\xE9t\xE9\"").name, "\xE9t\xE9");
  EXPECT_EQ(parsed<ListData>("* LIST () \"/\" My Old Mail").name, "My Old Mail");
  EXPECT_EQ(parsed<ListData>("* LIST () \"/\" flag]ged").name, "flag]ged");
}

TEST(List, FindsAttributesInAnyCase) {
  const auto list = parsed<ListData>("* LIST (\\HasNoChildren \\sent) \"/\" Sent");  // Cyrus
  EXPECT_TRUE(list.has("\\Sent"));
  EXPECT_TRUE(list.has("\\hasnochildren"));
  EXPECT_FALSE(list.has("\\Trash"));
  EXPECT_EQ(parsed<ListData>("* LSUB () \".\" INBOX").kind, ListData::Kind::lsub);
  EXPECT_EQ(parsed<ListData>("* XLIST (\\Spam) \"/\" x").kind, ListData::Kind::xlist);
}

TEST(List, KeepsExtendedData) {
  const auto list = parsed<ListData>(
      R"(* LIST (\NonExistent) "/" Foo ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("old \"one\"") X-COLOR (1 (2 "3"))))");
  EXPECT_EQ(list.child_info, (std::vector<std::string>{"SUBSCRIBED"}));
  EXPECT_EQ(list.old_name, "old \"one\"");
  ASSERT_EQ(list.extended.size(), 1U);
  EXPECT_EQ(list.extended[0].first, "X-COLOR");
  EXPECT_EQ(list.extended[0].second, "(1 (2 \"3\"))");
}

TEST(List, IsGoodEvenWhereTheExtendedDataIsNot) {
  EXPECT_EQ(parsed<ListData>("* LIST () \"/\" \"Foo\" (\"CHILDINFO\" (").name, "Foo");
  EXPECT_EQ(parsed<ListData>("* LIST () \"/\" Foo (old)").name, "Foo (old)");
  EXPECT_TRUE(is_unknown("* LIST (\\HasChildren \"/\" Foo"));
  EXPECT_TRUE(is_unknown("* LIST () \"/\" "));
}

// ---- STATUS ----

TEST(Status, ReadsEveryItem) {
  const auto status = parsed<StatusData>(
      "* STATUS \"a b\" (MESSAGES 231 RECENT 1 UIDNEXT 44292 UIDVALIDITY 1 UNSEEN 2 HIGHESTMODSEQ 7011231777 "
      "SIZE "
      "8000000000 APPENDLIMIT 257890 DELETED 4 MAILBOXID (F2212ea87-6097) X-NEW (1 2))");
  EXPECT_EQ(status.mailbox, "a b");
  EXPECT_EQ(status.messages, 231U);
  EXPECT_EQ(status.recent, 1U);
  EXPECT_EQ(status.uid_next, Uid{44292});
  EXPECT_EQ(status.uid_validity, UidValidity{1});
  EXPECT_EQ(status.unseen, 2U);
  EXPECT_EQ(status.highest_modseq, ModSeq{7011231777});
  EXPECT_EQ(status.size, 8000000000U);
  EXPECT_EQ(status.append_limit, 257890U);
  EXPECT_EQ(status.deleted, 4U);
  EXPECT_EQ(status.mailbox_id, "F2212ea87-6097");
}

TEST(Status, TreatsWhatIsNoNumberAsAbsent) {
  const auto empty = parsed<StatusData>("* STATUS \"INBOX\" ()");  // NetEase
  EXPECT_EQ(empty.mailbox, "INBOX");
  EXPECT_EQ(empty.messages, std::nullopt);
  const auto odd = parsed<StatusData>(
      "* STATUS x (messages 9.3736e+06 UIDNEXT 0 UIDVALIDITY 0 UNSEEN -1 HIGHESTMODSEQ 0 APPENDLIMIT NIL "
      "RECENT 3 ) ");
  EXPECT_EQ(odd.messages, std::nullopt);  // mail.ru
  EXPECT_EQ(odd.uid_next, std::nullopt);
  EXPECT_EQ(odd.uid_validity, std::nullopt);
  EXPECT_EQ(odd.unseen, std::nullopt);
  EXPECT_EQ(odd.highest_modseq, std::nullopt);
  EXPECT_EQ(odd.append_limit, std::nullopt);
  EXPECT_EQ(odd.recent, 3U);
  EXPECT_EQ(parsed<StatusData>("* STATUS x (MESSAGES 5000000000)").messages, std::nullopt);
}

// Cyrus 3.6.1 after a RENAME: six octets of somebody else's memory.
TEST(Status, TakesNoRubbishForAnId) {
  const auto status = parsed<StatusData>("* STATUS a (MAILBOXID (YN\x16\x39\xD9U) MESSAGES 3)");
  EXPECT_FALSE(status.mailbox_id);
  EXPECT_EQ(status.messages, 3U);
}

TEST(Status, ReadsANameWhoseQuotesWereForgotten) {
  EXPECT_EQ(parsed<StatusData>("* STATUS My (old) Mail (MESSAGES 3)").mailbox, "My (old) Mail");
  EXPECT_EQ(parsed<StatusData>("* STATUS My (old) (MAILBOXID (F1) MESSAGES 3)").messages, 3U);
  EXPECT_EQ(parsed<StatusData>("* STATUS My Mail (MESSAGES 3)").mailbox, "My Mail");
  EXPECT_EQ(parsed<StatusData>("* STATUS My Mail (MESSAGES 3)").messages, 3U);
  EXPECT_TRUE(is_unknown("* STATUS My Mail"));
}

TEST(Status, ReadsALiteralName) {
  const auto status = parsed<StatusData>("* STATUS {3}\r\na\"b (MESSAGES 3)");
  EXPECT_EQ(status.mailbox, "a\"b");
  EXPECT_EQ(status.messages, 3U);
}

// ---- SEARCH ----

TEST(Search, ReadsNumbersAndModseq) {
  const auto found = parsed<SearchData>("* SEARCH 2 84  882 (MODSEQ 917162500) ");
  EXPECT_EQ(found.numbers, (std::vector<std::uint32_t>{2, 84, 882}));
  EXPECT_EQ(found.modseq, ModSeq{917162500});
  EXPECT_TRUE(parsed<SearchData>("* SEARCH").numbers.empty());
  EXPECT_EQ(parsed<SearchData>("* SEARCH 5 4 3 1").uids().to_string(), "1,3:5");
  EXPECT_TRUE(is_unknown("* SEARCH 5 x"));  // half a list would be worse than none
}

TEST(Search, ReadsTheExtendedForm) {
  const auto found =
      parsed<EsearchData>("* ESEARCH (TAG \"A282\") UID MIN 2 MAX 882 COUNT 3 ALL 2,10:11 MODSEQ 917");
  EXPECT_EQ(found.tag, "A282");
  EXPECT_TRUE(found.uid);
  EXPECT_EQ(found.min, 2U);
  EXPECT_EQ(found.max, 882U);
  EXPECT_EQ(found.count, 3U);
  EXPECT_EQ(found.all->to_string(), "2,10:11");
  EXPECT_EQ(found.modseq, ModSeq{917});
  EXPECT_FALSE(parsed<EsearchData>("* ESEARCH (TAG \"A\") UID").all.has_value());
  EXPECT_EQ(parsed<EsearchData>("* ESEARCH (TAG \"A01\") UID PARTIAL (-1:-100 200:250,252:300)")
                .partial->to_string(),
            "200:250,252:300");
  EXPECT_TRUE(parsed<EsearchData>("* ESEARCH (TAG \"A01\") UID PARTIAL (23500:24000 NIL)").partial->empty());
  EXPECT_EQ(parsed<EsearchData>("* ESEARCH COUNT 5 RELEVANCY (4 99)").count, 5U);
}

// ---- FETCH ----

TEST(Fetch, ReadsWhatASyncAsksFor) {
  const auto fetch = parsed<FetchData>(
      "* 12 FETCH (UID 301 FLAGS (\\Seen \\Recent $Forwarded odd]) INTERNALDATE \" 1-Feb-2003 04:05:06 "
      "-0700\" "
      "RFC822.SIZE 4286 MODSEQ (624140003) EMAILID (M6d99ac3275bb4e) THREADID NIL)");
  EXPECT_EQ(fetch.seq, SeqNum{12});
  EXPECT_EQ(fetch.uid, Uid{301});
  EXPECT_TRUE(fetch.recent);
  EXPECT_EQ(fetch.flags->to_string(), "\\Seen $Forwarded odd]");
  EXPECT_EQ(fetch.internal_date->unix_seconds(), 1044097506);
  EXPECT_EQ(fetch.rfc822_size, 4286U);
  EXPECT_EQ(fetch.modseq, ModSeq{624140003});
  EXPECT_EQ(fetch.email_id, "M6d99ac3275bb4e");
  EXPECT_EQ(fetch.thread_id, std::nullopt);
}

TEST(Fetch, ReadsGmailsItems) {
  const auto fetch = parsed<FetchData>(
      "* 1 FETCH (X-GM-THRID 1278455344230334865 X-GM-MSGID 18446744073709551615 X-GM-LABELS (\"\\\\Inbox\" "
      "\\Sent "
      "Important \"Muy importante\" {3}\r\na\"b) UID 1)");
  EXPECT_EQ(fetch.gm_thrid, 1278455344230334865U);
  EXPECT_EQ(fetch.gm_msgid, 18446744073709551615U);
  EXPECT_EQ(fetch.gm_labels,
            (std::vector<std::string>{"\\Inbox", "\\Sent", "Important", "Muy importante", "a\"b"}));
  EXPECT_EQ(fetch.uid, Uid{1});
}

TEST(Fetch, ReadsBodiesAndHeaders) {
  const auto fetch = parsed<FetchData>(
      "* 5 FETCH (UID 9 BODY[HEADER.FIELDS (MESSAGE-ID \"X]Y\")] {8}\r\nA: b\r\n\r\n BODY[]<0> \"quoted\" "
      "RFC822.HEADER NIL)");
  ASSERT_EQ(fetch.sections.size(), 3U);
  EXPECT_EQ(fetch.sections[0].section, "HEADER.FIELDS (MESSAGE-ID \"X]Y\")");
  EXPECT_EQ(fetch.sections[0].data, "A: b\r\n\r\n");
  EXPECT_EQ(fetch.sections[1].origin, 0U);
  EXPECT_EQ(fetch.sections[1].data, "quoted");
  EXPECT_TRUE(fetch.sections[2].nil);
  ASSERT_NE(fetch.body(), nullptr);
  EXPECT_EQ(fetch.body()->data, "quoted");
}

TEST(Fetch, KnowsAStreamedBodyByItsSize) {
  const auto fetch = parsed<FetchData>("* 5 FETCH (BODY[] {11}\r\nFrom: a\r\n\r\n UID 9)", true);
  ASSERT_NE(fetch.body(), nullptr);
  EXPECT_TRUE(fetch.body()->streamed);
  EXPECT_EQ(fetch.body()->size, 11U);
  EXPECT_TRUE(fetch.body()->data.empty());
  EXPECT_EQ(fetch.uid, Uid{9});
}

TEST(Fetch, SaysWhatStoodBeforeALiteral) {
  const auto input = "* 5 FETCH (UID 9 RFC822.SIZE 12 BODY[HEADER.FIELDS (X)] {2}\r\nab BODY[] {11}\r\n"s;
  Framer framer;
  framer.feed(as_bytes(input));
  auto first = framer.next();
  ASSERT_TRUE(first.ok());
  auto so_far = parse_fetch_so_far(*std::get<LiteralStart>(*first).frame);
  ASSERT_TRUE(so_far.has_value());
  EXPECT_EQ(so_far->uid, Uid{9});
  EXPECT_EQ(so_far->sections.back().section, "HEADER.FIELDS (X)");
  auto second = framer.next();
  ASSERT_TRUE(second.ok());
  so_far = parse_fetch_so_far(*std::get<LiteralStart>(*second).frame);
  ASSERT_TRUE(so_far.has_value());
  EXPECT_EQ(so_far->body(), &so_far->sections.back());
  EXPECT_EQ(so_far->sections.back().size, 11U);
  EXPECT_EQ(so_far->rfc822_size, 12U);
}

TEST(Fetch, StreamsNothingThatIsNoSection) {
  for (const auto* input :
       {"* 5 FETCH (UID 9 ENVELOPE (NIL {4}\r\n", "* 5 FETCH (X-GM-LABELS ({4}\r\n",
        "* LIST () \"/\" {4}\r\n", "* 5 FETCH (UID 9 INTERNALDATE {4}\r\n", "* ID (\"name\" {4}\r\n"}) {
    Framer framer;
    framer.feed(as_bytes(input));
    auto event = framer.next();
    ASSERT_TRUE(event.ok() && std::holds_alternative<LiteralStart>(*event)) << input;
    EXPECT_FALSE(parse_fetch_so_far(*std::get<LiteralStart>(*event).frame)) << input;
  }
}

TEST(Fetch, SkipsItemsNobodyAskedFor) {
  const auto fetch = parsed<FetchData>(
      "* 1 FETCH (ENVELOPE (NIL \"a) (b\" ((NIL NIL \"x\" \"y\")) {4}\r\n))\"( NIL) BODYSTRUCTURE ((\"TEXT\" "
      "\"PLAIN\" "
      "(\"CHARSET\" \"x\") NIL NIL \"7BIT\" -1 -1)(\"A\" \"B\") \"MIXED\") BODY (\"TEXT\" \"PLAIN\") PREVIEW "
      "\"hi\" "
      "BINARY.SIZE[1] 77 X-FOO[a (b)] (1) UID 7)");
  EXPECT_EQ(fetch.uid, Uid{7});
  EXPECT_TRUE(fetch.sections.empty());
}

TEST(Fetch, ToleratesWhatServersDo) {
  EXPECT_EQ(parsed<FetchData>("* 0 FETCH (FLAGS (\\Seen))").seq, SeqNum{0});  // Courier
  EXPECT_TRUE(parsed<FetchData>("* 1 FETCH (UID 5 BODY[] )").body()->nil);    // Yandex
  EXPECT_TRUE(parsed<FetchData>("* 1 FETCH (BODY[] NIL UID 5)").body()->nil);
  EXPECT_EQ(parsed<FetchData>("* 1 FETCH (MODSEQ (-1) UID 5)").modseq, std::nullopt);  // Zoho
  EXPECT_EQ(parsed<FetchData>("* 1 FETCH (MODSEQ (0) UID 5)").modseq, std::nullopt);
  EXPECT_EQ(parsed<FetchData>("* 1 FETCH (RFC822.SIZE NIL UID 5)").rfc822_size, std::nullopt);  // IceWarp
  EXPECT_EQ(parsed<FetchData>("* 1 FETCH (FLAGS NIL UID 5)").flags, FlagSet{});
  EXPECT_EQ(parsed<FetchData>("*  1  fetch  ( flags ( \\seen )  uid  5 ) ").uid, Uid{5});  // GroupWise
  EXPECT_EQ(parsed<FetchData>("* 1 FETCH (UID 0 FLAGS ())").uid, std::nullopt);
  EXPECT_EQ(parsed<FetchData>("* 1 FETCH (UID 5000000000 FLAGS ())").uid, std::nullopt);
  const auto domino = parsed<FetchData>("* 1 FETCH (INTERNALDATE \"00-Jan-0000 00:00:00 +0000\" UID 5)");
  EXPECT_EQ(domino.internal_date, std::nullopt);
  EXPECT_EQ(domino.internal_date_text, "00-Jan-0000 00:00:00 +0000");
  EXPECT_EQ(parsed<FetchData>("* 1 FETCH (INTERNALDATE NIL UID 5)").internal_date_text, std::nullopt);
}

TEST(Fetch, MakesNothingOfABrokenList) {
  for (const auto* line :
       {"* 1 FETCH (UID 5", "* 1 FETCH UID 5", "* 1 FETCH (UID 5 FLAGS (\\Seen)", "* 1 FETCH (BODY[ NIL)",
        "* 1 FETCH (FLAGS (\"a\"))", "* 1 FETCH (X (((a))", "* 1 FETCH (\"x\" 5)"}) {
    EXPECT_TRUE(is_unknown(line)) << line;
  }
  std::string flags = "* 1 FETCH (FLAGS (";
  for (int n = 0; n < 5000; ++n) flags += "k" + std::to_string(n) + " ";
  EXPECT_TRUE(is_unknown(flags + "))"));
}

// ---- the rest ----

TEST(Namespace, ReadsTheExamplesOfTheRfc) {
  const auto plain = parsed<NamespaceData>(R"(* NAMESPACE (("" "/")) NIL NIL)");
  ASSERT_EQ(plain.personal.size(), 1U);
  EXPECT_EQ(plain.personal[0].separator, '/');
  EXPECT_TRUE(plain.shared.empty());
  const auto rich = parsed<NamespaceData>(
      R"(* NAMESPACE (("" "/")("#mh/" "/" "X-PARAM" ("FLAG1" "FLAG2"))) (("~" "/")) (("#shared/" "/")("#ftp/" NIL)))");
  EXPECT_EQ(rich.personal.size(), 2U);
  EXPECT_EQ(rich.other_users[0].prefix, "~");
  EXPECT_EQ(rich.shared[1].separator, '\0');
  EXPECT_EQ(parsed<NamespaceData>(R"(* NAMESPACE (("INBOX." ".")) NIL (("shared." ".")))").personal[0].prefix,
            "INBOX.");
}

TEST(Id, ReadsFieldsAndNil) {
  const auto id = parsed<IdData>(R"(* ID ("name" "Cyrus IMAPD" "version" NIL "os" {5}
Linux))");
  EXPECT_EQ(id.get("NAME"), "Cyrus IMAPD");
  EXPECT_EQ(id.get("version"), "");
  EXPECT_TRUE(parsed<IdData>("* ID NIL").fields.empty());
  EXPECT_TRUE(parsed<IdData>("* ID ()").fields.empty());
}

TEST(Quota, ReadsRootsAndResources) {
  const auto quota = parsed<QuotaData>("* QUOTA \"\" (STORAGE 10 512 message 3 0)");
  ASSERT_EQ(quota.resources.size(), 2U);
  EXPECT_EQ(quota.resources[0].limit, 512U);
  EXPECT_EQ(quota.resources[1].name, "MESSAGE");
  EXPECT_EQ(parsed<QuotaData>("* QUOTA x (STORAGE 1 9007199254740992)").resources[0].limit,
            9007199254740992U);
  EXPECT_TRUE(parsed<QuotaData>("* QUOTA \"User quota\" ()").resources.empty());
  const auto roots = parsed<QuotaRootData>("* QUOTAROOT INBOX \"\" \"Other root\"");
  EXPECT_EQ(roots.roots, (std::vector<std::string>{"", "Other root"}));
  EXPECT_TRUE(parsed<QuotaRootData>("* QUOTAROOT \"a b\"").roots.empty());
}

TEST(Enabled, MayBeEmpty) {
  EXPECT_TRUE(parsed<EnabledData>("* ENABLED").names.empty());  // Cyrus
  EXPECT_TRUE(parsed<EnabledData>("* ENABLED condstore QRESYNC").has("CONDSTORE"));
}

TEST(Flags, AreReadWithOddOnes) {
  EXPECT_EQ(parsed<FlagsData>("* FLAGS (\\Answered $MDNSent NotJunk odd])").flags.to_string(),
            "\\Answered $MDNSent NotJunk odd]");
}

TEST(CapabilityResponse, IsRead) {
  EXPECT_TRUE(parsed<CapabilityData>("* CAPABILITY  IMAP4rev1  idle ").capabilities.has("IDLE"));
}

// ---- hostility ----

constexpr std::array<std::string_view, 24> lines{
    "* OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR] Dovecot (Debian) ready.",
    "* OK [PERMANENTFLAGS (\\Answered \\Seen $Junk odd] \\*)] Flags permitted.",
    "* OK [HIGHESTMODSEQ 715194045007]",
    "* OK [UIDVALIDITY 3857529045] UIDs valid",
    "A3 OK [APPENDUID 38505 3955:3960] APPEND completed",
    "A3 OK [COPYUID 38505 304,319:320 3956:3958] Done",
    "A3 OK [MODIFIED 7,9] Conditional STORE failed",
    "* LIST (\\Marked \\sent) \"/\" \"Sent \\\"Items\\\"\" (\"CHILDINFO\" (\"SUBSCRIBED\"))",
    "* LIST () NIL {5}\r\na\"\r\n\\",
    "* STATUS \"a b\" (MESSAGES 231 UIDNEXT 44292 MAILBOXID (F2212))",
    "* SEARCH 2 84 882 (MODSEQ 917162500)",
    "* ESEARCH (TAG \"A282\") UID ALL 2,10:11 COUNT 3",
    "* VANISHED (EARLIER) 41,43:116,118,120:211",
    "* 12 FETCH (UID 301 FLAGS (\\Seen $Forwarded) INTERNALDATE \"01-Feb-2003 04:05:06 -0700\" RFC822.SIZE "
    "4286)",
    "* 5 FETCH (BODY[HEADER.FIELDS (X \"Y\")] {3}\r\nabc BODY[]<0> ~{4}\r\nA1 O UID 9 MODSEQ (5))",
    "* 1 FETCH (ENVELOPE (NIL \"a) (b\" ((NIL NIL \"x\" \"y\")) {2}\r\n)) NIL) X-GM-LABELS (\"\\\\Inbox\" a) "
    "UID 7)",
    "* NAMESPACE ((\"\" \"/\")(\"#mh/\" \"/\" \"X\" (\"F\"))) NIL ((\"s.\" NIL))",
    "* ID (\"name\" \"Cyrus\" \"version\" NIL)",
    "* QUOTA \"\" (STORAGE 10 512)",
    "* QUOTAROOT INBOX \"\"",
    "* ENABLED CONDSTORE",
    "* FLAGS (\\Answered \\Flagged)",
    "* 23 EXISTS",
    "+ idling",
};

// Whatever comes out, reading it must not go wrong: the sanitizers watch.
void parse_mutant(const std::string& text, const std::vector<Literal>& literals) {
  Frame frame{text, literals};
  (void)parse_response(frame);
  (void)parse_fetch_so_far(frame);
  (void)parse_greeting(frame);
}

TEST(Response, SurvivesEveryTruncationAndMutation) {
  for (auto line : lines) {
    const auto frame = test::frame_of(line);
    for (std::size_t at = 0; at < frame.text.size(); ++at) {
      parse_mutant(frame.text.substr(0, at), frame.literals);
      for (char c : "\"\\()[]{}<>*+ ~0\0\xFF\r\n"s) {
        auto text = frame.text;
        text[at] = c;
        parse_mutant(text, frame.literals);
      }
      auto shorter = frame.text;
      shorter.erase(at, 1);
      parse_mutant(shorter, frame.literals);
    }
  }
}

TEST(Response, TakesAllItsSamplesForWhatTheyAre) {
  for (auto line : lines) EXPECT_FALSE(is_unknown(line)) << line;
}

RC_GTEST_PROP(Response, SurvivesAnyMixOfTokens, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "* ", "1 ", "FETCH ", "(", ")", "UID ", "FLAGS ", "BODY[", "]", "\"", "\\", "{3}\r\nabc", "NIL ",
      "LIST ", "STATUS ", "5 ", "<0>", "[", "OK ", "ESEARCH ", "ALL ", "1:* ", "4294967295:1 ", "VANISHED ",
      "\\Seen ", "A1 ", "{", "}", "~{0}\r\n", "ID "));
  std::string text;
  for (const auto& word : words) text += word;
  text += "\r\n";
  Framer framer;
  framer.feed(as_bytes(text));
  for (;;) {
    auto event = framer.next();
    if (!event || std::holds_alternative<NeedMore>(*event)) break;
    if (auto* start = std::get_if<LiteralStart>(&*event)) (void)parse_fetch_so_far(*start->frame);
    if (auto* ready = std::get_if<FrameReady>(&*event)) (void)parse_response(*ready->frame);
  }
}

TEST(Response, ParsesTheLargestLinesInLinearTime) {
  const auto begin = std::chrono::steady_clock::now();
  for (const auto* piece :
       {"(", "() ", "\\Seen ", "\"a\" ", "1 ", "1,", "[", "BODY[] NIL ", "X (", "\"\\\"", "k) ("}) {
    for (const auto* start :
         {"* 1 FETCH (", "* 1 FETCH (FLAGS (", "* LIST (", "* STATUS x (", "* SEARCH ", "* VANISHED ",
          "* NAMESPACE (", "* OK [PERMANENTFLAGS (", "* OK [", "* ID (", "A1 OK [COPYUID 1 "}) {
      std::string text = start;
      while (text.size() < 1'000'000) text += piece;
      (void)parse_response(Frame{text, {}});
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{300});
}

}  // namespace
}  // namespace pf::imap
