// What the program says and how it ends when something is not as it should be.
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/ferry.h"
#include "support/free_port.h"
#include "support/mailboxes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <initializer_list>
#include <sys/stat.h>

namespace pf::test {
namespace {

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct Mistake {
  std::vector<std::string> words;
  std::string named;  // in the sentence
};

TEST(Usage, MistakesGetOneSentenceAndStatus2) {
  const Ferry ferry;
  const std::string from = "imaps://a@127.0.0.1";
  const std::string to = "imaps://b@127.0.0.1";
  const std::vector<Mistake> mistakes{
      {{}, "command"},
      {{"snyc", from, to}, "sync"},
      {{"sync", "--mailbx", "x", from, to}, "--mailbox"},
      {{"sync", from}, "TO"},
      {{"sync", from, to, "more"}, "more"},
      {{"sync", "imap//a@b", to}, "imap//a@b"},
      {{"sync", "imaps://127.0.0.1", to}, "user"},
      {{"sync", "imaps://a@127.0.0.1:99999", to}, "99999"},
      {{"sync", "imaps://a:secret@127.0.0.1", to}, "password"},
      {{"sync", "imaps://a@127.0.0.1/?tls=maybe", to}, "maybe"},
      {{"sync", "imaps://a@127.0.0.1/?ca=/no/such/file", "--from-password-env", "HOME", to}, "/no/such/file"},
      {{"sync", "--from-password-file", "/no/such/password", from, to}, "/no/such/password"},
      {{"sync", "--from-password-env", "PF_TEST_NOT_SET", from, to}, "PF_TEST_NOT_SET"},
      {{"sync", "--since", "yesterday", from, to}, "yesterday"},
      {{"sync", "--connections", "0", from, to}, "--connections"},
      {{"sync", "--mode", "move", from, to}, "mirror"},
      {{"sync", "--delete-extra", from, to}, "--mode mirror"},
      {{"undo", from, to}, "TO"},
      {{"undo", "last", from, to}, "--list"},
      {{"sync", "--config", "/no/such/config.toml", "old", "new"}, "/no/such/config.toml"},
      {{"sync", "old", "new"}, "old"},
      {{"sync", from, from, "--from-password-env", "HOME", "--to-password-env", "HOME"}, "same account"},
  };
  for (const auto& mistake : mistakes) {
    const auto ran = ferry.run(mistake.words);
    EXPECT_EQ(ran.code, 2) << ran;
    EXPECT_TRUE(holds(ran.err, mistake.named)) << mistake.named << ": " << ran;
    EXPECT_EQ(ran.out, "");
    EXPECT_LE(std::ranges::count(ran.err, '\n'), 2) << ran;
    EXPECT_FALSE(holds(ran.err, "secret")) << ran;
  }
}

TEST(Usage, HelpAndVersionAreNoMistakes) {
  const Ferry ferry;
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"--help"}, {"--version"}, {"sync", "--help"}}) {
    const auto ran = ferry.run(words);
    EXPECT_EQ(ran.code, 0) << ran;
    EXPECT_NE(ran.out, "");
    EXPECT_EQ(ran.err, "");
  }
}

// One account in order, one that cannot be reached or does not let us in.
class NoWayIn : public testing::Test {
 protected:
  // The account is named, and so is the likely cause.
  void expect_refused(const End& bad, const std::string& reason, const std::string& cause) {
    for (const bool as_source : {true, false}) {
      const auto good = end_at(good_, "alice");
      const auto ran = as_source ? ferry_.sync(bad, good) : ferry_.sync(good, bad);
      EXPECT_EQ(ran.code, 3) << ran;
      EXPECT_EQ(ran.summary.text("status"), "failed") << ran;
      EXPECT_EQ(ran.summary.text("error.reason"), reason) << ran;
      const auto told = ran.summary.text("error.message") + ran.summary.text("error.remedy");
      const auto account = bad.url.substr(0, bad.url.find("/?"));
      EXPECT_TRUE(holds(told, account)) << account << ": " << ran;
      EXPECT_TRUE(holds(told, cause)) << cause << ": " << ran;
    }
  }
  DovecotServer good_;
  Ferry ferry_;
};

