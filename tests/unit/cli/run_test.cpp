#include "cli/run.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace pf::cli {
namespace {

// A world in memory: an engine that notes what it is asked, and says what the test wants.
class Run : public testing::Test {
 protected:
  void SetUp() override {
    env_ = {{"HOME", dir_.string()}};
    world_.engine.run_sync = [this](const app::Endpoint& from, const app::Endpoint& to,
                                    const sync::Policy& policy, const app::Environment& environment,
                                    const sync::Observer& observer, app::StopFlag&) {
      from_ = from, to_ = to, policy_ = policy, environment_ = environment;
      for (const auto& event : events_) observer(event);
      if (!question_.empty()) agreed_ = environment.ask ? environment.ask(question_) : std::optional<bool>();
      if (log_line_) environment.log(LogLevel::info, "connected");
      return summary_;
    };
    world_.engine.run_verify = [this](const app::Endpoint& from, const app::Endpoint& to,
                                      const sync::VerifyPolicy& policy, const app::Environment& environment,
                                      const sync::Observer&, app::StopFlag&) {
      from_ = from, to_ = to, verify_policy_ = policy, environment_ = environment;
      return summary_;
    };
    world_.engine.run_undo = [this](const app::Endpoint& from, const app::Endpoint& to, std::int64_t run,
                                    const sync::Timing&, const app::Environment& environment,
                                    const sync::Observer&, app::StopFlag&) {
      from_ = from, to_ = to, undone_ = run, environment_ = environment;
      return summary_;
    };
    world_.engine.list_runs = [this](const config::Account& from, const config::Account& to,
                                     const app::Environment& environment) {
      from_.account = from, to_.account = to, environment_ = environment;
      return runs_;
    };
    world_.engine.run_doctor = [this](const app::Endpoint& endpoint, const app::Environment&,
                                      const std::function<void(const app::Finding&)>& report,
                                      app::StopFlag&) {
      from_ = endpoint;
      for (const auto& finding : findings_) report(finding);
      return doctor_status_;
    };
    world_.engine.check_archive = [this](const std::string& directory, const app::Environment&,
                                         const std::function<void(const app::ArchiveFinding&)>& found,
                                         app::StopFlag&) -> Result<app::ArchiveCounts> {
      EXPECT_EQ(directory, "mail");
      for (const auto& finding : archive_findings_) found(finding);
      return archive_counts_;
    };
    world_.engine.read_password = [this](const config::Account& account) -> Result<Secret> {
      if (!account.password_file.empty())
        return Error(Errc::permission, Scope::account, Retry::never, "cannot open " + account.password_file);
      return account.password_env.empty() ? Secret() : Secret(env_[account.password_env]);
    };
    world_.out = [this](std::string_view text) { out_ += text; };
    world_.err = [this](std::string_view text) { err_ += text; };
    world_.err_width = [] { return std::size_t{80}; };
    world_.ask_password = [this](std::string_view prompt) -> Result<Secret> {
      asked_.emplace_back(prompt);
      if (!terminal_) return Error(Errc::unsupported, Scope::run, Retry::never, "no terminal");
      return Secret("typed");
    };
    world_.read_answer = [this]() -> Result<std::string> {
      if (answer_.empty()) return Error(Errc::cancelled, Scope::run, Retry::never, "question");
      return answer_;
    };
    world_.env = [this](const char* name) {
      const auto found = env_.find(name);
      return found == env_.end() ? std::string() : found->second;
    };
    world_.stop = &stop_;
    world_.stop_signal = [this] { return signal_; };
  }

  int run(std::vector<std::string> words) { return cli::run(words, world_); }
  void config(std::string_view text) {
    std::filesystem::create_directories(dir_ / ".config/postferry");
    std::ofstream(dir_ / ".config/postferry/postferry.toml") << text;
  }

  const test::TempDir temp_;
  const std::filesystem::path dir_ = temp_.path();
  std::map<std::string, std::string> env_;
  World world_;
  app::StopFlag stop_{0};
  int signal_ = 0;
  bool terminal_ = true;
  bool log_line_ = false;
  std::string out_, err_;
  std::vector<std::string> asked_;
  std::vector<app::ArchiveFinding> archive_findings_;
  Result<app::ArchiveCounts> archive_counts_{app::ArchiveCounts{2, 1200, 4'500'000, 0}};
  std::string question_;  // of the engine
  std::string answer_;
  std::optional<bool> agreed_;  // nothing: there was nobody to ask

