#include "cli/run.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <map>
#include <set>

namespace pf::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The bulk commands in a directory of their own, with a fleet that notes what it is asked and does as told.
class Bulk : public testing::Test {
 protected:
  struct Call {
    std::vector<fleet::Pair> pairs;
    app::FleetPolicy policy;
    app::Environment environment;
    [[nodiscard]] std::vector<std::string> names() const {
      std::vector<std::string> out;
      for (const auto& pair : pairs) out.push_back(pair.name);
      return out;
    }
  };

  Bulk() {
    fs::current_path(dir_.path());
    world_.engine.run_fleet = [this](const std::vector<fleet::Pair>& pairs, const app::FleetPolicy& policy,
                                     const app::Environment& environment, const fleet::Observer& observer,
                                     app::StopFlag&, app::FleetControl) {
      calls_.push_back({pairs, policy, environment});
      return play(pairs, policy, observer);
    };
    world_.engine.run_doctor = [this](const app::Endpoint& endpoint, const app::Environment&,
                                      const std::function<void(const app::Finding&)>& report,
                                      app::StopFlag&) -> Status {
      examined_.push_back(endpoint.account.label());
      for (const auto& finding : findings_) report(finding);
      return {};
    };
    world_.engine.check_archive = [this](const std::string& directory, const app::Environment&,
                                         const std::function<void(const app::ArchiveFinding&)>& found,
                                         app::StopFlag&) -> Result<app::ArchiveCounts> {
      checked_.push_back(fs::path(directory).filename());
      if (old_exports_)
        return Error(Errc::unsupported, Scope::account, Retry::never, "an export of another program");
      if (!bad_.contains(checked_.back())) return app::ArchiveCounts{1, 7, 700, 0};
      found({"damaged", true, "INBOX/x.eml", "is not what it was"});
      return app::ArchiveCounts{1, 7, 700, 1};
    };
    world_.engine.read_password = [](const config::Account&) -> Result<Secret> {
      return Secret("elsewhere");
    };
    world_.out = [this](std::string_view text) { out_ += text; };
    world_.err = [this](std::string_view text) { err_ += text; };
    world_.err_width = [] { return std::size_t{80}; };
    world_.env = [this](const char* name) {
      return name == std::string_view("HOME") ? dir_.path().string() : "";
    };
    world_.stop = &stop_;
    world_.stop_signal = [this] { return signal_; };
  }
  ~Bulk() override { fs::current_path("/"); }

