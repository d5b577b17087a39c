#include "cli/args.h"
#include "cli/exit_status.h"
#include "cli/run.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sys/stat.h>

namespace pf::cli {
namespace {

using fleet::Phase;
using testing::ElementsAre;
using testing::HasSubstr;

BulkSyncCommand parsed(std::vector<std::string> words) {
  words.insert(words.begin(), {"bulk", "sync", "--accounts", "f"});
  const auto command = parse_args(words);
  EXPECT_TRUE(command.ok()) << (command ? "" : command.error().context);
  return command ? std::get<BulkSyncCommand>(*command) : BulkSyncCommand{};
}
std::string sentence(std::vector<std::string> words) {
  words.insert(words.begin(), {"bulk", "sync"});
  const auto command = parse_args(words);
  return command ? "accepted" : command.error().context;
}

TEST(BulkSyncArgs, TakesEveryOption) {
  const auto plain = parsed({});
  EXPECT_EQ(plain.accounts, "f");
  EXPECT_EQ(plain.policy.work, fleet::Work::sync);
  EXPECT_EQ(plain.policy.order, fleet::Order::list);
  EXPECT_EQ(plain.policy.limits.accounts, 0U);
  EXPECT_FALSE(plain.check || plain.policy.fail_fast || plain.policy.retry_failed ||
               plain.policy.sync.verify_after);
  const auto c = parsed({"--from",
                         "imaps://{user}@a",
                         "--to",
                         "imaps://{user}@b",
                         "--jobs",
                         "9",
                         "--per-host",
                         "3",
                         "--order",
                         "size",
                         "--fail-fast",
                         "--check",
                         "--retry-failed",
                         "--verify",
                         "--mode",
                         "mirror",
                         "--yes",
                         "--from-password-file",
                         "x",
                         "--to-password-env",
                         "Y",
                         "--report",
                         "r",
                         "--connections",
                         "2",
                         "--mailbox",
                         "INBOX"});
  EXPECT_EQ(c.from.url, "imaps://{user}@a");
  EXPECT_EQ(c.to.url, "imaps://{user}@b");
  EXPECT_EQ(c.from.password_file, "x");
  EXPECT_EQ(c.to.password_env, "Y");
  EXPECT_EQ(c.policy.limits.accounts, 9U);
  EXPECT_EQ(c.policy.limits.per_host, 3U);
  EXPECT_EQ(c.policy.order, fleet::Order::largest_first);
  EXPECT_TRUE(c.check && c.policy.fail_fast && c.policy.retry_failed && c.policy.sync.retry_failed);
  EXPECT_TRUE(c.policy.sync.verify_after && c.policy.sync.removal.confirmed);
  EXPECT_EQ(c.policy.sync.mode, sync::Mode::mirror);
  EXPECT_EQ(c.policy.sync.connections, 2U);
  EXPECT_EQ(c.common.output.report_dir, "r");
}

TEST(BulkSyncArgs, RefusesWithOneSentence) {
  EXPECT_EQ(sentence({}), "--accounts is missing");
  EXPECT_EQ(sentence({"--accounts", "f", "--jobs", "0"}), "--jobs: '0' is no whole number from 1 to 1000");
  EXPECT_EQ(sentence({"--accounts", "f", "--order", "name"}), "--order: 'name' is unknown: use list or size");
  EXPECT_EQ(sentence({"--accounts", "f", "-n", "--verify"}), "--dry-run and --verify exclude each other");
  EXPECT_EQ(sentence({"--accounts", "f", "x"}), "unexpected argument 'x'");
  EXPECT_EQ(sentence({"--accounts", "f", "--acounts", "g"}), "unknown option '--acounts' of bulk sync");
}

TEST(BulkSyncArgs, HelpIsThere) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"bulk", "sync", "--help"}, {"help", "bulk", "sync"}})
    EXPECT_EQ(std::get<HelpCommand>(*parse_args(words)).topic, "bulk sync");
  EXPECT_EQ(std::get<HelpCommand>(*parse_args(std::vector<std::string>{"help", "bulk"})).topic, "bulk");
}

