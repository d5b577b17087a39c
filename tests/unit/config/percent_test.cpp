#include "config/percent.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::config {
namespace {

TEST(Percent, DecodesBothCasesOfHex) {
  EXPECT_EQ(percent_decode("a%2Fb%2fc"), "a/b/c");
}

TEST(Percent, RefusesEscapesThatAreCutOrNoHex) {
  EXPECT_EQ(percent_decode("%"), std::nullopt);
  EXPECT_EQ(percent_decode("a%4"), std::nullopt);
  EXPECT_EQ(percent_decode("%g0"), std::nullopt);
}

TEST(Percent, EncodesAllButUnreserved) {
  EXPECT_EQ(percent_encode("aZ0-._~ @:/\xff"), "aZ0-._~%20%40%3A%2F%FF");
}

RC_GTEST_PROP(Percent, DecodeUndoesEncode, (const std::string& text)) {
  RC_ASSERT(percent_decode(percent_encode(text)) == text);
}

}  // namespace
}  // namespace pf::config
