#include "store/archive/names.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace pf::store {
namespace {

std::string folder(std::vector<std::string> parts) {
  return folder_name(wire_from_path({std::move(parts)}, archive_names).wire);
}

TEST(FolderName, IsReadableAndHasADigestOfTheWholeName) {
  EXPECT_EQ(folder({"INBOX"}), "INBOX");
  EXPECT_EQ(folder({"Sent Items"}), "Sent_Items-02f4333c094e");
  EXPECT_EQ(folder({"Work", "2024"}), "Work_2024-b88d226c1e0f");
}

// reliability: names that end outside, or that a system keeps for itself.
TEST(FolderName, OfHostileNamesIsOneHarmlessPart) {
  const std::string long_name(5000, 'x');
  for (const auto& parts : std::vector<std::vector<std::string>>{{".."},
                                                                 {"..", "..", "etc", "passwd"},
                                                                 {""},
                                                                 {"", ""},
                                                                 {"CON"},
                                                                 {"con.txt"},
                                                                 {"NUL"},
                                                                 {"COM1", "x"},
                                                                 {"a."},
                                                                 {"a "},
                                                                 {" a"},
                                                                 {".hidden"},
                                                                 {"a:b"},
                                                                 {"a\\b"},
                                                                 {"a/b"},
                                                                 {"*?\"<>|"},
                                                                 {"\n\r\t"},
                                                                 {"-rf"},
                                                                 {"archive.json"},
                                                                 {"manifest.jsonl"},
                                                                 {"\xE4\xFF"},
                                                                 {"日本語"},
                                                                 {long_name},
                                                                 {".tmp-x"}}) {
    const auto name = folder(parts);
    EXPECT_LE(name.size(), 80U);
    EXPECT_TRUE(std::ranges::all_of(name, [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '@' || c == '+' || c == '-';
    })) << name;
    EXPECT_NE(name.front(), '-');
    // The names Windows keeps are whole names.
    EXPECT_EQ(name[name.size() - 13], '-') << name;
  }
}

TEST(FolderName, DiffersAfterFoldingOfCaseAndNormalisation) {
  std::set<std::string> names;
  for (const auto& parts : std::vector<std::vector<std::string>>{{"Trash"},
                                                                 {"trash"},
                                                                 {"TRASH"},
                                                                 {"a/b"},
                                                                 {"a", "b"},
                                                                 {"a_b"},
                                                                 {"a b"},
                                                                 {"a.b"},
                                                                 {"\xC3\xA9"},
                                                                 {"e\xCC\x81"},
                                                                 {"e"},
                                                                 {"INBOX", "x"},
                                                                 {"INBOX_x"},
                                                                 {"inbox "},
                                                                 {""},
                                                                 {"", ""}}) {
    auto name = folder(parts);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_FALSE(names.contains("inbox"));
}

RC_GTEST_PROP(FolderName, IsAlwaysAPlainName, (const std::vector<std::string>& parts)) {
  const auto name = folder(parts);
  RC_ASSERT(!name.empty());
  RC_ASSERT(name.size() <= 80);
  RC_ASSERT(name.find_first_of("/\\.: ") == std::string::npos);
}

TEST(ListName, IsWhatImapWrites) {
  EXPECT_EQ(list_name({{"Entwürfe", "2024"}}), "Entw&APw-rfe/2024");
  EXPECT_EQ(list_name({{"INBOX"}}), "INBOX");
}

TEST(Stem, HoldsDateDigestAndOrdinal) {
  EXPECT_EQ((Stem{1'706'702'400, 0x0123456789ABCDEF, 1}.to_string()), "20240131T120000Z-0123456789abcdef");
  EXPECT_EQ((Stem{1'706'702'400, 0xF, 12}.to_string()), "20240131T120000Z-000000000000000f-12");
  EXPECT_EQ((Stem{-62'135'596'800, 0, 1}.to_string()), "00010101T000000Z-0000000000000000");
}

TEST(Stem, NothingElseIsOne) {
  for (const auto* text :
       {"", "x", "20240131T120000Z", "20240131T120000Z-0123456789abcde", "20240131T120000Z-0123456789ABCDEF",
        "20240131T120000Z-0123456789abcdef-1", "20240131T120000Z-0123456789abcdef-01",
        "20240131T120000Z-0123456789abcdef-", "20240131T120000Z-0123456789abcdef--2",
        "20240131T120000Z-0123456789abcdef-99999999999", "20240231T120000Z-0123456789abcdef",
        "20240131T250000Z-0123456789abcdef", "2024-131T120000Z-0123456789abcdef",
        "../40131T120000Z-0123456789abcdef", "20240131T120000Z-0123456789abcdef/x",
        "20240131T120000Z-0123456789abcdef.eml", "20240131 120000Z-0123456789abcdef",
        "20240131T120000Z_0123456789abcdef"})
    EXPECT_FALSE(Stem::parse(text)) << text;
}

RC_GTEST_PROP(Stem, IsReadAsItWasWritten, (std::uint64_t prefix)) {
  // Years 1 to 9999.
  const Stem stem{*rc::gen::inRange<std::int64_t>(-62'135'596'800, 253'402'300'800), prefix,
                  *rc::gen::inRange<std::uint32_t>(1, 1'000'000)};
  RC_ASSERT(Stem::parse(stem.to_string()) == stem);
}

TEST(Storable, IsADateThatCanBeReadAgain) {
  EXPECT_EQ(storable(InternalDate(1'700'000'000, -720)).zone_minutes(), -720);
  EXPECT_EQ(storable(InternalDate(1'700'000'000, -720)).unix_seconds(), 1'700'000'000);
  EXPECT_EQ(storable(InternalDate(std::int64_t{1} << 60, 0)).unix_seconds(), 253'402'300'799);
}

}  // namespace
}  // namespace pf::store
