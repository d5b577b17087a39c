#include "cli/bulk_options.h"

#include "base/bytes.h"
#include "cli/args_parts.h"
#include "cli/option_parts.h"
#include "config/sizes.h"

#include <algorithm>
#include <charconv>

namespace pf::cli {
namespace {

using config::usage_error;
using Modes = std::vector<BulkMode>;

constexpr std::uint64_t max_accounts_at_once = 10'000;

struct Texts {
  BulkMode mode;
  std::string_view name, summary, description;
  std::vector<Example> examples;
};

const std::vector<Texts>& texts() {
  static const std::vector<Texts> all = {
      {BulkMode::exporting,
       "bulk export",
       "copy all mail of a list of accounts into archives on disk",
       "Writes one archive an account to OUTPUT-DIR/EMAIL. The server is opened read-only. Run it again to "
       "add "
       "what is new; nothing is written twice, and what is gone from the server stays.\n\n"
       "All accounts log in before any work begins. The first account that fails ends the run, and what was "
       "not done is named; --ignore-errors goes on (exit status 6). import.pass.config.json for 'bulk "
       "import' "
       "is written when it is not there. Afterwards the archives are compared with the server.",
       {{"postferry bulk export --config export.pass.config.json", "back up all accounts of the file"},
        {"postferry bulk --mode export --ignore-errors", "as imapsync_bulk_migrator.py is called"}}},
      {BulkMode::importing,
       "bulk import",
       "copy archives of a list of accounts to a server",
       "Copies what INPUT-DIR/EMAIL holds and the account lacks, with names, dates and flags; an archive of "
       "imapsync_bulk_migrator is read as well. Run it again to go on; nothing is added twice.",
       {{"postferry bulk import --config import.pass.config.json", "restore, or move to another server"}}},
      {BulkMode::validate,
       "bulk validate",
       "compare archives with a server, message by message",
       "Exit status 4 tells of differences: a message that is missing, that is there besides, or that has "
       "another date or other flags. With --resync-missing what is missing is sent, and nothing else.",
       {{"postferry bulk validate --content", "are all messages there, octet by octet?"},
        {"postferry bulk validate --resync-missing", "send what is missing, then compare again"}}},
      {BulkMode::test,
       "bulk test",
       "check free disk space and the login of all accounts",
       "Logs in to every account and lists its mailboxes; changes nothing.",
       {{"postferry bulk test --config export.pass.config.json", "do all passwords work?"}}},
      {BulkMode::audit,
       "bulk audit",
       "check archives, and compare them with the server they came from",
       "Each archive is checked file by file, then compared with the server. Exit status 4 tells of damage, "
       "and of messages that the archive lacks.",
       {{"postferry bulk audit --audit-offline", "the files alone, without a server"}}},
      {BulkMode::preflight,
       "bulk preflight",
       "examine configuration, servers and accounts before a migration",
       "Checks the configuration (also the form with 'source' and 'target') and free disk space, logs in to "
       "all "
       "accounts on both sides, compares how much mail each has with what its target takes "
       "(target.available_bytes, quota), and looks at the abilities and limits of each server. Everything "
       "found is named at the end, by account (exit status 4). Changes nothing.",
       {{"postferry bulk preflight --config migration.config.json", "what would go wrong?"}}},
  };
  return all;
}

struct Placed {
  Option option;
  Modes shown;  // in the help of these modes; empty: all
};

std::vector<Placed> placed_options() {
  using part::flag, part::value;
  using enum BulkMode;
  return {
      {value("config", "FILE", "accounts and server (export.pass.config.json, import.pass.config.json)",
             Takes::file),
       {}},
      {value("output-dir", "DIR", "where archives are written (./exported)", Takes::directory),
       {exporting, test, preflight}},
      {value("input-dir", "DIR", "where archives are read (./exported)", Takes::directory),
       {importing, validate, audit}},
      {value("max-workers", "N", "accounts at once (cores, at least 4)"), {}},
      {flag("ignore-errors", "go on with other accounts when one fails; exit status 6"), {}},
      {flag("content", "compare the octets of every message, not only what identifies it"),
       {validate, audit, exporting}},
      {flag("resync-missing", "send what is missing, then compare again"), {validate}},
      {flag("allow-damaged", "send also messages that are not as they were archived"), {importing, validate}},
      {flag("no-connectivity-test", "do not log in to all accounts before the work"),
       {exporting, importing, validate}},
      {flag("no-audit-after-export", "do not compare when done"), {exporting}},
      {flag("audit-offline", "check the files alone, without the server"), {exporting, audit}},
      {value("min-free-gb", "N", "least free space where archives are written, in GiB (1.0)"),
       {exporting, test, preflight}},
      {value("imap-timeout", "SECONDS", "longest silence of a server (60)"), {}},
      {value("log-dir", "DIR", "where the log of each run is written (./logs)", Takes::directory), {}},
      {value("state-dir", "DIR", "where runs are remembered", Takes::directory),
       {exporting, importing, validate}},
      {part::cleartext_option(), {}},
      {flag("help", "print this help", 'h'), {}},
  };
}

CommandSpec spec_of(const Texts& text) {
  OptionGroup group{"Options", {}};
  for (auto& [option, shown] : placed_options()) {
    option.hidden = !shown.empty() && std::ranges::find(shown, text.mode) == shown.end();
    group.options.push_back(option);
  }
  return {.name = text.name,
          .group = "Many accounts",
          .summary = text.summary,
          .description = text.description,
          .groups = {std::move(group)},
          .examples = text.examples};
}

Result<double> parse_gib(std::string_view text) {
  double value = 0;
  const Bytes digits = as_bytes(text);
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value, std::chars_format::fixed);
  constexpr double most = 1e9;
  const bool in_range = value >= 0 && value <= most;  // "nan" is not
  if (error != std::errc{} || rest != end || !in_range)
    return usage_error(fmt::format("'{}' is no number of GiB", text));
  return value;
}

Result<std::size_t> parse_workers(std::string_view text) {
  return config::parse_count(text, 1, max_accounts_at_once);
}

Result<Duration> parse_timeout(std::string_view text) {
  PF_TRY(const auto time, config::parse_duration(text));
  if (time == time.zero()) return usage_error("it must be more than 0");
  return Duration(time);
}

}  // namespace

