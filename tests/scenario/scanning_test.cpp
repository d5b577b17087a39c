// Enumerating messages: what is asked, and answers in every order and shape.
#include "scenario/play.h"

namespace pf::test {
namespace {

using store::Access;
using store::ScanFields;

std::string examined(std::uint32_t exists, std::uint64_t uid_next) {
  return fmt::format(
      "C: $5 EXAMINE \"INBOX\"\nS: * {} EXISTS\nS: * OK [UIDVALIDITY 42] ok\nS: * OK [UIDNEXT {}] ok\n"
      "S: $5 OK [READ-ONLY] done\n",
      exists, uid_next);
}

class Scanning : public StoreScenario {
 protected:
  std::unique_ptr<store::OpenMailbox> inbox(std::uint32_t exists, std::uint64_t uid_next,
                                            std::string_view dialogue) {
    play({}, examined(exists, uid_next) + std::string(dialogue));
    return open("INBOX", Access::read);
  }
};

std::vector<std::uint32_t> numbers(const std::vector<MessageMeta>& messages) {
  std::vector<std::uint32_t> out;
  for (const auto& message : messages) out.push_back(number(message.ref));
  return out;
}

TEST_F(Scanning, AFewMessagesAreOneQuestion) {
  auto mailbox = inbox(2, 10, R"(
    C: $1 UID FETCH 1:4294967295 (UID FLAGS INTERNALDATE RFC822.SIZE)
    S: * 1 FETCH (UID 3 FLAGS (\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 400)
    S: * 2 FETCH (RFC822.SIZE 500 UID 9 INTERNALDATE " 1-Jan-2024 00:00:00 +0000" FLAGS ())
    S: $1 OK
  )");
  const auto page = must(mailbox->scan({}, ScanFields::basic));
  EXPECT_FALSE(page.more);
  ASSERT_EQ(numbers(page.messages), (std::vector<std::uint32_t>{3, 9}));
  EXPECT_EQ(page.messages[0].flags, FlagSet::parse("\\Seen"));
  EXPECT_EQ(page.messages[0].date, InternalDate(837596665, 0));
  EXPECT_EQ(page.messages[1].size, 500U);
  must(mailbox->close());
}

TEST_F(Scanning, AnEmptyMailboxIsNotAsked) {
  auto mailbox = inbox(0, 4711, "");
  EXPECT_TRUE(must(mailbox->scan({}, ScanFields::basic)).messages.empty());
  must(mailbox->close());
}

TEST_F(Scanning, AnswersMayComeInAnyOrderTwiceAndUnasked) {
  auto mailbox = inbox(3, 10, R"(
    C: $1 UID FETCH 5:4294967295 *
    S: * 3 FETCH (UID 9 FLAGS (\Draft) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 900)
    S: * 4 EXISTS
    S: * 1 FETCH (UID 2 FLAGS () INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 200)
    S: * 2 FETCH (UID 7 FLAGS () INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 700)
    S: * 3 FETCH (UID 9 FLAGS (\Draft) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 900)
    S: * 2 FETCH (FLAGS (\Answered))
    S: * 77 FETCH (UID 0 RFC822.SIZE 1)
    S: $1 OK
  )");
  const auto page = must(mailbox->scan(uid(5), ScanFields::basic));
  ASSERT_EQ(numbers(page.messages), (std::vector<std::uint32_t>{7, 9}));
  EXPECT_EQ(page.messages[1].size, 900U);
  must(mailbox->close());
}

// RFC 3501 7.4.2: flags that change meanwhile come as a FETCH of their own.
TEST_F(Scanning, AChangeOfFlagsInBetweenIsNoAnswer) {
  auto mailbox = inbox(3, 10, R"(
    C: $1 UID FETCH *
    S: * 1 FETCH (UID 1 FLAGS (\Flagged))
    S: * 1 FETCH (UID 1 FLAGS () INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 100)
    S: * 2 FETCH (UID 2 FLAGS () INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 200)
    S: * 2 FETCH (UID 2 FLAGS (\Seen))
    S: * 3 FETCH (UID 3 FLAGS (\Seen))
    S: $1 OK
  )");
  const auto page = must(mailbox->scan({}, ScanFields::basic));
  ASSERT_EQ(numbers(page.messages), (std::vector<std::uint32_t>{1, 2}));  // nothing is known of the third
  EXPECT_EQ(page.messages[0].size, 100U);
  EXPECT_EQ(page.messages[1].size, 200U);
  EXPECT_TRUE(page.messages[1].date);
  EXPECT_EQ(page.messages[1].flags, FlagSet::parse("\\Seen"));
  must(mailbox->close());
}

TEST_F(Scanning, OneMessageMayBeToldInPieces) {
  auto mailbox = inbox(1, 10, R"(
    C: $1 UID FETCH *
    S: * 1 FETCH (UID 1 FLAGS (\Seen))
    S: * 1 FETCH (UID 1 INTERNALDATE "17-Jul-1996 02:44:25 -0700")
    S: * 1 FETCH (UID 1 RFC822.SIZE 100)
    S: $1 OK
  )");
  const auto page = must(mailbox->scan({}, ScanFields::basic));
  ASSERT_EQ(page.messages.size(), 1U);
  EXPECT_EQ(page.messages[0].flags, FlagSet::parse("\\Seen"));
  EXPECT_EQ(page.messages[0].date, InternalDate(837596665, 0));
  EXPECT_EQ(page.messages[0].size, 100U);
  must(mailbox->close());
}

TEST_F(Scanning, DatesAndSizesMayBeNone) {
  auto mailbox = inbox(2, 10, R"(
    C: $1 UID FETCH *
    S: * 1 FETCH (UID 1 FLAGS () INTERNALDATE "00-Jan-0000 00:00:00 +0000" RFC822.SIZE 100)
    S: * 2 FETCH (UID 2 FLAGS () INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE NIL)
    S: $1 OK
  )");
  const auto page = must(mailbox->scan({}, ScanFields::basic));
  ASSERT_EQ(page.messages.size(), 2U);
  EXPECT_FALSE(page.messages[0].date);
  EXPECT_EQ(page.messages[1].size, 0U);
  must(mailbox->close());
}

TEST_F(Scanning, KeysComeFromLiteralsOrQuotedStrings) {
  auto mailbox = inbox(3, 10, R"(
    C: $1 UID FETCH 1:4294967295 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID SUBJECT DATE FROM)])
    S-raw: * 1 FETCH (UID 1 RFC822.SIZE 9 BODY[HEADER.FIELDS (MESSAGE-ID SUBJECT DATE FROM)] {21}\r\nMessage-ID: <a@b>\r\n\r\n)\r\n
    S: * 2 FETCH (UID 2 RFC822.SIZE 9 BODY[HEADER.FIELDS ("Message-ID" "Subject" "Date" "From")] "Message-ID: <a@b>")
    S: * 3 FETCH (UID 3 RFC822.SIZE 9 BODY[HEADER.FIELDS (MESSAGE-ID SUBJECT DATE FROM)] NIL)
    S: $1 OK
  )");
  const auto page = must(mailbox->scan({}, ScanFields::keys));
  ASSERT_EQ(page.messages.size(), 3U);
  const auto key = key_of_headers(as_bytes(std::string_view("Message-ID: <a@b>\r\n\r\n")), 9);
  EXPECT_EQ(page.messages[0].key, key);
  EXPECT_EQ(page.messages[1].key, key);
  EXPECT_EQ(page.messages[2].key, key_of_headers({}, 9));
  must(mailbox->close());
}

