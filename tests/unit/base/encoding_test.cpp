#include "base/encoding.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf {
namespace {

// RFC 4648 section 10.
TEST(Base64, KnowsTheVectorsOfTheRfc) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xFF", "+/8="},
  };
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(base64_encode(plain), coded);
    EXPECT_EQ(base64_decode(coded), plain);
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const std::string_view bad : {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zm9v=", "Zg==Zg==", "Zh==",
                                     "Zm9=", "Zm9v\n", "Zm 9", "Zm9-", "Zm9_", "Z=9v", "\xFFm9v"}) {
    EXPECT_FALSE(base64_decode(bad).has_value()) << bad;
  }
}

RC_GTEST_PROP(Base64, DecodeUndoesEncode, (const std::string& bytes)) {
  RC_ASSERT(base64_decode(base64_encode(bytes)) == bytes);
}

RC_GTEST_PROP(Base64, OnlyOneTextMeansTheseBytes, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ABCZaz09+/=")));
  const auto decoded = base64_decode(text);
  if (decoded) RC_ASSERT(base64_encode(*decoded) == text);
}

TEST(Hex, EncodesInLowerCaseAndReadsBoth) {
  EXPECT_EQ(hex_encode(std::string_view("\x00\xFF\x1A", 3)), "00ff1a");
  EXPECT_EQ(hex_decode("00FF1a"), std::string("\x00\xFF\x1A", 3));
  EXPECT_EQ(hex_decode(""), "");
}

TEST(Hex, RefusesHalfOctetsAndOtherLetters) {
  for (const std::string_view bad : {"0", "0g", "g0", "0x", " 0", "00 "}) {
    EXPECT_FALSE(hex_decode(bad).has_value()) << bad;
  }
}

RC_GTEST_PROP(Hex, DecodeUndoesEncode, (const std::string& bytes)) {
  RC_ASSERT(hex_decode(hex_encode(bytes)) == bytes);
}

}  // namespace
}  // namespace pf
