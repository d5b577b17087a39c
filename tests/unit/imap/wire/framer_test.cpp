#include "imap/wire/framer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>

namespace pf::imap {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

// What came out, in a form to compare: pieces of a streamed literal joined, waits left out.
struct Seen {
  std::vector<std::string> log;
  std::optional<Errc> error;
  bool operator==(const Seen&) const = default;
};

std::string describe(const Frame& frame) {
  std::string text = "frame " + frame.text;
  for (const auto& literal : frame.literals) {
    text += fmt::format(" <{}{}@{}:{}>", literal.streamed ? "streamed " : literal.data, literal.size,
                        literal.begin, literal.end);
  }
  return text;
}

class Driver {
 public:
  Driver(bool stream, Limits limits = {}) : framer_(limits), stream_(stream) {}

  void feed(std::string_view piece) {
    // A copy that dies afterwards: nobody may hold on to what was fed.
    const std::string copy{piece};
    framer_.feed(as_bytes(copy));
    while (!seen_.error && step()) {
    }
  }
  Seen seen_;

 private:
  bool step() {
    auto event = framer_.next();
    if (!event) {
      seen_.error = event.error().code;
      EXPECT_EQ(event.error().scope, Scope::connection);
      return false;
    }
    if (std::holds_alternative<NeedMore>(*event)) return false;
    if (auto* start = std::get_if<LiteralStart>(&*event)) {
      seen_.log.push_back(fmt::format("start {} {}", start->size, start->text_so_far));
      if (stream_) framer_.stream_literal();
      in_data_ = false;
    } else if (auto* data = std::get_if<LiteralData>(&*event)) {
      EXPECT_FALSE(data->data.empty());
      if (!in_data_) seen_.log.emplace_back("data ");
      in_data_ = true;
      seen_.log.back().append(as_text(data->data));
    } else if (std::holds_alternative<LiteralEnd>(*event)) {
      seen_.log.emplace_back("end");
    } else {
      seen_.log.push_back(describe(*std::get<FrameReady>(*event).frame));
    }
    return true;
  }