  // As the runner does: what `bad_` names fails, and with fail_fast nothing behind it is done.
  fleet::Summary play(const std::vector<fleet::Pair>& pairs, const app::FleetPolicy& policy,
                      const fleet::Observer& observer) {
    fleet::Summary summary;
    summary.totals.accounts = pairs.size();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      fleet::AccountResult result;
      result.pair = i;
      result.phase = fleet::Phase::done;
      if (summary.stopped_early || signal_ != 0) {
        result.phase = fleet::Phase::not_done;
        summary.interrupted = signal_ != 0;
        summary.accounts.push_back(result);
        continue;
      }
      observer(fleet::AccountStarted{i});
      const bool checks = policy.work == fleet::Work::check || policy.work == fleet::Work::measure;
      if (policy.work == fleet::Work::measure) result.summary = measured_[pairs[i].name];
      const bool no_compare = policy.work == fleet::Work::verify && no_compare_.contains(pairs[i].name);
      if (no_compare || (checks ? no_login_ : bad_).contains(pairs[i].name)) {
        result.phase = fleet::Phase::failed;
        result.summary.outcome = sync::Outcome::failed;
        result.summary.fatal = Error(Errc::auth_failed, Scope::account, Retry::never, "login");
        summary.stopped_early = policy.fail_fast;
      } else if (policy.work == fleet::Work::sync) {
        sync::MailboxReport box;
        box.source = "INBOX", box.source_messages = 12, box.copied = 3;
        observer(fleet::AccountEvent{i, sync::MailboxDone{box}});
        differs_.erase(pairs[i].name + "|missing");
      } else if (policy.work == fleet::Work::verify) {
        for (const std::string kind : {"missing", "extra"}) {
          if (!differs_.contains(pairs[i].name + "|" + kind)) continue;
          auto& sum = result.summary;
          sum.verify_differs = true;
          sync::MailboxReport box;
          box.source = "INBOX", box.source_messages = 10, box.target_messages = 9;
          (kind == "missing" ? sum.missing : sum.extra) = 1;
          (kind == "missing" ? box.missing : box.extra) = 1;
          sum.per_mailbox.push_back(box);
          observer(fleet::AccountEvent{i, sync::Difference{"INBOX", "7", kind, "52 bytes"}});
        }
      }
      observer(fleet::AccountFinished{&result});
      summary.accounts.push_back(result);
    }
    return summary;
  }

  void config(const std::string& name = "export.pass.config.json",
              std::vector<std::string> emails = {"joe@x", "ann@x", "bob@x"}) {
    nlohmann::json json = {{"server", {{"host", "imap.example.com"}}}};
    for (const auto& email : emails) json["accounts"].push_back({{"email", email}, {"password", "s3cret"}});
    test::write_file(dir_ / name, json.dump());
    fs::permissions(dir_ / name, fs::perms::owner_read | fs::perms::owner_write);
  }
  void archives(const std::vector<std::string>& names) {
    for (const auto& name : names) fs::create_directories(dir_.path() / "exported" / name);
  }
  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "bulk");
    const int status = cli::run(words, world_);
    EXPECT_THAT(out_ + err_, Not(HasSubstr("s3cret")));
    return status;
  }

  test::TempDir dir_;
  World world_;
  app::StopFlag stop_{0};
  int signal_ = 0;
  std::string out_, err_;
  std::vector<Call> calls_;
  std::vector<std::string> examined_, checked_;
  bool old_exports_ = false;
  std::vector<app::Finding> findings_;
  std::map<std::string, sync::Summary> measured_;                // what Work::measure finds
  std::set<std::string> bad_, no_login_, no_compare_, differs_;  // by name; differs_: "joe@x|missing"
};

TEST_F(Bulk, ExportChecksAllAccountsThenCopiesThenCompares) {
  config();
  EXPECT_EQ(run({"export"}), 0) << out_;
  ASSERT_EQ(calls_.size(), 3U);
  EXPECT_EQ(calls_[0].policy.work, fleet::Work::check);
  EXPECT_EQ(calls_[1].policy.work, fleet::Work::sync);
  EXPECT_EQ(calls_[1].policy.sync.mode, sync::Mode::copy);
  EXPECT_TRUE(calls_[1].policy.fail_fast);
  EXPECT_GE(calls_[1].policy.limits.accounts, 4U);
  EXPECT_EQ(calls_[2].policy.work, fleet::Work::verify);
  const auto& joe = calls_[1].pairs.front();
  EXPECT_EQ(joe.from.label(), "imaps://joe%40x@imap.example.com:993");
  EXPECT_EQ(joe.from_password.reveal(), "s3cret");
  EXPECT_EQ(joe.to.label(), "archive:" + (fs::canonical(dir_.path()) / "exported/joe@x").string());
  EXPECT_TRUE(calls_[1].environment.state);
  EXPECT_EQ(calls_[1].environment.io_timeout, Duration(std::chrono::seconds(60)));
}

TEST_F(Bulk, SaysWhatOperatorsLookFor) {
  config();
  run({"--mode", "export"});
  EXPECT_THAT(out_, HasSubstr(" | INFO | test_0 | [test] joe@x: OK\n"));
  EXPECT_THAT(out_, HasSubstr(" | INFO | export_0 | [export] joe@x: starting\n"));
  EXPECT_THAT(out_, HasSubstr(" | [export] joe@x: INBOX -> 12 messages, 3 new\n"));
  EXPECT_THAT(out_, HasSubstr(" | [export] bob@x: completed\n"));
  EXPECT_THAT(out_, HasSubstr("Export finished. Data stored under: "));
  EXPECT_THAT(out_, HasSubstr("Done. Log file: ./logs/run-"));
  const auto log = fs::directory_iterator(dir_ / "logs")->path();
  EXPECT_EQ(test::read_file(log), out_);
  EXPECT_EQ(err_, "");
}

