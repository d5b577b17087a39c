#include "mail/special_use.h"

#include <gtest/gtest.h>

namespace pf {
namespace {

TEST(SpecialUse, WritesAndReadsEveryUseOfTheRfc) {
  for (int i = 1; i <= static_cast<int>(SpecialUse::trash); ++i) {
    const auto use = static_cast<SpecialUse>(i);
    EXPECT_TRUE(to_wire(use).starts_with('\\'));
    EXPECT_EQ(parse_special_use(to_wire(use)), use) << to_wire(use);
  }
  EXPECT_EQ(to_wire(SpecialUse::sent), "\\Sent");
  EXPECT_EQ(to_wire(SpecialUse::none), "");
}

TEST(SpecialUse, ReadsAnyCaseAndTheOlderNames) {
  EXPECT_EQ(parse_special_use("\\sent"), SpecialUse::sent);
  EXPECT_EQ(parse_special_use("\\Spam"), SpecialUse::junk);
  EXPECT_EQ(parse_special_use("\\Starred"), SpecialUse::flagged);
  EXPECT_EQ(parse_special_use("\\AllMail"), SpecialUse::all);
  EXPECT_EQ(to_wire(SpecialUse::junk), "\\Junk");
  EXPECT_EQ(to_wire(SpecialUse::all), "\\All");
}

TEST(SpecialUse, TakesOtherAttributesForNone) {
  for (const std::string_view other :
       {"", "\\", "Sent", "\\HasChildren", "\\Inbox", "\\Noselect", "\\Sent "}) {
    EXPECT_EQ(parse_special_use(other), SpecialUse::none) << other;
  }
}

}  // namespace
}  // namespace pf
