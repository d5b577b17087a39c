#include "mail/internal_date.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace pf {
namespace {

std::optional<std::int64_t> seconds_of(std::string_view text) {
  const auto date = InternalDate::parse(text);
  if (!date) return std::nullopt;
  return date->unix_seconds();
}

TEST(InternalDate, ReadsTheExamplesOfTheRfc) {
  const auto date = InternalDate::parse("17-Jul-1996 02:44:25 -0700");  // RFC 3501 7.4.2
  ASSERT_TRUE(date);
  EXPECT_EQ(date->unix_seconds(), 837596665);
  EXPECT_EQ(date->zone_minutes(), -420);
  EXPECT_EQ(date->to_string(), "17-Jul-1996 02:44:25 -0700");
}

TEST(InternalDate, ReadsAnyPaddingOfTheDayAndAnyCaseOfTheMonth) {
  for (const std::string_view text : {" 1-Feb-2003 04:05:06 +0000", "1-Feb-2003 04:05:06 +0000",
                                      "01-FEB-2003 04:05:06 +0000", "  01-feb-2003 04:05:06 +0000 "}) {
    EXPECT_EQ(seconds_of(text), 1044072306) << text;
  }
}

TEST(InternalDate, KnowsDatesBefore1970AndLeapDays) {
  EXPECT_EQ(seconds_of("31-Dec-1969 23:59:59 +0000"), -1);
  EXPECT_EQ(seconds_of("30-Dec-1899 00:00:00 +0000"), -2209161600);  // IceWarp for "no date"
  EXPECT_EQ(seconds_of("29-Feb-2000 00:00:00 +0000"), 951782400);
  EXPECT_FALSE(seconds_of("29-Feb-1900 00:00:00 +0000"));
  EXPECT_EQ(seconds_of("01-Jan-0001 00:00:00 +0000"), -62135596800);
  EXPECT_EQ(seconds_of("31-Dec-9999 23:59:59 +0000"), 253402300799);
}

TEST(InternalDate, TakesOddZonesAsTheyAre) {
  EXPECT_EQ(seconds_of("01-Jan-1970 05:45:00 +0545"), 0);
  EXPECT_EQ(seconds_of("31-Dec-1969 23:59:00 -0001"), 0);
  EXPECT_EQ(seconds_of("02-Jan-1970 00:00:00 +2359"), 60);
  EXPECT_EQ(InternalDate(0, -1).to_string(), "31-Dec-1969 23:59:00 -0001");
  EXPECT_EQ(InternalDate(0, 345).to_string(), " 1-Jan-1970 05:45:00 +0545");
}

TEST(InternalDate, ReadsAZoneThatCannotBeAsUtc) {
  for (const std::string_view zone : {"+9999", "-9999", "+2400", "+0060"}) {
    const auto date = InternalDate::parse("01-Jan-1970 00:00:05 " + std::string(zone));
    ASSERT_TRUE(date) << zone;
    EXPECT_EQ(date->unix_seconds(), 5) << zone;
    EXPECT_EQ(date->zone_minutes(), 0) << zone;
  }
}

TEST(InternalDate, TakesALeapSecondAsTheNextOne) {
  EXPECT_EQ(seconds_of("31-Dec-2016 23:59:60 +0000"), 1483228800);
  EXPECT_FALSE(seconds_of("31-Dec-2016 23:59:61 +0000"));
}

TEST(InternalDate, RefusesWhatIsNoDate) {
  for (const std::string_view bad : {"00-Jan-0000 00:00:00 +0000",  // Domino
                                     "01-Jan-0000 00:00:00 +0000",
                                     "32-Jan-2000 00:00:00 +0000",
                                     "31-Apr-2000 00:00:00 +0000",
                                     "01-Foo-2000 00:00:00 +0000",
                                     "01-Jan-2000 24:00:00 +0000",
                                     "01-Jan-2000 00:60:00 +0000",
                                     "01-Jan-2000 00:00:00",
                                     "01-Jan-2000 00:00:00 0000",
                                     "01-Jan-2000 00:00:00 +000",
                                     "01-Jan-2000 00:00:00 +00000",
                                     "01-Jan-2000 00:00:00 GMT",
                                     "01-Jan-00 00:00:00 +0000",
                                     "01-Jan-20000 00:00:00 +0000",
                                     "-1-Jan-2000 00:00:00 +0000",
                                     "01 Jan 2000 00:00:00 +0000",
                                     "01-January-2000 00:00:00 +0000",
                                     "01-Jan-2000  00:00:00 +0000",
                                     "01-Jan-2000 00:00:00 +0000x",
                                     "NIL",
                                     "",
                                     "-",
                                     "1",
                                     "01-Jan-2000 0x:00:00 +0000",
                                     "100-Jan-2000 00:00:00 +0000"}) {
    EXPECT_FALSE(InternalDate::parse(bad)) << bad;
  }
}

TEST(InternalDate, WritesTheDayPaddedWithABlank) {
  EXPECT_EQ(InternalDate(1044072306, 0).to_string(), " 1-Feb-2003 04:05:06 +0000");
}

TEST(InternalDate, FallsBackToWhatCanBeWritten) {
  constexpr std::int64_t last = 253402300799;  // 31-Dec-9999 23:59:59 UTC
  EXPECT_EQ(InternalDate(last, 60).to_string(), "31-Dec-9999 23:59:59 +0000");
  EXPECT_EQ(InternalDate(last, -60).to_string(), "31-Dec-9999 22:59:59 -0100");
  EXPECT_EQ(InternalDate(-62135596800, -1).to_string(), " 1-Jan-0001 00:00:00 +0000");
  EXPECT_EQ(InternalDate(std::numeric_limits<std::int64_t>::max(), 720).to_string(),
            "31-Dec-9999 23:59:59 +0000");
  EXPECT_EQ(InternalDate(std::numeric_limits<std::int64_t>::min(), -720).to_string(),
            " 1-Jan-0001 00:00:00 +0000");
  EXPECT_EQ(InternalDate(0, 1440).to_string(), " 1-Jan-1970 00:00:00 +0000");
  EXPECT_EQ(InternalDate(0, std::numeric_limits<std::int16_t>::min()).to_string(),
            " 1-Jan-1970 00:00:00 +0000");
}

TEST(InternalDate, IsTheSameInstantInEveryZone) {
  const auto utc = InternalDate::parse("01-Jan-2000 12:00:00 +0000");
  const auto east = InternalDate::parse("01-Jan-2000 14:00:00 +0200");
  EXPECT_EQ(utc, east);
  EXPECT_LT(*utc, InternalDate(utc->unix_seconds() + 1, -720));
}

RC_GTEST_PROP(InternalDate, ParseUndoesToString, ()) {
  const auto seconds =
      *rc::gen::inRange<std::int64_t>(-62135510400, 253402214400);  // a day inside the years 1 to 9999
  const auto zone = static_cast<std::int16_t>(*rc::gen::inRange(-1439, 1440));
  const InternalDate date(seconds, zone);
  const auto text = date.to_string();
  RC_ASSERT(text.size() == 26U);
  const auto again = InternalDate::parse(text);
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->unix_seconds() == seconds);
  RC_ASSERT(again->zone_minutes() == zone);
}

