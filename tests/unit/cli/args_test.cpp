#include "cli/args.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>

namespace pf::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Result<Command> parsed(std::vector<std::string> words) {
  return parse_args(words);
}

std::string sentence(std::vector<std::string> words) {
  const auto command = parse_args(words);
  if (command) return "accepted";
  EXPECT_EQ(command.error().code, Errc::usage);
  const auto& e = command.error();
  return e.hint.empty() ? e.context : e.context + "; " + e.hint;
}

SyncCommand sync_of(std::vector<std::string> words) {
  words.insert(words.begin(), {"sync", "old", "new"});
  const auto command = parse_args(words);
  EXPECT_TRUE(command.ok()) << (command ? "" : command.error().context);
  return command ? std::get<SyncCommand>(*command) : SyncCommand{};
}

TEST(Args, SyncWithoutOptionsHasTheDefaults) {
  const auto c = sync_of({});
  EXPECT_EQ(c.from.where, "old");
  EXPECT_EQ(c.to.where, "new");
  EXPECT_FALSE(c.policy.dry_run);
  EXPECT_TRUE(c.policy.sync_flags);
  EXPECT_FALSE(c.policy.verify_after);
  EXPECT_EQ(c.policy.order, sync::Order::oldest);
  EXPECT_EQ(c.policy.connections, 0U);
  EXPECT_TRUE(c.policy.messages.everything());
  EXPECT_EQ(c.policy.timing.settle_floor, Duration(seconds(2)));
  EXPECT_FALSE(c.policy.timing.budget.has_value());
  EXPECT_FALSE(c.common.compress.has_value());
  EXPECT_FALSE(c.common.allow_cleartext);
  EXPECT_EQ(c.common.output.format, Format::text);
}

TEST(Args, SyncTakesEveryOption) {
  const auto c = sync_of({"--mode",
                          "copy",
                          "-n",
                          "--mailbox",
                          "INBOX",
                          "--mailbox=Archive/*",
                          "--exclude",
                          "Spam",
                          "--map",
                          "Sent Items=Sent",
                          "--map-special-use",
                          "--since",
                          "2024-01-31",
                          "--before",
                          "2024-02-01",
                          "--max-size",
                          "25M",
                          "--skip-deleted",
                          "--order",
                          "newest",
                          "--keep-deleted",
                          "--no-flags",
                          "--retry-failed",
                          "--adopt-renumbered",
                          "--connections",
                          "4",
                          "--compress",
                          "auto",
                          "--time-limit",
                          "2h",
                          "--timeout",
                          "30",
                          "--state-dir",
                          "/s",
                          "--settle",
                          "0.05",
                          "--from-password-env",
                          "A",
                          "--to-password-file",
                          "b",
                          "--allow-cleartext",
                          "--config",
                          "c.toml",
                          "--json",
                          "-vv",
                          "--trace",
                          "t",
                          "--report",
                          "r"});
  const auto& p = c.policy;
  EXPECT_TRUE(p.dry_run);
  EXPECT_EQ(p.mailboxes.include, (std::vector<std::string>{"INBOX", "Archive/*"}));
  EXPECT_EQ(p.mailboxes.exclude, std::vector<std::string>{"Spam"});
  ASSERT_EQ(p.mailboxes.map.size(), 1U);
  EXPECT_EQ(p.mailboxes.map[0], (std::pair<std::string, std::string>("Sent Items", "Sent")));
  EXPECT_TRUE(p.mailboxes.map_special_use);
  EXPECT_EQ(p.messages.since, 1706659200);
  EXPECT_EQ(p.messages.before, 1706745600);
  EXPECT_EQ(p.messages.max_size, 26214400U);
  EXPECT_TRUE(p.messages.skip_deleted);
  EXPECT_EQ(p.order, sync::Order::newest);
  EXPECT_TRUE(p.keep_deleted);
  EXPECT_FALSE(p.sync_flags);
  EXPECT_TRUE(p.retry_failed);
  EXPECT_TRUE(p.adopt_renumbered);
  EXPECT_EQ(p.connections, 4U);
  EXPECT_EQ(p.timing.budget, Duration(seconds(7200)));
  EXPECT_EQ(p.timing.settle_floor, Duration(milliseconds(50)));
  EXPECT_EQ(c.from.password_env, "A");
  EXPECT_EQ(c.to.password_file, "b");
  EXPECT_EQ(c.common.compress, true);
  EXPECT_EQ(c.common.io_timeout, Duration(seconds(30)));
  EXPECT_EQ(c.common.state_dir, "/s");
  EXPECT_TRUE(c.common.allow_cleartext);
  EXPECT_EQ(c.common.config_file, "c.toml");
  EXPECT_EQ(c.common.trace_file, "t");
  EXPECT_EQ(c.common.output.format, Format::json);
  EXPECT_EQ(c.common.output.verbose, 2);
  EXPECT_EQ(c.common.output.report_dir, "r");
}

