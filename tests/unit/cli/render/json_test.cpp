#include "cli/render/json.h"

#include "cli/version.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace pf::cli {
namespace {

struct Lines {
  std::vector<std::string> out;
  std::string err;
  JsonRenderer renderer;
  explicit Lines(RunKind kind = RunKind::sync, int verbose = 0)
      : renderer(kind, verbose,
                 {.out = [this](std::string_view line) { out.emplace_back(line); },
                  .err = [this](std::string_view text) { err += text; }}) {}
  std::string only() {
    EXPECT_EQ(out.size(), 1U);
    return out.empty() ? "" : out.front();
  }
};

TEST(JsonRenderer, RunNamesTheFormat) {
  Lines lines;
  lines.renderer.event(sync::RunStarted{"imaps://a@h:993", "imaps://b@h:993", true});
  EXPECT_EQ(lines.only(),
            R"({"event":"run","format":1,"version":")" + std::string(version()) +
                R"(","from":"imaps://a@h:993","to":"imaps://b@h:993","dry_run":true,"verify":false})" + "\n");
}

TEST(JsonRenderer, MailboxIsTheReportOfOneThatIsDone) {
  Lines lines;
  sync::MailboxReport report;
  report.source = "INBOX";
  report.target = "Inbox";
  report.source_messages = 3;
  report.target_messages = 4;
  report.copied = 2;
  report.matched = 1;
  report.bytes_copied = 18446744073709551615ULL;
  report.seconds = 0.5;
  report.created = true;
  report.deleted = 5;
  report.withheld = 6;
  report.moved = 7;
  report.copied_back = 1;
  lines.renderer.event(sync::MailboxStarted{"INBOX", "Inbox", 3, 2, 100});
  lines.renderer.event(sync::MailboxDone{report});
  EXPECT_EQ(
      lines.only(),
      R"({"event":"mailbox","source":"INBOX","target":"Inbox","source_messages":3,"target_messages":4,"copied":2,)"
      R"("matched":1,"restored":0,"flags_changed":0,"vanished":0,"failed":0,"deleted":5,)"
      R"("withheld":6,"moved":7,"copied_back":1,"bytes_copied":18446744073709551615,)"
      R"("seconds":0.5,"created":true,"settled":false})"
      "\n");
}

TEST(JsonRenderer, EveryOtherEventIsOneLine) {
  Lines lines;
  lines.renderer.event(sync::Planned{"append 2"});
  lines.renderer.event(sync::Progress{"INBOX", 1, 2, 3, 4, 5, 6, 1.5});
  lines.renderer.event(sync::MessageFailed{{"INBOX", "7", "too-big", "message too big", "[LIMIT] no"}});
  lines.renderer.event(sync::Difference{"INBOX", "9", "missing", "d"});
  lines.renderer.event(sync::Warning{"w"});
  ASSERT_EQ(lines.out.size(), 5U);
  EXPECT_EQ(lines.out[0], "{\"event\":\"plan\",\"text\":\"append 2\"}\n");
  EXPECT_EQ(
      lines.out[1],
      R"({"event":"progress","mailbox":"INBOX","mailboxes_done":1,"mailboxes_total":2,"messages_done":3,)"
      R"("messages_total":4,"bytes_done":5,"bytes_total":6,"seconds":1.5})"
      "\n");
  EXPECT_EQ(
      lines.out[2],
      R"({"event":"message_failed","mailbox":"INBOX","uid":7,"reason":"too-big","message":"message too big",)"
      R"("server_text":"[LIMIT] no"})"
      "\n");
  EXPECT_EQ(lines.out[3], R"({"event":"difference","mailbox":"INBOX","uid":9,"kind":"missing","detail":"d"})"
                          "\n");
  EXPECT_EQ(lines.out[4], "{\"event\":\"warning\",\"text\":\"w\"}\n");
}

TEST(JsonRenderer, NoticesGoToStandardErrorWhenVerbose) {
  Lines lines;
  lines.renderer.event(sync::Notice{"reconnecting"});
  EXPECT_TRUE(lines.out.empty());
  EXPECT_EQ(lines.err, "");
  Lines verbose(RunKind::sync, 1);
  verbose.renderer.event(sync::Notice{"reconnecting\x1b"});
  EXPECT_TRUE(verbose.out.empty());
  EXPECT_EQ(verbose.err, "reconnecting\\x{1b}\n");
}

