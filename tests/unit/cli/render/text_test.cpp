#include "cli/render/text.h"

#include <gtest/gtest.h>

namespace pf::cli {
namespace {

struct Page {
  std::string out, err;
  TextRenderer renderer;
  explicit Page(TextStyle style = {}, bool terminal = false)
      : renderer(style, {.out = [this](std::string_view text) { out += text; },
                         .err = {.write = [this](std::string_view text) { err += text; },
                                 .terminal = terminal,
                                 .width = [] { return std::size_t{80}; }}}) {}
};

TEST(TextRenderer, SaysFromWhereToWhere) {
  Page page;
  page.renderer.event(sync::RunStarted{"imaps://a@h:993", "imaps://b@h:993", false});
  EXPECT_EQ(page.out, "From imaps://a@h:993 to imaps://b@h:993\n");
}

TEST(TextRenderer, PrintsPlanAndDifferencesAsLines) {
  Page page;
  page.renderer.event(sync::Planned{"append 12 messages to INBOX\x1b"});
  page.renderer.event(sync::Difference{"INBOX", "12", "missing", "Message-ID <a@b>"});
  page.renderer.event(sync::Difference{"Old", "", "extra", ""});
  EXPECT_EQ(page.out,
            "append 12 messages to INBOX\\x{1b}\n"
            "missing     INBOX, uid 12: Message-ID <a@b>\n"
            "extra       Old\n");
}

TEST(TextRenderer, NoticesAndEndsOfMailboxesNeedVerbose) {
  Page plain;
  plain.renderer.event(sync::Notice{"reconnecting"});
  plain.renderer.event(sync::MailboxDone{});
  plain.renderer.event(sync::MessageFailed{{"INBOX", "1", "x", "y", ""}});
  plain.renderer.event(sync::Warning{"w"});
  EXPECT_EQ(plain.out + plain.err, "");

  Page page({.verbose = 1});
  page.renderer.event(sync::Notice{"reconnecting"});
  sync::MailboxReport report;
  report.source = "INBOX";
  report.copied = 1234;
  page.renderer.event(sync::MailboxDone{report});
  page.renderer.event(sync::MessageFailed{{"INBOX", "1", "too-big", "message too big", ""}});
  EXPECT_EQ(page.err,
            "reconnecting\nINBOX: 1,234 copied, 0 already there\nfailed: INBOX, uid 1: message too big\n");
}

TEST(TextRenderer, TakesTheLiveLineAwayBeforeOtherText) {
  Page page({}, true);
  page.renderer.event(sync::Notice{"waiting for the target"});
  page.renderer.event(sync::Planned{"x"});
  EXPECT_EQ(page.err, "\rwaiting for the target\x1b[K\r\x1b[K");
  EXPECT_EQ(page.out, "x\n");
}

TEST(TextRenderer, TheEndOfAFailedRunSaysWhatToDo) {
  Page page;
  sync::Summary summary;
  summary.outcome = sync::Outcome::failed;
  summary.nothing_done = true;
  summary.fatal = Error(Errc::auth_failed, Scope::account, Retry::never, "TO imaps://joe@h:993: LOGIN",
                        "bad \x1b password", "Check user and password");
  page.renderer.summary(summary, 3);
  EXPECT_EQ(page.out, "Failed: nothing was done.\n");
  EXPECT_EQ(page.err,
            "postferry: TO imaps://joe@h:993: LOGIN: the server refused the login (server said: bad \\x{1b} "
            "password). Check "
            "user and password\n"
            "'postferry doctor' examines one account, step by step.\n");
}

TEST(TextRenderer, FindingsStandInColumnsWithTheirRemedy) {
  Page page;
  page.renderer.finding({app::Finding::Level::ok, "tls", "TLSv1.3, TLS_AES_256_GCM_SHA384", ""});
  page.renderer.finding({app::Finding::Level::warning, "quota", "98 % used", "Make room first"});
  page.renderer.finding({app::Finding::Level::failure, "login", "refused: \x1b[31mno", "Check the password"});
  page.renderer.findings_done(nullptr, 0);
  EXPECT_EQ(page.out,
            "ok    tls           TLSv1.3, TLS_AES_256_GCM_SHA384\n"
            "warn  quota         98 % used\n"
            "                    -> Make room first\n"
            "FAIL  login         refused: \\x{1b}[31mno\n"
            "                    -> Check the password\n");
}

TEST(TextRenderer, AnErrorTellsItselfOnlyWhenNoFindingDid) {
  const Error error(Errc::refused, Scope::account, Retry::later, "connect to h:993");
  Page silent;
  silent.renderer.findings_done(&error, 3);
  EXPECT_EQ(silent.err, "postferry: connect to h:993: the server does not accept connections\n");
  Page told;
  told.renderer.finding({app::Finding::Level::failure, "tcp", error.describe(), ""});
  told.renderer.findings_done(&error, 3);
  EXPECT_EQ(told.err, "");
}

TEST(TextRenderer, ColoursOnlyTheLevelAndOnlyWhenAsked) {
  Page page({.colour = true});
  page.renderer.finding({app::Finding::Level::ok, "dns", "1 address", ""});
  EXPECT_EQ(page.out, "\x1b[32mok  \x1b[0m  dns           1 address\n");
}

TEST(QuietRenderer, SaysFailuresAndNothingElse) {
  std::string err;
  QuietRenderer quiet([&](std::string_view text) { err += text; });
  quiet.event(sync::RunStarted{"a", "b", false});
  quiet.event(sync::Warning{"w"});
  quiet.log("debug: x");
  sync::Summary summary;
  quiet.summary(summary, 0);
  EXPECT_EQ(err, "");
  summary.failures = {{"INBOX", "7", "too-big", "message too big", ""}};
  summary.fatal = Error(Errc::over_quota, Scope::account, Retry::never, "TO");
  quiet.summary(summary, 6);
  EXPECT_EQ(err, "postferry: INBOX, uid 7: message too big\npostferry: TO: the account is over its quota\n");
}

TEST(QuietRenderer, OfFindingsShowsOnlyFailures) {
  std::string err;
  QuietRenderer quiet([&](std::string_view text) { err += text; });
  quiet.finding({app::Finding::Level::ok, "dns", "fine", ""});
  quiet.finding({app::Finding::Level::failure, "tcp", "refused", ""});
  EXPECT_EQ(err, "FAIL  tcp           refused\n");
}

TEST(ErrorLine, OfAUsageMistakeIsItsSentence) {
  EXPECT_EQ(error_line({Errc::usage, Scope::run, Retry::never, "FROM is missing", "", "write it"}),
            "postferry: FROM is missing; write it\n");
}

}  // namespace
}  // namespace pf::cli
