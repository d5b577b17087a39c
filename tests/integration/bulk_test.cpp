// Many accounts by way of archives, as imapsync_bulk_migrator is used, through the built program.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"
#include "support/temp_dir.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <map>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> users = {"alice", "bob", "joe@example.com"};

// Two servers, and a directory in which the commands are given.
class BulkArchives : public testing::Test {
 protected:
  BulkArchives() {
    ferry_.working_directory = work_.path().string();
    for (const auto& user : users) {
      const auto oracle = oracle_of(old_, user);
      append_all(*oracle, "INBOX", small_messages(4));
      oracle->create("Sent Items");
      oracle->create("Projekte/Entw&APw-rfe");
      append_all(*oracle, "Projekte/Entw&APw-rfe", small_messages(2));
      oracle->append("Sent Items", {.bytes = "Subject: dated\r\n\r\nx\r\n",
                                    .flags = {"\\Answered", "\\Seen", "$Label1"},
                                    .date = "17-Jul-1996 02:44:25 -0700"});
    }
    config("export.pass.config.json", old_);
  }

  void config(const std::string& name, const DovecotServer& server, const std::string& wrong = {}) const {
    std::string accounts;
    for (const auto& user : users)
      accounts += fmt::format(R"({}{{"email": "{}", "password": "{}"}})", accounts.empty() ? "" : ", ", user,
                              user == wrong ? "no" : server.password(user));
    write_file(
        work_ / name,
        fmt::format(R"({{"server": {{"host": "localhost", "port": {}, "ca": "{}"}}, "accounts": [{}]}})",
                    server.imaps_port(), server.ca_file(), accounts));
    fs::permissions(work_ / name, fs::perms::owner_read | fs::perms::owner_write);
  }
  // The form with source and target; `of_target` is more of the latter.
  void two_servers(std::uint64_t bytes_per_second, const std::string& of_target = {},
                   const std::string& wrong = {}) const {
    std::string accounts;
    for (const auto& user : users)
      accounts += fmt::format(
          R"({0}{{"source_email": "{1}", "target_email": "{1}", "source_auth": {{"password": "{2}"}}, "target_auth": {{"password": "{2}"}}}})",
          accounts.empty() ? "" : ", ", user, user == wrong ? "no" : old_.password(user));
    const auto server = [](const DovecotServer& it, const std::string& more) {
      return fmt::format(R"({{"host": "localhost", "port": {}, "ca": "{}"{}}})", it.imaps_port(),
                         it.ca_file(), more);
    };
    write_file(work_ / "migration.config.json",
               fmt::format(R"({{"source": {}, "target": {}, "accounts": [{}],
                               "limits": {{"throttle": {{"max_bytes_per_second": {}}}}}}})",
                           server(old_, {}), server(new_, of_target), accounts, bytes_per_second));
  }
  [[nodiscard]] Ran bulk(std::vector<std::string> words) const {
    words.insert(words.begin(), "bulk");
    return ferry_.run(std::move(words));
  }
  void exported_and_imported() {
    const auto exported = bulk({"export"});
    ASSERT_EQ(exported.code, 0) << exported;
    config("import.pass.config.json", new_);
    const auto imported = bulk({"import"});
    ASSERT_EQ(imported.code, 0) << imported;
  }
  // Every file with its size and when it changed.
  [[nodiscard]] std::map<std::string, std::pair<std::uintmax_t, std::int64_t>> tree() const {
    std::map<std::string, std::pair<std::uintmax_t, std::int64_t>> files;
    for (const auto& entry : fs::recursive_directory_iterator(work_ / "exported"))
      files[entry.path().string()] = {entry.is_regular_file() ? entry.file_size() : 0,
                                      entry.last_write_time().time_since_epoch().count()};
    return files;
  }
  void expect_same(const std::string& user) {
    const auto from = oracle_of(old_, user);
    const auto to = oracle_of(new_, user);
    EXPECT_EQ(from->names(), to->names());
    for (const auto& mailbox : from->names())
      EXPECT_EQ(difference(*from, mailbox, *to, mailbox), "") << mailbox;
  }

  // Who guesses passwords need not wait here.
  DovecotServer old_{{.login_penalty = false}}, new_{{.login_penalty = false}};
  TempDir work_;
  Ferry ferry_;
};