  Framer framer_;
  bool stream_;
  bool in_data_ = false;
};

Seen frames(std::string_view input, bool stream = false, Limits limits = {}) {
  Driver driver{stream, limits};
  driver.feed(input);
  return driver.seen_;
}

TEST(Framer, SplitsLines) {
  EXPECT_EQ(frames("* OK hi\r\nA1 OK done\r\n* 3 EX").log,
            (std::vector<std::string>{"frame * OK hi", "frame A1 OK done"}));
}

TEST(Framer, ToleratesBareLineFeeds) {
  EXPECT_EQ(frames("* OK hi\nA1 OK\r\n").log, (std::vector<std::string>{"frame * OK hi", "frame A1 OK"}));
}

TEST(Framer, KeepsLiteralBytesThatLookLikeATag) {
  const auto seen = frames("* 1 FETCH (BODY[] {13}\r\nA1 OK done\r\n\0 UID 7)\r\nA1 OK\r\n"sv);
  EXPECT_EQ(seen.log,
            (std::vector<std::string>{"start 13 * 1 FETCH (BODY[] {13}",
                                      "frame * 1 FETCH (BODY[] {13} UID 7) <A1 OK done\r\n\0"s + "13@18:22>",
                                      "frame A1 OK"}));
}

TEST(Framer, HandsOutAStreamedLiteralWithoutCopyingIt) {
  const auto input = "* 1 FETCH (BODY[] {5}\r\nhello)\r\n"s;
  Framer framer;
  framer.feed(as_bytes(input));
  auto start = framer.next();
  ASSERT_TRUE(start.ok() && std::holds_alternative<LiteralStart>(*start));
  framer.stream_literal();
  auto data = framer.next();
  ASSERT_TRUE(data.ok() && std::holds_alternative<LiteralData>(*data));
  EXPECT_EQ(std::get<LiteralData>(*data).data.data(), input.data() + input.find("hello"));
}

TEST(Framer, AcceptsLiteral8AndNonSynchronizingAndLeadingZeros) {
  EXPECT_EQ(frames("* X ~{3}\r\nabc\r\n").log.back(), "frame * X ~{3} <abc3@5:8>");
  EXPECT_EQ(frames("* X {3+}\r\nabc\r\n").log.back(), "frame * X {3+} <abc3@4:8>");
  EXPECT_EQ(frames("* X {003}\r\nabc\r\n").log.back(), "frame * X {003} <abc3@4:9>");
  EXPECT_EQ(frames("* X {0}\r\n {0}\r\n\r\n").log.back(), "frame * X {0} {0} <0@4:7> <0@8:11>");
}

TEST(Framer, TakesNoLiteralFromTheFreeTextOfAStatus) {
  EXPECT_EQ(frames("A1 NO no mailbox x{5}\r\n* OK y{7}\r\n* bye z{9}\r\n+ go {3}\r\n").log,
            (std::vector<std::string>{"frame A1 NO no mailbox x{5}", "frame * OK y{7}", "frame * bye z{9}",
                                      "frame + go {3}"}));
}

TEST(Framer, TakesNoLiteralFromTheMiddleOfALineOrFromRubbishInBraces) {
  for (const auto* line :
       {"* X {5} y", "* X {}", "* X {+}", "* X {a5}", "* X {5++}", "* X 5}", "* X {5", "* X { 5}"}) {
    EXPECT_EQ(frames(std::string{line} + "\r\n").log,
              (std::vector<std::string>{std::string{"frame "} + line}));
  }
}

TEST(Framer, RefusesImpossibleSizesBeforeAllocating) {
  EXPECT_EQ(frames("* X {-1}\r\n").error, Errc::protocol);
  EXPECT_EQ(frames("* X {99999999999999999999}\r\n").error, Errc::limit);
  EXPECT_EQ(frames("* X {9223372036854775807}\r\n").error, Errc::limit);
  EXPECT_EQ(frames("* X {18446744073709551615}\r\n", true).error, Errc::limit);
  EXPECT_EQ(frames("* X {4294967295}\r\nabc").error, Errc::limit);
  EXPECT_EQ(frames("* X {4294967295}\r\nabc", true).error, std::nullopt);  // 4 GB may be streamed
}

TEST(Framer, BoundsBufferedLiteralsTogether) {
  Limits limits;
  limits.max_buffered_literals = 10;
  EXPECT_EQ(frames("* X {6}\r\n123456 {4}\r\n1234\r\n", false, limits).error, std::nullopt);
  EXPECT_EQ(frames("* X {6}\r\n123456 {5}\r\n12345\r\n", false, limits).error, Errc::limit);
  EXPECT_EQ(frames("* X {6}\r\n123456\r\n* X {6}\r\n123456\r\n", false, limits).error, std::nullopt);
}

TEST(Framer, StaysFailedAfterAnError) {
  Framer framer;
  const auto input = "* X {-1}\r\nA1 OK\r\n"s;
  framer.feed(as_bytes(input));
  EXPECT_EQ(framer.next().error().code, Errc::protocol);
  EXPECT_EQ(framer.next().error().code, Errc::protocol);
}

TEST(Framer, EndsAnEndlessLine) {
  Driver driver{false};
  const std::string piece(65536, 'x');
  for (int times = 0; times < 16 && !driver.seen_.error; ++times) driver.feed(piece);
  EXPECT_EQ(driver.seen_.error, std::nullopt);
  driver.feed(piece);
  EXPECT_EQ(driver.seen_.error, Errc::limit);
}

TEST(Framer, TakesALineOfExactlyTheLimit) {
  Limits limits;
  limits.max_text = 8;
  EXPECT_EQ(frames("12345678\r\n", false, limits).log.size(), 1U);
  EXPECT_EQ(frames("1234567890\r\n", false, limits).error, Errc::limit);
}

TEST(Framer, EndsAFloodOfEmptyLiterals) {
  std::string input = "* X";
  for (int times = 0; times < 1'000'000; ++times) input += " {0}\r\n";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(frames(input).error, Errc::limit);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{60});
}