TEST(Args, WithoutAModeNothingMayBeRemovedAndNoPaceIsKept) {
  const auto p = sync_of({}).policy;
  EXPECT_EQ(p.mode, sync::Mode::copy);
  EXPECT_FALSE(p.removal.extra || p.removal.for_good || p.removal.mailboxes || p.removal.confirmed);
  EXPECT_FALSE(p.removal.most_messages || p.removal.most_percent);
  EXPECT_EQ(p.removal.quarantine, "deleted_from_source");
  EXPECT_FALSE(p.pace.bytes_per_second || p.pace.messages_per_second || p.pace.most_bytes);
}

TEST(Args, AMirrorTakesEveryOptionOfRemoval) {
  const auto p = sync_of({"--mode", "mirror", "--delete-extra", "--delete-mailboxes", "--delete-to",
                          "Old/Bin", "--max-delete", "100", "--yes", "--keep-deleted"})
                     .policy;
  EXPECT_EQ(p.mode, sync::Mode::mirror);
  EXPECT_TRUE(p.removal.extra);
  EXPECT_TRUE(p.removal.mailboxes);
  EXPECT_TRUE(p.removal.confirmed);
  EXPECT_TRUE(p.keep_deleted);
  EXPECT_FALSE(p.removal.for_good);
  EXPECT_EQ(p.removal.quarantine, "Old/Bin");
  EXPECT_EQ(p.removal.most_messages, 100U);
  EXPECT_FALSE(p.removal.most_percent);
}

TEST(Args, TheLimitOfRemovalsIsANumberOrAShareAndMayBeNone) {
  const auto removal = [](const std::string& most) {
    return sync_of({"--mode", "two-way", "--expunge", "--max-delete", most}).policy.removal;
  };
  EXPECT_TRUE(removal("1").for_good);
  EXPECT_EQ(removal("0").most_messages, 0U);
  EXPECT_EQ(removal("0%").most_percent, 0.0);
  EXPECT_EQ(removal("2.5%").most_percent, 2.5);
  EXPECT_EQ(removal("100%").most_percent, 100.0);
  EXPECT_FALSE(removal("100%").most_messages);
}