TEST_F(BulkArchives, ExportedAndImportedMailIsTheSameAndASecondTimeAddsNothing) {
  const auto exported = bulk({"--mode", "export"});
  ASSERT_EQ(exported.code, 0) << exported;
  EXPECT_THAT(exported.out, HasSubstr("[export] alice: INBOX -> 4 messages, 4 new"));
  EXPECT_THAT(exported.out, HasSubstr("Audit passed"));
  EXPECT_TRUE(fs::is_directory(work_ / "exported/joe@example.com"));

  const auto before = tree();
  const auto again = bulk({"export", "--no-audit"});
  ASSERT_EQ(again.code, 0) << again;
  EXPECT_THAT(again.out, HasSubstr("Import config already exists, not overwriting"));
  EXPECT_EQ(tree(), before);

  config("import.pass.config.json", new_);
  const auto imported = bulk({"--mode=import"});
  ASSERT_EQ(imported.code, 0) << imported;
  EXPECT_THAT(imported.out, HasSubstr("[import] bob: Sent Items <- 1 messages, 1 new"));
  for (const auto& user : users) expect_same(user);
  const auto nothing = bulk({"import"});
  ASSERT_EQ(nothing.code, 0) << nothing;
  for (const auto& user : users) expect_same(user);
  EXPECT_EQ(tree(), before);
}

TEST_F(BulkArchives, ImportWithoutAMemoryOfEarlierRunsAddsNothing) {
  ASSERT_NO_FATAL_FAILURE(exported_and_imported());
  const auto again = bulk({"import", "--state-dir", (work_ / "fresh").string()});
  ASSERT_EQ(again.code, 0) << again;
  for (const auto& user : users) expect_same(user);
}

TEST_F(BulkArchives, ValidateNamesWhatIsMissingAndResyncBringsExactlyThat) {
  ASSERT_NO_FATAL_FAILURE(exported_and_imported());
  const auto whole = bulk({"validate", "--content"});
  EXPECT_EQ(whole.code, 0) << whole;
  const auto bob = oracle_of(new_, "bob");
  bob->select("INBOX");
  bob->store("2", "+FLAGS", "\\Deleted");
  bob->expunge();
  const auto lacking = bulk({"validate"});
  EXPECT_EQ(lacking.code, 4) << lacking;
  EXPECT_THAT(lacking.out, HasSubstr("Validation mismatches found:"));
  EXPECT_THAT(lacking.out, HasSubstr("| bob | INBOX | local=4 remote=3\n"));
  EXPECT_THAT(lacking.out, Not(HasSubstr("| alice | INBOX |")));
  const auto resynced = bulk({"validate", "--resync-missing"});
  EXPECT_EQ(resynced.code, 0) << resynced;
  EXPECT_THAT(resynced.out, HasSubstr("[resync] bob: INBOX <- 4 messages, 1 new"));
  for (const auto& user : users) expect_same(user);
}

TEST_F(BulkArchives, AWrongPasswordOfOneStopsAllOrOnlyThatOne) {
  config("export.pass.config.json", old_, "bob");
  const auto stopped = bulk({"export"});
  EXPECT_EQ(stopped.code, 3) << stopped;
  EXPECT_THAT(stopped.out, HasSubstr("[test] bob: FAILED: "));
  EXPECT_FALSE(fs::exists(work_ / "exported"));
  const auto others = bulk({"export", "--ignore-errors"});
  EXPECT_EQ(others.code, 6) << others;
  EXPECT_TRUE(fs::exists(work_ / "exported/alice"));
  EXPECT_FALSE(fs::exists(work_ / "exported/bob"));
}

TEST_F(BulkArchives, AuditForgivesWhatIsGoneFromTheServerAndNotWhatTheArchiveLacks) {
  const auto exported = bulk({"export"});
  ASSERT_EQ(exported.code, 0) << exported;
  const auto alice = oracle_of(old_, "alice");
  alice->select("INBOX");
  alice->store("1", "+FLAGS", "\\Deleted");
  alice->expunge();
  const auto gone = bulk({"audit"});
  EXPECT_EQ(gone.code, 0) << gone;
  append_all(*alice, "INBOX", std::vector{small_message(77)});
  const auto lacking = bulk({"audit"});
  EXPECT_EQ(lacking.code, 4) << lacking;
  EXPECT_THAT(lacking.out, HasSubstr("[audit] alice | INBOX | missing=1"));
}