// 5,000 messages among uids up to four billion: pages of 2,000, no empty windows.
TEST_F(Scanning, PagesGoByLandmarksNotByUids) {
  auto mailbox = inbox(5000, 4'000'420'000, R"(
    C: $1 FETCH 2001:2001 (UID)
    C: $2 FETCH 4001:4001 (UID)
    S: * 4001 FETCH (UID 4000000000)
    S: * 2001 FETCH (UID 90000)
    S: $2 OK
    S: $1 OK
    C: $3 UID FETCH 1:89999 (UID)
    S: * 2000 FETCH (UID 89000)
    S: * 1 FETCH (UID 5)
    S: $3 OK
    C: $4 UID FETCH 90000:3999999999 (UID)
    S: * 2001 FETCH (UID 90000)
    S: * 3000 FETCH (UID 3999999999)
    S: $4 OK
    C: * UID FETCH 4000000000:4294967295 (UID)
    S: * 4001 FETCH (UID 4000000000)
    S: * 5000 FETCH (UID 4000000001)
    S: A8 OK
  )");
  const auto first = must(mailbox->scan({}, ScanFields::refs));
  EXPECT_EQ(numbers(first.messages), (std::vector<std::uint32_t>{5, 89000}));
  ASSERT_TRUE(first.more);
  const auto second = must(mailbox->scan(first.next, ScanFields::refs));
  EXPECT_EQ(numbers(second.messages), (std::vector<std::uint32_t>{90000, 3999999999}));
  ASSERT_TRUE(second.more);
  const auto third = must(mailbox->scan(second.next, ScanFields::refs));
  EXPECT_EQ(numbers(third.messages), (std::vector<std::uint32_t>{4000000000, 4000000001}));
  EXPECT_FALSE(third.more);
  must(mailbox->close());
}

