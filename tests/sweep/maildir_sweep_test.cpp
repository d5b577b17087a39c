// The program killed at its steps while it writes to a Maildir: the next run reaches the end an undisturbed
// one does, nothing is there twice, and the one after that changes nothing.
//
// script/test takes every fifth step, POSTFERRY_ALL=1 all of them.
#include "support/ferry.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <functional>
#include <map>
#include <set>
#include <sys/stat.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;

// By mailbox: octets of the file, letters of the system flags, keywords, date.
using Mail = std::map<std::string, std::multiset<std::string>>;

std::vector<std::string> keywords_of(const fs::path& mailbox) {
  std::vector<std::string> out(26);
  if (!fs::exists(mailbox / "dovecot-keywords")) return out;
  const auto text = read_file(mailbox / "dovecot-keywords");
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const auto blank = text.find(' ', at);
    out.at(std::stoul(text.substr(at))) = text.substr(blank + 1, text.find('\n', at) - blank - 1);
  }
  return out;
}

void read_mailbox(const fs::path& mailbox, std::multiset<std::string>& into) {
  const auto keywords = keywords_of(mailbox);
  for (const auto* part : {"cur", "new"}) {
    if (!fs::exists(mailbox / part)) continue;
    for (const auto& file : fs::directory_iterator(mailbox / part)) {
      const auto name = file.path().filename().string();
      const auto info = name.find(":2,");
      std::set<std::string> flags;
      for (const char c : info == std::string::npos ? "" : name.substr(info + 3))
        flags.insert(c >= 'a' && c <= 'z' ? keywords.at(static_cast<std::size_t>(c - 'a'))
                                          : std::string(1, c));
      std::string line = read_file(file.path());
      for (const auto& flag : flags) line += " " + flag;
      struct stat found{};
      ::stat(file.path().c_str(), &found);
      into.insert(line + fmt::format(" {}", found.st_mtime));
    }
  }
}

Mail read_all(const fs::path& root) {
  Mail out;
  read_mailbox(root, out["INBOX"]);
  for (const auto& entry : fs::directory_iterator(root)) {
    const auto name = entry.path().filename().string();
    if (entry.is_directory() && name.starts_with('.')) read_mailbox(entry.path(), out[name.substr(1)]);
  }
  return out;
}

// All that is in it, and when it changed.
std::map<std::string, std::int64_t> files_of(const fs::path& root) {
  std::map<std::string, std::int64_t> out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    struct stat found{};
    ::lstat(entry.path().c_str(), &found);
    out[entry.path().string()] = found.st_ctim.tv_sec * 1'000'000'000 + found.st_ctim.tv_nsec;
  }
  return out;
}

class MaildirSweep : public testing::Test {
 protected:
  MaildirSweep() { ferry_.settle = "20ms"; }

  void put(const std::string& mailbox, int number, const std::string& letters) const {
    const auto at = mailbox.empty() ? from_ : from_ / mailbox;
    for (const auto* part : {"cur", "new", "tmp"}) fs::create_directories(at / part);
    write_file(at / "dovecot-keywords", "0 work\n1 $Junk\n");
    const auto file = at / "cur" / fmt::format("17000{:05}.M{}P1.host:2,{}", number, number, letters);
    write_file(file, fmt::format("Subject: number {0}\nMessage-ID: <{0}@x>\n\ntext of {0}\n", number));
    const std::array<timespec, 2> times{
        {{.tv_sec = 1'600'000'000 + number, .tv_nsec = 0}, {.tv_sec = 1'600'000'000 + number, .tv_nsec = 0}}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times.data(), 0), 0);
  }
  void fill() const {
    for (int i = 1; i <= 6; ++i) put("", i, i % 2 == 0 ? "Sa" : "");
    for (int i = 7; i <= 9; ++i) put(".Work", i, "FS");
    put(".Work.2024", 10, "b");
    // Equal messages are as many as they are.
    const auto twin = from_ / "cur/1700000099.M2P1.host:2,Sa";
    fs::copy_file(from_ / "cur/1700000002.M2P1.host:2,Sa", twin);
    fs::last_write_time(twin, fs::last_write_time(from_ / "cur/1700000002.M2P1.host:2,Sa"));
  }
  [[nodiscard]] Ran sync(const std::vector<std::string>& options) const {
    return ferry_.sync({"maildir:" + from_.string(), ""}, {"maildir:" + to_.string(), ""}, options);
  }

  using Prepare = std::function<void()>;
  void sweep(const std::vector<std::string>& options, const Prepare& prepare) {
    start_over(prepare);
    ASSERT_EQ(sync(options).code, 0);
    const Mail wanted = read_all(to_);
    const std::size_t every = everything_wanted() ? 1 : 5;
    std::size_t killed = 0;
    for (std::size_t step = 1;; step += every) {
      SCOPED_TRACE(fmt::format("killed at step {}", step));
      start_over(prepare);
      ferry_.environment = {{"POSTFERRY_STOP_AT_STEP", std::to_string(step)}};
      const auto first = sync(options);
      ferry_.environment.clear();
      if (first.code == 0) break;
      ASSERT_EQ(first.code, 137) << first;
      ++killed;
      const auto again = sync(options);
      ASSERT_EQ(again.code, 0) << again;
      ASSERT_EQ(read_all(to_), wanted) << again;
      const auto before = files_of(to_);
      const auto third = sync(options);
      ASSERT_EQ(third.code, 0) << third;
      ASSERT_EQ(files_of(to_), before) << third;
    }
    // The end was reached by the runs themselves, not because nothing could be killed.
    EXPECT_GE(killed, 30 / every);
  }
  void start_over(const Prepare& prepare) const {
    fs::remove_all(from_);
    fs::remove_all(to_);
    ferry_.forget();
    fill();
    prepare();
  }

  TempDir dir_;
  fs::path from_ = dir_ / "from", to_ = dir_ / "to";
  Ferry ferry_;
};

TEST_F(MaildirSweep, ACopyMayBeKilledAtEachStep) {
  sweep({}, [] {});
}

TEST_F(MaildirSweep, AMirrorMayBeKilledAtEachStep) {
  const std::vector<std::string> mirror{"--mode", "mirror", "--yes"};
  sweep(mirror, [&] {
    ASSERT_EQ(sync(mirror).code, 0);
    fs::rename(from_ / "cur/1700000001.M1P1.host:2,", from_ / "cur/1700000001.M1P1.host:2,Fb");
    fs::rename(from_ / ".Work/cur/1700000007.M7P1.host:2,FS", from_ / ".Work/cur/1700000007.M7P1.host:2,F");
    fs::remove(from_ / "cur/1700000003.M3P1.host:2,");
    fs::remove(from_ / "cur/1700000099.M2P1.host:2,Sa");
    put("", 20, "Sb");
    put(".New", 21, "");
  });
}

}  // namespace
}  // namespace pf::test
