#include "base/os/directory.h"

#include "base/os/fd_io.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace pf::os {
namespace {

using test::TempDir;
using testing::UnorderedElementsAre;

Errc code(const auto& result) {
  return result ? Errc::unexpected : result.error().code;
}

class DirectoryTest : public testing::Test {
 protected:
  TempDir temp;
  Directory dir = Directory::open(temp.path()).value();

  void put(std::string_view name, std::string_view bytes) const { test::write_file(temp / name, bytes); }
  [[nodiscard]] std::string get(std::string_view name) const { return test::read_file(temp / name); }
};

TEST_F(DirectoryTest, ReadsWholeFilesUpToTheLimit) {
  put("f", std::string("a\0b\r\n", 5));
  EXPECT_EQ(dir.read_file("f", 5).value(), std::string("a\0b\r\n", 5));
  EXPECT_EQ(code(dir.read_file("f", 4)), Errc::limit);
  put("empty", "");
  EXPECT_EQ(dir.read_file("empty", 0).value(), "");
  EXPECT_EQ(code(dir.read_file("none", 5)), Errc::not_found);
}

TEST_F(DirectoryTest, TakesOnlySingleNames) {
  put("f", "x");
  std::filesystem::create_directory(temp / "sub");
  test::write_file(temp / "sub" / "g", "y");
  for (const std::string_view name :
       {std::string_view(""), std::string_view("."), std::string_view(".."), std::string_view("sub/g"),
        std::string_view("../f"), std::string_view("/etc/hostname"), std::string_view("sub/"),
        std::string_view("f\0x", 3)}) {
    EXPECT_EQ(code(dir.open_file(name)), Errc::permission) << name;
    EXPECT_EQ(code(dir.create_file(name)), Errc::permission) << name;
    EXPECT_EQ(code(dir.open_below(name)), Errc::permission) << name;
    EXPECT_EQ(code(dir.open_or_make_below(name)), Errc::permission) << name;
    EXPECT_EQ(code(dir.rename("f", dir, name)), Errc::permission) << name;
    EXPECT_EQ(code(dir.remove_file(name)), Errc::permission) << name;
    EXPECT_EQ(code(dir.remove_directory(name)), Errc::permission) << name;
  }
  EXPECT_EQ(get("f"), "x");
}

TEST_F(DirectoryTest, FollowsNoLinks) {
  put("f", "secret");
  std::filesystem::create_directory(temp / "sub");
  std::filesystem::create_symlink("f", temp / "soft");
  std::filesystem::create_symlink("sub", temp / "softdir");
  std::filesystem::create_hard_link(temp / "f", temp / "hard");
  EXPECT_EQ(code(dir.open_file("soft")), Errc::permission);
  EXPECT_EQ(code(dir.open_file("hard")), Errc::permission);
  EXPECT_EQ(code(dir.open_to_append("soft")), Errc::permission);
  EXPECT_EQ(code(dir.open_to_append("hard")), Errc::permission);
  EXPECT_FALSE(dir.open_below("softdir"));
  EXPECT_FALSE(dir.open_or_make_below("softdir"));
  EXPECT_EQ(code(dir.create_file("soft")), Errc::exists);
}

TEST_F(DirectoryTest, ASharedFileIsOfTheDirectorysOwner) {
  put("f", "x");
  std::filesystem::create_hard_link(temp / "f", temp / "second");
  EXPECT_EQ(code(dir.open_file("second")), Errc::permission);
  EXPECT_TRUE(dir.open_shared_file("second"));
  std::filesystem::create_symlink("f", temp / "link");
  EXPECT_EQ(code(dir.open_shared_file("link")), Errc::permission);
  EXPECT_EQ(code(dir.open_shared_file("none")), Errc::not_found);
  if (::geteuid() != 0) return;  // only root can give a file away
  ASSERT_EQ(::chown((temp / "f").c_str(), 12345, 12345), 0);
  EXPECT_EQ(code(dir.open_shared_file("second")), Errc::permission);
}

TEST_F(DirectoryTest, AChangeShowsWhateverTheDateSays) {
  put("f", "x");
  ASSERT_TRUE(dir.set_modified("f", 1));
  const auto file = dir.status("f").value();
  EXPECT_EQ(file.modified, 1);
  EXPECT_GT(file.changed, 1'700'000'000'000'000'000);
  const auto before = dir.status().value();
  EXPECT_EQ(before.kind, Entry::Kind::directory);
  EXPECT_EQ(file_status(dir.open_file("f").value(), temp / "f").value().inode, file.inode);
  // The clock of a file system may stand still for some milliseconds.
  auto after = before;
  for (int i = 0; i < 10'000 && after.changed == before.changed; ++i) {
    ASSERT_TRUE(dir.create_file("g" + std::to_string(i)));
    after = dir.status().value();
  }
  EXPECT_GT(after.changed, before.changed);
}

TEST_F(DirectoryTest, OpensNoPipesAndDevices) {
  ASSERT_EQ(::mkfifo((temp / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(code(dir.open_file("pipe")), Errc::permission);
  EXPECT_FALSE(dir.open_to_append("pipe"));
}

TEST_F(DirectoryTest, MakesPrivateFilesAndDirectories) {
  const mode_t before = ::umask(0);
  const auto sub = dir.open_or_make_below("sub").value();
  {
    const Fd made = sub.create_file("f").value();
  }
  ::umask(before);
  struct stat status{};
  ASSERT_EQ(::stat((temp / "sub").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat((temp / "sub" / "f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(code(sub.create_file("f")), Errc::exists);
  EXPECT_TRUE(dir.open_or_make_below("sub"));
}

TEST_F(DirectoryTest, TellsWhatStandsInItByKind) {
  put("f", "x");
  std::filesystem::create_directory(temp / "d");
  std::filesystem::create_symlink("f", temp / "l");
  ASSERT_EQ(::mkfifo((temp / "p").c_str(), 0600), 0);
  std::map<std::string, Entry::Kind> found;
  ASSERT_TRUE(dir.each([&](const Entry& entry) -> Status {
    found[entry.name] = entry.kind;
    return {};
  }));
  using enum Entry::Kind;
  EXPECT_EQ(found,
            (std::map<std::string, Entry::Kind>{{"f", file}, {"d", directory}, {"l", link}, {"p", other}}));
  EXPECT_EQ(dir.status("l").value().kind, link);
  EXPECT_EQ(dir.status("f").value().size, 1U);
}

TEST_F(DirectoryTest, AWalkEndsWithTheErrorOfItsVisitor) {
  put("f", "x");
  put("g", "x");
  int calls = 0;
  const auto walked = dir.each([&](const Entry& /*entry*/) -> Status {
    ++calls;
    return Error{Errc::limit, Scope::run, Retry::never, "enough"};
  });
  EXPECT_EQ(code(walked), Errc::limit);
  EXPECT_EQ(calls, 1);
}

TEST_F(DirectoryTest, RenamesAcrossDirectoriesAndReplacesOnlyWhereWanted) {
  const auto sub = dir.open_or_make_below("sub").value();
  put("a", "1");
  put("b", "2");
  EXPECT_TRUE(dir.rename_to_new("a", sub, "x"));
  EXPECT_EQ(code(dir.rename_to_new("b", sub, "x")), Errc::exists);
  EXPECT_EQ(test::read_file(temp / "sub" / "x"), "1");
  EXPECT_TRUE(dir.rename("b", sub, "x"));
  EXPECT_EQ(test::read_file(temp / "sub" / "x"), "2");
  EXPECT_EQ(code(dir.rename("b", sub, "y")), Errc::not_found);
}

TEST_F(DirectoryTest, ALockIsForOneAndLeavesTheFileAsItIs) {
  put("a", "kept");
  {
    const auto mine = dir.lock_file("a");
    ASSERT_TRUE(mine);
    EXPECT_EQ(code(dir.lock_file("a")), Errc::locked);
    EXPECT_EQ(get("a"), "kept");
  }
  EXPECT_TRUE(dir.lock_file("a"));
  EXPECT_EQ(code(dir.lock_file("none")), Errc::not_found);
}

TEST_F(DirectoryTest, KeepsTheDateAndAppends) {
  {
    const Fd fd = dir.open_to_append("log").value();
    ASSERT_TRUE(write_all(fd, as_bytes("one\n"), "log"));
  }
  {
    const Fd fd = dir.open_to_append("log").value();
    ASSERT_TRUE(write_all(fd, as_bytes("two\n"), "log"));
    EXPECT_TRUE(sync_file(fd, "log"));
  }
  EXPECT_EQ(get("log"), "one\ntwo\n");
  ASSERT_TRUE(dir.set_modified("log", 1234567890));
  EXPECT_EQ(dir.status("log").value().modified, 1234567890);
  ASSERT_TRUE(dir.set_modified("log", -1));
  EXPECT_EQ(dir.status("log").value().modified, -1);
}

TEST_F(DirectoryTest, AFileWithoutANameIsSeenByNobodyBeforeItGetsOne) {
  const auto sub = dir.open_or_make_below("sub").value();
  auto file = dir.create_nameless_file();
  if (!file && file.error().code == Errc::unsupported) GTEST_SKIP() << file.error().describe();
  ASSERT_TRUE(file) << file.error().describe();
  ASSERT_TRUE(write_all(*file, as_bytes(std::string_view("whole")), "it"));
  std::vector<std::string> names;
  const auto note = [&](const Entry& entry) -> Status {
    names.push_back(entry.name);
    return {};
  };
  ASSERT_TRUE(dir.each(note));
  EXPECT_THAT(names, UnorderedElementsAre("sub"));
  ASSERT_TRUE(sub.give_name(*file, "mail"));
  EXPECT_EQ(get("sub/mail"), "whole");
  const auto status = sub.status("mail").value();
  EXPECT_EQ(status.links, 1U);
  EXPECT_EQ(status.mode, 0600U);
}

TEST_F(DirectoryTest, AFileThatGetsANameReplacesTheOneThatHadIt) {
  put("mail", "old");
  put("other", "not ours");
  ASSERT_EQ(::symlink("other", (temp / "link").c_str()), 0);
  for (const std::string name : {"mail", "link"}) {
    auto file = dir.create_nameless_file();
    if (!file && file.error().code == Errc::unsupported) GTEST_SKIP() << file.error().describe();
    ASSERT_TRUE(file) << file.error().describe();
    ASSERT_TRUE(write_all(*file, as_bytes(std::string_view("new")), "it"));
    ASSERT_TRUE(dir.give_name(*file, name));
    EXPECT_EQ(get(name), "new");
    EXPECT_EQ(dir.status(name).value().kind, Entry::Kind::file);
    EXPECT_EQ(code(dir.give_name(*file, "../out")), Errc::permission);
  }
  EXPECT_EQ(get("other"), "not ours") << "a link is replaced, not followed";
}

TEST_F(DirectoryTest, AFileMayAskForANameThatNobodyHas) {
  put("taken", "old");
  auto file = dir.create_nameless_file();
  if (!file && file.error().code == Errc::unsupported) GTEST_SKIP() << file.error().describe();
  ASSERT_TRUE(file) << file.error().describe();
  ASSERT_TRUE(dir.lock_open_file(*file, "free"));
  EXPECT_EQ(code(dir.give_new_name(*file, "taken")), Errc::exists);
  EXPECT_EQ(get("taken"), "old");
  EXPECT_EQ(code(dir.give_new_name(*file, "../out")), Errc::permission);
  ASSERT_TRUE(dir.give_new_name(*file, "free"));
  EXPECT_EQ(get("free"), "");
  EXPECT_EQ(code(dir.lock_file("free")), Errc::locked) << "it was locked before it had a name";
}

TEST_F(DirectoryTest, RemovesFilesAndEmptyDirectories) {
  put("f", "x");
  EXPECT_TRUE(dir.remove_file("f"));
  EXPECT_TRUE(dir.remove_file("f")) << "what is not there is fine";
  const auto sub = dir.open_or_make_below("sub").value();
  {
    const Fd made = sub.create_file("g").value();
  }
  EXPECT_FALSE(dir.remove_directory("sub"));
  EXPECT_TRUE(sub.remove_file("g"));
  EXPECT_TRUE(dir.remove_directory("sub"));
  EXPECT_TRUE(dir.sync());
  EXPECT_TRUE(dir.sync_file_system());
  EXPECT_GT(dir.free_bytes().value(), 0U);
}

TEST(Directory, IsMadeWithItsParents) {
  const TempDir temp;
  EXPECT_EQ(code(Directory::open(temp / "a/b")), Errc::not_found);
  EXPECT_TRUE(Directory::open_or_make(temp / "a/b"));
  EXPECT_TRUE(Directory::open(temp / "a/b"));
  test::write_file(temp / "file", "x");
  EXPECT_FALSE(Directory::open_or_make(temp / "file"));
}

TEST(Directory, AFullDiskIsToldApart) {
  // /dev/full takes nothing; it is no regular file, so it is opened by hand.
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  const auto written = write_all(full, as_bytes("x"), "/dev/full");
  EXPECT_EQ(code(written), Errc::over_quota);
}

}  // namespace
}  // namespace pf::os
