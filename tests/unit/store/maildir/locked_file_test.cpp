#include "store/maildir/locked_file.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

namespace pf::store::maildir {
namespace {

using test::read_file;
using test::TempDir;
using test::write_file;

class LockedFile : public testing::Test {
 protected:
  Status add(const std::string& line, std::chrono::milliseconds patience = std::chrono::minutes(2)) const {
    return change_locked(
        dir_, "file", 1000, [&](const std::string& now) -> std::optional<std::string> { return now + line; },
        patience);
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(temp_.path()), {}));
  }
  TempDir temp_;
  os::Directory dir_ = os::Directory::open(temp_.path()).value();
};

TEST_F(LockedFile, IsReplacedAsAWhole) {
  ASSERT_TRUE(add("one\n"));
  ASSERT_TRUE(add("two\n"));
  EXPECT_EQ(read_file(temp_ / "file"), "one\ntwo\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(LockedFile, IsLeftAloneWhenNothingIsToChange) {
  ASSERT_TRUE(add("one\n"));
  const auto before = dir_.status("file").value();
  ASSERT_TRUE(change_locked(dir_, "file", 1000, [](const std::string&) { return std::nullopt; }));
  EXPECT_EQ(dir_.status("file").value().changed, before.changed);
  EXPECT_EQ(files(), 1U);
}

TEST_F(LockedFile, TooLargeAFileIsAnErrorAndLeavesNoLock) {
  write_file(temp_ / "file", std::string(1001, 'x'));
  EXPECT_EQ(add("y").error().code, Errc::limit);
  EXPECT_EQ(files(), 1U);
}

TEST_F(LockedFile, TheLockOfAnotherProgramIsRespected) {
  for (const auto* content : {"half of the new content", "", "postferry", "postferry\nand more"}) {
    write_file(temp_ / "file.lock", content);
    const auto refused = add("one\n", std::chrono::milliseconds(30));
    ASSERT_FALSE(refused) << content;
    EXPECT_EQ(refused.error().code, Errc::locked);
    EXPECT_EQ(read_file(temp_ / "file.lock"), content);
  }
}

TEST_F(LockedFile, TheLockOfAKilledRunIsNoneAndThatOfALivingOneIs) {
  write_file(temp_ / "file.lock", "postferry\n");
  write_file(temp_ / "file.postferry", "half of what was to co");
  {
    const auto alive = dir_.lock_file("file.lock").value();
    EXPECT_EQ(add("one\n", std::chrono::milliseconds(50)).error().code, Errc::locked);
  }
  ASSERT_TRUE(add("one\n"));
  EXPECT_EQ(read_file(temp_ / "file"), "one\n");
  EXPECT_EQ(files(), 1U);
}

// Whatever the moment a run is killed at, the next one sees whose its lock was.
TEST_F(LockedFile, NobodyEverSeesALockOfOursThatIsNotSigned) {
  std::atomic<bool> done = false;
  std::thread worker([&] {
    for (int n = 0; n < 2000; ++n)
      EXPECT_TRUE(change_locked(dir_, "file", 1000, [](const std::string&) { return std::nullopt; }));
    done = true;
  });
  while (!done) {
    const auto content = dir_.read_file("file.lock", 100);
    if (content) EXPECT_EQ(*content, "postferry\n");
  }
  worker.join();
  EXPECT_EQ(files(), 0U);
}

// Who reads it meanwhile, without a lock as Dovecot does, has the old or the new one.
TEST_F(LockedFile, CanBeReadWhileItIsReplaced) {
  ASSERT_TRUE(add("x"));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int n = 0; n < 500; ++n) EXPECT_TRUE(add("x"));
    done = true;
  });
  while (!done) {
    const auto content = dir_.read_file("file", 1000);
    EXPECT_TRUE(content) << content.error().describe();
  }
  writer.join();
}

TEST_F(LockedFile, ManyChangeItAndNothingIsLost) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 10; ++n) EXPECT_TRUE(add("x"));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(read_file(temp_ / "file"), std::string(40, 'x'));
  EXPECT_EQ(files(), 1U);
}

}  // namespace
}  // namespace pf::store::maildir
