#include "sync/guards.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

using sync::emptied_guard;
using sync::mailbox_guard;
using sync::RemovalPolicy;
using sync::run_guard;

TEST(Guards, AMailboxMayLoseTenMessagesOrTenPercent) {
  EXPECT_FALSE(mailbox_guard({10, 10}, {}));
  EXPECT_TRUE(mailbox_guard({11, 20}, {}));
  EXPECT_FALSE(mailbox_guard({100, 1000}, {}));
  EXPECT_TRUE(mailbox_guard({101, 1000}, {}));
}

TEST(Guards, ARunMayLoseFiftyMessagesOrTenPercent) {
  EXPECT_FALSE(run_guard({50, 60}, {}));
  EXPECT_TRUE(run_guard({51, 60}, {}));
  EXPECT_FALSE(run_guard({1000, 10000}, {}));
  EXPECT_TRUE(run_guard({1001, 10000}, {}));
}

TEST(Guards, ANumberReplacesBothLimits) {
  RemovalPolicy policy;
  policy.most_messages = 3;
  EXPECT_FALSE(mailbox_guard({3, 1000}, policy));
  EXPECT_TRUE(mailbox_guard({4, 1000}, policy));
  EXPECT_TRUE(run_guard({4, 1000}, policy));
}

TEST(Guards, ZeroWithholdsAll) {
  RemovalPolicy policy;
  policy.most_messages = 0;
  EXPECT_TRUE(mailbox_guard({1, 1000}, policy));
  EXPECT_FALSE(mailbox_guard({0, 1000}, policy));
}

TEST(Guards, APercentageReplacesBothLimits) {
  RemovalPolicy policy;
  policy.most_percent = 50;
  EXPECT_FALSE(mailbox_guard({5, 10}, policy));
  EXPECT_TRUE(mailbox_guard({6, 10}, policy));
  EXPECT_TRUE(run_guard({6, 10}, policy));
}

TEST(Guards, SayWhatWouldAllowIt) {
  const auto why = mailbox_guard({11, 20}, {});
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, "11 of 20 messages would be removed, more than 10; --max-delete 11 allows it");
}

TEST(Guards, AnEmptyAccountNeverEmptiesTheOther) {
  RemovalPolicy policy;
  policy.most_percent = 100;
  EXPECT_TRUE(emptied_guard({1, 1}, 0));
  EXPECT_FALSE(emptied_guard({1, 1}, 1));
  EXPECT_FALSE(emptied_guard({0, 1}, 0));
}

}  // namespace
}  // namespace pf::test
