#include "cli/did_you_mean.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace pf::cli {
namespace {

TEST(EditDistance, CountsTheFourKindsOfMistakes) {
  EXPECT_EQ(edit_distance("sync", "sync"), 0U);
  EXPECT_EQ(edit_distance("sync", "syn"), 1U);
  EXPECT_EQ(edit_distance("syc", "sync"), 1U);
  EXPECT_EQ(edit_distance("sync", "sink"), 2U);
  EXPECT_EQ(edit_distance("snyc", "sync"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(DidYouMean, NamesTheNearestThatIsNear) {
  constexpr std::array<std::string_view, 4> names = {"mailbox", "max-size", "map", "map-special-use"};
  EXPECT_EQ(did_you_mean("mailboxes", names), "mailbox");
  EXPECT_EQ(did_you_mean("maxsize", names), "max-size");
  EXPECT_EQ(did_you_mean("map-special", names), "map-special-use");
  EXPECT_EQ(did_you_mean("zebra", names), std::nullopt);
  EXPECT_EQ(did_you_mean("", names), std::nullopt);
  EXPECT_EQ(did_you_mean(std::string(100'000, 'm'), names), std::nullopt);
}

RC_GTEST_PROP(EditDistance, IsSymmetricAndZeroOnlyForEquals, (const std::string& a, const std::string& b)) {
  RC_ASSERT(edit_distance(a, b) == edit_distance(b, a));
  RC_ASSERT((edit_distance(a, b) == 0) == (a == b));
}

}  // namespace
}  // namespace pf::cli