RC_GTEST_PROP(InternalDate, AnyValueCanBeWrittenAndReadBack, (std::int64_t seconds, std::int16_t zone)) {
  const auto text = InternalDate(seconds, zone).to_string();
  RC_ASSERT(text.size() == 26U);
  const auto again = InternalDate::parse(text);
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->to_string() == text);
}

RC_GTEST_PROP(InternalDate, ParseTakesAnyBytes, (const std::string& bytes)) {
  const auto date = InternalDate::parse(bytes);
  if (date) RC_ASSERT(InternalDate::parse(date->to_string()) == date);
}

TEST(IsoDate, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_iso_date("1970-01-02")->unix_seconds(), 86400);
  EXPECT_EQ(parse_iso_date("1970-01-01T12:00:00Z")->unix_seconds(), 43200);
  EXPECT_EQ(parse_iso_date("1970-01-01T12:00")->unix_seconds(), 43200);
  EXPECT_EQ(parse_iso_date(" 1970-01-01 12:00:01 ")->unix_seconds(), 43201);
  EXPECT_EQ(parse_iso_date("1970-01-01T12:00:00+02:00")->unix_seconds(), 36000);
  EXPECT_EQ(parse_iso_date("1970-01-01T12:00:00-0200")->unix_seconds(), 50400);
  EXPECT_EQ(parse_iso_date("1970-01-01T12:00:00+02:00")->zone_minutes(), 120);
}

TEST(IsoDate, RefusesWhatIsNone) {
  for (const std::string_view bad :
       {"", "2024", "2024-1-31", "2024-02-30", "2024-01-31T", "2024-01-31T12", "2024-01-31x",
        "2024-01-31T12:00Zx", "31-01-2024", "2024-01-31T25:00", "yesterday", "2024-13-01"}) {
    EXPECT_FALSE(parse_iso_date(bad)) << bad;
  }
}

}  // namespace
}  // namespace pf
