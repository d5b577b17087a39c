#include "mail/message_ref.h"

#include <gtest/gtest.h>

namespace pf {
namespace {

TEST(MessageRef, OrdersBigEndianNumbersByTheirValue) {
  const MessageRef low(std::string("\x00\x00\x00\x7F", 4));
  const MessageRef high(std::string("\x00\x00\x00\x80", 4));
  EXPECT_LT(low, high);
  EXPECT_LT(high, MessageRef(std::string("\x00\x00\x01\x00", 4)));
  EXPECT_LT(MessageRef(), low);
  EXPECT_EQ(low, MessageRef(std::string("\x00\x00\x00\x7F", 4)));
}

}  // namespace
}  // namespace pf