std::string_view name(BulkMode mode) {
  return std::ranges::find(bulk_modes, mode, [](const auto& entry) { return entry.second; })->first;
}

std::string_view default_config(BulkMode mode) {
  switch (mode) {
    case BulkMode::importing:
    case BulkMode::validate:
      return "import.pass.config.json";
    case BulkMode::preflight:
      return "migration.config.json";
    default:
      return "export.pass.config.json";
  }
}

std::vector<CommandSpec> bulk_command_specs() {
  std::vector<CommandSpec> specs;
  std::ranges::transform(texts(), std::back_inserter(specs), spec_of);
  return specs;
}

Result<BulkCommand> bulk_command(BulkMode mode, const RawArgs& raw) {
  BulkCommand command;
  command.mode = mode;
  take_text(raw, "config", command.config);
  take_text(raw, "output-dir", command.output_dir);
  take_text(raw, "input-dir", command.input_dir);
  take_text(raw, "log-dir", command.log_dir);
  take_text(raw, "state-dir", command.state_dir);
  PF_TRYV(take(raw, "max-workers", parse_workers, command.max_workers));
  PF_TRYV(take(raw, "min-free-gb", parse_gib, command.min_free_gib));
  PF_TRYV(take(raw, "imap-timeout", parse_timeout, command.imap_timeout));
  const bool is_test = mode == BulkMode::test || mode == BulkMode::preflight;
  if (is_test && raw.has("no-connectivity-test"))
    return usage_error(fmt::format("--no-connectivity-test cannot be used with --mode {}", name(mode)));
  command.ignore_errors = raw.has("ignore-errors");
  command.resync_missing = raw.has("resync-missing");
  command.connectivity_test = !raw.has("no-connectivity-test");
  command.audit_after_export = !raw.has("no-audit-after-export");
  command.audit_offline = raw.has("audit-offline");
  command.content = raw.has("content");
  command.allow_damaged = raw.has("allow-damaged");
  command.allow_cleartext = raw.has("allow-cleartext");
  return command;
}

}  // namespace pf::cli