  std::vector<sync::Event> events_;
  sync::Summary summary_;
  std::vector<app::Finding> findings_;
  Status doctor_status_;
  std::int64_t undone_ = 0;
  Result<std::vector<app::RemovalRun>> runs_ = std::vector<app::RemovalRun>{};
  app::Endpoint from_, to_;
  sync::Policy policy_;
  sync::VerifyPolicy verify_policy_;
  app::Environment environment_;
};

TEST_F(Run, SyncGivesTheEngineWhatWasAskedFor) {
  EXPECT_EQ(run({"sync", "imaps://joe@old.example", "imap://joe@new.example", "--trace", "t", "--timeout",
                 "5", "--allow-cleartext", "--compress", "on"}),
            0);
  EXPECT_EQ(from_.account.label(), "imaps://joe@old.example:993");
  EXPECT_EQ(to_.account.label(), "imap://joe@new.example:143");
  EXPECT_TRUE(to_.account.allow_cleartext);
  EXPECT_EQ(from_.password.reveal(), "typed");
  EXPECT_EQ(asked_, (std::vector<std::string>{"Password of joe at old.example: ",
                                              "Password of joe at new.example: "}));
  EXPECT_EQ(environment_.state_dir, dir_.string() + "/.local/state/postferry");
  EXPECT_TRUE(environment_.state);
  EXPECT_TRUE(environment_.compress);
  EXPECT_EQ(environment_.trace_file, "t");
  EXPECT_EQ(environment_.io_timeout, Duration(std::chrono::seconds(5)));
  EXPECT_EQ(err_, "");
}

TEST_F(Run, AccountsAndDefaultsComeFromTheConfigurationFile) {
  config(
      "[defaults]\nstate-dir = '/s'\nconnections = 3\ncompress = 'on'\n"
      "[account.old]\nurl = 'imaps://joe@old.example'\npassword-env = 'OLD'\n"
      "[account.new]\nurl = 'imaps://joe@new.example'\npassword-env = 'NEW'\n");
  env_["OLD"] = "secret1";
  env_["NEW"] = "secret2";
  env_["OTHER"] = "secret3";
  EXPECT_EQ(run({"sync", "old", "new", "--to-password-env", "OTHER"}), 0);
  EXPECT_EQ(from_.password.reveal(), "secret1");
  EXPECT_EQ(to_.password.reveal(), "secret3");
  EXPECT_EQ(policy_.connections, 3U);
  EXPECT_EQ(environment_.state_dir, "/s");
  EXPECT_TRUE(environment_.compress);
  EXPECT_TRUE(asked_.empty());

  EXPECT_EQ(run({"verify", "old", "new", "--connections", "1", "--compress", "off"}), 0);
  EXPECT_EQ(verify_policy_.connections, 1U);
  EXPECT_FALSE(environment_.compress);
  EXPECT_FALSE(environment_.state);
  EXPECT_EQ((out_ + err_).find("secret"), std::string::npos);
}

TEST_F(Run, UsageMistakesAreTwoAndOneSentence) {
  const auto check = [&](std::vector<std::string> words, const std::string& sentence) {
    out_.clear(), err_.clear();
    EXPECT_EQ(run(std::move(words)), 2);
    EXPECT_EQ(out_, "");
    EXPECT_EQ(err_, "postferry: " + sentence + "\n");
  };
  const auto path = dir_.string() + "/.config/postferry/postferry.toml";
  check({"sync", "a", "b", "--dry"}, "unknown option '--dry' of sync; did you mean --dry-run?");
  check({"sync", "imaps://joe@h", "imaps://joe:pw@h"},
        "TO: a password does not belong in a URL; put it in a file and use --to-password-file");
  check({"sync", "imaps://joe:pw@h", "x"},
        "FROM: a password does not belong in a URL; put it in a file and use --from-password-file");
  check({"doctor", "imaps://joe:pw@h"},
        "a password does not belong in a URL; put it in a file and use --password-file");
  check({"sync", "joe@h", "x"}, "FROM: 'joe@h' is no URL and no name of an account; write imaps://joe@h");
  check({"sync", "old", "x"},
        "FROM: no account 'old' in " + path + "; write a URL such as imaps://USER@HOST");
  check({"sync", "imaps://joe@h", "imaps://joe@H:993"},
        "FROM and TO are the same account; to copy within an account say what goes where with --map");
  check({"doctor", "imaps://joe@h?ca=/nonexistent"},
        "ca=/nonexistent: cannot open /nonexistent (No such file or directory)");
  check({"doctor", "x", "--config", "/nonexistent"}, "cannot open /nonexistent (No such file or directory)");
  config("[account.older]\nurl = 'imaps://joe@h'\n");
  check({"doctor", "oldr"}, "no account 'oldr' in " + path + "; did you mean 'older'?");
  config("[account.x]\nurl = 'imaps://joe@h'\npassword = 'x'\n");
  check({"doctor", "x"},
        path +
            ", line 3: a password does not belong in this file; use password-file, password-command or "
            "password-env");
}

TEST_F(Run, WithoutATerminalTheOptionsForThePasswordAreNamed) {
  terminal_ = false;
  EXPECT_EQ(run({"sync", "imaps://joe@h", "imaps://joe@i"}), 2);
  EXPECT_EQ(
      err_,
      "postferry: FROM: no password for imaps://joe@h:993; use --from-password-env, --from-password-file or "
      "--from-password-command, or run it on a terminal\n");
  err_.clear();
  EXPECT_EQ(run({"doctor", "imaps://joe@h"}), 2);
  EXPECT_EQ(err_,
            "postferry: no password for imaps://joe@h:993; use --password-env, --password-file or "
            "--password-command, or run "
            "it on a terminal\n");
}

TEST_F(Run, AnUnreadablePasswordFileIsTwo) {
  EXPECT_EQ(run({"doctor", "imaps://joe@h", "--password-file", "/secret"}), 2);
  EXPECT_EQ(err_, "postferry: cannot open /secret: permission denied\n");
}

TEST_F(Run, AnInterruptedPromptIs130) {
  world_.ask_password = [](std::string_view) -> Result<Secret> {
    return Error(Errc::cancelled, Scope::run, Retry::never, "prompt");
  };
  signal_ = SIGINT;
  EXPECT_EQ(run({"doctor", "imaps://joe@h"}), 130);
}

TEST_F(Run, ExternalLoginNeedsNoPassword) {
  terminal_ = false;
  EXPECT_EQ(run({"doctor", "imaps://joe@h?auth=external"}), 0);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(Run, ThePromptNamesTheAdministratorWhoLogsIn) {
  EXPECT_EQ(run({"doctor", "imaps://joe@h?admin=boss"}), 0);
  EXPECT_EQ(asked_, std::vector<std::string>{"Password of boss at h: "});
}

TEST_F(Run, APersonAtTheTerminalIsAsked) {
  world_.in_is_terminal = world_.err_is_terminal = true;
  question_ = "INBOX\x1b: 3 messages\nRemove them?";
  for (const auto& [typed, meant] : std::map<std::string, bool>{
           {"y", true}, {"Yes", true}, {" y ", true}, {"n", false}, {"yellow", false}, {"", false}}) {
    answer_ = typed;
    err_.clear();
    EXPECT_EQ(run({"sync", "imaps://joe@h", "imaps://joe@i"}), 0);
    EXPECT_EQ(agreed_, std::optional(meant)) << typed;
    EXPECT_EQ(err_, "INBOX\\x{1b}: 3 messages\nRemove them? [y/N] ");
  }
}

TEST_F(Run, NobodyIsAskedWithoutATerminalOrWhenTheOutputIsForPrograms) {
  question_ = "Remove?";
  answer_ = "y";
  const auto check = [&](bool in, bool err, std::vector<std::string> options) {
    world_.in_is_terminal = in, world_.err_is_terminal = err;
    std::vector<std::string> words = {"sync", "imaps://joe@h", "imaps://joe@i"};
    words.insert(words.end(), options.begin(), options.end());
    EXPECT_EQ(run(words), 0);
    EXPECT_EQ(agreed_, std::nullopt);
    EXPECT_EQ(err_.find("Remove?"), std::string::npos);
  };
  check(false, true, {});
  check(true, false, {});
  check(true, true, {"--json"});
  check(true, true, {"--quiet"});
}

TEST_F(Run, WhatIsRemovedForGoodIsNotOfferedBack) {
  summary_.deleted = 1;
  summary_.run = "12";
  EXPECT_EQ(run({"sync", "imaps://joe@h", "imaps://joe@i", "--mode", "mirror"}), 0);
  EXPECT_NE(out_.find("postferry undo 12 "), std::string::npos) << out_;
  out_.clear();
  EXPECT_EQ(run({"sync", "imaps://joe@h", "imaps://joe@i", "--mode", "mirror", "--expunge"}), 0);
  EXPECT_EQ(out_.find("undo"), std::string::npos) << out_;
}

TEST_F(Run, UndoNeedsBothAccountsAndItsStatusIsThatOfTheSummary) {
  summary_.restored = 2;
  EXPECT_EQ(run({"undo", "12", "imaps://joe@h", "imaps://joe@i", "--state-dir", "/s"}), 0);
  EXPECT_EQ(undone_, 12);
  EXPECT_EQ(from_.account.label(), "imaps://joe@h:993");
  EXPECT_EQ(to_.password.reveal(), "typed");
  EXPECT_EQ(environment_.state_dir, "/s");
  EXPECT_EQ(out_, "Done in 0.0 s: 2 messages put back.\n");
  summary_.outcome = sync::Outcome::partial;
  EXPECT_EQ(run({"undo", "12", "imaps://joe@h", "imaps://joe@i"}), 6);
}

TEST_F(Run, TheListOfRunsNeedsNoPassword) {
  terminal_ = false;
  EXPECT_EQ(run({"undo", "--list", "imaps://joe@h", "imaps://joe@i"}), 0);
  EXPECT_EQ(out_, "No run removed anything.\n");
  EXPECT_EQ(from_.account.label(), "imaps://joe@h:993");
  EXPECT_EQ(to_.account.label(), "imaps://joe@i:993");
  out_.clear();
  runs_->push_back({.id = 12, .wall_seconds = 0, .mode = "mirror", .quarantined = 3});
  EXPECT_EQ(run({"undo", "--list", "imaps://joe@h", "imaps://joe@i"}), 0);
  EXPECT_EQ(out_,
            "  run                  when    mode  can be put back  put back  gone for good\n"
            "  12   1970-01-01T00:00:00Z  mirror                3         0              0\n");
  runs_ = Error(Errc::state, Scope::run, Retry::never, "postferry.db");
  EXPECT_EQ(run({"undo", "--list", "imaps://joe@h", "imaps://joe@i"}), 1);
  EXPECT_TRUE(err_.starts_with("postferry: postferry.db: ")) << err_;
  EXPECT_TRUE(asked_.empty());
}

TEST_F(Run, JsonHasOnlyObjectsOnStandardOutputAndTheSummaryLast) {
  events_ = {sync::RunStarted{"a", "b", false}, sync::Warning{"w"}, sync::Notice{"n"}};
  log_line_ = true;
  EXPECT_EQ(run({"sync", "imaps://joe@h", "imaps://joe@i", "--json", "-v"}), 0);
  std::vector<nlohmann::json> lines;
  std::size_t start = 0;
  for (auto end = out_.find('\n'); end != std::string::npos; start = end + 1, end = out_.find('\n', start))
    lines.push_back(nlohmann::json::parse(out_.substr(start, end - start)));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0]["event"], "run");
  EXPECT_EQ(lines[2]["event"], "summary");
  EXPECT_EQ(lines[2]["exit_status"], 0);
  EXPECT_EQ(err_, "n\ninfo: connected\n");
}