TEST(Args, APaceIsInOctetsAndMessages) {
  const auto pace =
      sync_of({"--max-rate", "500K", "--max-messages-rate", "20", "--max-bytes", "2G"}).policy.pace;
  EXPECT_EQ(pace.bytes_per_second, 512'000U);
  EXPECT_EQ(pace.messages_per_second, 20U);
  EXPECT_EQ(pace.most_bytes, 2'147'483'648U);
}

TEST(Args, OptionsMayStandBeforeBetweenAndAfterTheAccounts) {
  for (const auto& words : {std::vector<std::string>{"sync", "--dry-run", "old", "new"},
                            std::vector<std::string>{"sync", "old", "--dry-run", "new"},
                            std::vector<std::string>{"sync", "old", "new", "--dry-run"}}) {
    const auto command = parse_args(words);
    ASSERT_TRUE(command.ok()) << command.error().context;
    EXPECT_EQ(std::get<SyncCommand>(*command).to.where, "new");
    EXPECT_TRUE(std::get<SyncCommand>(*command).policy.dry_run);
  }
}

TEST(Args, AValueIsOneWordAndNeverEatsAnAccount) {
  const auto command = parsed({"sync", "--mailbox", "INBOX", "old", "new"});
  ASSERT_TRUE(command.ok()) << command.error().context;
  EXPECT_EQ(std::get<SyncCommand>(*command).policy.mailboxes.include, std::vector<std::string>{"INBOX"});
  EXPECT_EQ(std::get<SyncCommand>(*command).from.where, "old");
}

TEST(Args, AnAccountMayBeCalledLikeACommand) {
  const auto command = parsed({"sync", "verify", "doctor"});
  ASSERT_TRUE(command.ok()) << command.error().context;
  EXPECT_EQ(std::get<SyncCommand>(*command).from.where, "verify");
  EXPECT_EQ(std::get<SyncCommand>(*command).to.where, "doctor");
}

TEST(Args, WordsAfterTwoDashesAreAccounts) {
  const auto command = parsed({"sync", "--", "-old", "new"});
  ASSERT_TRUE(command.ok()) << command.error().context;
  EXPECT_EQ(std::get<SyncCommand>(*command).from.where, "-old");
}

TEST(Args, VerifyTakesItsOptions) {
  const auto command = parsed({"verify", "old", "new", "--content", "--connections=2", "--mailbox", "INBOX",
                               "--to-password-command", "pass x", "--state-dir", "/s"});
  ASSERT_TRUE(command.ok()) << command.error().context;
  const auto& c = std::get<VerifyCommand>(*command);
  EXPECT_TRUE(c.policy.content);
  EXPECT_EQ(c.policy.connections, 2U);
  EXPECT_EQ(c.policy.mailboxes.include, std::vector<std::string>{"INBOX"});
  EXPECT_EQ(c.to.password_command, "pass x");
}

TEST(Args, DoctorTakesOneAccountAndItsPassword) {
  const auto command = parsed({"doctor", "imaps://joe@h", "--password-file", "pw", "-q"});
  ASSERT_TRUE(command.ok()) << command.error().context;
  const auto& c = std::get<DoctorCommand>(*command);
  EXPECT_EQ(c.endpoint.where, "imaps://joe@h");
  EXPECT_EQ(c.endpoint.password_file, "pw");
  EXPECT_TRUE(c.common.output.quiet);
}

TEST(Args, ArchiveCheckTakesADirectory) {
  for (const std::string where : {"mail/joe", "archive:mail/joe"}) {
    const auto command = parsed({"archive", "check", where, "--json"});
    ASSERT_TRUE(command.ok()) << command.error().context;
    const auto& c = std::get<ArchiveCheckCommand>(*command);
    EXPECT_EQ(c.directory, "mail/joe");
    EXPECT_EQ(c.output.format, Format::json);
  }
  EXPECT_FALSE(parsed({"archive", "check"}));
  EXPECT_FALSE(parsed({"archive", "check", "archive:"}));
  EXPECT_FALSE(parsed({"archive", "chek", "x"}));
}

TEST(Args, UndoTakesARunOrListsThem) {
  const auto undo = parsed({"undo", "12", "old", "new", "--to-password-env", "PW", "--state-dir", "/s"});
  ASSERT_TRUE(undo.ok()) << undo.error().context;
  const auto& one = std::get<UndoCommand>(*undo);
  EXPECT_EQ(one.run, 12);
  EXPECT_EQ(one.from.where, "old");
  EXPECT_EQ(one.to.where, "new");
  EXPECT_EQ(one.to.password_env, "PW");
  EXPECT_EQ(one.common.state_dir, "/s");
  const auto list = parsed({"undo", "old", "new", "--list"});
  ASSERT_TRUE(list.ok()) << list.error().context;
  EXPECT_EQ(std::get<UndoCommand>(*list).run, std::nullopt);
  EXPECT_EQ(std::get<UndoCommand>(*list).from.where, "old");
}

TEST(Args, HelpWinsOverEveryMistake) {
  const auto command = parsed({"sync", "--nonsense", "--help"});
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(std::get<HelpCommand>(*command).topic, "sync");
  EXPECT_EQ(std::get<HelpCommand>(*parsed({"--help"})).topic, "");
  EXPECT_EQ(std::get<HelpCommand>(*parsed({"help", "doctor"})).topic, "doctor");
}

TEST(Args, SmallCommandsAreKnown) {
  EXPECT_TRUE(std::holds_alternative<VersionCommand>(*parsed({"--version"})));
  EXPECT_TRUE(std::holds_alternative<ManCommand>(*parsed({"man"})));
  EXPECT_EQ(std::get<CompletionCommand>(*parsed({"completion", "zsh"})).shell, Shell::zsh);
}

struct Case {
  std::vector<std::string> words;
  const char* sentence;
};

void PrintTo(const Case& c, std::ostream* out) {
  for (const auto& word : c.words) *out << word << ' ';
}

class ArgsRefuse : public testing::TestWithParam<Case> {};

TEST_P(ArgsRefuse, WithOneExactSentence) {
  EXPECT_EQ(sentence(GetParam().words), GetParam().sentence);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ArgsRefuse,
    testing::Values(
        Case{{}, "no command; see 'postferry --help'"},
        Case{{"snyc"}, "unknown command 'snyc'; did you mean sync?"},
        Case{{"frobnicate"}, "unknown command 'frobnicate'; see 'postferry --help'"},
        Case{{"--verbos"}, "unknown option '--verbos'; see 'postferry --help'"},
        Case{{"help", "synk"}, "unknown command 'synk'; did you mean sync?"},
        Case{{"sync"}, "FROM is missing; write postferry sync FROM TO"},
        Case{{"sync", "a"}, "TO is missing; write postferry sync FROM TO"},
        Case{{"sync", "a", "b", "c"}, "unexpected argument 'c'; see 'postferry sync --help'"},
        Case{{"sync", "a", "b", "--dryrun"}, "unknown option '--dryrun' of sync; did you mean --dry-run?"},
        Case{{"sync", "a", "b", "--mailboxes=INBOX"},
             "unknown option '--mailboxes' of sync; did you mean --mailbox?"},
        Case{{"sync", "a", "b", "--password", "hunter2"},
             "unknown option '--password' of sync; see 'postferry sync --help'"},
        Case{{"sync", "a", "b", "-x"}, "unknown option '-x' of sync; see 'postferry sync --help'"},
        Case{{"doctor", "a", "--dry-run"},
             "unknown option '--dry-run' of doctor; see 'postferry doctor --help'"},
        Case{{"sync", "a", "b", "--mode"}, "--mode needs a value: copy, mirror, two-way"},
        Case{{"sync", "a", "b", "--mailbox="}, "--mailbox needs a value"},
        Case{{"sync", "a", "b", "--mailbox", ""}, "--mailbox is empty"},
        Case{{"sync", "a", "b", "--json=yes"}, "--json takes no value"},
        Case{{"sync", "a", "b", "--order", "oldest", "--order", "newest"}, "--order is given twice"},
        Case{{"sync", "a", "b", "--mode", "move"}, "--mode: 'move' is unknown: use copy, mirror or two-way"},
        Case{{"sync", "a", "b", "--delete-extra"}, "--delete-extra needs --mode mirror"},
        Case{{"sync", "a", "b", "--mode", "two-way", "--delete-extra"}, "--delete-extra needs --mode mirror"},
        Case{{"sync", "a", "b", "--expunge"}, "--expunge needs --mode mirror or two-way"},
        Case{{"sync", "a", "b", "--mode=copy", "--max-delete=0"},
             "--max-delete needs --mode mirror or two-way"},
        Case{{"sync", "a", "b", "--delete-to", "Old"}, "--delete-to needs --mode mirror or two-way"},
        Case{{"sync", "a", "b", "--delete-mailboxes"}, "--delete-mailboxes needs --mode mirror or two-way"},
        Case{{"sync", "a", "b", "--yes"}, "--yes needs --mode mirror or two-way"},
        Case{{"sync", "a", "b", "--mode", "two-way", "--keep-deleted"},
             "--keep-deleted and --mode two-way exclude each other"},
        Case{{"sync", "a", "b", "--mode", "mirror", "--expunge", "--delete-to", "Old"},
             "--expunge and --delete-to exclude each other"},
        Case{{"sync", "a", "b", "--mode", "mirror", "--delete-to", "inbox"},
             "--delete-to: INBOX cannot be the quarantine: name a mailbox of its own"},
        Case{{"sync", "a", "b", "--mode", "mirror", "--delete-extra", "--since", "2024-01-01"},
             "--delete-extra and --since exclude each other"},
        Case{{"sync", "a", "b", "--mode", "mirror", "--delete-extra", "--skip-deleted"},
             "--delete-extra and --skip-deleted exclude each other"},
        Case{{"sync", "a", "b", "--mode", "mirror", "--max-delete", "many"},
             "--max-delete: 'many' is no number and no share: write 100 or 5%"},
        Case{{"sync", "a", "b", "--mode", "mirror", "--max-delete", "101%"},
             "--max-delete: '101%' is no number and no share: write 100 or 5%"},
        Case{{"sync", "a", "b", "--mode", "mirror", "--max-delete", "%"},
             "--max-delete: '%' is no number and no share: write 100 or 5%"},
        Case{{"sync", "a", "b", "--mode", "mirror", "--max-delete", "nan%"},
             "--max-delete: 'nan%' is no number and no share: write 100 or 5%"},
        Case{{"sync", "a", "b", "--mode", "mirror", "--max-delete=-1"},
             "--max-delete: '-1' is no number and no share: write 100 or 5%"},
        Case{{"sync", "a", "b", "--max-rate", "fast"},
             "--max-rate: 'fast' is no size: write a positive number with K, M or G, such as 25M"},
        Case{{"sync", "a", "b", "--max-messages-rate", "0"},
             "--max-messages-rate: '0' is no whole number from 1 to 1000000"},
        Case{{"sync", "a", "b", "--max-bytes", "0"},
             "--max-bytes: '0' is no size: write a positive number with K, M or G, such as 25M"},
        Case{{"sync", "a", "b", "--order", "random"}, "--order: 'random' is unknown: use oldest or newest"},
        Case{{"sync", "a", "b", "--compress", "yes"}, "--compress: 'yes' is unknown: use auto, on or off"},
        Case{{"sync", "a", "b", "--connections", "33"},
             "--connections: '33' is no whole number from 1 to 32"},
        Case{{"sync", "a", "b", "--connections", "0"}, "--connections: '0' is no whole number from 1 to 32"},
        Case{{"sync", "a", "b", "--max-size", "big"},
             "--max-size: 'big' is no size: write a positive number with K, M or G, such as 25M"},
        Case{{"sync", "a", "b", "--since", "today"},
             "--since: 'today' is no date: write 2024-01-31 or 2024-01-31T12:00:00Z"},
        Case{{"sync", "a", "b", "--since", "2024-01-02", "--before", "2024-01-02"},
             "--since is not before --before: no message can match"},
        Case{{"sync", "a", "b", "--time-limit", "0"}, "--time-limit: it must be more than 0"},
        Case{{"sync", "a", "b", "--timeout", "x"},
             "--timeout: 'x' is no span of time: write 90s, 15m, 1h30m or 2d"},
        Case{{"sync", "a", "b", "--map", "A"},
             R"(--map: 'A' maps nothing: write SOURCE=TARGET, such as "Sent Items=Sent")"},
        Case{{"sync", "a", "b", "--from-password-env", "A", "--from-password-file", "B"},
             "--from-password-env and --from-password-file exclude each other"},
        Case{{"sync", "a", "b", "-q", "-v"}, "--quiet and --verbose exclude each other"},
        Case{{"sync", "a", "b", "-n", "--verify"}, "--dry-run and --verify exclude each other"},
        Case{{"undo"}, "RUN is missing; write postferry undo RUN FROM TO"},
        Case{{"undo", "12", "a"}, "TO is missing; write postferry undo RUN FROM TO"},
        Case{{"undo", "--list", "a"}, "TO is missing; write postferry undo --list FROM TO"},
        Case{{"undo", "--list", "12", "a", "b"}, "unexpected argument 'b'; see 'postferry undo --help'"},
        Case{{"undo", "a", "b", "c"}, "'a' is no run; 'postferry undo --list FROM TO' shows them"},
        Case{{"undo", "0", "a", "b"}, "'0' is no run; 'postferry undo --list FROM TO' shows them"},
        Case{{"completion", "tcsh"}, "'tcsh' is unknown: use bash, zsh or fish"},
        Case{{"completion"}, "SHELL is missing; write postferry completion SHELL"}));

}  // namespace
}  // namespace pf::cli