TEST_F(Bulk, ExportLeavesATemplateForImportOnce) {
  config();
  run({"export"});
  const auto path = dir_ / "import.pass.config.json";
  EXPECT_THAT(out_, HasSubstr("Generated import config template at: import.pass.config.json"));
  EXPECT_EQ(static_cast<unsigned>(fs::status(path).permissions()), 0600U);
  const auto text = test::read_file(path);
  EXPECT_THAT(text, HasSubstr("\"password\": \"s3cret\""));
  test::write_file(path, "mine");
  run({"export"});
  EXPECT_THAT(out_, HasSubstr("Import config already exists, not overwriting: import.pass.config.json"));
  EXPECT_EQ(test::read_file(path), "mine");
  // What it left is what import takes.
  test::write_file(path, text);
  archives({"joe@x", "ann@x", "bob@x"});
  EXPECT_EQ(run({"import"}), 0);
}

TEST_F(Bulk, ImportGoesFromTheArchivesToTheServer) {
  config("import.pass.config.json", {"joe@x", "a/b"});
  archives({"joe@x", "a_b"});  // the second as the reference names it
  EXPECT_EQ(
      run({"import", "--max-workers", "7", "--imap-timeout", "2.5", "--state-dir", "/s", "--allow-damaged"}),
      0)
      << out_;
  EXPECT_TRUE(calls_[1].environment.allow_damaged);
  ASSERT_EQ(calls_.size(), 2U);
  EXPECT_TRUE(calls_[1].pairs[0].from.label().ends_with("exported/joe@x"));
  EXPECT_TRUE(calls_[1].pairs[1].from.label().ends_with("exported/a_b"));
  EXPECT_EQ(calls_[1].pairs[0].to_password.reveal(), "s3cret");
  EXPECT_EQ(calls_[1].policy.limits.accounts, 7U);
  EXPECT_EQ(calls_[1].environment.io_timeout, Duration(std::chrono::milliseconds(2500)));
  EXPECT_EQ(calls_[1].environment.state_dir, "/s");
  EXPECT_THAT(out_, HasSubstr("[import] joe@x: INBOX <- 12 messages"));
}

TEST_F(Bulk, AWrongPasswordOfOneIsKnownBeforeAnyWork) {
  config();
  no_login_ = {"ann@x"};
  EXPECT_EQ(run({"export"}), 3);
  ASSERT_EQ(calls_.size(), 1U);
  EXPECT_FALSE(calls_[0].policy.fail_fast);  // all are asked
  EXPECT_THAT(out_, HasSubstr("ERROR | test_0 | [test] ann@x: FAILED: login"));
  EXPECT_THAT(out_, HasSubstr("Connectivity tests failed for 1 of 3 accounts: ann@x"));
  EXPECT_FALSE(fs::exists(dir_ / "exported"));
  EXPECT_FALSE(fs::exists(dir_ / "import.pass.config.json"));
}

TEST_F(Bulk, IgnoreErrorsCarriesTheOthersOverAndEndsWithSix) {
  config();
  no_login_ = {"ann@x"};
  EXPECT_EQ(run({"export", "--ignore-errors"}), 6);
  EXPECT_THAT(calls_.at(1).names(), ElementsAre("joe@x", "bob@x"));
  EXPECT_FALSE(calls_[1].policy.fail_fast);
  EXPECT_THAT(calls_.at(2).names(), ElementsAre("joe@x", "bob@x"));
}

TEST_F(Bulk, WithNobodyLeftNothingIsDone) {
  config("export.pass.config.json", {"joe@x"});
  no_login_ = {"joe@x"};
  EXPECT_EQ(run({"export", "--ignore-errors"}), 3);
  EXPECT_EQ(calls_.size(), 1U);
}

TEST_F(Bulk, TheFirstFailureEndsTheRunAndNamesWhatWasNotDone) {
  config();
  bad_ = {"ann@x"};
  EXPECT_EQ(run({"export", "--no-connectivity-test"}), 1);
  EXPECT_EQ(calls_.size(), 1U);  // no audit either
  EXPECT_THAT(out_, HasSubstr("[export] ann@x: FAILED: login"));
  EXPECT_THAT(out_, HasSubstr("[export] bob@x: not done"));
  EXPECT_THAT(out_, Not(HasSubstr("Export finished")));
}

