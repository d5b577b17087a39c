#include "imap/grammar/lexer.h"

#include "frames.h"

#include <gtest/gtest.h>

#include <chrono>

namespace pf::imap {
namespace {

using namespace std::string_literals;

const Limits limits;

TEST(Lexer, ReadsNumbersUpTo63Bits) {
  EXPECT_EQ((Lexer{"9223372036854775807", limits}.number()), 9223372036854775807U);
  EXPECT_EQ((Lexer{"9223372036854775808", limits}.number()), std::nullopt);
  EXPECT_EQ((Lexer{"99999999999999999999", limits}.number()), std::nullopt);
  EXPECT_EQ((Lexer{"-1", limits}.number()), std::nullopt);
  EXPECT_EQ((Lexer{"12x", limits}.number()), std::nullopt);
  EXPECT_EQ((Lexer{"  007)", limits}.number()), 7U);
  EXPECT_EQ((Lexer{"4294967296", limits}.number32()), std::nullopt);
}

TEST(Lexer, PassesOverNumbersThatAreNone) {
  Lexer lexer{"9.3736e+06 -1 NIL 7", limits};
  std::optional<std::uint64_t> value;
  for (int times = 0; times < 3; ++times) {
    EXPECT_TRUE(lexer.lenient_number(value));
    EXPECT_EQ(value, std::nullopt);
  }
  EXPECT_TRUE(lexer.lenient_number(value));
  EXPECT_EQ(value, 7U);
  EXPECT_FALSE(lexer.lenient_number(value));
}

TEST(Lexer, UnescapesQuotedStrings) {
  EXPECT_EQ((Lexer{R"("a\"b\\c")", limits}.string()->data), "a\"b\\c");
  EXPECT_EQ((Lexer{R"("a\x")", limits}.string()->data), "ax");
  EXPECT_FALSE((Lexer{R"("open)", limits}.string()));
  EXPECT_FALSE((Lexer{R"("open\")", limits}.astring()));
  EXPECT_FALSE((Lexer{R"("\)", limits}.astring()));
}

TEST(Lexer, TellsNilFromAWordThatBeginsSo) {
  EXPECT_TRUE((Lexer{"nil)", limits}.nstring()->nil));
  EXPECT_FALSE((Lexer{"NILS", limits}.nstring()));
  EXPECT_EQ((Lexer{"NILS", limits}.astring()->data), "NILS");
}

TEST(Lexer, TakesLiteralsFromTheFrameAndNotFromLookAlikes) {
  const auto frame = test::frame_of("* X {3} {5}\r\n{3}\r\n z");
  Lexer lexer{frame, limits};
  EXPECT_TRUE(lexer.accept('*'));
  EXPECT_TRUE(lexer.accept_word("X"));
  EXPECT_EQ(lexer.astring()->data, "{3}");  // an atom: nothing was announced there
  EXPECT_EQ(lexer.astring()->data, "{3}\r\n");
  EXPECT_EQ(lexer.rest(), "z");
}

TEST(Lexer, SkipsAnyBalancedValue) {
  for (const auto* text :
       {"x", "\"a)b\"", "()", "(a (b \"c)\" NIL) 5)", "BODY[HEADER.FIELDS (A \"]\")]<0>", "(((())))"}) {
    Lexer lexer{text, limits};
    EXPECT_TRUE(lexer.skip_value()) << text;
    EXPECT_TRUE(lexer.at_end()) << text;
  }
  for (const auto* text : {"", ")", "(", "(a", "(\"a)", "((a)"}) {
    EXPECT_FALSE((Lexer{text, limits}.skip_value())) << text;
  }
}

TEST(Lexer, BoundsNesting) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '(') + std::string(depth, ')'); };
  EXPECT_TRUE((Lexer{nested(64), limits}.skip_value()));
  EXPECT_FALSE((Lexer{nested(65), limits}.skip_value()));
  EXPECT_FALSE((Lexer{std::string(1'000'000, '('), limits}.skip_value()));
}

TEST(Lexer, IsLinearInWhateverItGets) {
  const auto begin = std::chrono::steady_clock::now();
  for (const auto* piece : {"\"\\\"", "{", "[", "[\"", "(\"", "~{3}", "()"}) {
    std::string text = "* 1 FETCH (X[";
    while (text.size() < 1'000'000) text += piece;
    Frame frame;
    frame.text = text;
    frame.literals.push_back(
        {.data = "x", .size = 1, .streamed = false, .begin = text.size() - 1, .end = text.size()});
    (void)parse_response(frame);
    Lexer lexer{text, limits};
    (void)lexer.until(']');
    (void)lexer.skip_value();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{60});
}

}  // namespace
}  // namespace pf::imap
