#include "sync/merge_flags.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string_view>

namespace pf::sync {
namespace {

FlagSet flags(std::string_view text) {
  return FlagSet::parse(text);
}

// Everything is kept.
const FlagRules liberal;

FlagRules only(std::string_view permanent) {
  return {flags(permanent), false, true};
}

FlagMerge outcome(std::string_view source, std::string_view target, std::string_view base,
                  std::string_view normalised = {}, const FlagRules& at_source = liberal,
                  const FlagRules& at_target = liberal) {
  const FlagSet s = flags(source);
  const FlagSet t = flags(target);
  const FlagSet b = flags(base);
  const FlagSet n = flags(normalised);
  return merge_flags({s, t, b, n}, at_source, at_target);
}

struct Case {
  std::string_view what;
  std::string_view source, target, base;
  std::string_view target_add, target_remove, source_add, source_remove;
  std::string_view after;
};

TEST(MergeFlags, WhoeverChangedAFlagWins) {
  const Case cases[] = {
      {"nothing anywhere", "", "", "", "", "", "", "", ""},
      {"nobody changed", "\\Seen a", "\\Seen a", "\\Seen a", "", "", "", "", "\\Seen a"},
      {"added at the source", "\\Seen", "", "", "\\Seen", "", "", "", "\\Seen"},
      {"added at the target", "", "\\Seen", "", "", "", "\\Seen", "", "\\Seen"},
      {"added at both", "\\Seen", "\\Seen", "", "", "", "", "", "\\Seen"},
      {"removed at the source", "", "\\Seen", "\\Seen", "", "\\Seen", "", "", ""},
      {"removed at the target", "\\Seen", "", "\\Seen", "", "", "", "\\Seen", ""},
      {"removed at both", "", "", "\\Seen", "", "", "", "", ""},
      {"one here, another there", "\\Seen", "\\Flagged", "", "\\Seen", "", "\\Flagged", "",
       "\\Seen \\Flagged"},
      {"added here, another removed there", "\\Seen \\Draft", "", "\\Draft", "\\Seen", "", "", "\\Draft",
       "\\Seen"},
      {"keywords are like others", "$Forwarded x", "x y", "x", "$Forwarded", "", "y", "", "x y $Forwarded"},
      {"case of a keyword is no change", "WORK", "work", "Work", "", "", "", "", "work"},
      {"swapped", "a", "b", "c", "a", "", "b", "", "a b"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto merged = outcome(c.source, c.target, c.base);
    EXPECT_EQ(merged.target_add, flags(c.target_add));
    EXPECT_EQ(merged.target_remove, flags(c.target_remove));
    EXPECT_EQ(merged.source_add, flags(c.source_add));
    EXPECT_EQ(merged.source_remove, flags(c.source_remove));
    EXPECT_EQ(merged.base, flags(c.after));
    EXPECT_TRUE(merged.normalised.empty());
  }
}

TEST(MergeFlags, WhatTheOtherSideCannotKeepStaysWhereItIs) {
  const auto merged = outcome("\\Seen work", "", "", "", liberal, only("\\Seen"));
  EXPECT_EQ(merged.target_add, flags("\\Seen"));
  EXPECT_FALSE(merged.changes_source());
  EXPECT_EQ(merged.normalised, flags("work"));
  const auto again = outcome("\\Seen work", "\\Seen", merged.base.to_string(), merged.normalised.to_string(),
                             liberal, only("\\Seen"));
  EXPECT_FALSE(again.changes_source());
  EXPECT_FALSE(again.changes_target());
}

TEST(MergeFlags, TheSourceMayBeTheOneThatCannotKeepIt) {
  const auto merged = outcome("", "\\Seen work", "", "", only("\\Seen"), liberal);
  EXPECT_EQ(merged.source_add, flags("\\Seen"));
  EXPECT_FALSE(merged.changes_target());
  EXPECT_EQ(merged.normalised, flags("work"));
}

// A flag outside the rules can be there all the same: rules tell what can be changed now.
TEST(MergeFlags, WhatBothHaveIsNotLostWhateverTheRulesSay) {
  const auto merged = outcome("work", "work", "work", "", only("\\Seen"), only("\\Seen"));
  EXPECT_FALSE(merged.changes_source());
  EXPECT_FALSE(merged.changes_target());
  EXPECT_TRUE(merged.normalised.empty());
  EXPECT_EQ(merged.base, flags("work"));
}

TEST(MergeFlags, WhatWasFoundUnkeepableIsNotLookedAtAgain) {
  const auto added = outcome("work", "", "", "work");
  EXPECT_FALSE(added.changes_target());
  const auto gone = outcome("", "work", "work", "work");
  EXPECT_FALSE(gone.changes_target());
  EXPECT_FALSE(gone.changes_source());
  EXPECT_EQ(gone.normalised, flags("work"));
}

// ---- for any flags and rules

rc::Gen<FlagSet> some_flags() {
  static const std::vector<std::string> known{"\\Seen", "\\Flagged", "\\Answered", "\\Deleted",
                                              "a",      "B",         "$c"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(known)),
                      [](const std::vector<std::string>& names) {
                        FlagSet out;
                        for (const auto& name : names) out.add(name);
                        return out;
                      });
}

rc::Gen<FlagRules> some_rules() {
  return rc::gen::apply([](FlagSet permanent, bool keywords,
                           bool known) { return FlagRules{std::move(permanent), keywords, known}; },
                        some_flags(), rc::gen::arbitrary<bool>(), rc::gen::arbitrary<bool>());
}

FlagSet applied(const FlagSet& flags, const FlagSet& add, const FlagSet& remove) {
  return flags.unite(add).without(remove);
}

struct Sides {
  FlagSet source = *some_flags(), target = *some_flags(), base = *some_flags(), normalised = *some_flags();
  FlagRules source_rules = *some_rules(), target_rules = *some_rules();
  [[nodiscard]] FlagMerge merge() const {
    return merge_flags({source, target, base, normalised}, source_rules, target_rules);
  }
  void apply(const FlagMerge& merged) {
    source = applied(source, merged.source_add, merged.source_remove);
    target = applied(target, merged.target_add, merged.target_remove);
    base = merged.base;
    normalised = merged.normalised;
  }
};

RC_GTEST_PROP(MergeFlagsProperty, WhereNobodyChangedNothingHappens, ()) {
  Sides sides;
  sides.source = sides.target = sides.base;
  const auto merged = sides.merge();
  RC_ASSERT(!merged.changes_source() && !merged.changes_target());
  RC_ASSERT(merged.base.without(sides.normalised) == sides.base.without(sides.normalised));
  RC_ASSERT(merged.normalised == sides.normalised);
}

RC_GTEST_PROP(MergeFlagsProperty, BothAreEqualAfterwardsButForWhatOneCannotKeep, ()) {
  Sides sides;
  const auto merged = sides.merge();
  sides.apply(merged);
  RC_ASSERT(sides.source.without(merged.normalised) == sides.target.without(merged.normalised));
  RC_ASSERT(sides.source.without(merged.normalised) == merged.base.without(merged.normalised));
}

RC_GTEST_PROP(MergeFlagsProperty, MergingAgainIsTheIdentity, ()) {
  Sides sides;
  sides.apply(sides.merge());
  const auto again = sides.merge();
  RC_ASSERT(!again.changes_source() && !again.changes_target());
  RC_ASSERT(again.normalised == sides.normalised);
  RC_ASSERT(again.base.without(sides.normalised) == sides.base.without(sides.normalised));
}

RC_GTEST_PROP(MergeFlagsProperty, ASideIsOnlyGivenWhatItKeepsAndNothingNormalised, ()) {
  const Sides sides;
  const auto merged = sides.merge();
  RC_ASSERT(sides.target_rules.kept(merged.target_add) == merged.target_add);
  RC_ASSERT(sides.source_rules.kept(merged.source_add) == merged.source_add);
  for (const auto& touched :
       {merged.target_add, merged.target_remove, merged.source_add, merged.source_remove}) {
    RC_ASSERT(touched.intersect(sides.normalised).empty());
  }
  RC_ASSERT(merged.target_add.intersect(merged.target_remove).empty());
  RC_ASSERT(merged.source_add.intersect(merged.source_remove).empty());
}

RC_GTEST_PROP(MergeFlagsProperty, WhatOneSideChangedTravelsOneWayOnly, ()) {
  Sides sides;
  sides.source = sides.base;  // only the target changed
  sides.normalised = {};
  sides.source_rules = sides.target_rules = {};
  const auto merged = sides.merge();
  RC_ASSERT(!merged.changes_target());
  RC_ASSERT(applied(sides.source, merged.source_add, merged.source_remove) == sides.target);
}

}  // namespace
}  // namespace pf::sync