TEST_F(Bulk, WithIgnoreErrorsTheOthersAreDoneAndCompared) {
  config();
  bad_ = {"ann@x"};
  EXPECT_EQ(run({"export", "--ignore-errors", "--no-conn"}), 6);
  EXPECT_THAT(calls_.at(1).names(), ElementsAre("joe@x", "bob@x"));
  EXPECT_THAT(out_, HasSubstr("[export] Completed with errors (1 accounts). See logs."));
}

TEST_F(Bulk, AStopIsAStop) {
  config();
  signal_ = SIGINT;
  EXPECT_EQ(run({"export"}), 130);
  EXPECT_EQ(calls_.size(), 1U);
  signal_ = SIGTERM;
  EXPECT_EQ(run({"export", "--no-connectivity-test"}), 143);
  EXPECT_THAT(out_, HasSubstr("[export] joe@x: not done"));
}

TEST_F(Bulk, AnAuditOfAnExportTellsWhatTheArchiveLacksAndForgivesWhatIsGone) {
  config();
  differs_ = {"joe@x|extra"};
  EXPECT_EQ(run({"export"}), 0) << out_;
  EXPECT_THAT(out_, HasSubstr("Audit passed"));
  bad_ = {};
  differs_ = {"joe@x|missing"};
  EXPECT_EQ(run({"export", "--no-audit-after-export"}), 0);
  differs_ = {"joe@x|missing"};
  archives({"joe@x", "ann@x", "bob@x"});
  EXPECT_EQ(run({"audit"}), 4);
  EXPECT_THAT(out_, HasSubstr("[audit] joe@x | INBOX | local=9 remote=10\n"));
}

TEST_F(Bulk, AnAuditReadsTheArchivesFirstAndOfflineOnlyThem) {
  config();
  archives({"joe@x", "ann@x", "bob@x"});
  EXPECT_EQ(run({"audit"}), 0) << out_;
  EXPECT_THAT(checked_, ElementsAre("joe@x", "ann@x", "bob@x"));
  ASSERT_EQ(calls_.size(), 1U);
  EXPECT_EQ(calls_[0].pairs[0].from.label(), "imaps://joe%40x@imap.example.com:993");
  EXPECT_EQ(run({"audit", "--audit-offline"}), 0);
  EXPECT_EQ(calls_.size(), 1U);
  bad_ = {"ann@x"};
  EXPECT_EQ(run({"audit", "--audit-offline"}), 4);
  EXPECT_EQ(checked_.size(), 9U);
  EXPECT_THAT(out_, HasSubstr("[audit] ann@x: damaged: INBOX/x.eml: is not what it was\n"));
  old_exports_ = true;
  bad_ = {};
  EXPECT_EQ(run({"audit"}), 0);
  EXPECT_EQ(calls_.size(), 2U);
  EXPECT_THAT(out_, HasSubstr("[audit] joe@x: files not checked: an export of another program\n"));
  EXPECT_THAT(out_, HasSubstr("Audit found damaged archives"));
}

TEST_F(Bulk, ValidateEndsWithFourOnAnyDifference) {
  config("import.pass.config.json");
  archives({"joe@x", "ann@x", "bob@x"});
  EXPECT_EQ(run({"validate"}), 0);
  EXPECT_THAT(out_, HasSubstr("Validation successful"));
  out_.clear();
  for (const std::string kind : {"missing", "extra"}) {
    differs_ = {"ann@x|" + kind};
    EXPECT_EQ(run({"validate", "--content"}), 4);
  }
  EXPECT_TRUE(calls_.back().policy.verify.content);
  EXPECT_TRUE(calls_.back().pairs.front().from.label().starts_with("archive:"));
  EXPECT_THAT(out_, HasSubstr(" | WARNING | MainThread | Validation mismatches found:\n"));
  EXPECT_THAT(out_, HasSubstr(" | ann@x | INBOX | local=10 remote=9\n"));
  EXPECT_THAT(out_, HasSubstr(" | ann@x | INBOX | missing 7: 52 bytes\n"));
  EXPECT_THAT(out_, Not(HasSubstr("Validation successful")));
}