TEST_F(NoWayIn, WhereNoSuchHostExists) {
  // A name that no server need be asked about: a label has 63 octets at most (RFC 1035 2.3.4).
  const std::string name = std::string(64, 'x') + ".example";
  expect_refused({.url = "imaps://bob@" + name + ":993", .password = "x"}, "resolve", name);
}

TEST_F(NoWayIn, WhereNobodyListens) {
  const ReservedPort nobody;
  expect_refused(end_through(nobody.number(), good_, "bob"), "refused", "refused");
}

TEST_F(NoWayIn, WithACertificateNobodyVouchesFor) {
  auto end = end_at(good_, "bob", Way::tls);
  end.url = end.url.substr(0, end.url.find("/?"));
  expect_refused(end, "certificate", "ca=");
}

TEST_F(NoWayIn, WithACertificateOfAnotherHost) {
  const DovecotServer other(
      {.certificate = {
           .common_name = "mail.example.com", .dns_names = {"mail.example.com"}, .ip_addresses = {}}});
  expect_refused(end_at(other, "bob", Way::tls), "certificate", "mail.example.com");
}

TEST_F(NoWayIn, WithACertificateThatHasExpired) {
  const DovecotServer other(
      {.certificate = {.starts = std::chrono::hours(-48), .ends = std::chrono::hours(-24)}});
  expect_refused(end_at(other, "bob", Way::starttls), "certificate", "expired");
}

TEST_F(NoWayIn, WithAWrongPassword) {
  auto end = end_at(good_, "bob");
  end.password = "wrong";
  expect_refused(end, "auth-failed", "password");
}

TEST_F(NoWayIn, WithTlsToAPortThatSpeaksInClear) {
  auto end = end_at(good_, "bob", Way::tls);
  end.url.replace(end.url.find(std::to_string(good_.imaps_port())), std::to_string(good_.imaps_port()).size(),
                  std::to_string(good_.imap_port()));
  expect_refused(end, "tls", "STARTTLS");
}

TEST_F(NoWayIn, InClearToAPortThatSpeaksTls) {
  auto end = end_through(good_.imaps_port(), good_, "bob");
  // Long enough for alice's first login, whatever else the machine has to do.
  const auto ran = Ferry().sync(end, end_at(good_, "alice"), {"--timeout", "10"});
  EXPECT_EQ(ran.code, 3) << ran;
  EXPECT_TRUE(holds(ran.summary.text("error.message"), "bob@127.0.0.1")) << ran;
}

// Messages through a line slow enough to be interrupted.
class Interrupted : public testing::Test {
 protected:
  void SetUp() override { append_all(*oracle_of(source_, "alice"), "INBOX", small_messages(count, 4000)); }
  // Ends when some of the mail has arrived.  The rest cannot before the dam is opened, and then takes
  // seconds.
  std::unique_ptr<Process> started() {
    proxy_.dribble(Direction::to_server, 20000, std::chrono::milliseconds(20));
    proxy_.dam_after(Direction::to_server, 400'000);
    const auto oracle = first_session_of(target_, "bob");
    auto process = ferry_.start_sync(end_at(source_, "alice"), through());
    EXPECT_TRUE(eventually([&] { return oracle->select("INBOX", true).exists > 0 || !process->running(); }));
    EXPECT_TRUE(process->running());
    return process;
  }
  // Sends the signals and lets the mail go on.
  Ran interrupt(Process& process, std::initializer_list<int> signals) {
    for (const int number : signals) process.signal(number);
    proxy_.open_dam(Direction::to_server);
    return Ferry::finish(process);
  }
  [[nodiscard]] End through() const { return end_through(proxy_.port(), target_, "bob"); }
  void expect_next_run_completes() {
    proxy_.release();
    const auto ran = ferry_.sync(end_at(source_, "alice"), through());
    EXPECT_EQ(ran.code, 0) << ran;
    EXPECT_LT(ran["copied"], count) << ran;
    EXPECT_EQ(difference(*oracle_of(source_, "alice"), "INBOX", *oracle_of(target_, "bob"), "INBOX"), "");
  }
  static constexpr std::size_t count = 500;
  // The program itself sees to its five seconds (tests/scenario/stopping_test.cpp); a busy machine adds to
  // what a clock on the wall shows.  Still far from the minute that a silent server would be waited for.
  static constexpr std::chrono::seconds soon{25};
  DovecotServer source_;
  DovecotServer target_;
  FaultProxy proxy_{{.target_port = target_.imap_port()}};
  Ferry ferry_;
};

TEST_F(Interrupted, ByCtrlCItEndsSoonAndTheNextRunCompletes) {
  const auto process = started();
  const auto begin = std::chrono::steady_clock::now();
  const auto ran = interrupt(*process, {SIGINT});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, soon);
  EXPECT_EQ(ran.code, 130) << ran;
  EXPECT_EQ(ran.summary.text("status"), "interrupted") << ran;
  expect_next_run_completes();
}

