#include "cli/render/fleet_report.h"

#include "cli/render/account_board.h"
#include "cli/render/fleet_json.h"
#include "cli/render/fleet_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace pf::cli {
namespace {

using fleet::Phase;
using testing::HasSubstr;
using testing::Not;

AccountRow row(std::string name, Phase phase) {
  AccountRow account;
  account.name = std::move(name);
  account.from = "imaps://joe@old.example:993";
  account.to = "imaps://joe@new.example:993";
  account.row = 2;
  account.phase = phase;
  return account;
}

FleetReport report_of(std::vector<AccountRow> accounts) {
  FleetReport report;
  report.accounts = std::move(accounts);
  report.exit_status = 0;
  auto& totals = report.totals;
  totals.accounts = report.accounts.size();
  for (const auto& account : report.accounts)
    ++(account.phase == Phase::done     ? totals.done
       : account.phase == Phase::failed ? totals.failed
                                        : totals.not_done);
  return report;
}

TEST(FleetCsv, IsOneLineAnAccountWithItsCounts) {
  auto joe = row("joe@example.com", Phase::done);
  joe.summary.copied = 12;
  joe.summary.bytes_copied = 3456;
  joe.summary.warnings = {"the target cannot keep the flag $x (1 message)"};
  joe.seconds = 1.5;
  const auto csv = accounts_csv(report_of({joe}));
  EXPECT_THAT(csv, testing::StartsWith("account,row,source,target,state,"));
  EXPECT_THAT(
      csv, testing::EndsWith("\r\njoe@example.com,2,imaps://joe@old.example:993,imaps://joe@new.example:993,"
                             "done,0,0,12,0,0,0,0,0,0,0,0,0,0,0,3456,1.500,1,the target cannot keep the flag "
                             "$x (1 message),\r\n"));
}

TEST(FleetCsv, NoCellBeginsAFormulaOrEndsEarly) {
  for (const std::string start : {"=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"}) {
    auto account = row(start + "cmd|' /C calc'!A0", Phase::failed);
    account.reason = start + "a \"quoted\", thing";
    account.summary.failures = {{.mailbox = start + "x",
                                 .ref = "7",
                                 .reason = "rejected",
                                 .message = start + "m",
                                 .server_text = start + "NO"}};
    const auto report = report_of({account});
    for (const auto& csv : {accounts_csv(report), failures_csv(report)}) {
      const auto lines = std::count(csv.begin(), csv.end(), '\n');
      EXPECT_EQ(lines, 2) << csv;
      const auto body = csv.substr(csv.find('\n') + 1);
      EXPECT_TRUE(body.starts_with("'") || body.starts_with("\"'")) << csv;
      EXPECT_THAT(body, Not(HasSubstr("," + start + "x")));
      EXPECT_THAT(body, Not(HasSubstr(",\"" + start)));
    }
    EXPECT_THAT(accounts_csv(report), HasSubstr("a \"\"quoted\"\", thing\""));
  }
}

TEST(FleetCsv, EveryFailureIsARowAndSoIsAnAccountThatNeverBegan) {
  auto mail = row("mail", Phase::failed);
  mail.reason = "two messages";
  mail.summary.failures = {
      {.mailbox = "INBOX", .ref = "7", .reason = "too-big", .message = "m1", .server_text = ""},
      {.mailbox = "Work", .ref = "", .reason = "permission", .message = "m2", .server_text = "NO"}};
  auto login = row("login", Phase::failed);
  login.summary.fatal = Error(Errc::auth_failed, Scope::account, Retry::never, "login", "[X] no");
  auto late = row("late", Phase::not_done);
  late.reason = "the run ended before it";
  const auto csv = failures_csv(report_of({mail, row("fine", Phase::done), login, late}));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
  EXPECT_THAT(csv, HasSubstr(",failed,INBOX,7,too-big,m1,\r\n"));
  EXPECT_THAT(csv, HasSubstr(",failed,Work,,permission,m2,NO\r\n"));
  EXPECT_THAT(csv, HasSubstr(",failed,,,auth-failed,"));
  EXPECT_THAT(csv, HasSubstr(",not-done,,,,the run ended before it,\r\n"));
  EXPECT_THAT(csv, Not(HasSubstr("fine")));
}

TEST(FleetHtml, EscapesWhateverAServerSays) {
  const std::string evil = "<script>alert(1)</script>\"'&\x1b[2J\xe2\x80\xae";
  auto account = row(evil, Phase::failed);
  account.from = account.to = evil;
  account.reason = evil;
  account.summary.warnings = {evil};
  account.summary.conflicts = {evil};
  account.summary.failures = {
      {.mailbox = evil, .ref = evil, .reason = evil, .message = evil, .server_text = evil}};
  auto report = report_of({account});
  report.warnings = {evil};
  report.fatal = evil;
  const auto page = index_html(report);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
}

// Its policy forbids to fetch anything, and there is nothing to fetch.
TEST(FleetHtml, IsCompleteInItself) {
  const auto page = index_html(report_of({row("joe", Phase::done)}));
  EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const auto* part : {"http://", "https://", "src=", "href=", "url(", "@import"})
    EXPECT_THAT(page, Not(HasSubstr(part)));
}