TEST_F(Bulk, AComparisonThatFailedForOneGoesOnAndIsNoSuccess) {
  config("import.pass.config.json");
  archives({"joe@x", "ann@x", "bob@x"});
  bad_ = {"joe@x"};
  EXPECT_EQ(run({"validate"}), 4);
  EXPECT_FALSE(calls_.back().policy.fail_fast);
  EXPECT_EQ(run({"validate", "--ignore-errors"}), 6);
  EXPECT_THAT(out_, Not(HasSubstr("Validation successful")));
  differs_ = {"bob@x|missing"};
  EXPECT_EQ(run({"validate"}), 4);
}

TEST_F(Bulk, ResyncSendsTheAccountsThatLackSomethingAndComparesAgain) {
  config("import.pass.config.json");
  archives({"joe@x", "ann@x", "bob@x"});
  differs_ = {"ann@x|missing"};
  EXPECT_EQ(run({"validate", "--resync-missing"}), 0) << out_;
  ASSERT_EQ(calls_.size(), 4U);
  EXPECT_EQ(calls_[0].policy.work, fleet::Work::check);
  EXPECT_THAT(calls_[2].names(), ElementsAre("ann@x"));
  EXPECT_EQ(calls_[2].policy.work, fleet::Work::sync);
  EXPECT_EQ(calls_[3].pairs.size(), 3U);
  differs_ = {"ann@x|missing", "joe@x|extra"};
  EXPECT_EQ(run({"validate", "--resync-missing"}), 4);
}

TEST_F(Bulk, TestLogsInAndChangesNothing) {
  config();
  EXPECT_EQ(run({"test"}), 0);
  ASSERT_EQ(calls_.size(), 1U);
  EXPECT_EQ(calls_[0].policy.work, fleet::Work::check);
  EXPECT_FALSE(fs::exists(dir_ / "exported"));
  EXPECT_THAT(out_, HasSubstr("Test completed successfully."));
  no_login_ = {"bob@x"};
  EXPECT_EQ(run({"test", "--ignore-errors"}), 3);
}

TEST_F(Bulk, ABrokenConfigurationIsToldWholeAndNothingStarts) {
  test::write_file(dir_ / "c.json", R"({"server": {}, "accounts": [{"email": "", "password": 3}]})");
  EXPECT_EQ(run({"export", "--config", "c.json"}), 2);
  for (const std::string sentence :
       {"server.host must be a non-empty string", "accounts[0].email must be a non-empty string",
        "accounts[0].password must be a string (can be empty)"})
    EXPECT_THAT(out_, HasSubstr("ERROR | MainThread | Invalid config: " + sentence + "\n"));
  EXPECT_TRUE(calls_.empty());
  EXPECT_EQ(run({"import"}), 2);
  EXPECT_THAT(out_, HasSubstr("Config not found: import.pass.config.json"));
}