// Nothing moves: it ends although what is under way is not done.
TEST_F(Interrupted, ByCtrlCTwiceItEndsAtOnce) {
  ferry_.settle.clear();  // appends are cut off
  const auto process = started();
  const auto begin = std::chrono::steady_clock::now();
  process->signal(SIGINT);
  process->signal(SIGINT);
  const auto ran = Ferry::finish(*process);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, soon);
  EXPECT_EQ(ran.code, 130) << ran;
  expect_next_run_completes();
}

TEST_F(Interrupted, BySigtermTheStatusSaysSo) {
  const auto process = started();
  const auto ran = interrupt(*process, {SIGTERM});
  EXPECT_EQ(ran.code, 143) << ran;
  expect_next_run_completes();
}

TEST_F(Interrupted, WhileTheServerSaysNothing) {
  const auto process = started();
  const auto begin = std::chrono::steady_clock::now();
  process->signal(SIGINT);  // and the dam stays
  const auto ran = Ferry::finish(*process);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, soon);
  EXPECT_EQ(ran.code, 130) << ran;
  expect_next_run_completes();
}

TEST_F(Interrupted, ByAnotherRunOnTheSamePairThatOneIsTurnedAway) {
  const auto process = started();
  const auto second = ferry_.sync(end_at(source_, "alice"), through());
  EXPECT_EQ(second.code, 7) << second;
  EXPECT_EQ(second.summary.text("error.reason"), "locked") << second;
  EXPECT_TRUE(process->running());
  proxy_.release();
  EXPECT_EQ(Ferry::finish(*process).code, 0);
  EXPECT_EQ(difference(*oracle_of(source_, "alice"), "INBOX", *oracle_of(target_, "bob"), "INBOX"), "");
}

TEST_F(Interrupted, ByItsTimeLimitItSaysWhatIsLeft) {
  proxy_.dam_after(Direction::to_server, 1'000'000);  // half of it
  const auto ran = ferry_.sync(end_at(source_, "alice"), through(), {"--time-limit", "20s"});
  EXPECT_EQ(ran.code, 6) << ran;
  EXPECT_GT(ran["copied"], 0U) << ran;
  expect_next_run_completes();
}

TEST(Output, ThatCannotBeWrittenIsAFailure) {
  for (const std::string command : {"--help", "completion bash", "man"}) {
    const auto status_of = [&](const std::string& redirection) {
      ProcessOptions options;
      options.argv = {"/bin/sh", "-c", fmt::format("exec \"$POSTFERRY_BINARY\" {}{}", command, redirection)};
      return test::run(std::move(options)).status.code;
    };
    EXPECT_EQ(status_of(" > /dev/full"), 1) << command;
    EXPECT_EQ(status_of(" >&-"), 0) << command;  // nobody wants it
  }
}

TEST(Directories, ThatAreNotThereAreAUsageError) {
  const Ferry ferry;
  const auto nothing = (ferry.directory() / "nothing").string();
  for (const std::string kind : {"archive:", "maildir:"}) {
    const auto ran = ferry.sync({kind + nothing, ""}, {"maildir:" + nothing + "2", ""});
    EXPECT_EQ(ran.code, 2) << ran;
    EXPECT_NE(ran.out.find("nothing"), std::string::npos) << ran;
    EXPECT_EQ(ferry.run({"doctor", kind + nothing}).code, 2);
  }
}

