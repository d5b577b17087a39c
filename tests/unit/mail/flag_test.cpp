#include "mail/flag.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf {
namespace {

using Words = std::vector<std::string>;

TEST(FlagSet, KnowsTheSystemFlagsInAnyCase) {
  const auto flags = FlagSet::parse("\\SEEN \\answered \\Flagged \\dElEtEd \\Draft");
  EXPECT_EQ(flags.to_string(), "\\Answered \\Flagged \\Deleted \\Seen \\Draft");
  EXPECT_TRUE(flags.keywords().empty());
  EXPECT_TRUE(flags.has(SystemFlag::draft));
  EXPECT_TRUE(flags.has("\\deleted"));
}

TEST(FlagSet, NeverHoldsRecentOrTheWildcard) {
  EXPECT_TRUE(FlagSet::parse("\\Recent \\RECENT \\*").empty());
}

TEST(FlagSet, KeepsOtherBackslashFlagsForTheReport) {
  const auto flags = FlagSet::parse("\\Forwarded \\X-Has-Attach \\Seen");
  EXPECT_EQ(flags.keywords(), (Words{"\\Forwarded", "\\X-Has-Attach"}));
  EXPECT_EQ(flags.system_bits(), static_cast<std::uint8_t>(SystemFlag::seen));
}

TEST(FlagSet, TakesKeywordsWithoutRegardToCaseAndKeepsTheFirstSpelling) {
  FlagSet flags;
  flags.add("$Forwarded");
  flags.add("$FORWARDED");
  flags.add("Junk");
  EXPECT_EQ(flags.keywords(), (Words{"$Forwarded", "Junk"}));
  EXPECT_TRUE(flags.has("$forwarded"));
  flags.remove("JUNK");
  flags.remove("not there");
  EXPECT_EQ(flags.to_string(), "$Forwarded");
}

TEST(FlagSet, SortsKeywordsWithoutRegardToCase) {
  EXPECT_EQ(FlagSet::parse("b C a \xC3\xA9 B").keywords(), (Words{"a", "b", "C", "\xC3\xA9"}));
}

TEST(FlagSet, LeavesOutWhatIsNoFlag) {
  FlagSet flags;
  for (const std::string_view bad : {"", " ", "a b", "a\r\nX DELETE INBOX", "tab\t", "\x7F"}) flags.add(bad);
  flags.add(std::string_view("nul\0", 4));
  EXPECT_TRUE(flags.empty());
}

TEST(FlagSet, BoundsWhatAHostileServerCanFillItWith) {
  FlagSet flags;
  for (int i = 0; i < 5000; ++i) flags.add("k" + std::to_string(i));
  EXPECT_EQ(flags.keywords().size(), FlagSet::max_keywords);
  flags.add(SystemFlag::seen);
  EXPECT_TRUE(flags.has(SystemFlag::seen));
}

TEST(FlagSet, IsEqualWithoutRegardToOrderAndCase) {
  EXPECT_EQ(FlagSet::parse("\\Seen a B"), FlagSet::parse("b A \\seen"));
  EXPECT_NE(FlagSet::parse("\\Seen a"), FlagSet::parse("\\Seen a b"));
  EXPECT_NE(FlagSet::parse("a"), FlagSet::parse("\\Seen a"));
}

TEST(FlagSet, SetOperationsSpanSystemFlagsAndKeywords) {
  const auto a = FlagSet::parse("\\Seen \\Flagged One Two");
  const auto b = FlagSet::parse("\\Flagged \\Draft two Three");
  EXPECT_EQ(a.without(b).to_string(), "\\Seen One");
  EXPECT_EQ(a.intersect(b).to_string(), "\\Flagged Two");
  EXPECT_EQ(a.unite(b).to_string(), "\\Flagged \\Seen \\Draft One Three Two");
}

FlagSet any_flags() {
  static const std::vector<std::string> pool = {"\\Seen", "\\seen", "\\Flagged", "\\Draft",
                                                "$Junk",  "$junk",  "NonJunk",   "a",
                                                "B",      "\\Odd",  "b",         "\\Recent"};
  FlagSet flags;
  for (const auto& flag : *rc::gen::container<Words>(rc::gen::elementOf(pool))) flags.add(flag);
  return flags;
}

RC_GTEST_PROP(FlagSet, ParseUndoesToString, ()) {
  const auto flags = any_flags();
  const auto again = FlagSet::parse(flags.to_string());
  RC_ASSERT(again == flags);
  RC_ASSERT(again.to_string() == flags.to_string());
}

RC_GTEST_PROP(FlagSet, ParseTakesAnyBytesAndItsTextStands, (const std::string& bytes)) {
  const auto flags = FlagSet::parse(bytes);
  RC_ASSERT(FlagSet::parse(flags.to_string()).to_string() == flags.to_string());
}

RC_GTEST_PROP(FlagSet, DifferenceAndIntersectionMakeUpTheWhole, ()) {
  const auto a = any_flags(), b = any_flags();
  RC_ASSERT(a.without(b).unite(a.intersect(b)) == a);
  RC_ASSERT(a.without(b).intersect(b).empty());
  RC_ASSERT(a.unite(b) == b.unite(a));
  RC_ASSERT(a.unite(b).without(b) == a.without(b));
}

TEST(FlagRules, KeepsEverythingWhereTheServerDidNotSay) {
  const auto flags = FlagSet::parse("\\Seen \\Odd x");
  EXPECT_EQ(FlagRules{}.kept(flags), flags);
}

TEST(FlagRules, KeepsListedFlagsAndNewKeywordsOnlyWithTheWildcard) {
  const auto flags = FlagSet::parse("\\Seen \\Draft \\Odd listed other");
  FlagRules rules{.permanent = FlagSet::parse("\\Seen Listed"), .new_keywords = false, .known = true};
  EXPECT_EQ(rules.kept(flags).to_string(), "\\Seen listed");
  rules.new_keywords = true;
  EXPECT_EQ(rules.kept(flags).to_string(), "\\Seen listed other");
  rules.permanent.add("\\odd");
  EXPECT_EQ(rules.kept(flags).to_string(), "\\Seen \\Odd listed other");
}

}  // namespace
}  // namespace pf
