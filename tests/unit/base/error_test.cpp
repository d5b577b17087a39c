#include "base/error.h"

#include <gtest/gtest.h>

#include <set>

namespace pf {
namespace {

TEST(Error, DescribesItselfInOneReadableLine) {
  const Error e{Errc::too_big,      Scope::message,
                Retry::never,       "APPEND to INBOX, uid 7",
                "[LIMIT] Max size", "Raise the target's limit or use --max-size."};
  EXPECT_EQ(e.describe(),
            "APPEND to INBOX, uid 7: message too big (server said: [LIMIT] Max size). "
            "Raise the target's limit or use --max-size.");
}

TEST(Error, LeavesOutWhatIsNotThere) {
  EXPECT_EQ((Error{Errc::over_quota, Scope::account, Retry::later, ""}.describe()),
            "the account is over its quota");
  EXPECT_EQ((Error{Errc::timeout, Scope::connection, Retry::now, "SELECT INBOX"}.describe()),
            "SELECT INBOX: the server did not answer in time");
}

TEST(Error, EscapesWhatAServerOrAMailboxNameCouldSmuggleIn) {
  const Error e{Errc::rejected, Scope::mailbox, Retry::never, "SELECT \x1B[31mred", "no\r\n\x1B]0;title\x07"};
  EXPECT_EQ(
      e.describe(),
      "SELECT \\x{1b}[31mred: the server refused (server said: no\\x{0d}\\x{0a}\\x{1b}]0;title\\x{07})");
}

TEST(Error, CutsAnEndlessServerText) {
  const Error e{Errc::rejected, Scope::mailbox, Retry::never, "x", std::string(1'000'000, 'a')};
  EXPECT_LT(e.describe().size(), 600U);
  EXPECT_NE(e.describe().find("aaa..."), std::string::npos);
}

TEST(Error, PutsWhereInFront) {
  Error e{Errc::io, Scope::run, Retry::never, "cannot open x"};
  e.at("account joe@example.com");
  EXPECT_EQ(e.context, "account joe@example.com: cannot open x");
  Error bare;
  EXPECT_EQ(bare.at("here").context, "here");
}

TEST(Error, EveryCodeHasItsOwnStableNameAndASentence) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Errc::cancelled); ++i) {
    const auto code = static_cast<Errc>(i);
    EXPECT_TRUE(names.insert(name(code)).second) << name(code);
    EXPECT_FALSE(sentence(code).empty()) << name(code);
  }
  EXPECT_EQ(name(Errc::over_quota), "over-quota");
  EXPECT_EQ(name(Errc::unexpected), "unexpected");
}

}  // namespace
}  // namespace pf
