#include "support/message_factory.h"

#include "support/imap_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace pf::test {

namespace {

constexpr std::string_view plain_date = "17-Jul-2023 02:44:25 +0200";

std::string with_id(std::string_view id, std::string_view subject, std::string_view body) {
  return fmt::format(
      "From: Anna <anna@example.com>\r\nTo: Bert <bert@example.org>\r\nSubject: {}\r\n"
      "Date: Mon, 17 Jul 2023 02:44:25 +0200\r\nMessage-ID: {}\r\nMIME-Version: 1.0\r\n\r\n{}",
      subject, id, body);
}

std::string without_id(std::string_view subject, std::string_view body) {
  return fmt::format(
      "From: Anna <anna@example.com>\r\nTo: Bert <bert@example.org>\r\nSubject: {}\r\n"
      "Date: Mon, 17 Jul 2023 02:44:25 +0200\r\n\r\n{}",
      subject, body);
}

class Collection {
 public:
  AwkwardMessage& add(std::string name, std::string bytes) {
    messages_.push_back(
        {.name = std::move(name), .bytes = std::move(bytes), .date = std::string(plain_date)});
    return messages_.back();
  }
  std::vector<AwkwardMessage> take() { return std::move(messages_); }

 private:
  std::vector<AwkwardMessage> messages_;
};

void add_twins(Collection& all) {
  for (int i = 0; i < 2; ++i)
    all.add("two byte twins", with_id("<twin2@example.com>", "two twins", "same\r\n"));
  for (int i = 0; i < 3; ++i)
    all.add("three byte twins", with_id("<twin3@example.com>", "three twins", "same\r\n"));
  for (int i = 0; i < 2; ++i)
    all.add("byte twins without Message-ID", without_id("twins without id", "same\r\n"));
  auto& unread =
      all.add("twins that differ in flags", with_id("<twinf@example.com>", "flag twins", "same\r\n"));
  unread.flags = {};
  auto& read = all.add("twins that differ in flags", unread.bytes);
  read.flags = {"\\Seen", "\\Answered"};
  all.add("twins that differ in date", with_id("<twind@example.com>", "date twins", "same\r\n"));
  auto& later =
      all.add("twins that differ in date", with_id("<twind@example.com>", "date twins", "same\r\n"));
  later.date = "18-Jul-2023 02:44:25 +0200";
}

void add_message_ids(Collection& all) {
  all.add("one Message-ID, bodies of one size", with_id("<shared1@example.com>", "shared", "body A\r\n"));
  all.add("one Message-ID, bodies of one size", with_id("<shared1@example.com>", "shared", "body B\r\n"));
  all.add("one Message-ID, bodies of two sizes", with_id("<shared2@example.com>", "shared", "short\r\n"));
  all.add("one Message-ID, bodies of two sizes",
          with_id("<shared2@example.com>", "shared", "rather longer\r\n"));
  all.add("one Message-ID, subjects differ", with_id("<shared3@example.com>", "list copy [A]", "body\r\n"));
  all.add("one Message-ID, subjects differ", with_id("<shared3@example.com>", "list copy [B]", "body\r\n"));
  all.add("no Message-ID", without_id("no id", "body\r\n"));
  all.add("no Message-ID, one body, two subjects", without_id("no id, one", "same body\r\n"));
  all.add("no Message-ID, one body, two subjects", without_id("no id, two", "same body\r\n"));
  all.add("empty Message-ID", with_id("", "empty id", "body\r\n"));
  all.add("empty Message-ID, angles only", with_id("<>", "empty angles", "body\r\n"));
  all.add("folded Message-ID", with_id("\r\n <folded@example.com>", "folded id", "body\r\n"));
  all.add("Message-ID folded by a tab",
          with_id("\r\n\t<folded-tab@example.com>", "tab-folded id", "body\r\n"));
  all.add("two Message-IDs",
          "Message-ID: <first@example.com>\r\n" + with_id("<second@example.com>", "two ids", "b\r\n"));
  all.add("quotes in Message-ID", with_id("<\"quo\\\"ted\"@example.com>", "quoted id", "body\r\n"));
  all.add("brace in Message-ID", with_id("<x{5}@example.com>", "brace id", "body\r\n"));
  all.add("Message-ID without angles", with_id("bare-id@example.com", "bare id", "body\r\n"));
  all.add("Message-ID of 1,500 octets",
          with_id("<" + std::string(1500, 'x') + "@example.com>", "long id", "body\r\n"));
}

void add_shapes(Collection& all) {
  all.add("no headers", "just text, no header at all\r\nsecond line\r\n");
  all.add("headers without a body", "Subject: only headers\r\nFrom: a@example.com\r\n");
  all.add("headers, empty line, no body", "Subject: headers and an empty line\r\n\r\n");
  all.add("no newline at the end", with_id("<nonl@example.com>", "no final newline", "no newline here"));
  all.add("headers cut in mid-line", "Subject: cut in mid-li");
  all.add("one octet", "x");
  all.add("starts with an empty line", "\r\nSubject: after an empty line\r\n\r\nbody\r\n");
  all.add("starts with From_", "From anna@example.com Mon Jul 17 02:44:25 2023\r\n" +
                                   with_id("<fromline@example.com>", "From_ line", "body\r\n"));
  all.add("From_ in the body",
          with_id("<frombody@example.com>", "From_ in body", "From here on\r\n>From quoted\r\n"));
  all.add("bare LF", "Subject: unix lines\nMessage-ID: <lf@example.com>\n\nbody\nlines\n")
      .changed_by_dovecot = true;
  all.add("a bare LF in the body", with_id("<onelf@example.com>", "one bare LF", "a\nb\r\n"))
      .changed_by_dovecot = true;
  all.add("a bare CR in the body", with_id("<cr@example.com>", "bare CR", "one\rtwo\r\n"));
  all.add("CR CR LF", with_id("<crcrlf@example.com>", "CR CR LF", "line\r\r\nnext\r\n")).changed_by_dovecot =
      true;
  all.add("CR at the end", with_id("<endcr@example.com>", "trailing CR", "line\r")).changed_by_dovecot = true;
  all.add("NUL in the body", with_id("<nul@example.com>", "NUL", std::string("a\0b\r\n", 5)))
      .changed_by_dovecot = true;
  all.add("8-bit subject", with_id("<8bit@example.com>",
                                   "Gr\xC3\xBC\xC3\x9F"
                                   "e aus K\xC3\xB6ln",
                                   "body\r\n"));
  all.add("Latin-1 subject", with_id("<latin1@example.com>",
                                     "Gr\xFC\xDF"
                                     "e",
                                     "body \xE4\xF6\xFC\r\n"));
  all.add("all octets but NUL and CR LF in the body", [] {
    std::string octets;
    for (int c = 1; c < 256; ++c) {
      if (c != '\r' && c != '\n') octets += static_cast<char>(c);
    }
    return with_id("<octets@example.com>", "octets", octets + "\r\n");
  }());
  all.add("a line of 200 KB",
          with_id("<longline@example.com>", "long line", std::string(200UL * 1024, 'z') + "\r\n"));
  all.add("a header of 100 KB",
          with_id("<longheader@example.com>", std::string(100UL * 1024, 'h'), "body\r\n"));
  all.add("header folded over 500 lines", [] {
    std::string references = "References:";
    for (int i = 0; i < 500; ++i) references += fmt::format("\r\n <ref{}@example.com>", i);
    return references + "\r\n" + with_id("<manyrefs@example.com>", "many references", "body\r\n");
  }());
  all.add("3 MB", with_id("<big@example.com>", "three megabytes", [] {
            std::string body;
            while (body.size() < 3UL * 1024 * 1024)
              body += fmt::format("line {} of many, all a little different\r\n", body.size());
            return body;
          }()));
}

void add_protocol_lookalikes(Collection& all) {
  all.add("body looks like a tagged OK",
          with_id("<tagged@example.com>", "tagged",
                  "A1 OK done\r\na1 OK FETCH completed\r\n1 OK\r\n$1 OK done\r\n"));
  all.add("body looks like a literal",
          with_id("<literal@example.com>", "literal", "{5}\r\nhello {3+}\r\n~{9}\r\n"));
  all.add("body is a parenthesis", with_id("<paren@example.com>", "paren", ")\r\n"));
  all.add("body ends like a FETCH",
          with_id("<fetchend@example.com>", "fetch end", " UID 7 FLAGS (\\Seen))\r\nA1 OK"));
  all.add("body looks like BYE",
          with_id("<bye@example.com>", "bye", "* BYE shutting down\r\n* 1 EXPUNGE\r\n"));
  all.add("body looks like a continuation", with_id("<plus@example.com>", "plus", "+ go ahead\r\n+\r\n"));
  all.add("dots and SMTP ends", with_id("<dots@example.com>", "dots", ".\r\n..\r\n.leading\r\nQUIT\r\n"));
  all.add("subject with a terminal escape", with_id("<esc@example.com>", "\x1B[31mred\x1B[0m", "body\r\n"));
}

void add_dates_and_flags(Collection& all) {
  const auto dated = [&](const std::string& name, const std::string& date) {
    const auto id = fmt::format("<date-{}@example.com>", std::string_view(date).substr(0, 11));
    all.add(name, with_id(id, name, "body\r\n")).date = date;
  };
  dated("date before 1970", "31-Dec-1969 23:59:58 +0000");
  dated("date of 1965", "01-Mar-1965 12:00:00 +0100");
  dated("date at the epoch", "01-Jan-1970 00:00:00 +0000");
  dated("zone +0545", "05-Nov-2021 04:30:00 +0545");
  dated("zone -1130", "05-Feb-2019 04:30:00 -1130");
  dated("zone +1400", "31-Dec-2024 23:59:59 +1400");
  dated("leap day", "29-Feb-2024 23:59:59 +0000");
  dated("second before a leap second", "31-Dec-2016 23:59:59 +0000");
  dated("one-digit day", " 3-Apr-2020 09:08:07 +0000");
  auto& future =
      all.add("date in the future", with_id("<future@example.com>", "from the future", "body\r\n"));
  future.date = "01-Jan-2037 00:00:00 +0000";
  future.date_changed_by_dovecot = true;
  auto& every = all.add("every system flag", with_id("<sysflags@example.com>", "system flags", "body\r\n"));
  every.flags = {"\\Seen", "\\Answered", "\\Flagged", "\\Draft"};
  auto& deleted = all.add("\\Deleted", with_id("<deleted@example.com>", "deleted", "body\r\n"));
  deleted.flags = {"\\Deleted", "\\Seen"};
  auto& known = all.add("well-known keywords", with_id("<keywords@example.com>", "keywords", "body\r\n"));
  known.flags = {"$Forwarded", "NonJunk", "$MDNSent", "$Label1", "\\Flagged"};
  auto& junk =
      all.add("keywords of other programs", with_id("<keywords2@example.com>", "keywords", "body\r\n"));
  junk.flags = {"Junk", "NotJunk", "$ATTACHMENT", "work.project-7", "a+b", "it's"};
}

// More than the 26 a Maildir file name has letters for.
void add_many_keywords(Collection& all) {
  auto& message = all.add("40 keywords", with_id("<kw40@example.com>", "forty keywords", "body\r\n"));
  for (int i = 1; i <= 40; ++i) message.flags.push_back(fmt::format("kw{:02}", i));
}

}  // namespace

