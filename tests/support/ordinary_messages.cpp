#include "support/message_factory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace pf::test {

namespace {

// SplitMix64.  The distributions of <random> differ between libraries; benchmark mail must not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  double unit() { return (static_cast<double>(next() >> 11U) + 0.5) / 9007199254740992.0; }
  double normal() { return std::sqrt(-2 * std::log(unit())) * std::cos(2 * std::numbers::pi * unit()); }

 private:
  std::uint64_t state_;
};

constexpr std::array<std::string_view, 40> words{
    "the",     "meeting", "on",    "Monday",  "was",   "moved", "to",      "another", "room",   "please",
    "find",    "report",  "and",   "numbers", "for",   "last",  "quarter", "below",   "with",   "regards",
    "invoice", "of",      "order", "shipped", "from",  "our",   "office",  "in",      "Bremen", "harbour",
    "ferry",   "arrives", "at",    "noon",    "bring", "your",  "ticket",  "thanks",  "again",  "soon"};
constexpr std::array<std::string_view, 10> people{"anna",   "bert",   "clara", "dmitri", "eve",
                                                  "fatima", "george", "hana",  "ivan",   "jun"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void add_text(std::string& out, Random& random, std::size_t until) {
  while (out.size() < until) {
    std::size_t column = 0;
    while (column < 68 && out.size() < until) {
      const auto word = words[random.below(words.size())];
      if (column > 0) out += ' ';
      out += word;
      column += word.size() + 1;
    }
    out += "\r\n";
  }
}

void add_base64(std::string& out, Random& random, std::size_t until) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t line = 76;
  while (out.size() < until) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < line; ++i) {
      if (i % 10 == 0) bits = random.next();
      out += alphabet[bits & 63U];
      bits >>= 6U;
    }
    out += "\r\n";
  }
}

// Ten thousand make about 317 MB.  The median of a log-normal is mean * exp(-sigma^2 / 2).
std::size_t draw_size(Random& random) {
  constexpr double sigma = 1.3;
  constexpr double mean = 31400;
  constexpr std::size_t most = 2UL * 1024 * 1024;
  const double drawn = mean * std::exp(-sigma * sigma / 2) * std::exp(sigma * random.normal());
  return std::clamp(static_cast<std::size_t>(drawn), std::size_t{900}, most);
}

struct When {
  std::size_t day, month, year, hour, minute, second;
};

When draw_time(Random& random) {
  return {.day = 1 + random.below(28),
          .month = random.below(12),
          .year = 2012 + random.below(13),
          .hour = random.below(24),
          .minute = random.below(60),
          .second = random.below(60)};
}

std::string header(Random& random, const When& when, std::uint64_t seed, std::size_t index, bool attachment) {
  const auto from = people[random.below(people.size())];
  const auto to = people[random.below(people.size())];
  std::string subject;
  for (std::size_t i = 0, n = 2 + random.below(6); i < n; ++i) {
    subject += (i > 0 ? " " : "") + std::string(words[random.below(words.size())]);
  }
  auto text = fmt::format(
      "Return-Path: <{0}@example.com>\r\n"
      "Received: from mail.example.com (mail.example.com [192.0.2.{1}])\r\n"
      "\tby mx.example.org with ESMTPS id {2:016x}\r\n"
      "\tfor <{3}@example.org>; {4} {5} {6} {7:02}:{8:02}:{9:02} +0000\r\n"
      "From: {0} <{0}@example.com>\r\nTo: {3} <{3}@example.org>\r\nSubject: {10}\r\n"
      "Date: {4} {5} {6} {7:02}:{8:02}:{9:02} +0000\r\n"
      "Message-ID: <{11:x}.{12}.{2:x}@example.com>\r\nMIME-Version: 1.0\r\n",
      from, random.below(255), random.next(), to, when.day, months[when.month], when.year, when.hour,
      when.minute, when.second, subject, seed, index);
  text += attachment ? "Content-Type: multipart/mixed; boundary=\"=-frontier\"\r\n"
                     : "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
  return text + "\r\n";
}

void add_body(std::string& bytes, Random& random, std::size_t size, bool attachment) {
  if (!attachment) {
    add_text(bytes, random, size);
    return;
  }
  bytes += "--=-frontier\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
  add_text(bytes, random, bytes.size() + 600);
  bytes +=
      "\r\n--=-frontier\r\nContent-Type: application/octet-stream; name=\"data.bin\"\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n";
  add_base64(bytes, random, size);
  bytes += "--=-frontier--\r\n";
}

std::vector<std::string> draw_flags(Random& random) {
  std::vector<std::string> flags;
  if (random.below(10) < 7) flags.emplace_back("\\Seen");
  if (random.below(10) < 2) flags.emplace_back("\\Answered");
  if (random.below(20) == 0) flags.emplace_back("\\Flagged");
  if (random.below(20) == 0) flags.emplace_back("$Forwarded");
  return flags;
}

}  // namespace

AwkwardMessage ordinary_message(std::uint64_t seed, std::size_t index) {
  Random random(seed * 1000003 + index);
  random.next();
  const auto when = draw_time(random);
  const auto size = draw_size(random);
  constexpr std::size_t attachments_from = 12UL * 1024;
  const bool attachment = size > attachments_from;
  AwkwardMessage message{.name = fmt::format("ordinary {}/{}", seed, index), .bytes = {}};
  message.bytes.reserve(size + 1024);
  message.bytes = header(random, when, seed, index, attachment);
  add_body(message.bytes, random, size, attachment);
  message.flags = draw_flags(random);
  message.date = fmt::format("{:2}-{}-{} {:02}:{:02}:{:02} +0000", when.day, months[when.month], when.year,
                             when.hour, when.minute, when.second);
  return message;
}

std::vector<AwkwardMessage> ordinary(std::size_t count, std::uint64_t seed) {
  std::vector<AwkwardMessage> all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) all.push_back(ordinary_message(seed, i));
  return all;
}

AwkwardMessage message_of_size(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  AwkwardMessage message{
      .name = fmt::format("{} octets", size),
      .bytes = fmt::format(
          "From: anna@example.com\r\nTo: bert@example.org\r\nSubject: {0} octets\r\n"
          "Date: Mon, 17 Jul 2023 02:44:25 +0200\r\nMessage-ID: <size.{0}.{1}@example.com>\r\n\r\n",
          size, seed),
      .date = "17-Jul-2023 02:44:25 +0200"};
  message.bytes.reserve(size + 80);
  add_base64(message.bytes, random, size);
  message.bytes.resize(size - 2);
  // A cut between CR and LF would leave a bare CR.
  if (message.bytes.ends_with('\r')) message.bytes.back() = '=';
  message.bytes += "\r\n";
  return message;
}

}  // namespace pf::test
