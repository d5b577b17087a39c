#include "base/os/file.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pf::os {
namespace {

using test::TempDir;

mode_t mode_of(const Path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777U;
}

std::size_t entries(const TempDir& dir) {
  const std::filesystem::directory_iterator begin(dir.path());
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

TEST(ReadFile, GivesAllBytesUpToTheLimit) {
  const TempDir dir;
  const std::string bytes("a\0b\r\n\xFF", 6);
  test::write_file(dir / "f", bytes);
  EXPECT_EQ(read_file(dir / "f", 100).value(), bytes);
  EXPECT_EQ(read_file(dir / "f", 6).value(), bytes);
  const auto more = read_file(dir / "f", 5);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Errc::limit);
}

TEST(ReadFile, ReadsEmptyAndLargeFiles) {
  const TempDir dir;
  test::write_file(dir / "empty", "");
  EXPECT_EQ(read_file(dir / "empty", 0).value(), "");
  const std::string large(300'000, 'x');
  test::write_file(dir / "large", large);
  EXPECT_EQ(read_file(dir / "large", 300'000).value(), large);
  EXPECT_FALSE(read_file(dir / "large", 299'999));
}

TEST(ReadFile, AnEndlessFileMeetsTheLimit) {
  EXPECT_EQ(read_file("/dev/zero", 1000).error().code, Errc::limit);
}

TEST(ReadFile, NamesTheFileAndTheReason) {
  const TempDir dir;
  const auto missing = read_file(dir / "nothing", 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_NE(missing.error().context.find((dir / "nothing").native()), std::string::npos);
  EXPECT_NE(missing.error().context.find("No such file"), std::string::npos);
  EXPECT_EQ(read_file(dir.path(), 10).error().code, Errc::io);  // a directory
}

TEST(WriteFileAtomically, ReplacesContentAndModeAndLeavesNothingElse) {
  const TempDir dir;
  test::write_file(dir / "f", "old and longer");
  ::chmod((dir / "f").c_str(), 0644);
  ASSERT_TRUE(write_file_atomically(dir / "f", as_bytes("new")));
  EXPECT_EQ(test::read_file(dir / "f"), "new");
  EXPECT_EQ(mode_of(dir / "f"), 0600U);
  EXPECT_EQ(entries(dir), 1U);
}

TEST(WriteFileAtomically, GivesTheModeAskedForWhateverTheUmask) {
  const TempDir dir;
  const mode_t before = ::umask(0077);
  const auto done = write_file_atomically(dir / "f", as_bytes("x"), 0644);
  ::umask(before);
  ASSERT_TRUE(done);
  EXPECT_EQ(mode_of(dir / "f"), 0644U);
}

TEST(WriteFileAtomically, CleansUpWhenItCannotReplace) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "d");
  EXPECT_FALSE(write_file_atomically(dir / "d", as_bytes("x")));
  EXPECT_EQ(entries(dir), 1U);
  EXPECT_EQ(write_file_atomically(dir / "no" / "f", as_bytes("x")).error().code, Errc::not_found);
}

TEST(MakePrivateDir, MakesTheMissingPartsForTheOwnerOnly) {
  const TempDir dir;
  ASSERT_TRUE(make_private_dir(dir / "a" / "b" / "c"));
  EXPECT_EQ(mode_of(dir / "a"), 0700U);
  EXPECT_EQ(mode_of(dir / "a" / "b" / "c"), 0700U);
  EXPECT_TRUE(make_private_dir(dir / "a" / "b" / "c"));
  EXPECT_TRUE(make_private_dir(dir / "a" / "b" / ""));
}

TEST(MakePrivateDir, LeavesWhatExistsAsItIs) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "home");
  ::chmod((dir / "home").c_str(), 0755);
  ASSERT_TRUE(make_private_dir(dir / "home"));
  EXPECT_EQ(mode_of(dir / "home"), 0755U);
}

TEST(MakePrivateDir, RefusesAFileInTheWay) {
  const TempDir dir;
  test::write_file(dir / "f", "");
  EXPECT_FALSE(make_private_dir(dir / "f"));
  EXPECT_FALSE(make_private_dir(dir / "f" / "below"));
}

TEST(OpenToOthers, SeesGroupAndWorld) {
  const TempDir dir;
  test::write_file(dir / "f", "secret");
  for (const mode_t mode : {0600U, 0400U, 0700U}) {
    ::chmod((dir / "f").c_str(), mode);
    EXPECT_FALSE(open_to_others(dir / "f").value()) << mode;
  }
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U}) {
    ::chmod((dir / "f").c_str(), mode);
    EXPECT_TRUE(open_to_others(dir / "f").value()) << mode;
  }
  EXPECT_EQ(open_to_others(dir / "nothing").error().code, Errc::not_found);
}

TEST(FileLock, RefusesASecondHolderAndNamesTheFirst) {
  const TempDir dir;
  const auto first = FileLock::acquire(dir / "lock");
  ASSERT_TRUE(first);
  const auto second = FileLock::acquire(dir / "lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::locked);
  EXPECT_NE(second.error().context.find("process " + std::to_string(::getpid())), std::string::npos)
      << second.error().context;
  EXPECT_EQ(mode_of(dir / "lock"), 0600U);
}

TEST(FileLock, IsFreeAgainWhenItsHolderGoesButNotWhenItMoves) {
  const TempDir dir;
  {
    auto first = FileLock::acquire(dir / "lock");
    ASSERT_TRUE(first);
    const FileLock moved = *std::move(first);
    EXPECT_FALSE(FileLock::acquire(dir / "lock"));
  }
  EXPECT_TRUE(FileLock::acquire(dir / "lock"));
}

TEST(FileLock, IsFreeAgainWhenTheProcessIsKilled) {
  const TempDir dir;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::acquire(dir / "lock");
    const char told = lock ? 'y' : 'n';
    (void)!::write(ready[1], &told, 1);
    for (;;) ::pause();
  }
  char told = 0;
  ASSERT_EQ(::read(ready[0], &told, 1), 1);
  EXPECT_EQ(told, 'y');
  EXPECT_FALSE(FileLock::acquire(dir / "lock"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(FileLock::acquire(dir / "lock"));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FileLock, DoesNotFollowALinkLaidForIt) {
  const TempDir dir;
  test::write_file(dir / "victim", "precious");
  std::filesystem::create_symlink(dir / "victim", dir / "lock");
  EXPECT_FALSE(FileLock::acquire(dir / "lock"));
  EXPECT_EQ(test::read_file(dir / "victim"), "precious");
}

}  // namespace
}  // namespace pf::os
