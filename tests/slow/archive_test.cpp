// Archives of a size nobody writes, but somebody may send.
#include "support/ferry.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int a_million = 1'000'000;
// Told of each folder, and of what is in none.
constexpr std::size_t most_findings = 100'001;
constexpr int enough = 110'000;

void strew(const fs::path& folder, const std::string& prefix, int count) {
  const int at = ::open(folder.c_str(), O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < count; ++i) {
    const int fd = ::openat(at, (prefix + std::to_string(i)).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) throw std::runtime_error("cannot make a file");
    ::close(fd);
  }
  ::close(at);
}

// Threat 17: names without number.  A reader does not look at them, a check does not keep them, a writer
// takes its own away.
TEST(HugeArchive, AMillionFilesThatNobodyWroteAreBorne) {
  const Ferry ferry;
  const auto at = [&](const std::string& name) { return ferry.directory() / name; };
  const auto archive = [&](const std::string& name) { return End{"archive:" + at(name).native(), ""}; };
  // Made by way of the layout others write.
  fs::create_directories(at("old") / "INBOX");
  for (const auto* name : {"1704067200000-00000001", "1704067200000-00000002"}) {
    write_file(at("old") / "INBOX" / (std::string(name) + ".eml"),
               std::string("Subject: ") + name + "\r\n\r\nx\r\n");
    write_file(at("old") / "INBOX" / (std::string(name) + ".json"), R"({"mailbox": "INBOX"})");
  }
  ASSERT_EQ(ferry.sync(archive("old"), archive("mail")).code, 0);
  strew(at("mail") / "INBOX", "", a_million);
  strew(at("mail"), "", enough);
  strew(at("mail"), ".tmp-", enough);

  const auto checked = ferry.run({"archive", "check", at("mail").native()});
  EXPECT_EQ(checked.code, 4);
  EXPECT_THAT(checked.out, HasSubstr("2 messages in 1 mailbox"));
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(checked.out, '\n')), 3 * most_findings + 1);
  const auto read = ferry.sync(archive("mail"), archive("copy"));
  EXPECT_EQ(read.code, 0) << read;
  EXPECT_EQ(read["copied"], 2U);
  const auto written = ferry.sync(archive("old"), archive("mail"));
  EXPECT_EQ(written.code, 0) << written;

  rusage used{};
  ASSERT_EQ(::getrusage(RUSAGE_CHILDREN, &used), 0);
  EXPECT_LT(used.ru_maxrss, 700'000) << "KiB";
}

}  // namespace
}  // namespace pf::test
