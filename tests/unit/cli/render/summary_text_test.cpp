#include "cli/render/summary_text.h"

#include <gtest/gtest.h>

namespace pf::cli {
namespace {

using sync::Outcome;
using sync::Summary;

sync::MailboxReport mailbox(std::string source, std::string target, std::uint64_t messages,
                            std::uint64_t copied) {
  sync::MailboxReport report;
  report.source = std::move(source);
  report.target = std::move(target);
  report.source_messages = messages;
  report.target_messages = messages;
  report.copied = copied;
  report.matched = messages - copied;
  report.bytes_copied = copied * 10'000;
  report.seconds = 2;
  return report;
}

Summary example() {
  Summary s;
  s.mailboxes = 3;
  s.source_messages = 5120;
  s.copied = 5000;
  s.matched = 120;
  s.bytes_copied = 50'000'000;
  s.bytes_received = 51'000'000;
  s.bytes_sent = 52'000'000;
  s.seconds = 10;
  s.waited_source = 3.2;
  s.waited_target = 5.1;
  s.waited_commit = 1;
  s.per_mailbox = {mailbox("INBOX", "INBOX", 5000, 4990), mailbox("Sent Items", "Sent", 20, 10),
                   mailbox("Old", "Old", 100, 0)};
  return s;
}

TEST(SummaryText, OfACopyThatWentWell) {
  EXPECT_EQ(summary_text(example(), {}),
            "Done in 10.0 s: 5,000 messages copied (50.0 MB, 5.0 MB/s), 120 already there.\n"
            "\n"
            "  mailbox             messages  copied  there      size       rate   time\n"
            "  INBOX                  5,000   4,990     10   49.9 MB  24.9 MB/s  2.0 s\n"
            "  Sent Items -> Sent        20      10     10  100.0 KB  50.0 KB/s  2.0 s\n"
            "  and 1 mailbox without a change\n"
            "\n"
            "Received 51.0 MB, sent 52.0 MB. Connections waited 3.2 s for the source, 5.1 s for the target, "
            "1.0 s for its "
            "commits.\n");
}

TEST(SummaryText, ShowsEveryMailboxWhenAsked) {
  const auto text = summary_text(example(), {.all_mailboxes = true});
  EXPECT_NE(text.find("\n  Old "), std::string::npos);
  EXPECT_EQ(text.find("without a change"), std::string::npos);
}

TEST(SummaryText, OfARunWithNothingToDo) {
  Summary s;
  s.mailboxes = 12;
  s.source_messages = 5000;
  s.matched = 5000;
  s.seconds = 0.4;
  EXPECT_EQ(summary_text(s, {}), "Nothing to do: 5,000 messages in 12 mailboxes are all there (0.4 s).\n");
}

TEST(SummaryText, NamesFailuresWithTheServersWordsAndTheRemedy) {
  Summary s;
  s.outcome = Outcome::partial;
  s.mailboxes = 1;
  s.copied = 1;
  s.bytes_copied = 10;
  s.seconds = 1;
  s.failed = 1;
  s.warnings = {"the target keeps no keyword '$Forwarded'"};
  s.failures = {{"INBOX", "4711", "too-big", "message too big (server said: [LIMIT] no). Raise the limit",
                 "[LIMIT] no", true},
                {"Shared", "", "permission", "permission denied", "no"}};
  EXPECT_EQ(summary_text(s, {}),
            "Finished in 1.0 s, not all of it: 1 message copied (10 B, 10 B/s), 0 already there, 1 failed.\n"
            "\n"
            "Warnings:\n"
            "  the target keeps no keyword '$Forwarded'\n"
            "\n"
            "Failures:\n"
            "  INBOX, uid 4711: message too big (server said: [LIMIT] no). Raise the limit\n"
            "  Shared: permission denied\n"
            "A message the target refused for good is sent again only with --retry-failed.\n");
}

// Of a damaged archive, say, or of undo, which has no such option.
TEST(SummaryText, WhatWillBeTriedAgainNeedsNoOption) {
  Summary s;
  s.failures = {{"INBOX", "4711", "not-found", "it is not there", ""}};
  EXPECT_EQ(summary_text(s, {}).find("--retry-failed"), std::string::npos);
}

TEST(SummaryText, NothingAServerSaidReachesTheTerminalRaw) {
  Summary s;
  s.warnings = {"a\x1b]0;x\x07"};
  s.failures = {{"IN\x1b[2JBOX", "\x1b", "x", "\x1b[31mred\r\n", ""}};
  s.per_mailbox = {mailbox("a\x1b[1m", "b\x9b", 1, 1)};
  const auto text = summary_text(s, {});
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << text;
}

TEST(SummaryText, TellsHowARunEnded) {
  Summary s;
  s.seconds = 2;
  s.outcome = Outcome::interrupted;
  EXPECT_EQ(
      summary_text(s, {}),
      "Interrupted after 2.0 s: 0 messages copied, 0 already there. The same command goes on from here.\n");
  s.outcome = Outcome::failed;
  EXPECT_EQ(summary_text(s, {}), "Failed after 2.0 s: 0 messages copied, 0 already there.\n");
  s.nothing_done = true;
  EXPECT_EQ(summary_text(s, {}), "Failed: nothing was done.\n");
  s.outcome = Outcome::refused;
  EXPECT_EQ(summary_text(s, {}),
            "Finished in 2.0 s, a safety guard withheld some of it: 0 messages copied, 0 already there.\n");
}

TEST(SummaryText, OfARunThatRemovesTellsHowToUndoIt) {
  Summary s;
  s.seconds = 2;
  s.matched = 20;
  s.deleted = 3;
  s.run = "12";
  auto inbox = mailbox("INBOX", "INBOX", 20, 0);
  inbox.deleted = 3;
  s.per_mailbox = {inbox};
  EXPECT_EQ(summary_text(s, {}),
            "Done in 2.0 s: 0 messages copied, 20 already there, 3 removed.\n"
            "\n"
            "  mailbox  messages  copied  there  removed  size  rate   time\n"
            "  INBOX          20       0     20        3   0 B     -  2.0 s\n"
            "\n"
            "'postferry undo 12 FROM TO' puts back what was removed.\n");
}

TEST(SummaryText, OfARunInBothDirectionsTellsWhatBothSidesChanged) {
  Summary s;
  s.seconds = 1;
  s.copied = 3;
  s.copied_back = 1;
  s.moved = 2;
  s.bytes_copied = 10;
  s.conflicts = {"INBOX\x1b, uid 7: kept"};
  const auto text = summary_text(s, {});
  EXPECT_TRUE(
      text.starts_with("Done in 1.0 s: 3 messages copied (10 B, 10 B/s), 0 already there, 1 copied "
                       "from TO to FROM, 2 moved.\n"))
      << text;
  EXPECT_NE(text.find("\nChanged on both sides:\n  INBOX\\x{1b}, uid 7: kept\n"), std::string::npos) << text;
}

TEST(SummaryText, ARunThatOnlyCopiedBackDidSomething) {
  Summary s;
  s.copied_back = 1;
  auto inbox = mailbox("INBOX", "INBOX", 20, 0);
  inbox.copied_back = 1;
  s.per_mailbox = {inbox};
  const auto text = summary_text(s, {});
  EXPECT_TRUE(
      text.starts_with("Done in 0.0 s: 0 messages copied, 0 already there, 1 copied from TO to FROM.\n"))
      << text;
  EXPECT_NE(text.find("from TO"), std::string::npos);
  EXPECT_NE(text.find("\n  INBOX "), std::string::npos) << text;
}

TEST(SummaryText, WhatAGuardWithheldIsNeverNothingToDo) {
  Summary s;
  s.withheld = 11;
  EXPECT_EQ(summary_text(s, {}), "Done in 0.0 s: 0 messages copied, 0 already there, 11 not removed.\n");
  EXPECT_EQ(
      summary_text(s, {.kind = RunKind::dry_run}),
      "Dry run, nothing was changed: 0 messages in 0 mailboxes looked at, 0 already there; a safety guard "
      "would not let 11 messages be removed.\n");
}

TEST(SummaryText, OfAnUndoTellsWhatWasPutBack) {
  Summary s;
  s.seconds = 1;
  s.restored = 3;
  EXPECT_EQ(summary_text(s, {.kind = RunKind::undo}), "Done in 1.0 s: 3 messages put back.\n");
  s.outcome = Outcome::partial;
  EXPECT_EQ(summary_text(s, {.kind = RunKind::undo}),
            "Finished in 1.0 s, not all of it: 3 messages put back.\n");
  s.outcome = Outcome::failed;
  s.nothing_done = true;
  EXPECT_EQ(summary_text(s, {.kind = RunKind::undo}), "Failed: nothing was done.\n");
}

TEST(SummaryText, OfADryRunSaysThatNothingChangedAndLeavesThePlanToItsLines) {
  auto s = example();
  s.copied = 0;
  s.bytes_received = s.bytes_sent = 0;
  EXPECT_EQ(summary_text(s, {.kind = RunKind::dry_run}),
            "Dry run, nothing was changed: 5,120 messages in 3 mailboxes looked at, 120 already there.\n");
}

TEST(SummaryText, OfAComparison) {
  Summary s;
  s.mailboxes = 2;
  s.source_messages = 100;
  s.seconds = 1;
  EXPECT_EQ(summary_text(s, {.kind = RunKind::verify}),
            "Equal: compared 100 messages in 2 mailboxes in 1.0 s.\n");
  s.normalised = 3;
  EXPECT_EQ(summary_text(s, {.kind = RunKind::verify}),
            "Equal: compared 100 messages in 2 mailboxes, 3 changed by the target on arrival in 1.0 s.\n");
  s.extra = 2;
  s.normalised = 0;
  EXPECT_EQ(summary_text(s, {.kind = RunKind::verify}),
            "Complete: nothing is missing, 2 extra; compared 100 messages in 2 mailboxes in 1.0 s.\n");
  s.verify_differs = true;
  s.missing = 1;
  sync::MailboxReport report = mailbox("INBOX", "INBOX", 100, 0);
  report.target_messages = 101;
  report.missing = 1;
  report.extra = 2;
  s.per_mailbox = {report};
  EXPECT_EQ(summary_text(s, {.kind = RunKind::verify}),
            "Different: 1 missing, 2 extra, 0 different; compared 100 messages in 2 mailboxes in 1.0 s.\n"
            "\n"
            "  mailbox  source  target  missing  extra  different\n"
            "  INBOX       100     101        1      2          0\n");
}

TEST(SummaryText, OfASyncThatVerifiedTellsTheDifferences) {
  Summary s;
  s.verify_differs = true;
  s.missing = 1;
  EXPECT_NE(summary_text(s, {}).find(
                "The comparison afterwards found differences: 1 missing, 0 extra, 0 different.\n"),
            std::string::npos);
}

}  // namespace
}  // namespace pf::cli
