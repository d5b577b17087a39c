#include "store/archive/line_file.h"

#include "support/temp_dir.h"

#include <gmock/gmock.h>

#include <fstream>

namespace pf::test {
namespace {

using store::LineFile;
using testing::ElementsAre;

// Who reads and writes the file, and what it has seen.
struct Holder {
  LineFile file{"lines", 1000};
  std::vector<std::string> taken{};
  Status take(std::string_view lines) {
    taken.emplace_back(lines);
    return {};
  }
};

class LineFileTest : public testing::Test {
 protected:
  LineFileTest() { write(""); }
  void write(std::string_view text) const {
    std::ofstream(temp_ / "lines", std::ios::binary | std::ios::app) << text;
  }
  [[nodiscard]] std::string text() const { return read_file(temp_ / "lines"); }
  Status read(Holder& holder) const {
    return holder.file.read(directory_, [&](std::string_view lines) { return holder.take(lines); });
  }
  Status append(Holder& holder, std::string_view lines) const {
    return holder.file.append(directory_, lines, [&](std::string_view all) { return holder.take(all); });
  }

  TempDir temp_;
  os::Directory directory_ = os::Directory::open(temp_.path()).value();
};

TEST_F(LineFileTest, GivesWhatCameSinceTheLastTime) {
  Holder holder;
  write("one\ntwo\n");
  ASSERT_TRUE(read(holder));
  write("three\n");
  ASSERT_TRUE(read(holder));
  ASSERT_TRUE(read(holder));
  EXPECT_THAT(holder.taken, ElementsAre("one\ntwo\n", "three\n"));
}

TEST_F(LineFileTest, ALineWithoutItsEndIsNotThereUntilItIsWhole) {
  Holder holder;
  write("one\ntw");
  ASSERT_TRUE(read(holder));
  EXPECT_EQ(holder.file.torn_octets(directory_).value(), 2U);
  write("o\n");
  ASSERT_TRUE(read(holder));
  EXPECT_THAT(holder.taken, ElementsAre("one\n", "two\n"));
}

TEST_F(LineFileTest, ATornLineIsCutOffByTheNextThatIsAdded) {
  Holder holder;
  write("one\ntw");
  ASSERT_TRUE(read(holder));
  ASSERT_TRUE(append(holder, "new\n"));
  ASSERT_TRUE(append(holder, "newer\n"));
  EXPECT_EQ(text(), "one\nnew\nnewer\n");
  EXPECT_THAT(holder.taken, ElementsAre("one\n", "new\n", "newer\n"));
}

TEST_F(LineFileTest, WhatAnotherWroteMeanwhileIsNotCutOff) {
  Holder first, second;
  write("one\n");
  ASSERT_TRUE(read(first));
  ASSERT_TRUE(read(second));
  ASSERT_TRUE(append(first, "first\n"));
  const auto refused = append(second, "second\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().scope, Scope::connection);
  EXPECT_EQ(text(), "one\nfirst\n");
  ASSERT_TRUE(read(second));
  ASSERT_TRUE(append(second, "second\n"));
  EXPECT_EQ(text(), "one\nfirst\nsecond\n");
}

TEST_F(LineFileTest, AnotherFileOfTheNameIsNotTakenForIt) {
  Holder holder;
  write("one\n");
  ASSERT_TRUE(read(holder));
  std::ofstream(temp_ / "other") << "one\ntwo\n";
  std::filesystem::rename(temp_ / "other", temp_ / "lines");
  const auto done = read(holder);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::disconnected);
  EXPECT_THAT(holder.taken, ElementsAre("one\n"));
}

}  // namespace
}  // namespace pf::test
