// `postferry bulk sync` through the built program: a list, two Dovecots, one account with a wrong password
// and one at a host where nobody listens.
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/ferry.h"
#include "support/free_port.h"
#include "support/mailboxes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>

namespace pf::test {
namespace {

constexpr std::size_t count = 6;

std::string user(std::size_t number) {
  return fmt::format("user{}@example.com", number);
}

DovecotOptions with_users() {
  DovecotOptions options;
  options.login_penalty = false;
  for (std::size_t i = 0; i < count; ++i) options.users.emplace_back(user(i), "pw");
  return options;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class BulkSync : public testing::Test {
 protected:
  BulkSync() {
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = oracle(source_, i);
      at->create("Work");
      for (const auto* mailbox : {"INBOX", "Work"}) append_all(*at, mailbox, ordinary(2, i + 1));
    }
  }
  static std::unique_ptr<ImapOracle> oracle(const DovecotServer& server, std::size_t number) {
    return std::make_unique<ImapOracle>(server.imap_port(), user(number), "pw");
  }
  [[nodiscard]] std::string url(const DovecotServer& server, std::string_view more = {}) const {
    return fmt::format("imap://{{user}}@127.0.0.1:{}?tls=none{}", server.imap_port(), more);
  }
  std::string write_list(const std::string& text, unsigned mode = 0600) {
    const auto path = (ferry_.directory() / "list.csv").string();
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  // Rows with passwords; `bad` has another one, `gone` is at a port where nobody listens.
  std::string rows(std::size_t bad = count, std::size_t gone = count) {
    std::string text = "source_user,source_password,source_port,target_password\r\n";
    for (std::size_t i = 0; i < count; ++i)
      text += fmt::format("{},{},{},pw\r\n", user(i), i == bad ? "wrong" : "pw",
                          i == gone ? std::to_string(nobody_.number()) : "");
    return text;
  }
  Ran sync(const std::string& list, std::vector<std::string> options = {}) {
    std::vector<std::string> words = {"bulk",     "sync",       "--accounts",  list,
                                      "--from",   url(source_), "--to",        url(target_),
                                      "--settle", "300ms",      "--state-dir", ferry_.state().string()};
    words.insert(words.end(), options.begin(), options.end());
    return ferry_.run(words);
  }
  void expect_same(std::size_t number) const {
    for (const auto* mailbox : {"INBOX", "Work"})
      EXPECT_EQ(difference(*oracle(source_, number), mailbox, *oracle(target_, number), mailbox), "")
          << user(number) << " " << mailbox;
  }

  DovecotServer source_{with_users()}, target_{with_users()};
  ReservedPort nobody_;
  Ferry ferry_;
};

TEST_F(BulkSync, CarriesTheOthersOverAndNamesTheTwo) {
  const auto report = ferry_.directory() / "report";
  const auto ran = sync(write_list(rows(1, 4)), {"--json", "--report", report.string()});
  EXPECT_EQ(ran.code, 6) << ran;
  for (const std::size_t number : {0U, 2U, 3U, 5U}) expect_same(number);
  EXPECT_EQ(ran["accounts"], 6U);
  EXPECT_EQ(ran["done"], 4U);
  EXPECT_EQ(ran["accounts_failed"], 2U);
  EXPECT_EQ(ran["copied"], 16U);
  const auto accounts = ran.all("account");
  ASSERT_EQ(accounts.size(), 6U);
  for (const auto& account : accounts) {
    const auto name = account.text("account");
    const bool bad = name == user(1) || name == user(4);
    EXPECT_EQ(account.text("state"), bad ? "failed" : "done") << name;
    if (name == user(1)) EXPECT_EQ(account.text("error.reason"), "auth-failed");
    if (name == user(4)) EXPECT_EQ(account.text("error.reason"), "refused");
    if (name == user(4)) EXPECT_EQ(account.number("row"), 6U);
  }

  EXPECT_TRUE(holds(read_file(report / "accounts.csv"), "\r\nuser1@example.com,3,"))
      << read_file(report / "accounts.csv");
  const auto failures = read_file(report / "failures.csv");
  EXPECT_TRUE(holds(failures, "user1@example.com") && holds(failures, "user4@example.com")) << failures;
  EXPECT_FALSE(holds(failures, "user2@example.com")) << failures;
  EXPECT_TRUE(holds(read_file(report / "accounts.json"), "\"accounts_failed\": 2"));
  const auto page = read_file(report / "index.html");
  EXPECT_TRUE(holds(page, "2 of 6 accounts failed")) << page;
  EXPECT_FALSE(holds(page, "wrong"));
  EXPECT_FALSE(holds(page, "http-equiv=\"refresh\""));
  struct stat status{};
  ASSERT_EQ(::stat((report / "index.html").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);

  // Then with the right password, only those that failed.
  const auto again = sync(write_list(rows(count, 4)), {"--json", "--retry-failed"});
  EXPECT_EQ(again.code, 6) << again;
  EXPECT_EQ(again["done"], 1U) << again;
  EXPECT_EQ(again["skipped"], 4U) << again;
  expect_same(1);
}

TEST_F(BulkSync, ABrokenListOrAFailedCheckBeginsNothing) {
  const auto broken = sync(write_list("source_user,source_port\nann,x\n,\njoe,99999\n"));
  EXPECT_EQ(broken.code, 2) << broken;
  for (const auto* part : {"line 2: source_port", "line 3: source_user", "line 4: source_port", "3 mistakes"})
    EXPECT_TRUE(holds(broken.err, part)) << part << ": " << broken;

  const auto checked = sync(write_list(rows(1, 4), 0644), {"--check"});
  EXPECT_EQ(checked.code, 3) << checked;
  EXPECT_TRUE(holds(checked.err, "chmod 600")) << checked;
  EXPECT_TRUE(holds(checked.out, "2 of 6 accounts failed")) << checked;
  EXPECT_TRUE(holds(checked.out, user(1)) && holds(checked.out, user(4))) << checked;
  EXPECT_EQ(oracle(target_, 0)->names().size(), 1U);  // INBOX
  EXPECT_TRUE(oracle(target_, 0)->fetch_all("INBOX").empty());
}

TEST_F(BulkSync, FailFastStopsAtTheFirst) {
  const auto ran = sync(write_list(rows(0)), {"--json", "--fail-fast", "--jobs", "1"});
  EXPECT_EQ(ran.code, 1) << ran;
  EXPECT_EQ(ran["accounts_failed"], 1U);
  EXPECT_EQ(ran["not_done"], 5U);
  EXPECT_EQ(ran.all("account").size(), 6U);
}

TEST_F(BulkSync, TwoAdminsNeedNoPasswordOfAUser) {
  const auto password = (ferry_.directory() / "admin.pw").string();
  std::ofstream(password) << "adminpw\n";
  std::string text = "source_user\n";
  for (std::size_t i = 0; i < count; ++i) text += user(i) + "\n";
  const auto list = write_list(text);
  const auto ran =
      ferry_.run({"bulk", "sync", "--json", "--accounts", list, "--from", url(source_, "&admin=admin"),
                  "--to", url(target_, "&admin=admin&admin-form=star"), "--from-password-file", password,
                  "--to-password-file", password, "--state-dir", ferry_.state().string(), "--verify"});
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 24U);
  for (std::size_t i = 0; i < count; ++i) expect_same(i);
  const auto second =
      ferry_.run({"bulk", "sync", "--accounts", list, "--from", url(source_, "&admin=admin"), "--to",
                  url(target_, "&admin=admin&admin-form=star"), "--from-password-file", password,
                  "--to-password-file", password, "--state-dir", ferry_.state().string()});
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_TRUE(holds(second.out, "All of 6 accounts done")) << second;
  EXPECT_TRUE(holds(second.out, "0 messages copied, 24 already there")) << second;
}

TEST_F(BulkSync, AnArchiveOfEachIsATargetToo) {
  std::string text = "source_user,source_password\n";
  for (std::size_t i = 0; i < count; ++i) text += user(i) + ",pw\n";
  const auto list = write_list(text);
  const auto archives = (ferry_.directory() / "archives").string();
  const std::vector<std::string> out = {"bulk",        "sync",
                                        "--accounts",  list,
                                        "--from",      url(source_),
                                        "--to",        "archive:" + archives + "/{user}",
                                        "--state-dir", ferry_.state().string()};
  const auto kept = ferry_.run(out);
  EXPECT_EQ(kept.code, 0) << kept;
  EXPECT_TRUE(std::filesystem::is_directory(std::filesystem::path(archives) / user(0)));
  // And back, to the other server.
  text = "target_user,target_password\n";
  for (std::size_t i = 0; i < count; ++i) text += user(i) + ",pw\n";
  const auto back =
      ferry_.run({"bulk", "sync", "--accounts", write_list(text), "--from", "archive:" + archives + "/{user}",
                  "--to", url(target_), "--state-dir", ferry_.state().string()});
  EXPECT_EQ(back.code, 0) << back;
  for (std::size_t i = 0; i < count; ++i) expect_same(i);
  // A name never leads out of there.
  const auto out_of_it =
      ferry_.run({"bulk", "sync", "--accounts", write_list("source_user,source_password\n../x,pw\n"),
                  "--from", url(source_), "--to", "archive:" + archives + "/{user}"});
  EXPECT_EQ(out_of_it.code, 2) << out_of_it;
  EXPECT_TRUE(holds(out_of_it.err, "line 2: the name of the user cannot be put into the URL")) << out_of_it;
}

// A dozen, of which one stands behind a port that says nothing and one has a wrong password, with a place for
// one at a time.
class BulkSyncOfMany : public testing::Test {
 protected:
  static constexpr std::size_t many = 12, silent_one = 0, refused_one = 7;

  static DovecotOptions with_many() {
    DovecotOptions options;
    options.login_penalty = false;
    for (std::size_t i = 0; i < many; ++i) options.users.emplace_back(user(i), "pw");
    return options;
  }
  static std::unique_ptr<ImapOracle> oracle(const DovecotServer& server, std::size_t number) {
    return std::make_unique<ImapOracle>(server.imap_port(), user(number), "pw");
  }
  // The silent one, when it speaks at last, refuses the login.
  std::string list() const {
    std::string text = "source_user,source_password,source_port,target_password\n";
    for (std::size_t i = 0; i < many; ++i)
      text += fmt::format("{},{},{},pw\n", user(i), i == silent_one || i == refused_one ? "wrong" : "pw",
                          i == silent_one ? silent_.port() : source_.imap_port());
    const auto path = ferry_.directory() / "list.csv";
    write_file(path, text);
    ::chmod(path.c_str(), 0600);
    return path.string();
  }
  static std::set<std::string> ended(const std::string& out) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < many; ++i) {
      const auto name = fmt::format(R"("account":"{}")", user(i));
      if (out.find(name) != std::string::npos) names.insert(user(i));
    }
    return names;
  }

