// The source is only ever looked at.
#include "scenario/play.h"

#include <array>
#include <sstream>

namespace pf::test {
namespace {

using store::Access;
using store::ScanFields;

class ReadOnly : public StoreScenario {};

TEST_F(ReadOnly, NoCommandOfAReaderChangesAnything) {
  play({}, R"(
    C: $1 LIST "" "\*"
    C: $2 LSUB "" "\*"
    S: * LIST () "/" INBOX
    S: $1 OK
    S: $2 OK
    C: A5 STATUS "INBOX" *
    S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 42)
    S: A5 OK
    C: A6 EXAMINE "INBOX"
    S: * 1 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 2] ok
    S: A6 OK [READ-ONLY]
    C: A7 UID FETCH 1:4294967295 *
    S: * 1 FETCH (UID 1 RFC822.SIZE 5 INTERNALDATE "17-Jul-1996 02:44:25 -0700" FLAGS () BODY[HEADER.FIELDS (X)] NIL)
    S: A7 OK
    C: A8 UID FETCH 1 *
    S-raw: * 1 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n
    S: A8 OK
    C: A9 EXAMINE "INBOX"
    S: * 1 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 2] ok
    S: A9 OK [READ-ONLY]
    C: A10 LOGOUT
    S: * BYE
    S: A10 OK
  )");
  const auto all = must(store->list());
  must(store->status(all));
  auto inbox = must(store->open(all.front(), Access::read));
  EXPECT_EQ(must(inbox->scan({}, ScanFields::keys)).messages.size(), 1U);
  auto stream = must(inbox->read(uids({1})));
  EXPECT_TRUE(must(stream->next()));
  EXPECT_FALSE(must(stream->next()));
  must(stream->close());
  stream.reset();
  must(inbox->refresh());
  must(inbox->close());
  EXPECT_EQ(store->traffic().commands, 0U);
  must(store->close());
  ASSERT_EQ(server->mismatch(), "");

  std::istringstream lines(server->received());
  for (std::string tag, command; lines >> tag >> command;) {
    if (command == "UID") lines >> command;
    std::string rest;
    std::getline(lines, rest);
    constexpr std::array harmless{"LOGIN", "LIST", "LSUB", "STATUS", "EXAMINE", "FETCH", "LOGOUT"};
    EXPECT_TRUE(std::ranges::find(harmless, command) != harmless.end()) << command;
    EXPECT_EQ(rest.find("BODY["), std::string::npos) << rest;  // only BODY.PEEK[
    EXPECT_EQ(rest.find("RFC822 "), std::string::npos) << rest;
  }
}

}  // namespace
}  // namespace pf::test
