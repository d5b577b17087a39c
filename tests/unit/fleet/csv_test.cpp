#include "fleet/csv.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::fleet {
namespace {

using Cells = std::vector<std::string>;

std::vector<CsvRecord> all(std::string_view text, char separator = ',') {
  CsvReader reader(text, separator);
  std::vector<CsvRecord> records;
  while (auto record = reader.next()) records.push_back(*std::move(record));
  return records;
}

TEST(Csv, TakesTheExamplesOfTheRfc) {  // RFC 4180 2
  const auto records = all("aaa,bbb,ccc\r\n\"aaa\",\"b\r\nbb\",\"ccc\"\r\n\"aaa\",\"b\"\"bb\",\"ccc\"");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].cells, (Cells{"aaa", "bbb", "ccc"}));
  EXPECT_EQ(records[1].cells, (Cells{"aaa", "b\r\nbb", "ccc"}));
  EXPECT_EQ(records[2].cells, (Cells{"aaa", "b\"bb", "ccc"}));
  EXPECT_EQ(records[0].line, 1U);
  EXPECT_EQ(records[1].line, 2U);
  EXPECT_EQ(records[2].line, 4U);  // the second takes two lines
}

TEST(Csv, KnowsEveryEndOfALine) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const auto records = all("a,b" + end + end + "c,d" + end);
    ASSERT_EQ(records.size(), 3U);
    EXPECT_TRUE(records[1].blank());
    EXPECT_EQ(records[2].cells, (Cells{"c", "d"}));
    EXPECT_EQ(records[2].line, 3U);
  }
}

TEST(Csv, KeepsEmptyCellsAndBlanks) {
  EXPECT_EQ(all(",, x ,").front().cells, (Cells{"", "", " x ", ""}));
  EXPECT_EQ(all("\"\",b").front().cells, (Cells{"", "b"}));
  EXPECT_TRUE(all("").empty());
}

TEST(Csv, AQuoteInTheMiddleStandsForItself) {
  const auto records = all("pa\"ss,b\"\n");
  EXPECT_EQ(records.front().cells, (Cells{"pa\"ss", "b\""}));
  EXPECT_EQ(records.front().problem, "");
}

TEST(Csv, SaysWhereAQuoteIsNotClosedAndWhatStandsBehindOne) {
  const auto open = all("a\nb,\"c\nd\n");
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[1].line, 2U);
  EXPECT_EQ(open[1].problem, "a quote is not closed");
  const auto behind = all("\"a\"b,c\nd,e\n");
  ASSERT_EQ(behind.size(), 2U);
  EXPECT_EQ(behind[0].problem, "text stands behind a closing quote");
  EXPECT_EQ(behind[1].problem, "");
}

RC_GTEST_PROP(CsvProperty, WhatIsQuotedComesBack, (std::vector<std::vector<std::string>> rows)) {
  std::string text;
  std::vector<Cells> written;
  for (auto& row : rows) {
    if (row.empty()) row.emplace_back("x");
    std::string line;
    for (const auto& cell : row) {
      line += line.empty() ? "\"" : ";\"";
      for (const char c : cell) line += c == '"' ? std::string("\"\"") : std::string(1, c);
      line += '"';
    }
    text += line + "\r\n";
    written.push_back(row);
  }
  std::vector<Cells> read;
  for (auto& record : all(text, ';')) {
    RC_ASSERT(record.problem.empty());
    read.push_back(std::move(record.cells));
  }
  RC_ASSERT(read == written);
}

RC_GTEST_PROP(CsvProperty, AnyTextEnds, (std::string text)) {
  std::size_t last = 0;
  for (const auto& record : all(text)) {
    RC_ASSERT(record.line > last);
    last = record.line;
  }
}

}  // namespace
}  // namespace pf::fleet
