#include "cli/render/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pf::cli {
namespace {

TEST(Numbers, AreGroupedByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(Numbers, BytesHaveOneDecimalAndNeverShowAThousand) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.0 KB");
  EXPECT_EQ(bytes_text(999'949), "999.9 KB");
  EXPECT_EQ(bytes_text(999'950), "1.0 MB");
  EXPECT_EQ(bytes_text(52'400'000), "52.4 MB");
  EXPECT_EQ(bytes_text(1'500'000'000), "1.5 GB");
  EXPECT_EQ(bytes_text(std::numeric_limits<std::uint64_t>::max()), "18446.7 PB");
}

TEST(Numbers, RatesSurviveNonsense) {
  EXPECT_EQ(rate_text(4'500'000), "4.5 MB/s");
  EXPECT_EQ(rate_text(-1), "0 B/s");
  EXPECT_EQ(rate_text(std::nan("")), "0 B/s");
  EXPECT_EQ(rate_text(std::numeric_limits<double>::infinity()), "0 B/s");
}

TEST(Numbers, SpansGrowTheirUnits) {
  EXPECT_EQ(span_text(0), "0.0 s");
  EXPECT_EQ(span_text(12.34), "12.3 s");
  EXPECT_EQ(span_text(59.94), "59.9 s");
  EXPECT_EQ(span_text(59.96), "1 min 00 s");
  EXPECT_EQ(span_text(125), "2 min 05 s");
  EXPECT_EQ(span_text(3720), "1 h 02 min");
  EXPECT_EQ(span_text(100'000), "1 d 3 h");
}

TEST(Numbers, ClockShowsTimeToGo) {
  EXPECT_EQ(clock_text(12), "0:12");
  EXPECT_EQ(clock_text(725), "12:05");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(clock_text(-5), "0:00");
}

TEST(Numbers, OneIsSingular) {
  EXPECT_EQ(counted(1, "message", "messages"), "1 message");
  EXPECT_EQ(counted(0, "message", "messages"), "0 messages");
  EXPECT_EQ(counted(2000, "message", "messages"), "2,000 messages");
}

TEST(Columns, CountWhatATerminalShows) {
  EXPECT_EQ(columns_of("日本語/台北"), 11U);
  EXPECT_EQ(columns_of("e\u0301"), 1U);
  EXPECT_EQ(columns_of("Entwürfe"), 8U);
  EXPECT_EQ(columns_of("\xff\xfe"), 2U);
  EXPECT_EQ(columns_of(""), 0U);
}

TEST(Columns, CutNeverSplitsACodePoint) {
  EXPECT_EQ(cut_to("Entwürfe", 4), "Entw");
  EXPECT_EQ(cut_to("Entwürfe", 5), "Entwü");
  EXPECT_EQ(cut_to("日本", 3), "日");
  EXPECT_EQ(cut_to("e\u0301x", 1), "e\u0301");
  EXPECT_EQ(cut_to("ab", 9), "ab");
  EXPECT_EQ(cut_to("ab", 0), "");
}

TEST(TimeText, IsUtcAndNeverMoreThanFourDigitsOfAYear) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_text(1709210096), "2024-02-29T12:34:56Z");
  EXPECT_EQ(time_text(-1), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_text(253402300800), "9999-12-31T23:59:59Z");
  EXPECT_EQ(time_text(std::numeric_limits<std::int64_t>::max()), "9999-12-31T23:59:59Z");
}

}  // namespace
}  // namespace pf::cli