fleet::AccountResult account(Phase phase, std::optional<Errc> fatal = {}, std::uint64_t withheld = 0) {
  fleet::AccountResult result;
  result.phase = phase;
  result.summary.withheld = withheld;
  if (phase == Phase::failed) result.summary.outcome = sync::Outcome::failed;
  if (fatal) {
    result.summary.fatal = Error(*fatal, Scope::account, Retry::never, "x");
    result.summary.nothing_done = true;
  }
  return result;
}
int status_of(std::vector<fleet::AccountResult> accounts, bool check = false) {
  fleet::Summary summary;
  for (const auto& one : accounts) {
    summary.totals.failed += one.phase == Phase::failed ? 1 : 0;
    summary.totals.not_done += one.phase == Phase::not_done ? 1 : 0;
  }
  summary.accounts = std::move(accounts);
  return exit_status(summary, check, 0);
}

TEST(FleetExitStatus, IsThatOfAllOrTheGravest) {
  const auto done = account(Phase::done);
  const auto refused = account(Phase::failed, Errc::auth_failed);
  auto differs = done;
  differs.summary.verify_differs = true;
  EXPECT_EQ(status_of({done, done}), 0);
  EXPECT_EQ(status_of({done, refused}), 6);
  EXPECT_EQ(status_of({refused, refused}), 3);
  EXPECT_EQ(status_of({refused, account(Phase::skipped)}), 3);
  EXPECT_EQ(status_of({account(Phase::failed, Errc::locked), done}), 6);
  EXPECT_EQ(status_of({account(Phase::failed, Errc::locked)}), 7);
  EXPECT_EQ(status_of({refused, account(Phase::done, {}, 3), done}), 5);
  EXPECT_EQ(status_of({done, differs}), 4);
  EXPECT_EQ(status_of({refused, differs}), 6);
  EXPECT_EQ(status_of({done, account(Phase::not_done)}), 6);
  EXPECT_EQ(status_of({account(Phase::skipped)}), 0);
  EXPECT_EQ(status_of({done, refused}, true), 3);
  EXPECT_EQ(status_of({done, done}, true), 0);
}

TEST(FleetExitStatus, KnowsWhyARunEndedEarly) {
  fleet::Summary summary;
  summary.accounts = {account(Phase::failed, Errc::auth_failed), account(Phase::not_done)};
  summary.stopped_early = true;
  EXPECT_EQ(exit_status(summary, false, 0), 1);
  summary.interrupted = true;
  EXPECT_EQ(exit_status(summary, false, 15), 143);
  summary = {};
  summary.fatal = Error(Errc::state, Scope::run, Retry::never, "x");
  EXPECT_EQ(exit_status(summary, false, 0), 1);
}