// A landmark that is not told joins two pages; nothing is left out.
TEST_F(Scanning, ALandmarkMayBeMissing) {
  auto mailbox = inbox(5000, 9000, R"(
    C: $1 FETCH 2001:2001 (UID)
    C: $2 FETCH 4001:4001 (UID)
    S: $1 OK nothing
    S: * 4001 FETCH (UID 4500)
    S: $2 OK
    C: $3 UID FETCH 1:4499 (UID)
    S: $3 OK
    C: $4 UID FETCH 4500:4294967295 (UID)
    S: $4 OK
  )");
  const auto first = must(mailbox->scan({}, ScanFields::refs));
  ASSERT_TRUE(first.more);
  EXPECT_FALSE(must(mailbox->scan(first.next, ScanFields::refs)).more);
  must(mailbox->close());
}

TEST_F(Scanning, ARefusedFetchIsAnError) {
  auto mailbox = inbox(2, 10, R"(
    C: $1 UID FETCH *
    S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 1)
    S: $1 NO [UNAVAILABLE] UID FETCH Server error while fetching messages
  )");
  const auto page = run(mailbox->scan({}, ScanFields::basic));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().retry, Retry::later);
  EXPECT_NE(page.error().context.find("INBOX"), std::string::npos);
  must(mailbox->close());
}

TEST_F(Scanning, SingleMessagesAreFetchedByUid) {
  auto mailbox = inbox(9, 10, R"(
    C: $1 UID FETCH 2,4:5 (UID FLAGS)
    S: * 2 FETCH (UID 2 FLAGS (\Seen))
    S: * 5 FETCH (UID 5 FLAGS ())
    S: $1 OK
  )");
  const auto found = must(mailbox->fetch(uids({5, 2, 4}), ScanFields::flags));
  EXPECT_EQ(numbers(found), (std::vector<std::uint32_t>{2, 5}));
  EXPECT_TRUE(must(mailbox->fetch({}, ScanFields::flags)).empty());
  must(mailbox->close());
}

// RFC 3501 6.4.8: a uid that is gone is passed over.  GNU imap4d 3.15 says BAD to "2" and to "2,3".
TEST_F(Scanning, AServerThatCannotParseAUidThatIsGoneIsAskedForAllBehindIt) {
  auto mailbox = inbox(9, 10, R"(
    C: $1 UID FETCH 2,4 (UID FLAGS)
    S: $1 BAD UID FETCH Failed to parse message set
    C: $2 UID FETCH 2:4294967295 (UID FLAGS)
    S: * 2 FETCH (UID 3 FLAGS (\Seen))
    S: * 3 FETCH (UID 4 FLAGS (\Seen))
    S: * 8 FETCH (UID 9 FLAGS ())
    S: $2 OK
    C: $3 UID FETCH 2 (UID FLAGS)
    S: $3 BAD UID FETCH Failed to parse message set
    C: $4 UID FETCH 2:4294967295 (UID FLAGS)
    S: $4 BAD UID FETCH no such command
  )");
  EXPECT_EQ(numbers(must(mailbox->fetch(uids({2, 4}), ScanFields::flags))), std::vector<std::uint32_t>{4});
  // Whoever says no to that, too, has not said that the message is gone.
  EXPECT_FALSE(run(mailbox->fetch(uids({2}), ScanFields::flags)));
  must(mailbox->close());
}

TEST_F(Scanning, AServerThatHangsUpTakesTheMailboxWithIt) {
  auto mailbox = inbox(2, 10, R"(
    C: $1 UID FETCH *
    S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 1)
    X
  )");
  const auto page = run(mailbox->scan({}, ScanFields::basic));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().scope, Scope::connection);
  EXPECT_EQ(page.error().retry, Retry::now);
}

}  // namespace
}  // namespace pf::test