TEST(Json, TheLastLineIsTheSummaryWithTrueNumbers) {
  const DovecotServer source;
  const DovecotServer target;
  const auto at_source = oracle_of(source, "alice");
  append_all(*at_source, "INBOX", small_messages(7));
  at_source->create("Work");
  append_all(*at_source, "Work", ordinary(5, 3));
  append_all(*oracle_of(target, "bob"), "INBOX", small_messages(2));
  std::size_t octets = 0;
  for (const auto* name : {"INBOX", "Work"}) {
    for (const auto& m : at_source->fetch_all(name)) octets += m.bytes.size();
  }
  for (const auto& m : small_messages(2)) octets -= m.bytes.size();
  const Ferry ferry;
  const auto report = ferry.directory() / "report";
  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"), {"--report", report.string()});
  ASSERT_EQ(ran.code, 0) << ran;
  ASSERT_FALSE(ran.records.empty());
  EXPECT_EQ(ran.records.front().text("event"), "run");
  EXPECT_EQ(ran.records.back().text("event"), "summary");
  EXPECT_EQ(ran.summary.text("status"), "ok");
  EXPECT_EQ(ran["mailboxes"], 2U);
  EXPECT_EQ(ran["source_messages"], 12U);
  EXPECT_EQ(ran["copied"], 10U);
  EXPECT_EQ(ran["matched"], 2U);
  EXPECT_EQ(ran["failed"], 0U);
  EXPECT_EQ(ran["bytes_copied"], octets);
  EXPECT_GE(ran["bytes_sent"], octets);
  EXPECT_GE(ran["bytes_received"], octets);
  EXPECT_EQ(ran["exit_status"], 0U);
  EXPECT_TRUE(holds(read_file(report / "summary.json"), "\"per_mailbox\"")) << ran;
}

TEST(Secrets, AppearNowhere) {
  const std::string canary_from = "canary-tweety-4711";
  const std::string canary_to = "canary-hansi-0815";
  const DovecotServer source({.users = {{"alice", canary_from}}});
  const DovecotServer target({.users = {{"bob", canary_to}}});
  append_all(*oracle_of(source, "alice"), "INBOX", small_messages(50));
  FaultProxy proxy({.target_port = target.imap_port()});
  const Ferry ferry;
  for (const auto* mechanism : {"PLAIN", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5"}) {
    const auto trace = ferry.directory() / mechanism;
    proxy.dam_after(Direction::to_client, 0);  // it does not end before we have looked at it
    auto to = end_through(proxy.port(), target, "bob");
    to.url += std::string("&auth=") + mechanism;
    auto process = ferry.start_sync(end_at(source, "alice", Way::clear, std::string("auth=") + mechanism), to,
                                    {"--trace", trace.string(), "-vv"});
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(trace); }));
    const auto command_line = read_file("/proc/" + std::to_string(process->pid()) + "/cmdline");
    EXPECT_FALSE(holds(command_line, "canary")) << command_line;
    proxy.release();
    const auto ran = Ferry::finish(*process);
    EXPECT_EQ(ran.code, 0) << ran;
    EXPECT_FALSE(holds(ran.out + ran.err, "canary")) << ran;
    const auto traced = read_file(trace);
    EXPECT_TRUE(holds(traced, "AUTHENTICATE") || holds(traced, "LOGIN")) << traced;
    EXPECT_FALSE(holds(traced, "canary")) << traced;
    // Base64 of "canary-" in each of its three positions.
    for (const auto* encoded : {"Y2FuYXJ5L", "NhbmFyeS", "jYW5hcnkt"}) {
      EXPECT_FALSE(holds(traced, encoded)) << mechanism << traced;
    }
    struct stat status{};
    ASSERT_EQ(::stat(trace.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
  }
  std::size_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(ferry.state())) {
    if (!file.is_regular_file()) continue;
    ++files;
    const auto content = read_file(file.path());
    EXPECT_FALSE(holds(content, canary_from)) << file.path();
    EXPECT_FALSE(holds(content, canary_to)) << file.path();
    struct stat status{};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077U, 0U) << file.path();
  }
  EXPECT_GT(files, 0U);
}

}  // namespace
}  // namespace pf::test
