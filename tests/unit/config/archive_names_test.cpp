#include "config/archive_names.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace pf::config {
namespace {

using Names = std::vector<std::string>;

TEST(ArchiveNames, AreTheReferencesWhereAnEmailIsAName) {
  EXPECT_EQ(archive_directory_names({"joe@example.com", "Ann.Lee+x@Example.com"}),
            (Names{"joe@example.com", "Ann.Lee+x@Example.com"}));
}

TEST(ArchiveNames, TheReferencesOwnNames) {
  EXPECT_EQ(reference_directory_name("  joe@example.com\t"), "joe@example.com");
  EXPECT_EQ(reference_directory_name("a/b//c d  e\xc3\xbc"), "a_b__c_d_e_");
  EXPECT_EQ(reference_directory_name(std::string(300, 'x')), std::string(200, 'x'));
  EXPECT_EQ(reference_directory_name(" \n"), "");
}

TEST(ArchiveNames, ChangedOnesCarryADigest) {
  const auto names = archive_directory_names({"a/b", "a_b", "a b", "..", ".", "x.", std::string(300, 'y')});
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
  EXPECT_TRUE(names[0].starts_with("a_b-")) << names[0];
  EXPECT_TRUE(names[3].starts_with("_..-")) << names[3];
  EXPECT_TRUE(names[5].starts_with("x.-")) << names[5];
  EXPECT_EQ(archive_directory_names({"c", "a/b"})[1], names[0]);
}

// On a file system that folds case they would be one directory.
TEST(ArchiveNames, NeitherOfTwoThatDifferByCaseTakesThePlainName) {
  const auto names = archive_directory_names({"joe@x", "Joe@x"});
  EXPECT_TRUE(names[0].starts_with("joe@x-"));
  EXPECT_TRUE(names[1].starts_with("Joe@x-"));
  EXPECT_EQ(archive_directory_names({"Joe@x", "joe@x"}), (Names{names[1], names[0]}));
}

RC_GTEST_PROP(ArchiveNames, AreSafeAndDistinctWithoutRegardToCase, (const std::set<std::string>& emails)) {
  const auto names = archive_directory_names(Names(emails.begin(), emails.end()));
  std::set<std::string> folded;
  for (const auto& name : names) {
    RC_ASSERT(!name.empty() && name.size() <= 202U);
    RC_ASSERT(name.front() != '.' && name.back() != '.');
    RC_ASSERT(std::ranges::all_of(name, [](unsigned char c) {
      return (std::isalnum(c) != 0 && c < 128) ||
             std::string_view("_.@+-").find(static_cast<char>(c)) != std::string_view::npos;
    }));
    std::string lower;
    for (const char c : name) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    folded.insert(lower);
  }
  RC_ASSERT(folded.size() == emails.size());
}

}  // namespace
}  // namespace pf::config