TEST(FleetHtml, ShowsFirstWhoNeedsALook) {
  auto failed = row("zoe", Phase::failed);
  failed.reason = "the server refused the credentials";
  failed.summary.failures = {
      {.mailbox = "INBOX", .ref = "7", .reason = "too-big", .message = "m1", .server_text = ""}};
  auto done = row("ann", Phase::done);
  done.summary.copied = 1234;
  done.summary.warnings = {"the target cannot keep the flag $x"};
  const auto page = index_html(report_of({done, failed}));
  EXPECT_THAT(page, HasSubstr("<h1>1 of 2 accounts failed</h1>"));
  EXPECT_LT(page.find(">zoe</td>"), page.find(">ann</td>"));
  EXPECT_THAT(page, HasSubstr("data-v=\"1234\">1,234</td>"));
  EXPECT_THAT(page, HasSubstr("<li>INBOX, uid 7: m1</li>"));
  EXPECT_THAT(page, HasSubstr("<li>the target cannot keep the flag $x</li>"));
  EXPECT_THAT(page, Not(HasSubstr("http-equiv=\"refresh\"")));
}

TEST(FleetHtml, RenewsItselfWhileTheRunLasts) {
  auto report = report_of({row("joe", Phase::running)});
  report.exit_status.reset();
  EXPECT_THAT(index_html(report), HasSubstr("http-equiv=\"refresh\""));
}

