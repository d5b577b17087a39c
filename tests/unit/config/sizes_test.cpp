#include "config/sizes.h"

#include <gtest/gtest.h>

namespace pf::config {
namespace {

template <class T>
std::string sentence(const Result<T>& result) {
  return result ? "accepted" : result.error().context;
}

TEST(Size, UnitsArePowersOf1024) {
  EXPECT_EQ(parse_size("1").value(), 1U);
  EXPECT_EQ(parse_size("512B").value(), 512U);
  EXPECT_EQ(parse_size("3k").value(), 3072U);
  EXPECT_EQ(parse_size("25M").value(), 26214400U);
  EXPECT_EQ(parse_size("25MB").value(), 26214400U);
  EXPECT_EQ(parse_size("2GiB").value(), 2147483648U);
  EXPECT_EQ(parse_size("16777215T").value(), 16777215ULL << 40U);
}

TEST(Size, RefusesWhatIsNoSize) {
  EXPECT_EQ(sentence(parse_size("25Q")),
            "'25Q' is no size: write a positive number with K, M or G, such as 25M");
  for (const char* bad : {"", "M", "-1", "0", "0M", "1.5M", "1 M", "1Mx", "99999999999999999999"})
    EXPECT_NE(sentence(parse_size(bad)), "accepted") << bad;
  EXPECT_EQ(sentence(parse_size("16777216T")), "the size '16777216T' is too large");
}

TEST(Span, SecondsAreAssumedAndUnitsAddUp) {
  using std::chrono::milliseconds;
  EXPECT_EQ(parse_duration("90").value(), milliseconds(90'000));
  EXPECT_EQ(parse_duration("0.25").value(), milliseconds(250));
  EXPECT_EQ(parse_duration("250ms").value(), milliseconds(250));
  EXPECT_EQ(parse_duration("15m").value(), milliseconds(900'000));
  EXPECT_EQ(parse_duration("1h30m").value(), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("1.5h").value(), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("2d").value(), milliseconds(172'800'000));
  EXPECT_EQ(parse_duration("0").value(), milliseconds(0));
}

TEST(Span, RefusesWhatIsNoSpan) {
  EXPECT_EQ(sentence(parse_duration("soon")), "'soon' is no span of time: write 90s, 15m, 1h30m or 2d");
  for (const char* bad : {"", "h", "-5", "1x", "1.h", "1.2345s", "1h 30m", "18446744073709551616"})
    EXPECT_NE(sentence(parse_duration(bad)), "accepted") << bad;
  EXPECT_EQ(sentence(parse_duration("4000d")), "'4000d' is longer than ten years");
}

TEST(Date, DayIsMidnightUtc) {
  EXPECT_EQ(parse_date("2024-01-31").value(), 1706659200);
  EXPECT_EQ(parse_date("2024-01-31T12:00:00Z").value(), 1706702400);
}

TEST(Date, RefusesWhatIsNoDate) {
  EXPECT_EQ(sentence(parse_date("yesterday")),
            "'yesterday' is no date: write 2024-01-31 or 2024-01-31T12:00:00Z");
  EXPECT_NE(sentence(parse_date("2023-02-29")), "accepted");
}

TEST(Count, HoldsItsBounds) {
  EXPECT_EQ(parse_count("1", 1, 32).value(), 1U);
  EXPECT_EQ(parse_count("32", 1, 32).value(), 32U);
  EXPECT_EQ(sentence(parse_count("33", 1, 32)), "'33' is no whole number from 1 to 32");
  EXPECT_EQ(sentence(parse_count("4x", 1, 32)), "'4x' is no whole number from 1 to 32");
  EXPECT_EQ(sentence(parse_count("", 1, 32)), "'' is no whole number from 1 to 32");
}

TEST(Map, DividesAtTheFirstEqualsSign) {
  const auto map = parse_map("Sent Items=Sent=1");
  ASSERT_TRUE(map.ok());
  EXPECT_EQ(map->first, "Sent Items");
  EXPECT_EQ(map->second, "Sent=1");
}

TEST(Map, RefusesAnEmptySide) {
  EXPECT_EQ(sentence(parse_map("Sent")),
            R"('Sent' maps nothing: write SOURCE=TARGET, such as "Sent Items=Sent")");
  EXPECT_NE(sentence(parse_map("=Sent")), "accepted");
  EXPECT_NE(sentence(parse_map("Sent=")), "accepted");
}

}  // namespace
}  // namespace pf::config
