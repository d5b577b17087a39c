#include "net/wiretap.h"

#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace pf::net {

namespace {

using testing::MatchesRegex;

TEST(Wiretap, WritesOneStampedLineATextAndKeepsWhatWasThere) {
  const test::TempDir dir;
  test::write_file(dir / "tap", "earlier\n");
  auto tap = Wiretap::open(dir / "tap");
  ASSERT_TRUE(tap.ok());
  (*tap)->line("joe@example.com#2", 'C', "a1 LOGIN joe ***");
  (*tap)->line("joe@example.com#2", 'S', "a1 OK\r\nforged\x1b[2J");
  const std::string text = test::read_file(dir / "tap");
  const std::string stamp = "[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z ";
  EXPECT_THAT(text, MatchesRegex("earlier\n" + stamp + "\\[joe@example.com#2\\] C: a1 LOGIN joe \\*\\*\\*\n" +
                                 stamp + "\\[joe@example.com#2\\] S: a1 OK[^\n\r\x1b]*forged[^\n\r\x1b]*\n"));
}

TEST(Wiretap, CutsALongLineAndSaysSo) {
  const test::TempDir dir;
  auto tap = Wiretap::open(dir / "tap");
  ASSERT_TRUE(tap.ok());
  (*tap)->line("c", 'S', std::string(1'000'000, 'x'));
  const std::string text = test::read_file(dir / "tap");
  EXPECT_LT(text.size(), 4000U);
  EXPECT_NE(text.find("(1000000 octets)"), std::string::npos);
}

TEST(Wiretap, IsForTheOwnerAloneAndFollowsNoLink) {
  const test::TempDir dir;
  ASSERT_TRUE(Wiretap::open(dir / "tap").ok());
  struct stat s{};
  ASSERT_EQ(::stat((dir / "tap").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777U, 0600U);

  std::filesystem::create_symlink(dir / "tap", dir / "link");
  EXPECT_FALSE(Wiretap::open(dir / "link").ok());
  EXPECT_EQ(Wiretap::open(dir / "no" / "such" / "tap").error().code, Errc::not_found);
}

}  // namespace

}  // namespace pf::net