TEST_F(Run, QuietSaysNothingWhenAllIsWell) {
  events_ = {sync::RunStarted{"a", "b", false}, sync::Notice{"n"}};
  EXPECT_EQ(run({"sync", "imaps://joe@h", "imaps://joe@i", "--quiet"}), 0);
  EXPECT_EQ(out_ + err_, "");
}

TEST_F(Run, ReportIsWrittenToItsDirectory) {
  summary_.outcome = sync::Outcome::partial;
  summary_.failures = {{"INBOX", "7", "too-big", "m", ""}};
  EXPECT_EQ(run({"sync", "imaps://joe@h", "imaps://joe@i", "-q", "--report", (dir_ / "r").string()}), 6);
  std::ifstream file(dir_ / "r/summary.json");
  const auto json = nlohmann::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  EXPECT_EQ(json["exit_status"], 6);
  EXPECT_EQ(json["failures"][0]["uid"], 7);
}

TEST_F(Run, AReportThatCannotBeWrittenIsOne) {
  std::ofstream(dir_ / "file") << "x";
  EXPECT_EQ(run({"sync", "imaps://joe@h", "imaps://joe@i", "-q", "--report", (dir_ / "file" / "r").string()}),
            1);
  EXPECT_TRUE(err_.starts_with("postferry: cannot ")) << err_;
}

