#include "store/maildir/subscriptions.h"

#include <gtest/gtest.h>

namespace pf::store::maildir {
namespace {

using Names = std::vector<std::string>;

TEST(MaildirSubscriptions, OfBothFormats) {
  EXPECT_EQ(parse_subscriptions("V\t2\n\nINBOX\nWork\t2024\n", '.'), (Names{"INBOX", "Work.2024"}));
  EXPECT_EQ(parse_subscriptions("INBOX\nWork.2024\n", '.'), (Names{"INBOX", "Work.2024"}));
  EXPECT_EQ(parse_subscriptions("V\t2\n\na\1tb\tc\0011\n", '/'), (Names{"a\tb/c\1"}));
  EXPECT_EQ(parse_subscriptions("", '.'), Names{});
  EXPECT_EQ(parse_subscriptions("no end", '.'), Names{"no end"});
}

TEST(MaildirSubscriptions, AreAddedInTheFormatThatIsThere) {
  EXPECT_EQ(with_subscription("", "Work.2024", '.'), "V\t2\n\nWork\t2024\n");
  EXPECT_EQ(with_subscription("V\t2\n\nINBOX\n", "A/B", '/'), "V\t2\n\nINBOX\nA\tB\n");
  EXPECT_EQ(with_subscription("INBOX\n", "A.B", '.'), "INBOX\nA.B\n");
  EXPECT_EQ(with_subscription("INBOX", "A", '.'), "INBOX\nA\n");
  EXPECT_EQ(with_subscription("V\t2\n\nA\tB\n", "A.B", '.'), std::nullopt);
  const auto odd = with_subscription("", "a\tb\n", '.');
  ASSERT_TRUE(odd);
  EXPECT_EQ(parse_subscriptions(*odd, '.'), Names{"a\tb\n"});
}

}  // namespace
}  // namespace pf::store::maildir
