// A state directory that is damaged, cannot be written, or is another account's.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;

class StateDirectory : public testing::Test {
 protected:
  void SetUp() override {
    append_all(*oracle_of(source_, "alice"), "INBOX", small_messages(20));
    const auto first = sync();
    ASSERT_EQ(first.code, 0) << first;
  }
  Ran sync() { return ferry_.sync(end_at(source_, "alice"), end_at(target_, "bob")); }
  [[nodiscard]] fs::path database() const { return ferry_.state() / "postferry.db"; }
  void expect_every_message_once() {
    EXPECT_EQ(difference(*oracle_of(source_, "alice"), "INBOX", *oracle_of(target_, "bob"), "INBOX"), "");
  }

  DovecotServer source_;
  DovecotServer target_;
  Ferry ferry_;
};

// What people see first when a disk went bad: said, set aside, and nothing is copied twice.
TEST_F(StateDirectory, ThatIsDamagedIsSetAsideAndSaid) {
  for (const auto* damage : {"head", "tail", "all", "short"}) {
    SCOPED_TRACE(damage);
    const auto file = database();
    auto bytes = read_file(file);
    if (damage == std::string_view("head")) bytes.replace(0, 64, 64, '\x5a');
    if (damage == std::string_view("tail"))
      bytes.replace(4096, bytes.size() - 4096, bytes.size() - 4096, '\x5a');
    if (damage == std::string_view("all")) bytes.assign(bytes.size(), '\x5a');
    if (damage == std::string_view("short")) bytes.resize(bytes.size() / 2 + 100);
    for (const auto* suffix : {"-wal", "-shm"}) fs::remove(file.string() + suffix);
    write_file(file, bytes);
    const auto ran = sync();
    EXPECT_EQ(ran.code, 0) << ran;
    EXPECT_EQ(ran["copied"], 0U) << ran;
    EXPECT_FALSE(ran.warnings.empty()) << ran;
    expect_every_message_once();
    EXPECT_TRUE(sync().warnings.empty());
  }
}

TEST_F(StateDirectory, ThatCannotBeMadeEndsTheRunBeforeItBegins) {
  ferry_.forget();
  write_file(ferry_.state(), "a file in the way");
  const auto ran = sync();
  EXPECT_NE(ran.code, 0) << ran;
  EXPECT_NE((ran.summary.text("error.message") + ran.err).find(ferry_.state().string()), std::string::npos)
      << ran;
  expect_every_message_once();
}

TEST_F(StateDirectory, ThatIsReadOnlyEndsTheRunBeforeItBegins) {
  if (::geteuid() == 0) {
    // Root writes everywhere, except where nobody can.
    ferry_.forget();
    fs::create_directory_symlink("/proc/self/fd", ferry_.state());
  } else {
    fs::permissions(ferry_.state(), fs::perms::owner_read | fs::perms::owner_exec);
  }
  const auto oracle = oracle_of(source_, "alice");
  oracle->append("INBOX", small_message(77).bytes);
  const auto ran = sync();
  if (::geteuid() != 0) fs::permissions(ferry_.state(), fs::perms::owner_all);
  EXPECT_NE(ran.code, 0) << ran;
  EXPECT_EQ(oracle_of(target_, "bob")->select("INBOX", true).exists, 20U);
}

TEST_F(StateDirectory, OfAMailboxThatWasMadeAnewIsNotTrusted) {
  const auto at_target = oracle_of(target_, "bob");
  oracle_of(source_, "alice")->create("Work");
  append_all(*oracle_of(source_, "alice"), "Work", small_messages(5));
  ASSERT_EQ(sync()["copied"], 5U);
  at_target->remove("Work");
  at_target->create("Work");
  const auto ran = sync();
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(difference(*oracle_of(source_, "alice"), "Work", *at_target, "Work"), "");
  EXPECT_EQ(at_target->select("Work", true).exists, 5U);
  expect_every_message_once();
}

}  // namespace
}  // namespace pf::test