TEST_F(BulkArchives, TestAndPreflightChangeNothing) {
  const auto alice = oracle_of(old_, "alice");
  const auto before = state_of(*alice, alice->names());
  EXPECT_EQ(bulk({"test"}).code, 0);
  const auto examined = bulk({"preflight", "--config", "export.pass.config.json"});
  EXPECT_EQ(examined.code, 0) << examined;
  EXPECT_THAT(examined.out,
              HasSubstr(fmt::format("[preflight] localhost:{}: capabilities: ", old_.imaps_port())));
  EXPECT_EQ(state_of(*alice, alice->names()), before);
  EXPECT_FALSE(fs::exists(work_ / "exported"));
}

// Nothing of it is sent; --allow-damaged sends it as it is.
TEST_F(BulkArchives, ADamagedMessageIsNamedAndTheOthersAreImported) {
  const auto exported = bulk({"export"});
  ASSERT_EQ(exported.code, 0) << exported;
  for (const auto& entry : fs::directory_iterator(work_ / "exported/bob/INBOX")) {
    if (entry.path().extension() != ".eml") continue;
    auto bytes = read_file(entry.path());
    bytes.back() ^= 1;
    write_file(entry.path(), bytes);
    break;
  }
  const auto audited = bulk({"audit", "--audit-offline"});
  EXPECT_EQ(audited.code, 4) << audited;
  EXPECT_THAT(audited.out, HasSubstr("[audit] bob: damaged: INBOX/"));
  EXPECT_THAT(audited.out, HasSubstr("[audit] alice: 7 messages in 3 mailboxes, 0 problems"));
  config("import.pass.config.json", new_);
  const auto imported = bulk({"import", "--ignore-errors"});
  EXPECT_EQ(imported.code, 6) << imported;
  EXPECT_THAT(imported.out, HasSubstr("[import] bob: INBOX, "));
  EXPECT_EQ(oracle_of(new_, "bob")->fetch_all("INBOX").size(), 3U);
  EXPECT_EQ(oracle_of(new_, "alice")->fetch_all("INBOX").size(), 4U);
  const auto allowed = bulk({"import", "--allow-damaged"});
  EXPECT_EQ(allowed.code, 0) << allowed;
  EXPECT_EQ(oracle_of(new_, "bob")->fetch_all("INBOX").size(), 4U);
}

TEST_F(BulkArchives, PreflightNamesEveryAccountThatWouldFail) {
  // alice's mail does not fit, bob has wrong passwords at both ends, joe is well.
  append_all(*oracle_of(old_, "alice"), "INBOX", std::vector{small_message(9, 20'000)});
  two_servers(0, R"(, "available_bytes": 10000)", "bob");
  const auto examined = ferry_.run({"bulk", "preflight"});
  EXPECT_EQ(examined.code, 4) << examined;
  EXPECT_THAT(examined.out, HasSubstr("Preflight found 3 issue(s):"));
  EXPECT_THAT(examined.out, ContainsRegex(R"(\[preflight\] alice: estimated source bytes [0-9]+ exceed )"
                                          R"(target.available_bytes 10000)"));
  for (const auto* server : {&old_, &new_})
    EXPECT_THAT(examined.out,
                ContainsRegex(fmt::format(R"(\[preflight\] bob: [^|]*localhost:{})", server->imaps_port())));
  EXPECT_THAT(examined.out, HasSubstr("[preflight] joe@example.com: OK"));
  // The servers are looked at by somebody they let in.
  EXPECT_THAT(examined.out,
              HasSubstr(fmt::format("[preflight] localhost:{}: capabilities: ", new_.imaps_port())));
  EXPECT_FALSE(fs::exists(work_ / "exported"));
}

// The form with two servers, slowly, stopped in the middle, and then to its end.
TEST_F(BulkArchives, AStopIsAnOrderlyEndAndTheSameCommandGoesOn) {
  const std::vector<std::string> words = {"bulk", "export", "--config", "migration.config.json"};
  two_servers(100);
  append_all(*oracle_of(old_, "alice"), "INBOX", small_messages(20));
  const auto process = ferry_.start(words);
  ASSERT_TRUE(
      eventually([&] { return process->out().find("[export] alice: starting") != std::string::npos; }));
  process->signal(SIGINT);
  const auto stopped = Ferry::finish(*process);
  EXPECT_EQ(stopped.code, 130) << stopped;
  EXPECT_THAT(stopped.out, HasSubstr("[export] alice: not done"));
  two_servers(0);
  const auto exported = ferry_.run(words);
  ASSERT_EQ(exported.code, 0) << exported;
  const auto imported = bulk({"import", "--config", "migration.config.json"});
  ASSERT_EQ(imported.code, 0) << imported;
  for (const auto& user : users) expect_same(user);
}

}  // namespace
}  // namespace pf::test
