#include "store/maildir/line_ends.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace pf::store::maildir {
namespace {

std::string served(std::string_view file, std::size_t piece = 1000) {
  ToServed convert, count;
  std::string out;
  std::uint64_t size = 0;
  for (std::size_t at = 0; at < file.size(); at += piece) {
    const auto part = as_bytes(file.substr(at, piece));
    convert.append(part, out);
    size += count.size_of(part);
  }
  EXPECT_EQ(size, out.size());
  return out;
}

// Nothing when it has to be kept as it is.
std::optional<std::string> in_file(std::string_view text, std::size_t piece = 1000) {
  ToFile convert;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!convert.append(as_bytes(text.substr(at, piece)), out)) return std::nullopt;
  }
  convert.finish(out);
  return out;
}

TEST(MaildirLineEnds, AreServedAsDovecotServesThem) {
  EXPECT_EQ(served("a\nb\n"), "a\r\nb\r\n");
  EXPECT_EQ(served("a\r\nb\r\n"), "a\r\nb\r\n");
  EXPECT_EQ(served("a\nb\r\nc"), "a\r\nb\r\nc");
  EXPECT_EQ(served("\n\n"), "\r\n\r\n");
  EXPECT_EQ(served("a\r\r\nb\rc\r"), "a\r\r\nb\rc\r");
  EXPECT_EQ(served(std::string_view("\0\n\xFF", 3)), std::string_view("\0\r\n\xFF", 4));
  EXPECT_EQ(served(""), "");
}

TEST(MaildirLineEnds, AreLfInFilesWhereThatCanBeUndone) {
  for (const std::size_t piece : {1000, 1, 2, 3}) {
    EXPECT_EQ(in_file("a\r\n\r\nb\r\n", piece), "a\n\nb\n");
    EXPECT_EQ(in_file("no line end", piece), "no line end");
    EXPECT_EQ(in_file("a\rb\r\nc\r", piece), "a\rb\nc\r");
    EXPECT_EQ(in_file("a\r\r", piece), "a\r\r");
    EXPECT_EQ(in_file("", piece), "");
    EXPECT_EQ(in_file("a\nb\r\n", piece), std::nullopt);
    EXPECT_EQ(in_file("\n", piece), std::nullopt);
    EXPECT_EQ(in_file("a\r\r\nb", piece), std::nullopt);
    EXPECT_EQ(in_file("\r\r\n", piece), std::nullopt);
    EXPECT_EQ(in_file("a\r\n\n", piece), std::nullopt);
  }
}

rc::Gen<std::string> mail() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(
                          rc::gen::element<std::string>("\r\n", "\n", "\r", "a", "bc", "\r\n\r\n", "d\r\n")),
                      [](const std::vector<std::string>& pieces) {
                        std::string out;
                        for (const auto& piece : pieces) out += piece;
                        return out;
                      });
}

RC_GTEST_PROP(MaildirLineEnds, ComeBackAsTheyWereOrAreRefused, ()) {
  const auto text = *mail();
  const auto piece = *rc::gen::inRange<std::size_t>(1, 9);
  const auto file = in_file(text, piece);
  RC_ASSERT(file == in_file(text));
  const bool lone = served(text) != text;
  const bool double_cr = text.find("\r\r\n") != std::string::npos;
  RC_ASSERT(file.has_value() == (!lone && !double_cr));
  if (file) RC_ASSERT(served(*file, piece) == text);
}

RC_GTEST_PROP(MaildirLineEnds, ServingIsTheSameHoweverItIsCut, ()) {
  const auto text = *mail();
  RC_ASSERT(served(text, *rc::gen::inRange<std::size_t>(1, 9)) == served(text));
  RC_ASSERT(served(served(text)) == served(text));
}

}  // namespace
}  // namespace pf::store::maildir
