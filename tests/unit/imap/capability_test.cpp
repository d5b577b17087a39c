#include "imap/capability.h"

#include <gtest/gtest.h>

namespace pf::imap {
namespace {

TEST(Capabilities, AreFoundInAnyCaseBetweenOddBlanks) {
  const auto caps = Capabilities::parse("  IMAP4rev1   literal+ \t idle  ");
  EXPECT_TRUE(caps.has("imap4REV1"));
  EXPECT_TRUE(caps.has("LITERAL+"));
  EXPECT_TRUE(caps.has("IDLE"));
  EXPECT_FALSE(caps.has("LITERAL"));
  EXPECT_EQ(caps.names().size(), 3U);
}

TEST(Capabilities, TellTheMechanismsInTheServersOrder) {
  const auto caps = Capabilities::parse("IMAP4rev1 AUTH=plain AUTH=XOAUTH2 AUTH= SASL-IR");
  EXPECT_EQ(caps.auth_mechanisms(), (std::vector<std::string>{"PLAIN", "XOAUTH2"}));
}

TEST(Capabilities, TellTheAppendLimitOnlyWhenItIsANumber) {
  EXPECT_EQ(Capabilities::parse("APPENDLIMIT=35651584").append_limit(), 35651584U);
  EXPECT_EQ(Capabilities::parse("APPENDLIMIT").append_limit(), std::nullopt);
  EXPECT_EQ(Capabilities::parse("APPENDLIMIT=").append_limit(), std::nullopt);
  EXPECT_EQ(Capabilities::parse("APPENDLIMIT=12x").append_limit(), std::nullopt);
  EXPECT_EQ(Capabilities::parse("MESSAGELIMIT=1000").message_limit(), 1000U);
}

TEST(Capabilities, ChooseTheFormOfLiterals) {
  EXPECT_EQ(Capabilities::parse("IMAP4rev1 LITERAL+").literal_mode(), LiteralMode::plus);
  EXPECT_EQ(Capabilities::parse("IMAP4rev1 LITERAL-").literal_mode(), LiteralMode::minus);
  EXPECT_EQ(Capabilities::parse("IMAP4rev2 IMAP4rev1").literal_mode(), LiteralMode::minus);
  EXPECT_EQ(Capabilities::parse("IMAP4rev1").literal_mode(), LiteralMode::synchronizing);
}

TEST(Capabilities, AreBounded) {
  std::string text;
  for (int n = 0; n < 5000; ++n) text += "X" + std::to_string(n) + " ";
  EXPECT_LE(Capabilities::parse(text).names().size(), 1000U);
}

}  // namespace
}  // namespace pf::imap