  DovecotServer source_{with_many()}, target_{with_many()};
  FaultProxy silent_{{.target_port = source_.imap_port()}};
  Ferry ferry_;
};

TEST_F(BulkSyncOfMany, OneThatIsSilentAndOneThatIsRefusedHoldNobodyUpAndAreNamed) {
  for (std::size_t i = 0; i < many; ++i) append_all(*oracle(source_, i), "INBOX", ordinary(2, i + 1));
  silent_.stall_after(Direction::to_client, 1);
  const auto report = ferry_.directory() / "report";
  const auto running =
      ferry_.start({"bulk", "sync", "--json", "--accounts", list(), "--report", report.string(), "--jobs",
                    "1", "--timeout", "3600", "--settle", "300ms", "--state-dir", ferry_.state().string(),
                    "--from", "imap://{user}@127.0.0.1?tls=none", "--to",
                    fmt::format("imap://{{user}}@127.0.0.1:{}?tls=none", target_.imap_port())});
  // Nobody waits for the silent one: while it is silent, all others end.
  const bool others_ended =
      eventually([&] { return !running->running() || ended(running->out()).size() == many - 1; });
  EXPECT_TRUE(others_ended) << running->out();
  EXPECT_FALSE(ended(running->out()).contains(user(silent_one))) << running->out();
  silent_.release();
  const auto ran = Ferry::finish(*running);

  EXPECT_EQ(ran.code, 6) << ran;
  EXPECT_EQ(ran["done"], many - 2) << ran;
  EXPECT_EQ(ran["accounts_failed"], 2U) << ran;
  EXPECT_EQ(ran["copied"], 2 * (many - 2)) << ran;
  const auto accounts = ran.all("account");
  ASSERT_EQ(accounts.size(), many) << ran;
  EXPECT_EQ(accounts.back().text("account"), user(silent_one));
  const auto failures = read_file(report / "failures.csv");
  const auto page = read_file(report / "index.html");
  EXPECT_TRUE(holds(page, "2 of 12 accounts failed")) << page;
  for (const auto& account : accounts) {
    const auto name = account.text("account");
    const bool bad = name == user(silent_one) || name == user(refused_one);
    EXPECT_EQ(account.text("state"), bad ? "failed" : "done") << name;
    EXPECT_EQ(holds(failures, name + ","), bad) << failures;
    EXPECT_TRUE(holds(page, name)) << name;
  }
  const std::set<std::string> named = {user(silent_one), user(refused_one)};
  std::set<std::string> told;
  for (const auto& failure : ran.failures) told.insert(failure.text("account"));
  EXPECT_EQ(told, named) << ran;
  for (std::size_t i = 0; i < many; ++i) {
    if (i == silent_one || i == refused_one) continue;
    EXPECT_EQ(difference(*oracle(source_, i), "INBOX", *oracle(target_, i), "INBOX"), "") << user(i);
  }
}

}  // namespace
}  // namespace pf::test