// A world in memory, with an engine that notes what it is asked.
class BulkSyncRun : public testing::Test {
 protected:
  void SetUp() override {
    world_.engine.run_fleet = [this](const std::vector<fleet::Pair>& pairs, const app::FleetPolicy& policy,
                                     const app::Environment&, const fleet::Observer& observer, app::StopFlag&,
                                     app::FleetControl) {
      pairs_ = pairs;
      works_.push_back(policy.work);
      policy_ = policy;
      fleet::Summary summary;
      summary.accounts.resize(pairs.size());
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        auto& result = summary.accounts[i];
        result.pair = i;
        const bool bad = pairs[i].from.user == bad_;
        result.phase = bad ? Phase::failed : Phase::done;
        if (bad) result.summary.fatal = Error(Errc::auth_failed, Scope::account, Retry::never, "login");
        observer(fleet::AccountFinished{&result});
        ++(bad ? summary.totals.failed : summary.totals.done);
      }
      summary.totals.accounts = pairs.size();
      return summary;
    };
    world_.engine.read_password = [this](const config::Account& account) -> Result<Secret> {
      ++reads_;
      const auto found = env_.find(account.password_env);
      if (found != env_.end()) return Secret(found->second);
      return Error(Errc::not_found, Scope::account, Retry::never, "no " + account.password_file);
    };
    world_.out = [this](std::string_view text) { out_ += text; };
    world_.err = [this](std::string_view text) { err_ += text; };
    world_.err_width = [] { return std::size_t{80}; };
    world_.ask_password = [this](std::string_view prompt) -> Result<Secret> {
      asked_.emplace_back(prompt);
      if (!terminal_) return Error(Errc::unsupported, Scope::run, Retry::never, "no terminal");
      return Secret("typed");
    };
    world_.env = [this](const char* name) {
      const auto found = env_.find(name);
      return found == env_.end() ? std::string() : found->second;
    };
    world_.stop = &stop_;
    world_.stop_signal = [] { return 0; };
    env_["HOME"] = dir_.string();
  }

  int run(std::string_view list, std::vector<std::string> more = {}, unsigned mode = 0600) {
    const auto path = (dir_ / "list").string();
    std::ofstream(path, std::ios::binary) << list;
    ::chmod(path.c_str(), mode);
    more.insert(more.begin(), {"bulk", "sync", "--accounts", path});
    return cli::run(more, world_);
  }
  static std::vector<std::string> two_admins() {
    return {"--from", "imaps://{user}@old?admin=root", "--to", "imaps://{user}@new?admin=boss"};
  }

  const test::TempDir temp_;
  const std::filesystem::path dir_ = temp_.path();
  std::map<std::string, std::string> env_;
  World world_;
  app::StopFlag stop_{0};
  bool terminal_ = true;
  std::string bad_ = "-";
  std::string out_, err_;
  std::vector<std::string> asked_;
  std::vector<fleet::Pair> pairs_;
  std::vector<fleet::Work> works_;
  app::FleetPolicy policy_;
  int reads_ = 0;
};

TEST_F(BulkSyncRun, AnAdminsPasswordIsAskedForOnce) {
  EXPECT_EQ(run("source_user\nann\nbob\ncat\n", two_admins()), 0) << err_;
  EXPECT_THAT(asked_, ElementsAre("Password of root at old: ", "Password of boss at new: "));
  ASSERT_EQ(pairs_.size(), 3U);
  for (const auto& pair : pairs_) EXPECT_EQ(pair.from_password.reveal(), "typed");
  EXPECT_THAT(out_, HasSubstr("All of 3 accounts done"));
}

TEST_F(BulkSyncRun, APasswordThatIsTheSameForAllIsReadOnce) {
  env_["OLD"] = "one";
  env_["NEW"] = "two";
  auto words = two_admins();
  words.insert(words.end(), {"--from-password-env", "OLD", "--to-password-env", "NEW", "--allow-cleartext"});
  EXPECT_EQ(run("source_user\nann\nbob\n", words), 0) << err_;
  EXPECT_EQ(reads_, 2);
  EXPECT_EQ(pairs_[1].to_password.reveal(), "two");
  EXPECT_TRUE(pairs_[1].to.allow_cleartext);
}

TEST_F(BulkSyncRun, WithoutATerminalNobodyIsAskedAndNothingBegins) {
  terminal_ = false;
  EXPECT_EQ(run("source_user\nann\nbob\n", two_admins()), 2);
  EXPECT_TRUE(works_.empty());
  EXPECT_THAT(err_, HasSubstr("no password for root at old: use --from-password-file"));
  EXPECT_THAT(err_, HasSubstr("no password for boss at new: use --to-password-file"));
  EXPECT_THAT(err_, HasSubstr("2 mistakes in the list, nothing was begun"));
}

