#include "cli/syncimap.h"

#include "cli/run.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace pf::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// The command with an engine that notes what it is asked.
class Syncimap : public testing::Test {
 protected:
  Syncimap() {
    world_.engine.run_sync = [this](const app::Endpoint& from, const app::Endpoint& to,
                                    const sync::Policy& policy, const app::Environment&,
                                    const sync::Observer&, app::StopFlag&) {
      from_ = from, to_ = to, policy_ = policy, ran_ = true;
      return summary_;
    };
    world_.out = [this](std::string_view text) { out_ += text; };
    world_.err = [this](std::string_view text) { err_ += text; };
    world_.err_width = [] { return std::size_t{80}; };
    world_.ask_password = [this](std::string_view prompt) -> Result<Secret> {
      asked_.emplace_back(prompt);
      return Secret("typed");
    };
    world_.read_answer = [this]() -> Result<std::string> {
      if (lines_.empty()) return Error(Errc::cancelled, Scope::run, Retry::never, "input");
      auto line = lines_.front();
      lines_.erase(lines_.begin());
      return line;
    };
    world_.env = [this](const char* name) { return env_[name]; };
    world_.stop = &stop_;
    world_.stop_signal = [] { return 0; };
    env_["HOME"] = dir_.path().string();
  }
  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "syncimap");
    return cli::run(words, world_);
  }

  test::TempDir dir_;
  World world_;
  app::StopFlag stop_{0};
  std::map<std::string, std::string, std::less<>> env_;
  std::vector<std::string> lines_, asked_;
  std::string out_, err_;
  sync::Summary summary_;
  bool ran_ = false;
  app::Endpoint from_, to_;
  sync::Policy policy_;
};

TEST_F(Syncimap, LogsInAsTheReferenceDoes) {
  EXPECT_EQ(run({"joe", "admin", "pw1", "zimbra.example", "joe@new", "master", "pw2", "imap.new:1993"}), 0);
  EXPECT_EQ(from_.account.label(), "imaps://joe@zimbra.example:993");
  EXPECT_EQ(from_.account.admin, "admin");
  EXPECT_EQ(from_.account.admin_form, config::AdminForm::authzid);
  EXPECT_EQ(from_.account.auth, "PLAIN");
  EXPECT_EQ(from_.password.reveal(), "pw1");
  EXPECT_EQ(to_.account.label(), "imaps://joe%40new@imap.new:1993");
  EXPECT_EQ(to_.account.admin, "master");
  EXPECT_EQ(to_.account.admin_form, config::AdminForm::star);
  EXPECT_EQ(to_.account.auth, "LOGIN");
  EXPECT_EQ(to_.account.tls, config::Tls::implicit);
  EXPECT_EQ(to_.password.reveal(), "pw2");
}

TEST_F(Syncimap, MirrorsIntoTheQuarantineWithoutAQuestion) {
  run({"joe", "admin", "pw1", "a", "joe", "master", "pw2", "b"});
  EXPECT_EQ(policy_.mode, sync::Mode::mirror);
  EXPECT_TRUE(policy_.removal.confirmed);
  EXPECT_EQ(policy_.removal.quarantine, "deleted_from_source");
  EXPECT_FALSE(policy_.removal.for_good);
  EXPECT_FALSE(policy_.removal.extra);
  EXPECT_FALSE(policy_.removal.most_messages || policy_.removal.most_percent);
  EXPECT_EQ(policy_.mailboxes.exclude, (std::vector<std::string>{"Contacts", "Emailed Contacts"}));
  EXPECT_TRUE(policy_.sync_flags);
}

TEST_F(Syncimap, WarnsOfPasswordsThatOthersCanSee) {
  run({"joe", "admin", "pw1", "a", "joe", "master", "pw2", "b"});
  EXPECT_THAT(err_, HasSubstr("can be read by every user"));
  EXPECT_THAT(err_ + out_, Not(HasSubstr("pw1")));
  err_.clear();
  env_["POSTFERRY_SOURCE_MASTER_PASSWORD"] = "env1";
  env_["POSTFERRY_DESTINATION_MASTER_PASSWORD"] = "env2";
  EXPECT_EQ(run({"joe", "admin", "-", "a", "joe", "master", "-", "b"}), 0);
  EXPECT_EQ(err_, "");
  EXPECT_EQ(from_.password.reveal(), "env1");
  EXPECT_EQ(to_.password.reveal(), "env2");
}

TEST_F(Syncimap, ReadsPasswordsFromStandardInputTheSourcesFirst) {
  lines_ = {"first", "second"};
  EXPECT_EQ(run({"joe", "admin", "-", "a", "joe", "master", "-", "b"}), 0);
  EXPECT_EQ(from_.password.reveal(), "first");
  EXPECT_EQ(to_.password.reveal(), "second");
  EXPECT_EQ(run({"joe", "admin", "-", "a", "joe", "master", "-", "b"}), 2);
  EXPECT_THAT(err_, HasSubstr("no password for the source; set POSTFERRY_SOURCE_MASTER_PASSWORD"));
}

TEST_F(Syncimap, AsksAPersonForThem) {
  world_.in_is_terminal = true;
  EXPECT_EQ(run({"joe", "admin", "-", "a", "joe", "master", "pw2", "b"}), 0);
  EXPECT_EQ(from_.password.reveal(), "typed");
  EXPECT_EQ(asked_, std::vector<std::string>{"Password of admin at a: "});
}

TEST_F(Syncimap, NoMistakeShowsAPassword) {
  const std::vector<std::vector<std::string>> mistakes = {
      {"joe", "admin", "s3cret", "a", "joe", "master", "s3cret", "b", "s3cret"},
      {"joe", "admin", "--s3cret", "a", "joe", "master", "pw", "b"},
      {"joe", "admin", "s3cret"},
      {"joe", "admin", "s3cret", "a/b", "joe", "master", "s3cret", "b"},
      {"joe", "admin", "s3cret", "a:x", "joe", "master", "s3cret", "b"},
      {"", "admin", "s3cret", "a", "joe", "master", "s3cret", "b"},
  };
  for (const auto& words : mistakes) {
    err_.clear();
    EXPECT_EQ(run(words), 2);
    EXPECT_THAT(err_, HasSubstr("postferry: "));
    EXPECT_THAT(err_, Not(HasSubstr("s3cret"))) << testing::PrintToString(words);
    EXPECT_FALSE(ran_);
  }
}

TEST_F(Syncimap, APasswordThatBeginsWithADashStandsBehindTwo) {
  EXPECT_EQ(run({"--ca", "ca.pem", "--", "joe", "admin", "-pw", "a", "joe", "master", "pw2", "b"}), 0);
  EXPECT_EQ(from_.password.reveal(), "-pw");
  EXPECT_EQ(to_.account.ca_file, "ca.pem");
}

TEST_F(Syncimap, HelpNamesTheEightWords) {
  EXPECT_EQ(run({"-h"}), 0);
  EXPECT_THAT(out_, HasSubstr("source_user source_master_user source_master_password source_server"));
}

TEST_F(Syncimap, ExitStatusIsThatOfTheRun) {
  summary_.withheld = 3;
  summary_.outcome = sync::Outcome::refused;
  EXPECT_EQ(run({"joe", "admin", "p", "a", "joe", "master", "p", "b"}), 5);
}

}  // namespace
}  // namespace pf::cli