TEST_F(Run, ExitStatusIsThatOfTheSummary) {
  summary_.outcome = sync::Outcome::interrupted;
  signal_ = SIGTERM;
  EXPECT_EQ(run({"sync", "imaps://joe@h", "imaps://joe@i"}), 143);
  summary_ = {};
  summary_.verify_differs = true;
  EXPECT_EQ(run({"verify", "imaps://joe@h", "imaps://joe@i"}), 4);
}

TEST_F(Run, DoctorTellsByItsStatusWhatStoppedIt) {
  findings_ = {{app::Finding::Level::ok, "dns", "1 address", ""}};
  EXPECT_EQ(run({"doctor", "imaps://joe@h"}), 0);
  EXPECT_EQ(out_, "ok    dns           1 address\n");
  doctor_status_ = Error(Errc::refused, Scope::account, Retry::later, "connect to h:993");
  EXPECT_EQ(run({"doctor", "imaps://joe@h"}), 3);
  EXPECT_EQ(err_, "postferry: connect to h:993: the server does not accept connections\n");
  doctor_status_ = {};
  findings_.push_back({app::Finding::Level::failure, "quota", "full", "Make room"});
  EXPECT_EQ(run({"doctor", "imaps://joe@h"}), 1);
}

TEST_F(Run, ArchiveCheckNamesWhatIsWrong) {
  EXPECT_EQ(run({"archive", "check", "mail"}), 0);
  EXPECT_EQ(out_, "1,200 messages in 2 mailboxes, 4.5 MB: all as it was written\n");
  out_.clear();
  archive_findings_ = {{"note", false, ".tmp-1", "left"},
                       {"damaged", true, "INBOX/a\n.eml", "is not what it was"}};
  archive_counts_->problems = 1;
  EXPECT_EQ(run({"archive", "check", "mail"}), 4);
  EXPECT_EQ(out_,
            "note      .tmp-1: left\ndamaged   INBOX/a\\x{0a}.eml: is not what it was\n"
            "1,200 messages in 2 mailboxes, 4.5 MB: 1 problem\n");
  out_.clear();
  EXPECT_EQ(run({"archive", "check", "-q", "mail"}), 4);
  EXPECT_EQ(out_, "damaged   INBOX/a\\x{0a}.eml: is not what it was\n");
  out_.clear();
  EXPECT_EQ(run({"archive", "check", "--json", "mail"}), 4);
  EXPECT_NE(out_.find("{\"event\":\"archive_finding\",\"kind\":\"damaged\",\"problem\":true,"
                      "\"file\":\"INBOX/a\\n.eml\",\"text\":\"is not what it was\"}\n"),
            std::string::npos)
      << out_;
  EXPECT_NE(out_.find("\"problems\":1,\"error\":null,\"exit_status\":4}\n"), std::string::npos) << out_;
  archive_findings_ = {};
  archive_counts_ = Error(Errc::not_found, Scope::account, Retry::never, "open the directory mail");
  EXPECT_EQ(run({"archive", "check", "mail"}), 2);
}

TEST_F(Run, HelpVersionCompletionAndManGoToStandardOutput) {
  for (const auto& [words, beginning] :
       std::map<std::vector<std::string>, std::string>{{{"--help"}, "postferry "},
                                                       {{"help", "verify"}, "postferry verify: "},
                                                       {{"sync", "-h"}, "postferry sync: "},
                                                       {{"--version"}, "postferry 0."},
                                                       {{"completion", "fish"}, "# fish completion"},
                                                       {{"man"}, ".\\\" Generated"}}) {
    out_.clear();
    EXPECT_EQ(run(words), 0);
    EXPECT_TRUE(out_.starts_with(beginning)) << out_.substr(0, 80);
  }
  EXPECT_EQ(err_, "");
}

}  // namespace
}  // namespace pf::cli