TEST(JsonRenderer, SummaryHasTheKeysOfTheContractInOrder) {
  Lines lines;
  sync::Summary s;
  s.outcome = sync::Outcome::partial;
  s.mailboxes = 2;
  s.source_messages = 10;
  s.copied = 3;
  s.matched = 4;
  s.restored = 1;
  s.flags_changed = 2;
  s.vanished = 1;
  s.failed = 1;
  s.deleted = 5;
  s.withheld = 6;
  s.moved = 7;
  s.copied_back = 2;
  s.left = 8;
  s.conflicts = {"INBOX: flags of uid 1"};
  s.run = "12";
  s.bytes_copied = 100;
  s.bytes_sent = 200;
  s.bytes_received = 300;
  s.seconds = 1.25;
  s.waited_source = 0.5;
  s.warnings = {"w"};
  s.failures = {{"INBOX", "7", "too-big", "m", "t"}, {"Old", "", "permission", "m", ""}};
  lines.renderer.summary(s, 6);
  EXPECT_EQ(
      lines.only(),
      R"({"event":"summary","status":"partial","mailboxes":2,"source_messages":10,"copied":3,"matched":4,"restored":1,)"
      R"("deleted":5,"flags_changed":2,"vanished":1,"failed":1,"withheld":6,"moved":7,"copied_back":2,"left":8,"bytes_copied":100,"bytes_sent":200,"bytes_received":300,)"
      R"("seconds":1.25,"warnings":["w"],"failures":[{"mailbox":"INBOX","uid":7,"reason":"too-big","message":"m",)"
      R"("server_text":"t"},{"mailbox":"Old","uid":null,"reason":"permission","message":"m","server_text":""}],)"
      R"("conflicts":["INBOX: flags of uid 1"],"run":"12",)"
      R"("waited":{"source":0.5,"target":0.0,"commit":0.0},"error":null,"exit_status":6})"
      "\n");
}

TEST(JsonRenderer, ARunThatRemovedNothingHasNoNumber) {
  Lines lines;
  lines.renderer.summary({}, 0);
  const auto json = nlohmann::json::parse(lines.only());
  EXPECT_TRUE(json["run"].is_null());
  EXPECT_EQ(json["conflicts"], nlohmann::json::array());
}

TEST(JsonRenderer, VerifyAddsTheDifferences) {
  Lines lines(RunKind::verify);
  sync::Summary s;
  s.missing = 1;
  s.extra = 2;
  s.different = 3;
  s.normalised = 4;
  s.verify_differs = true;
  lines.renderer.summary(s, 4);
  const auto json = nlohmann::json::parse(lines.only());
  EXPECT_EQ(json["missing"], 1);
  EXPECT_EQ(json["extra"], 2);
  EXPECT_EQ(json["different"], 3);
  EXPECT_EQ(json["normalised"], 4);
  EXPECT_EQ(json["exit_status"], 4);
}

TEST(JsonRenderer, AFatalErrorIsAnObject) {
  Lines lines;
  sync::Summary s;
  s.outcome = sync::Outcome::failed;
  s.fatal = Error(Errc::auth_failed, Scope::account, Retry::never, "TO", "no", "Check the password");
  lines.renderer.summary(s, 3);
  const auto json = nlohmann::json::parse(lines.only());
  EXPECT_EQ(json["error"]["reason"], "auth-failed");
  EXPECT_EQ(json["error"]["server_text"], "no");
  EXPECT_EQ(json["error"]["remedy"], "Check the password");
  EXPECT_EQ(json["error"]["message"],
            "TO: the server refused the login (server said: no). Check the password");
}

TEST(JsonRenderer, AnyBytesBecomeValidUtf8OnOneLine) {
  Lines lines;
  lines.renderer.event(sync::Warning{"a\xff\n\x1b\"b"});
  EXPECT_EQ(lines.only(), "{\"event\":\"warning\",\"text\":\"a\xEF\xBF\xBD\\n\\u001b\\\"b\"}\n");
}

TEST(JsonRenderer, ARefThatIsNoUidStaysText) {
  Lines lines;
  lines.renderer.event(sync::Difference{"m", "18446744073709551616", "extra", ""});
  lines.renderer.event(sync::Difference{"m", "abc", "extra", ""});
  EXPECT_NE(lines.out[0].find(R"("uid":"18446744073709551616")"), std::string::npos);
  EXPECT_NE(lines.out[1].find(R"("uid":"abc")"), std::string::npos);
}

TEST(JsonRenderer, FindingsEndWithASummary) {
  Lines lines;
  lines.renderer.finding({app::Finding::Level::warning, "quota", "98 % used", "Make room"});
  lines.renderer.findings_done(nullptr, 0);
  EXPECT_EQ(lines.out, (std::vector<std::string>{
                           "{\"event\":\"finding\",\"level\":\"warning\",\"topic\":\"quota\",\"text\":\"98 % "
                           "used\",\"remedy\":\"Make room\"}\n",
                           "{\"event\":\"summary\",\"status\":\"ok\",\"error\":null,\"exit_status\":0}\n"}));
}

TEST(JsonRenderer, ARunThatRemovedSomethingIsOneLine) {
  Lines lines(RunKind::undo);
  lines.renderer.runs({{.id = 12,
                        .wall_seconds = 1706702400,
                        .mode = "mirror",
                        .quarantined = 3,
                        .for_good = 1,
                        .undone = 2}});
  EXPECT_EQ(
      lines.only(),
      R"({"event":"removal_run","run":"12","time":"2024-01-31T12:00:00Z","mode":"mirror","quarantined":3,)"
      R"("undone":2,"for_good":1})"
      "\n");
}

TEST(ReportJson, HoldsEveryMailbox) {
  sync::Summary s;
  s.per_mailbox.resize(2);
  s.per_mailbox[1].source = "Old";
  const auto json = nlohmann::json::parse(report_json(s, RunKind::sync, 0));
  ASSERT_EQ(json["per_mailbox"].size(), 2U);
  EXPECT_EQ(json["per_mailbox"][1]["source"], "Old");
  EXPECT_EQ(json["event"], "summary");
}

}  // namespace
}  // namespace pf::cli
