#include "mail/message_key.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>

namespace pf {
namespace {

MessageKey key_of(std::string_view text, std::uint64_t size = 100) {
  return key_of_headers(as_bytes(text), size);
}

constexpr std::string_view ordinary =
    "Return-Path: <joe@example.com>\r\n"
    "Received: from a.example.com (a.example.com [192.0.2.1])\r\n"
    "\tby b.example.com; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
    "From: Joe <joe@example.com>\r\n"
    "To: ann@example.com\r\n"
    "Subject: A subject that\r\n"
    " was folded\r\n"
    "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
    "Message-ID: <1@example.com>\r\n"
    "\r\n"
    "Subject: not a header\r\n";

TEST(HeaderScan, GivesTheSameKeyForTheMessageAndForItsHeaderFields) {
  // As Dovecot and Cyrus answer BODY[HEADER.FIELDS (MESSAGE-ID SUBJECT DATE FROM)]: message order, folding
  // kept.
  const auto fields = key_of(
      "From: Joe <joe@example.com>\r\nSubject: A subject that\r\n was folded\r\n"
      "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\n");
  EXPECT_EQ(key_of(ordinary), fields);
  EXPECT_TRUE(fields.from_message_id);
}

// Stored in a Maildir and asked for both ways, Dovecot 2.3.19.
TEST(HeaderScan, AgreesWithDovecotAboutAwkwardHeaders) {
  struct Served {
    std::string_view message, fields;
  };
  const Served served[] = {
      {"Subject : a\r\nMessage-ID\t: <1@x>\r\n\r\nb\r\n", "Subject : a\r\nMessage-ID\t: <1@x>\r\n\r\n"},
      {" folded: x\r\nSubject: a\r\n\r\nb\r\n", "Subject: a\r\n\r\n"},
      {"no colon here\r\n Subject: folded\r\nSubject: a\r\n\r\nb\r\n", "Subject: a\r\n\r\n"},
      {"Message-ID: <1@x>\r\nX: y\r\nMessage-Id: <2@x>\r\n\r\nb\r\n",
       "Message-ID: <1@x>\r\nMessage-Id: <2@x>\r\n\r\n"},
      {"Subject: a\x80 b\r\nMessage-ID: <1\x80@x>\r\n\r\nb\r\n",
       "Subject: a\x80 b\r\nMessage-ID: <1\x80@x>\r\n\r\n"},
      {"Subject: a\r\r\nMessage-ID: <1@x>\r\r\n\r\r\nDate: body\r\r\n",
       "Subject: a\r\r\nMessage-ID: <1@x>\r\r\nDate: body\r\r\n\r\n"},
      {"Subject: a\rb\r\nMessage-ID: <1@x>\r\n\r\nb\r\n", "Subject: a\rb\r\nMessage-ID: <1@x>\r\n\r\n"},
      {"X: y\r\n\rSubject: a\r\nMessage-ID: <1@x>\r\n\r\nb\r\n", "Message-ID: <1@x>\r\n\r\n"},
      {"\r\nSubject: a\r\n\r\nb\r\n", "\r\n"},
      {"Subject: a\r\n \r\n b\r\nMessage-ID:\r\n\t<1@x>\r\n\r\nb\r\n",
       "Subject: a\r\n \r\n b\r\nMessage-ID:\r\n\t<1@x>\r\n\r\n"},
      {": x\r\nSubject: a\r\n\r\nb\r\n", "Subject: a\r\n\r\n"},
      {"From joe@x Mon Jan  1 00:00:00 2024\r\nSubject: a\r\n\r\nb\r\n", "Subject: a\r\n\r\n"},
      {"Subject: a\r\nMessage-ID: <1@x>", "Subject: a\r\nMessage-ID: <1@x>\r\n\r\n"},
      {"Sub\x80ject: a\r\nSubject\x80: b\r\nFrom: c\r\n\r\n", "Subject\x80: b\r\nFrom: c\r\n\r\n"},
  };
  for (const auto& [message, fields] : served) EXPECT_EQ(key_of(message), key_of(fields)) << message;
}

TEST(HeaderScan, DoesNotDependOnTheOrderOfFields) {
  EXPECT_EQ(key_of("Message-ID: <1@x>\r\nSubject: a\r\n\r\n"),
            key_of("Subject: a\r\nMessage-ID: <1@x>\r\n\r\n"));
}

TEST(HeaderScan, KnowsTheSizeOnlyWithoutAMessageId) {
  EXPECT_EQ(key_of(ordinary, 1), key_of(ordinary, 2));
  constexpr std::string_view anonymous = "Subject: a\r\n\r\n";
  EXPECT_NE(key_of(anonymous, 1).id, key_of(anonymous, 2).id);
  EXPECT_EQ(key_of(anonymous, 1).headers, key_of(anonymous, 2).headers);
  EXPECT_FALSE(key_of(anonymous).from_message_id);
}

TEST(HeaderScan, EveryFieldOfTheDigestCounts) {
  const auto base = key_of("Subject: a\r\nDate: b\r\nFrom: c\r\n\r\n");
  for (const std::string_view other :
       {"Subject: x\r\nDate: b\r\nFrom: c\r\n\r\n", "Subject: a\r\nDate: x\r\nFrom: c\r\n\r\n",
        "Subject: a\r\nDate: b\r\nFrom: x\r\n\r\n", "Subject: b\r\nDate: a\r\nFrom: c\r\n\r\n",
        "Subject: ab\r\nDate: \r\nFrom: c\r\n\r\n"}) {
    EXPECT_NE(key_of(other).headers, base.headers) << other;
    EXPECT_NE(key_of(other).id, base.id) << other;
  }
  EXPECT_EQ(key_of("Subject: a\r\nTo: x\r\nDate: b\r\nFrom: c\r\n\r\n"), base);
}

TEST(HeaderScan, FoldsAndBlanksCountAsOneBlank) {
  const auto base = key_of("Subject: a b\r\nMessage-ID: <1@x>\r\n\r\n");
  for (const std::string_view same :
       {"Subject: a\r\n b\r\nMessage-ID: <1@x>\r\n\r\n",
        "Subject: a\r\n\t b  \r\nMessage-ID:\r\n <1@x>\r\n\r\n",
        "Subject:a \t b\r\nMessage-ID:<1@x> \r\n\r\n",
        "Subject:\r\n a\r\n b\r\n \r\nMessage-ID: <1@x>\r\n\r\n", "Subject: a b\nMessage-ID: <1@x>\n\n",
        "Subject: a b\r\r\nMessage-ID: <1@x>\r\r\n\r\r\nx: y", "subject: a b\r\nMESSAGE-id: <1@x>\r\n\r\n",
        "Subject : a b\r\nMessage-ID\t: <1@x>\r\n\r\n"}) {
    EXPECT_EQ(key_of(same), base) << same;
  }
  EXPECT_NE(key_of("Subject: ab\r\nMessage-ID: <1@x>\r\n\r\n").headers, base.headers);
}

TEST(HeaderScan, TakesTheBytesOfAMessageIdAsTheyAre) {
  EXPECT_NE(key_of("Message-ID: <A@x>\r\n\r\n").id, key_of("Message-ID: <a@x>\r\n\r\n").id);
  EXPECT_NE(key_of("Message-ID: <a@x>\r\n\r\n").id, key_of("Message-ID: a@x\r\n\r\n").id);
  EXPECT_TRUE(key_of("Message-ID: no angles at all\r\n\r\n").from_message_id);
}

TEST(HeaderScan, ANulCountsAsWhatDovecotServesForIt) {
  const std::string_view raw("Subject: a\0b\r\n\r\n", 16);
  EXPECT_EQ(key_of(raw), key_of("Subject: a\x80"
                                "b\r\n\r\n"));
}

// Measured with Cyrus 3.6: a subject of "Gr\xFC\xDF""e" is stored as "GrXXe".
TEST(HeaderScan, OctetsAbove127CountAsWhatCyrusStoresForThem) {
  EXPECT_EQ(key_of("Subject: Gr\xFC\xDF"
                   "e\r\nMessage-ID: <\xE9@x>\r\n\r\n"),
            key_of("Subject: GrXXe\r\nMessage-ID: <X@x>\r\n\r\n"));
  EXPECT_NE(key_of("Subject: \xC3\xBC\r\n\r\n"), key_of("Subject: X\r\n\r\n"));
}

TEST(HeaderScan, OfARepeatedFieldTheFirstThatIsNotEmptyCounts) {
  const auto base = key_of("Message-ID: <1@x>\r\nSubject: a\r\n\r\n");
  EXPECT_EQ(key_of("Message-ID: <1@x>\r\nMessage-ID: <2@x>\r\nSubject: a\r\nSubject: b\r\n\r\n"), base);
  EXPECT_EQ(key_of("Message-ID:\r\nSubject:  \r\n \r\nMessage-ID: <1@x>\r\nSubject: a\r\n\r\n"), base);
  EXPECT_EQ(key_of("Message-ID: <1@x>\r\nSubject: a\r\nSubject: b\r\n c\r\n\r\n"), base);
}

TEST(HeaderScan, AnEmptyMessageIdIsNone) {
  for (const std::string_view none :
       {"Message-ID:\r\n\r\n", "Message-ID: \t\r\n \r\n\r\n", "Message-ID\r\n\r\n", "\r\n", ""}) {
    EXPECT_FALSE(key_of(none).from_message_id) << none;
    EXPECT_EQ(key_of(none), key_of("")) << none;
  }
}

TEST(HeaderScan, LooksForFieldsOnlyInTheHeader) {
  EXPECT_EQ(key_of("\r\nMessage-ID: <1@x>\r\n\r\n"), key_of(""));  // a message that starts with its body
  EXPECT_EQ(key_of("X: y\n\nMessage-ID: <1@x>\r\n"), key_of(""));
  EXPECT_EQ(key_of("X: y\r\n Message-ID: <1@x>\r\n\r\n"), key_of(""));  // a folded line
  EXPECT_EQ(key_of(" Message-ID: <1@x>\r\n\r\n"), key_of(""));
  EXPECT_EQ(key_of("\rMessage-ID: <1@x>\r\n\r\n"), key_of(""));
  EXPECT_EQ(key_of("X-Message-ID: <1@x>\r\nMessage-IDs: <1@x>\r\n\r\n"), key_of(""));
}

TEST(HeaderScan, PassesOverLinesThatAreNoFields) {
  EXPECT_EQ(
      key_of("From joe@x Mon Jan  1 00:00:00 2024\r\nno colon here\r\n folded\r\nMessage-ID: <1@x>\r\n\r\n"),
      key_of("Message-ID: <1@x>\r\n\r\n"));
}

TEST(HeaderScan, AMessageIdCannotImitateAHeaderDigest) {
  using namespace std::string_view_literals;
  const auto anonymous = key_of("Subject: a\r\n\r\n", 5);
  const auto forged = key_of(
      "Message-ID: a\0\0\0"
      "5\0\r\n\r\n"sv);
  EXPECT_NE(anonymous.id, forged.id);
  EXPECT_NE(key_of("Message-ID: a\r\n\r\n").id, key_of("Subject: a\r\n\r\n").headers);
}

TEST(HeaderScan, StaysTheSameKeyForEver) {
  // Keys are kept in the state of a run, and must be known again by the next version.
  const auto hex_of = [](const Digest128& digest) {
    std::string out;
    for (const auto byte : digest) {
      out += "0123456789abcdef"[byte >> 4U];
      out += "0123456789abcdef"[byte & 15U];
    }
    return out;
  };
  const auto key = key_of(ordinary);
  // printf 'm\0<1@example.com>\0' | sha256sum, and so on.
  EXPECT_EQ(hex_of(key.id), "fbdb3cdfd45925f5882cc52e44a13f73");
  EXPECT_EQ(hex_of(key.headers), "1b27cb6d60be19a51d43f035df23b19a");
  EXPECT_EQ(hex_of(key_of("Subject: a\r\n\r\n", 42).id), "44a782e89c74a99dd67b81ed98a72115");
}

TEST(HeaderScan, IsDoneAtTheEmptyLineOrWhenNothingCanChange) {
  HeaderScan scan;
  scan.feed(as_bytes("Subject: a\r\n\r"));
  EXPECT_FALSE(scan.done());
  scan.feed(as_bytes("\nrest"));
  EXPECT_TRUE(scan.done());

  scan.reset();
  scan.feed(as_bytes("Subject: a\r\nFrom: b\r\nDate: c\r\nMessage-ID: d\r\n"));
  EXPECT_FALSE(scan.done());  // the last may go on
  scan.feed(as_bytes("X"));
  EXPECT_TRUE(scan.done());
}

TEST(HeaderScan, ResetForgetsEverything) {
  HeaderScan scan;
  scan.feed(as_bytes("Message-ID: <1@x>\r\nSub"));
  scan.reset();
  scan.feed(as_bytes("ject: a\r\n\r\n"));
  EXPECT_EQ(scan.key(1), key_of("ject: a\r\n\r\n", 1));
}

TEST(HeaderScan, LooksNoFurtherThanItsLimit) {
  const std::string filler = "X: " + std::string(HeaderScan::header_limit, 'y') + "\r\n";
  EXPECT_EQ(key_of(filler + "Message-ID: <1@x>\r\n\r\n"), key_of(""));
  HeaderScan scan;
  scan.feed(as_bytes(filler));
  EXPECT_TRUE(scan.done());
}

TEST(HeaderScan, KeepsNoMoreOfAFieldThanItsLimit) {
  const std::string most(HeaderScan::field_limit, 'a');
  EXPECT_EQ(key_of("Subject: " + most + "b\r\n\r\n"), key_of("Subject: " + most + "c\r\n d\r\n\r\n"));
  EXPECT_NE(key_of("Subject: " + most + "\r\n\r\n"), key_of("Subject: " + most.substr(1) + "\r\n\r\n"));
}

TEST(HeaderScan, IsLinearInAHostileHeader) {
  std::string header;
  while (header.size() < HeaderScan::header_limit) header += "Subject:\r\n \r\n\t\r\n";
  const auto before = std::chrono::steady_clock::now();
  HeaderScan scan;
  for (const char& c : header) scan.feed(Bytes(&c, 1));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(60));
}

// Headers made of the pieces that matter, cut anywhere.
std::string any_header() {
  const auto piece = rc::gen::element<std::string>(
      "Message-ID", "message-id", "Subject", "Date", "From", "X-Other", ":", ": ", " ", "\t", "\r", "\n",
      "\r\n", "\r\n ", "\r\n\t", "<1@x>", "abc", std::string(1, '\0'), "\xE9", "\r\n\r\n", "Subject: a\r\n",
      "Message-ID: <a@b>\r\n", "Date: x\r\n", "From: y\r\n",
      "a field name far longer than any that is wanted");
  std::string header;
  for (const auto& p : *rc::gen::container<std::vector<std::string>>(piece)) header += p;
  return header;
}

RC_GTEST_PROP(HeaderScan, TheKeyDoesNotDependOnTheCuts, ()) {
  const auto header = any_header();
  const auto whole = key_of(header);
  HeaderScan scan;
  for (const char& c : header) scan.feed(Bytes(&c, 1));
  RC_ASSERT(scan.key(100) == whole);

  scan.reset();
  std::string_view rest = header;
  while (!rest.empty()) {
    const auto n = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
    scan.feed(as_bytes(rest.substr(0, n)));
    rest.remove_prefix(n);
  }
  RC_ASSERT(scan.key(100) == whole);
}

RC_GTEST_PROP(HeaderScan, WhatIsNotAskedForDoesNotCount, ()) {
  // Whole fields, of which a server gives back the wanted ones.
  const auto field = rc::gen::element<std::string>("Subject: a\r\n b\r\n", "Subject:\r\n",
                                                   "Message-ID: <1@x>\r\n", "message-id : <2@x>\r\n",
                                                   "Date: x\r\n", "From: y\r\n", "Received: z\r\n\tz: z\r\n",
                                                   "X: Subject: a\r\n", "To: b\r\n Subject: c\r\n");
  std::string message, fields;
  for (const auto& f : *rc::gen::container<std::vector<std::string>>(field)) {
    message += f;
    if (!f.starts_with("Received") && !f.starts_with("X") && !f.starts_with("To")) fields += f;
  }
  RC_ASSERT(key_of(message + "\r\nSubject: body\r\n") == key_of(fields + "\r\n"));
}

}  // namespace
}  // namespace pf