TEST_F(Bulk, WarnsOfAConfigurationThatOthersCanRead) {
  config();
  fs::permissions(dir_ / "export.pass.config.json", fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(run({"test"}), 0);
  EXPECT_THAT(out_, HasSubstr("WARNING | MainThread | export.pass.config.json holds passwords"));
}

TEST_F(Bulk, WithoutArchivesNothingIsImported) {
  config("import.pass.config.json");
  EXPECT_EQ(run({"import"}), 2);
  EXPECT_THAT(out_, HasSubstr("Input directory does not exist: "));
  archives({"joe@x", "bob@x"});
  EXPECT_EQ(run({"import"}), 2);
  EXPECT_THAT(out_, HasSubstr("[import] ann@x: FAILED: Input account directory not found: "));
  EXPECT_TRUE(calls_.empty());
  EXPECT_EQ(run({"import", "--ignore-errors"}), 6);
  EXPECT_THAT(calls_.back().names(), ElementsAre("joe@x", "bob@x"));
}

TEST_F(Bulk, TooLittleSpaceWhereTheArchivesGoIsAnEnvironmentFailure) {
  config();
  EXPECT_EQ(run({"export", "--min-free-gb", "99999999", "--output-dir", "deep/er"}), 2);
  EXPECT_THAT(out_, HasSubstr("Environment/dependency check failed: Insufficient free disk space: "));
  EXPECT_TRUE(calls_.empty());
  EXPECT_EQ(run({"test", "--min-free-gb", "0"}), 0);
}

TEST_F(Bulk, AuditThatCouldNotBeMadeForOneHasNotPassed) {
  config();
  archives({"joe@x", "ann@x", "bob@x"});
  no_compare_ = {"ann@x"};
  EXPECT_EQ(run({"audit"}), 4);
  EXPECT_EQ(run({"audit", "--ignore-errors"}), 6);
  EXPECT_EQ(run({"export"}), 4);
  EXPECT_THAT(out_, Not(HasSubstr("Audit passed")));
}

TEST_F(Bulk, ValidateLogsInToAllAccountsFirst) {
  config("import.pass.config.json");
  archives({"joe@x", "ann@x", "bob@x"});
  no_login_ = {"ann@x"};
  EXPECT_EQ(run({"validate"}), 3);
  ASSERT_EQ(calls_.size(), 1U);
  EXPECT_TRUE(calls_[0].pairs[0].from.label().starts_with("archive:"));
  EXPECT_EQ(run({"validate", "--no-connectivity-test"}), 0);
  EXPECT_THAT(out_, HasSubstr("Skipping connectivity tests due to --no-connectivity-test\n"));
  EXPECT_EQ(calls_.size(), 2U);
}

class BulkPreflight : public Bulk {
 protected:
  // Two accounts of two servers each; the second target's password stands elsewhere.
  void two_servers(const std::string& of_target = {}) {
    test::write_file(dir_ / "migration.config.json", R"({
    "source": {"host": "old.example"}, "target": {"host": "new.example")" +
                                                         of_target + R"(},
    "accounts": [{"source_email": "a@old", "target_email": "a@new",
                  "source_auth": {"password": "s3cret"}, "target_auth": {"env_var": "PW"}},
                 {"source_email": "b@old", "target_email": "b@new",
                  "source_auth": {"password": "s3cret"}, "target_auth": {"env_var": "PW"}}]})");
    fs::permissions(dir_ / "migration.config.json", fs::perms::owner_read | fs::perms::owner_write);
  }
};

TEST_F(BulkPreflight, ExaminesEachServerOnceAndMeasuresAllAccounts) {
  two_servers();
  findings_ = {{app::Finding::Level::ok, "login", "PLAIN", ""},
               {app::Finding::Level::warning, "tls", "none", "Use imaps://"}};
  measured_["b@old"].source_bytes = 4711;
  EXPECT_EQ(run({"preflight"}), 0) << out_;
  EXPECT_THAT(examined_, ElementsAre("imaps://a%40old@old.example:993", "imaps://a%40new@new.example:993"));
  ASSERT_EQ(calls_.size(), 1U);
  EXPECT_EQ(calls_[0].policy.work, fleet::Work::measure);
  EXPECT_THAT(calls_[0].names(), ElementsAre("a@old", "b@old"));
  EXPECT_EQ(calls_[0].pairs[1].to.label(), "imaps://b%40new@new.example:993");
  EXPECT_THAT(out_,
              HasSubstr("WARNING | MainThread | [preflight] new.example:993: tls: none: Use imaps://\n"));
  EXPECT_THAT(out_, HasSubstr("INFO | MainThread | [preflight] b@old: estimated_source_bytes=4711 "));
  EXPECT_THAT(out_, HasSubstr("target.available_bytes not configured, and the server tells no quota: whether "
                              "the mail of 2 account(s) fits"));
  findings_.push_back({app::Finding::Level::failure, "quota", "the account is full", ""});
  EXPECT_EQ(run({"preflight"}), 4);
  EXPECT_THAT(out_,
              HasSubstr("ERROR | MainThread | [preflight] new.example:993: quota: the account is full"));
}