bool AwkwardMessage::date_unstable_on_dovecot() const {
  return parse_date_time(date) < 0;
}

bool AwkwardMessage::has_bare_lf() const {
  for (auto at = bytes.find('\n'); at != std::string::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;
  }
  return false;
}

bool AwkwardMessage::has_8bit_header() const {
  const auto header = std::string_view(bytes).substr(0, bytes.find("\r\n\r\n"));
  return std::ranges::any_of(header, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

bool AwkwardMessage::refused_by_cyrus() const {
  if (has_nul() || has_bare_lf() || parse_date_time(date) < 0) return true;
  const auto line = std::string_view(bytes).substr(0, bytes.find("\r\n"));
  if (line.empty() || line.starts_with("From ")) return false;
  const auto field = line.substr(0, line.find(':'));
  // A last line without its end is no field either.
  return field.size() == line.size() || field.contains(' ') || line.size() == bytes.size();
}

bool AwkwardMessage::date_changed_by_cyrus() const {
  return parse_date_time(date) == 0;
}

std::vector<AwkwardMessage> awkward_messages() {
  Collection all;
  add_twins(all);
  add_message_ids(all);
  add_shapes(all);
  add_protocol_lookalikes(all);
  add_dates_and_flags(all);
  add_many_keywords(all);
  return all.take();
}

std::vector<AwkwardName> awkward_mailbox_names() {
  return {
      {.parts = {"plain"}, .why = "the ordinary case"},
      {.parts = {"say \"hello\""}, .why = "quotes"},
      {.parts = {"back\\slash"}, .why = "backslash"},
      {.parts = {"sta*r"}, .why = "LIST wildcard *"},
      {.parts = {"per%cent"}, .why = "LIST wildcard %"},
      {.parts = {"Rock & Roll"}, .why = "the shift character of modified UTF-7"},
      {.parts = {"&"}, .why = "nothing but the shift character"},
      {.parts = {"Entw\xC3\xBCrfe"}, .why = "umlaut"},
      {.parts = {"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E"}, .why = "Japanese"},
      {.parts = {"smile \xF0\x9F\x98\x80"}, .why = "outside the basic plane: a surrogate pair"},
      {.parts = {"\xC3\xA9"}, .why = "composed e acute"},
      {.parts = {"e\xCC\x81"}, .why = "decomposed e acute: another mailbox with the same look"},
      {.parts = {"ends with blank "}, .why = "blank at the end"},
      {.parts = {" starts with blank"}, .why = "blank at the start"},
      {.parts = {"two  blanks"}, .why = "two blanks inside"},
      {.parts = {"a.b"}, .why = "a dot, which is a separator elsewhere"},
      {.parts = {"a/b"}, .why = "a slash, which is a separator elsewhere"},
      {.parts = {"(paren)"}, .why = "parentheses"},
      {.parts = {"brace{5}"}, .why = "looks like a literal"},
      {.parts = {"NIL"}, .why = "the word for nothing"},
      {.parts = {"deep", "er", "and", "deeper"}, .why = "parents that are made along the way"},
      {.parts = {"Case"}, .why = "differs from the next by case"},
      {.parts = {"case"}, .why = "differs from the one before by case"},
      {.parts = {"inbox copy"}, .why = "starts like INBOX"},
  };
}

std::string wire_name(const AwkwardName& name, char separator) {
  std::string out;
  for (const auto& part : name.parts) {
    if (!out.empty()) out += separator;
    out += modified_utf7(part);
  }
  return out;
}

}  // namespace pf::test
