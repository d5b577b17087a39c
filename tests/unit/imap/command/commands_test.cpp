#include "imap/command/commands.h"

#include "base/encoding.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace pf::imap {
namespace {

constexpr WireOptions plus{LiteralMode::plus, false};
constexpr WireOptions minus{LiteralMode::minus, false};
constexpr WireOptions sync{LiteralMode::synchronizing, false};

std::string wire(const Command& command) {
  std::string out;
  for (const auto& segment : command.segments()) {
    if (segment.wait_before) out += '|';
    out += segment.kind == Segment::Kind::text ? segment.text : "<" + std::to_string(segment.slot_size) + ">";
  }
  return out;
}

std::string wire(const Result<Command>& command) {
  return command.ok() ? wire(*command) : "error: " + command.error().context;
}

UidSet uids(std::string_view text) {
  return UidSet::parse(text).value_or(UidSet{});
}

TEST(Commands, WithoutArgumentsAreOneLine) {
  EXPECT_EQ(wire(command::capability()), "CAPABILITY\r\n");
  EXPECT_EQ(wire(command::noop()), "NOOP\r\n");
  EXPECT_EQ(wire(command::logout()), "LOGOUT\r\n");
  EXPECT_EQ(wire(command::starttls()), "STARTTLS\r\n");
  EXPECT_EQ(wire(command::namespace_()), "NAMESPACE\r\n");
  EXPECT_EQ(wire(command::idle()), "IDLE\r\n");
  EXPECT_EQ(wire(command::unselect()), "UNSELECT\r\n");
  EXPECT_EQ(wire(command::close()), "CLOSE\r\n");
  EXPECT_EQ(wire(command::compress_deflate()), "COMPRESS DEFLATE\r\n");
  EXPECT_EQ(command::compress_deflate().kind(), CommandKind::compress);
}

TEST(Commands, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (std::size_t at = 0; at < command_kinds; ++at) names.insert(name(static_cast<CommandKind>(at)));
  EXPECT_EQ(names.size(), command_kinds);
  EXPECT_FALSE(names.contains(""));
}

TEST(Login, ProxyauthNamesTheUser) {
  EXPECT_EQ(wire(command::proxyauth("joe@example.com", sync)), "PROXYAUTH \"joe@example.com\"\r\n");
  EXPECT_EQ(wire(command::proxyauth("joe", sync)), "PROXYAUTH joe\r\n");
}

TEST(Login, QuotesAndHidesThePassword) {
  const auto plain = command::login("joe", Secret{"p\"w\\{5}"}, sync);
  EXPECT_EQ(wire(plain), "LOGIN joe \"p\\\"w\\\\{5}\"\r\n");
  EXPECT_EQ(plain->redacted(), "LOGIN joe <hidden>");
  EXPECT_EQ(wire(command::login("j\xC3\xB6", Secret{"\xC3\xBC"}, sync)),
            "LOGIN {3}\r\n|j\xC3\xB6 {2}\r\n|\xC3\xBC\r\n");
  EXPECT_EQ(wire(command::login("joe", Secret{"\xC3\xBC"}, plus)), "LOGIN joe {2+}\r\n\xC3\xBC\r\n");
  EXPECT_EQ(command::login("joe", Secret{std::string{"a\0b", 3}}, plus).error().code, Errc::usage);
}

TEST(Authenticate, SendsTheInitialResponseWhereItMay) {
  EXPECT_EQ(wire(command::authenticate("PLAIN", std::nullopt)), "AUTHENTICATE PLAIN\r\n");
  EXPECT_EQ(wire(command::authenticate("EXTERNAL", Secret{""})), "AUTHENTICATE EXTERNAL =\r\n");
  const auto plain = command::authenticate("PLAIN", Secret{std::string{"\0alice\0alicepw", 14}});
  EXPECT_EQ(wire(plain), "AUTHENTICATE PLAIN AGFsaWNlAGFsaWNlcHc=\r\n");
  EXPECT_EQ(plain->redacted(), "AUTHENTICATE PLAIN <hidden>");
  EXPECT_FALSE(command::authenticate("PLAIN\r\nA2", std::nullopt).ok());
  EXPECT_EQ(command::sasl_response("abc"), "YWJj\r\n");
  EXPECT_EQ(command::sasl_response(""), "\r\n");
  EXPECT_EQ(command::sasl_challenge(" YWJj "), "abc");
  EXPECT_EQ(command::sasl_challenge(""), "");
  EXPECT_EQ(command::sasl_challenge("go ahead"), std::nullopt);
}

TEST(Id, IsNeverEmpty) {
  const std::array fields{command::IdField{"name", "postferry"}, command::IdField{"version", std::nullopt}};
  EXPECT_EQ(wire(command::id(fields, sync)), "ID (\"name\" \"postferry\" \"version\" NIL)\r\n");
  EXPECT_FALSE(command::id({}, sync).ok());
  const std::array wide{command::IdField{std::string(31, 'x'), "y"}};
  EXPECT_FALSE(command::id(wide, sync).ok());
}

TEST(Enable, NamesItsExtensions) {
  const std::array<std::string_view, 2> extensions{"CONDSTORE", "QRESYNC"};
  EXPECT_EQ(wire(command::enable(extensions)), "ENABLE CONDSTORE QRESYNC\r\n");
  EXPECT_FALSE(command::enable({}).ok());
}

TEST(List, AsksForWhatIsWanted) {
  EXPECT_EQ(wire(command::list("", "*", {}, sync)), "LIST \"\" \"*\"\r\n");
  command::ListReturn returns{
      .subscribed = true, .children = false, .special_use = true, .status = command::StatusItems{}};
  returns.status->highest_modseq = true;
  EXPECT_EQ(wire(command::list("", "*", returns, sync)),
            "LIST \"\" \"*\" RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY "
            "HIGHESTMODSEQ))\r\n");
  EXPECT_EQ(wire(command::lsub("", "INBOX.%", sync)), "LSUB \"\" \"INBOX.%\"\r\n");
}

TEST(Status, NeedsItems) {
  EXPECT_EQ(wire(command::status("a b", {}, sync)), "STATUS \"a b\" (MESSAGES UIDNEXT UIDVALIDITY)\r\n");
  const command::StatusItems none{.messages = false, .uid_next = false, .uid_validity = false};
  EXPECT_FALSE(command::status("x", none, sync).ok());
  const command::StatusItems all{
      .unseen = true, .highest_modseq = true, .size = true, .append_limit = true, .mailbox_id = true};
  EXPECT_EQ(all.to_wire(), "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ SIZE APPENDLIMIT MAILBOXID)");
}

TEST(Select, TakesCondstoreAndQresync) {
  EXPECT_EQ(wire(command::select("INBOX", {}, sync)), "SELECT \"INBOX\"\r\n");
  EXPECT_EQ(wire(command::examine("INBOX", {.condstore = true, .qresync = {}}, sync)),
            "EXAMINE \"INBOX\" (CONDSTORE)\r\n");
  command::SelectOptions how;
  how.qresync = command::Qresync{UidValidity{67890007}, ModSeq{90060115194045000}, uids("41:211,214")};
  EXPECT_EQ(wire(command::select("x", how, sync)),
            "SELECT \"x\" (QRESYNC (67890007 90060115194045000 41:211,214))\r\n");
  how.qresync->known.reset();
  EXPECT_EQ(wire(command::examine("x", how, sync)),
            "EXAMINE \"x\" (QRESYNC (67890007 90060115194045000))\r\n");
  how.qresync->modseq = ModSeq{};
  EXPECT_FALSE(command::select("x", how, sync).ok());
  EXPECT_EQ(wire(command::select("Entw\xC3\xBCrfe", {}, sync)), "SELECT {9}\r\n|Entw\xC3\xBCrfe\r\n");
}

TEST(Mailbox, IsMadeWithItsUse) {
  EXPECT_EQ(wire(command::create("Sent Items", SpecialUse::sent, sync)),
            "CREATE \"Sent Items\" (USE (\\Sent))\r\n");
  EXPECT_EQ(wire(command::create("x", SpecialUse::none, sync)), "CREATE \"x\"\r\n");
  EXPECT_EQ(wire(command::subscribe("x", sync)), "SUBSCRIBE \"x\"\r\n");
  EXPECT_EQ(wire(command::get_quota_root("INBOX", sync)), "GETQUOTAROOT \"INBOX\"\r\n");
}

TEST(Fetch, AsksForTheBodyLast) {
  command::FetchItems items{.flags = true, .internal_date = true, .size = true, .modseq = true};
  items.header_fields = "MESSAGE-ID DATE";
  items.body = true;
  EXPECT_EQ(
      wire(command::uid_fetch(uids("1:3,7"), items)),
      "UID FETCH 1:3,7 (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE)] "
      "BODY.PEEK[])\r\n");
  EXPECT_EQ(wire(command::uid_fetch_from(Uid{42}, {})), "UID FETCH 42:* (UID)\r\n");
  EXPECT_EQ(wire(command::uid_fetch_from(Uid{0}, {})), "UID FETCH 1:* (UID)\r\n");
  EXPECT_EQ(wire(command::fetch(SeqNum{1}, SeqNum{500}, {})), "FETCH 1:500 (UID)\r\n");
  EXPECT_EQ(wire(command::fetch(SeqNum{1}, SeqNum{0}, {})), "FETCH 1:* (UID)\r\n");
}

TEST(Fetch, AsksForChanges) {
  command::FetchItems items{.flags = true};
  items.changed_since = ModSeq{345};
  items.vanished = true;
  EXPECT_EQ(wire(command::uid_fetch_from(Uid{1}, items)),
            "UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 345 VANISHED)\r\n");
  EXPECT_FALSE(command::fetch(SeqNum{1}, SeqNum{0}, items).ok());
  items.changed_since.reset();
  EXPECT_FALSE(command::uid_fetch_from(Uid{1}, items).ok());
}

TEST(Fetch, RefusesNonsense) {
  EXPECT_FALSE(command::uid_fetch(UidSet{}, {}).ok());
  EXPECT_FALSE(command::uid_fetch(uids("1"), {.uid = false}).ok());
  EXPECT_FALSE(command::fetch(SeqNum{0}, SeqNum{5}, {}).ok());
  EXPECT_FALSE(command::uid_fetch(uids("1"), {.header_fields = "X)] BODY["}).ok());
  EXPECT_FALSE(command::uid_fetch(uids("1"), {.header_fields = "X\r\nA2 LOGOUT"}).ok());
}

TEST(Store, ChangesFlags) {
  FlagSet flags;
  flags.add(SystemFlag::seen);
  flags.add("$Junk");
  EXPECT_EQ(wire(command::uid_store(uids("7"), command::StoreMode::add, flags, {})),
            "UID STORE 7 +FLAGS.SILENT (\\Seen $Junk)\r\n");
  EXPECT_EQ(wire(command::uid_store(uids("7"), command::StoreMode::remove, flags,
                                    {.silent = false, .unchanged_since = ModSeq{12}})),
            "UID STORE 7 (UNCHANGEDSINCE 12) -FLAGS (\\Seen $Junk)\r\n");
  EXPECT_EQ(wire(command::uid_store(uids("7"), command::StoreMode::replace, FlagSet{}, {})),
            "UID STORE 7 FLAGS.SILENT ()\r\n");
  EXPECT_FALSE(command::uid_store(uids("7"), command::StoreMode::add, FlagSet{}, {}).ok());
  EXPECT_FALSE(command::uid_store(UidSet{}, command::StoreMode::add, flags, {}).ok());
}

TEST(Append, MakesASlotForEachMessage) {
  FlagSet seen;
  seen.add(SystemFlag::seen);
  const std::array messages{
      command::AppendMessage{seen, InternalDate{1044097506, -420}, 310, false},
      command::AppendMessage{{}, std::nullopt, 5'000'000, true},
  };
  EXPECT_EQ(wire(command::append("a b", messages, plus)),
            "APPEND \"a b\" (\\Seen) \" 1-Feb-2003 04:05:06 -0700\" {310+}\r\n<310> () "
            "{5000000}\r\n|<5000000>\r\n");
  EXPECT_EQ(wire(command::append("x", std::span{messages}.first(1), sync)),
            "APPEND \"x\" (\\Seen) \" 1-Feb-2003 04:05:06 -0700\" {310}\r\n|<310>\r\n");
  const std::array large{command::AppendMessage{{}, std::nullopt, 4097, false}};
  EXPECT_EQ(wire(command::append("x", large, minus)), "APPEND \"x\" () {4097}\r\n|<4097>\r\n");
  EXPECT_FALSE(command::append("x", {}, plus).ok());
  EXPECT_EQ(command::append("x", large, plus)->octets(),
            4097U + std::string{"APPEND \"x\" () {4097+}\r\n\r\n"}.size());
}

TEST(Message, IsCopiedMovedAndExpungedByUid) {
  EXPECT_EQ(wire(command::uid_copy(uids("1:2"), "x", sync)), "UID COPY 1:2 \"x\"\r\n");
  EXPECT_EQ(wire(command::uid_move(uids("1:2"), "x", sync)), "UID MOVE 1:2 \"x\"\r\n");
  EXPECT_EQ(wire(command::uid_expunge(uids("1:2"))), "UID EXPUNGE 1:2\r\n");
  EXPECT_FALSE(command::uid_expunge(UidSet{}).ok());
}

TEST(Search, PutsTheKeysInAnOrderEveryServerReads) {
  EXPECT_EQ(wire(command::uid_search({}, {}, sync)), "UID SEARCH ALL\r\n");
  command::SearchKeys keys;
  keys.deleted = false;
  keys.uids = uids("5:9");
  keys.header = {"Message-ID", "<a\"b@x>"};
  EXPECT_EQ(wire(command::uid_search({.all = true, .count = true}, keys, sync)),
            "UID SEARCH RETURN (COUNT ALL) UNDELETED UID 5:9 HEADER Message-ID \"<a\\\"b@x>\"\r\n");
}

TEST(Commands, CarryEvilNamesWithoutASecondCommand) {
  for (const auto* evil : {"x\r\nA2 DELETE INBOX", "x {5}\r\n", "\"\r\nA2 LOGOUT\r\n\"", "x\n", "\r"}) {
    const std::string size = "{" + std::to_string(std::string_view{evil}.size()) + "+}\r\n";
    for (const auto& each : {command::select(evil, {}, plus), command::status(evil, {}, plus),
                             command::create(evil, SpecialUse::none, plus),
                             command::uid_copy(uids("1"), evil, plus), command::list("", evil, {}, plus)}) {
      ASSERT_TRUE(each.ok());
      const auto text = wire(*each);
      const auto at = text.find(size);
      ASSERT_NE(at, std::string::npos) << text;
      EXPECT_EQ(text.substr(at + size.size(), std::string_view{evil}.size()), evil);
      EXPECT_EQ(text.find_first_of("\r\n"), at + size.size() - 2);
    }
  }
}

}  // namespace
}  // namespace pf::imap
