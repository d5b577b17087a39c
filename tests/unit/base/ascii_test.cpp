#include "base/ascii.h"

#include <gtest/gtest.h>

namespace pf {
namespace {

TEST(Ascii, ComparesWithoutRegardToCase) {
  EXPECT_TRUE(iequals("InBox", "INBOX"));
  EXPECT_FALSE(iequals("INBOX", "INBOX "));
  EXPECT_FALSE(iequals("[", "{"));  // 0x20 apart, and no letters
  EXPECT_FALSE(iequals("\xC4", "\xE4"));
}

TEST(Ascii, OrdersBytesAboveAsciiAfterIt) {
  EXPECT_TRUE(iless("a", "B"));
  EXPECT_FALSE(iless("A", "a"));
  EXPECT_TRUE(iless("z", "\xC3"));
  EXPECT_TRUE(iless("ab", "ABc"));
}

TEST(Ascii, TrimsBlanksButNotLineEnds) {
  EXPECT_EQ(trim_blanks(" \ta b\t "), "a b");
  EXPECT_EQ(trim_blanks("a\r\n"), "a\r\n");
  EXPECT_EQ(trim_blanks(" \t "), "");
}

}  // namespace
}  // namespace pf