TEST_F(BulkSyncRun, EveryPasswordFileThatCannotBeReadIsNamed) {
  EXPECT_EQ(run("source_user,source_password_file\nann,/a\nbob,/b\n",
                {"--from", "imaps://{user}@old", "--to", "imaps://{user}@new?admin=boss"}),
            2);
  EXPECT_THAT(err_, HasSubstr("row 2: the password of the source cannot be read: no /a"));
  EXPECT_THAT(err_, HasSubstr("row 3: the password of the source cannot be read: no /b"));
  EXPECT_TRUE(works_.empty());
}

TEST_F(BulkSyncRun, ABrokenListIsToldWholeAndNothingBegins) {
  EXPECT_EQ(run("source_user,source_port\nann,x\n,\n", two_admins()), 2);
  EXPECT_THAT(err_, HasSubstr("line 2: source_port is no port"));
  EXPECT_THAT(err_, HasSubstr("line 3: source_user and target_user are missing"));
  EXPECT_TRUE(works_.empty());
  EXPECT_EQ(out_, "");
  EXPECT_EQ(cli::run(std::vector<std::string>{"bulk", "sync", "--accounts", "/no/such/list"}, world_), 2);
}

TEST_F(BulkSyncRun, AListWithPasswordsIsForNobodyElse) {
  const std::string list = "source_user,source_password,target_password\nann,p,q\n";
  const std::vector<std::string> words = {"--from", "imaps://{user}@old", "--to", "imaps://{user}@new"};
  EXPECT_EQ(run(list, words, 0644), 0);
  EXPECT_THAT(err_, HasSubstr("others may read it: chmod 600"));
  err_.clear();
  EXPECT_EQ(run(list, words, 0600), 0);
  EXPECT_EQ(err_, "");
}

TEST_F(BulkSyncRun, ACheckThatFailsBeginsNothing) {
  bad_ = "bob";
  auto words = two_admins();
  words.emplace_back("--check");
  EXPECT_EQ(run("source_user\nann\nbob\n", words), 3);
  EXPECT_THAT(works_, ElementsAre(fleet::Work::check));
  bad_ = "-";
  works_.clear();
  EXPECT_EQ(run("source_user\nann\nbob\n", words), 0);
  EXPECT_THAT(works_, ElementsAre(fleet::Work::check, fleet::Work::sync));
}

TEST_F(BulkSyncRun, JsonListsBringTheirFoldersAndLimits) {
  auto words = std::vector<std::string>{};
  EXPECT_EQ(
      run(R"({"source": {"provider": "imap", "host": "old"}, "target": {"provider": "imap", "host": "new"},
      "migration": {"folder_map": {"Sent Items": "Sent"}}, "limits": {"throttle": {"max_bytes_per_second": 5000}},
      "accounts": [{"source_email": "a@x", "target_email": "b@y", "source_auth": {"method": "password", "password": "p"},
                    "target_auth": {"method": "password", "password": "q"}}]})",
          words),
      0)
      << err_;
  EXPECT_EQ(policy_.sync.mailboxes.map,
            (std::vector<std::pair<std::string, std::string>>{{"Sent Items", "Sent"}}));
  EXPECT_EQ(policy_.sync.pace.bytes_per_second, 5000U);
}

TEST_F(BulkSyncRun, TheReportIsThereAndForNobodyElse) {
  bad_ = "bob";
  auto words = two_admins();
  const auto report = dir_ / "r";
  words.insert(words.end(), {"--report", report.string(), "--quiet"});
  EXPECT_EQ(run("source_user\nann\nbob\n", words), 6);
  for (const auto* name : {"accounts.csv", "accounts.json", "failures.csv", "index.html"}) {
    struct stat status{};
    ASSERT_EQ(::stat((report / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
  EXPECT_EQ(out_, "");
  std::ofstream(dir_ / "file") << "x";
  words[5] = (dir_ / "file").string();
  works_.clear();
  EXPECT_EQ(run("source_user\nann\n", words), 2);
  EXPECT_TRUE(works_.empty());
}

}  // namespace
}  // namespace pf::cli