TEST(FleetHtml, LeavesTheRestToTheTable) {
  std::vector<AccountRow> many(10'002, row("joe", Phase::done));
  EXPECT_THAT(index_html(report_of(std::move(many))), HasSubstr("2 more are in accounts.csv."));
}

TEST(FleetHeadline, SaysHowItEnded) {
  const auto of = [](std::vector<Phase> phases, std::optional<int> status, bool dry = false,
                     bool check = false) {
    FleetReport report;
    report.exit_status = status;
    report.dry_run = dry;
    report.check = check;
    auto& t = report.totals;
    t.accounts = phases.size();
    t.done = static_cast<std::size_t>(std::count(phases.begin(), phases.end(), Phase::done));
    t.failed = static_cast<std::size_t>(std::count(phases.begin(), phases.end(), Phase::failed));
    t.not_done = static_cast<std::size_t>(std::count(phases.begin(), phases.end(), Phase::not_done));
    t.skipped = static_cast<std::size_t>(std::count(phases.begin(), phases.end(), Phase::skipped));
    t.running = static_cast<std::size_t>(std::count(phases.begin(), phases.end(), Phase::running));
    return headline(report);
  };
  EXPECT_EQ(of({Phase::done, Phase::done}, 0), "All of 2 accounts done");
  EXPECT_EQ(of({Phase::done, Phase::failed}, 6), "1 of 2 accounts failed");
  EXPECT_EQ(of({Phase::not_done, Phase::failed}, 1), "1 of 2 accounts failed, 1 not done");
  EXPECT_EQ(of({Phase::not_done, Phase::done}, 130), "1 of 2 accounts not done");
  EXPECT_EQ(of({Phase::skipped, Phase::done}, 0), "1 of 2 accounts done");
  EXPECT_EQ(of({Phase::skipped, Phase::skipped}, 0), "Nothing to do: none of 2 accounts had failed");
  EXPECT_EQ(of({Phase::done}, 0, true), "All of 1 account looked at, nothing was changed");
  EXPECT_EQ(of({Phase::done}, 0, false, true), "All of 1 account logged in at both ends");
  EXPECT_EQ(of({Phase::done, Phase::failed, Phase::running}, std::nullopt),
            "1 of 3 accounts done, 1 running, 1 failed");
}

TEST(FleetJson, AccountsAreWhole) {
  auto failed = row("zoe\xff", Phase::failed);
  failed.reason = "why";
  failed.summary.fatal = Error(Errc::auth_failed, Scope::account, Retry::never, "login", "[X] no");
  failed.summary.copied = 3;
  auto report = report_of({row("ann", Phase::done), failed});
  report.exit_status = 6;
  const auto json = nlohmann::json::parse(accounts_json(report));
  EXPECT_EQ(json["summary"]["status"], "partial");
  EXPECT_EQ(json["summary"]["copied"], 3);
  EXPECT_EQ(json["summary"]["exit_status"], 6);
  ASSERT_EQ(json["summary"]["failures"].size(), 1U);
  EXPECT_EQ(json["summary"]["failures"][0]["account"], "zoe\xef\xbf\xbd");
  EXPECT_EQ(json["summary"]["failures"][0]["reason"], "auth-failed");
  EXPECT_EQ(json["summary"]["failures"][0]["message"], "why");
  EXPECT_EQ(json["accounts"][0]["reason"], nullptr);
  EXPECT_EQ(json["accounts"][1]["account"], "zoe\xef\xbf\xbd");
  EXPECT_EQ(json["accounts"][1]["error"]["reason"], "auth-failed");
}

TEST(FleetLine, TellsAccountsMessagesRateAndTimeToGo) {
  fleet::Totals t;
  t.accounts = 1000;
  t.done = 10;
  t.failed = 2;
  t.running = 40;
  t.stalled = 1;
  t.messages = 1234;
  t.bytes = 12'300'000;
  t.bytes_per_second = 4'500'000;
  t.seconds_left = 12;
  EXPECT_EQ(
      fleet_line(t),
      "12/1,000 accounts  40 running  1 stalled  2 failed  1,234 messages  12.3 MB  4.5 MB/s  ETA 0:12");
  t.checking = true;
  EXPECT_EQ(fleet_line(t), "checking logins  12/1,000 accounts  40 running  1 stalled  2 failed");
}

// Two accounts before the eyes of a person or a program.
class Watched : public testing::Test {
 protected:
  static std::vector<fleet::Pair> two() {
    std::vector<fleet::Pair> pairs(2);
    pairs[0].name = "ann";
    pairs[1].name = "bob";
    return pairs;
  }
  void end(FleetRenderer& renderer, std::size_t pair, Phase phase) {
    fleet::AccountResult result;
    result.pair = pair;
    result.phase = phase;
    if (phase == Phase::failed)
      result.summary.fatal = Error(Errc::auth_failed, Scope::account, Retry::never, "login", "[X] \x1b[2J");
    const fleet::Event event = fleet::AccountFinished{&result};
    board_.event(event);
    renderer.event(event);
    summary_.accounts.push_back(result);
    ++(phase == Phase::done ? summary_.totals.done : summary_.totals.failed);
  }
  void finish(FleetRenderer& renderer, int status) {
    board_.finish(summary_, status);
    renderer.summary(board_.report(), status);
  }

  std::vector<fleet::Pair> pairs_ = two();
  AccountBoard board_{pairs_, false, false};
  fleet::Summary summary_;
  std::string out_, err_;
};

TEST_F(Watched, APersonHearsAtOnceWhoFailed) {
  FleetTextRenderer renderer({}, board_, [this](auto text) { out_ += text; },
                             {.write = [this](auto text) { err_ += text; }, .terminal = false, .width = {}});
  end(renderer, 0, Phase::done);
  EXPECT_EQ(err_, "");
  end(renderer, 1, Phase::failed);
  EXPECT_THAT(err_, testing::StartsWith("failed: bob: login: "));
  EXPECT_THAT(err_, Not(HasSubstr("\x1b")));
  finish(renderer, 6);
  EXPECT_THAT(out_, testing::StartsWith("1 of 2 accounts failed ("));
  EXPECT_THAT(out_, HasSubstr("\n  bob: login: "));
}

TEST_F(Watched, AProgramGetsOneEventAnAccount) {
  std::vector<nlohmann::json> lines;
  FleetJsonRenderer renderer({}, board_,
                             {[&](auto text) { lines.push_back(nlohmann::json::parse(text)); }, {}});
  end(renderer, 1, Phase::failed);
  fleet::AccountResult never;
  never.pair = 0;
  never.phase = Phase::not_done;
  summary_.accounts.insert(summary_.accounts.begin(), never);
  finish(renderer, 1);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0]["event"], "run");
  EXPECT_EQ(lines[1]["account"], "bob");
  EXPECT_EQ(lines[2]["account"], "ann");
  EXPECT_EQ(lines[2]["state"], "not-done");
  EXPECT_EQ(lines[3]["event"], "summary");
  EXPECT_EQ(lines[3]["accounts"], 2);
}

TEST_F(Watched, CronHearsOfFailuresOnly) {
  FleetQuietRenderer renderer([this](auto text) { err_ += text; });
  end(renderer, 0, Phase::done);
  end(renderer, 1, Phase::failed);
  finish(renderer, 6);
  EXPECT_THAT(err_, testing::StartsWith("postferry: bob: login: "));
  EXPECT_EQ(std::count(err_.begin(), err_.end(), '\n'), 1);
}

}  // namespace
}  // namespace pf::cli