TEST(Framer, ShowsWhatCameBehindStartTls) {
  Framer framer;
  const auto input = "A1 OK begin TLS\r\n* OK [ALERT] injected\r\n"s;
  framer.feed(as_bytes(input));
  auto event = framer.next();
  ASSERT_TRUE(event.ok() && std::holds_alternative<FrameReady>(*event));
  EXPECT_EQ(as_text(framer.pending()), "* OK [ALERT] injected\r\n");
  EXPECT_TRUE(framer.between_responses());
  EXPECT_EQ(as_text(framer.take_pending()), "* OK [ALERT] injected\r\n");
  EXPECT_TRUE(framer.pending().empty());
}

TEST(Framer, KnowsWhenAResponseHasBegun) {
  Framer framer;
  EXPECT_TRUE(framer.between_responses());
  const auto input = "* 1 EXI"s;
  framer.feed(as_bytes(input));
  ASSERT_TRUE(framer.next().ok());
  EXPECT_FALSE(framer.between_responses());
}

TEST(Framer, LetsAHugeResponseGo) {
  const auto input = "* X " + std::string(500'000, 'y') + "\r\n* Y\r\n* Z\r\n";
  Framer framer;
  framer.feed(as_bytes(input));
  auto first = framer.next();
  ASSERT_TRUE(first.ok());
  const Frame* frame = std::get<FrameReady>(*first).frame;
  EXPECT_GT(frame->text.capacity(), 400'000U);
  ASSERT_TRUE(framer.next().ok());
  EXPECT_LT(frame->text.capacity(), 100'000U);
}

constexpr std::string_view session =
    "* OK [CAPABILITY IMAP4rev1 LITERAL+] Dovecot ready.\r\n"
    "* LIST (\\HasNoChildren) \"/\" {5}\r\na\"\\b\n\r\n"
    "* 1 FETCH (UID 7 BODY[HEADER.FIELDS (X)] {8}\r\nX: {3}\r\n BODY[] ~{20}\r\nFrom: a\r\n\r\nA1 OK {9})\r\n"
    "* 2 FETCH (BODY[] {0}\r\n)\n"
    "A1 NO [TRYCREATE] no such x{5}\r\n"
    "+ idling\r\n";

TEST(Framer, GivesTheSameHoweverTheOctetsAreSplit) {
  for (bool stream : {false, true}) {
    const auto whole = frames(session, stream);
    EXPECT_EQ(whole.error, std::nullopt);
    ASSERT_GE(whole.log.size(), 10U);
    for (std::size_t a = 0; a <= session.size(); ++a) {
      Driver driver{stream};
      driver.feed(session.substr(0, a));
      driver.feed(session.substr(a));
      EXPECT_EQ(driver.seen_, whole) << "split at " << a;
    }
    Driver drip{stream};
    for (char c : session) drip.feed({&c, 1});
    EXPECT_EQ(drip.seen_, whole);
  }
}

RC_GTEST_PROP(Framer, GivesTheSameForAnySplitOfAnyInput, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("* ", "X", " {3}\r\n", "\r\n", "\n", "\r", "{", "}", "{12}", "+",
                                    "~{2}\r\n", "OK", " ", "{0}\r\n", "-1}", "A1 "));
  std::string input;
  for (const auto& word : words) input += word;
  const auto stream = *rc::gen::arbitrary<bool>();
  const auto whole = frames(input, stream);
  Driver driver{stream};
  std::string_view left{input};
  while (!left.empty()) {
    const auto take = *rc::gen::inRange<std::size_t>(1, left.size() + 1);
    driver.feed(left.substr(0, take));
    left.remove_prefix(take);
  }
  RC_ASSERT(driver.seen_ == whole);
}

}  // namespace
}  // namespace pf::imap