TEST_F(BulkPreflight, NamesEveryAccountThatCannotLogInAndExaminesServersByOneThatCan) {
  two_servers();
  no_login_ = {"a@old"};
  EXPECT_EQ(run({"preflight"}), 4);
  EXPECT_THAT(out_, HasSubstr("Preflight found 1 issue(s):\n"));
  EXPECT_THAT(out_, HasSubstr("ERROR | MainThread | [preflight] a@old: login: "));
  EXPECT_THAT(examined_, ElementsAre("imaps://b%40old@old.example:993", "imaps://b%40new@new.example:993"));
  no_login_ = {"a@old", "b@old"};
  measured_["b@old"].failures.push_back(
      {.mailbox = "Box", .ref = {}, .reason = {}, .message = "no way", .server_text = {}});
  EXPECT_EQ(run({"preflight"}), 4);
  EXPECT_THAT(out_, HasSubstr("Preflight found 3 issue(s):\n"));
  EXPECT_THAT(out_, HasSubstr("[preflight] b@old: Box: no way\n"));
  EXPECT_EQ(examined_.back(), "imaps://a%40new@new.example:993");
}

TEST_F(BulkPreflight, ComparesTheMailOfEachAccountWithWhatItsTargetTakes) {
  two_servers(R"(, "available_bytes": 1000)");
  measured_["a@old"].source_bytes = 1000;
  measured_["b@old"].source_bytes = 1001;
  EXPECT_EQ(run({"preflight"}), 4);
  EXPECT_THAT(out_, HasSubstr("Preflight found 1 issue(s):\n"));
  EXPECT_THAT(
      out_, HasSubstr("[preflight] b@old: estimated source bytes 1001 exceed target.available_bytes 1000\n"));
  measured_["b@old"].source_bytes = 999;
  EXPECT_EQ(run({"preflight"}), 0);
  EXPECT_THAT(out_, Not(HasSubstr("not configured")));
}

TEST_F(BulkPreflight, ComparesWithTheQuotaThatTheServerTells) {
  two_servers();
  auto& found = measured_["a@old"];
  found.source_bytes = 500, found.source_messages = 5, found.target_room = 499;
  EXPECT_EQ(run({"preflight"}), 4);
  EXPECT_THAT(out_,
              HasSubstr("[preflight] a@old: estimated source bytes 500 exceed the 499 that the target's "
                        "quota leaves\n"));
  found.target_messages = 4;  // of which nobody knows whether they are the same
  EXPECT_EQ(run({"preflight"}), 0);
  EXPECT_THAT(out_, HasSubstr("WARNING | MainThread | [preflight] a@old: estimated source bytes 500"));
  found.target_room = 0;
  EXPECT_EQ(run({"preflight"}), 4);
  found.target_messages = 5;
  EXPECT_EQ(run({"preflight"}), 0);
  found.target_room = 500;
  found.target_messages = 0;
  EXPECT_EQ(run({"preflight"}), 0);
}

TEST_F(BulkPreflight, ComparesTheArchivesToBeMadeWithTheFreeSpaceWhereTheyLie) {
  config("migration.config.json");
  measured_["joe@x"].source_bytes = std::uint64_t{1} << 62U;
  EXPECT_EQ(run({"preflight", "--output-dir", "deep/er"}), 4);
  EXPECT_THAT(out_, HasSubstr("Insufficient free disk space: archives to be made need 4611686018427387904 "));
  archives({"joe@x"});
  EXPECT_EQ(run({"preflight"}), 0) << out_;
}

TEST_F(Bulk, UsageMistakesMakeNoLog) {
  EXPECT_EQ(run({"import", "--da-url", "x"}), 2);
  EXPECT_THAT(err_, HasSubstr("hosting panels"));
  EXPECT_EQ(run({"export", "--max-workers", "0"}), 2);
  EXPECT_EQ(run({"migrate"}), 2);
  EXPECT_EQ(run({"test", "--no-connectivity-test"}), 2);
  EXPECT_THAT(err_, HasSubstr("--no-connectivity-test cannot be used with --mode test"));
  EXPECT_EQ(run({"--mode", "preflight", "--no-conn"}), 2);
  EXPECT_FALSE(fs::exists(dir_ / "logs"));
}

}  // namespace
}  // namespace pf::cli
