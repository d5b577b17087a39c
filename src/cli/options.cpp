#include "cli/options.h"

#include "cli/bulk_options.h"
#include "cli/bulk_sync.h"
#include "cli/option_parts.h"
#include "cli/syncimap.h"

#include <algorithm>
#include <iterator>

namespace pf::cli {
namespace {

using namespace part;

CommandSpec sync_command() {
  return {
      .name = "sync",
      .group = "Move mail",
      .positionals = {"FROM", "TO"},
      .summary = "copy what FROM has and TO lacks, mirror, or keep in step",
      .description =
          "Copies every message that FROM has and TO lacks, with its bytes, arrival date and flags as they "
          "are. Stop it at any time: the same command goes on where it stopped and adds nothing twice.\n\n"
          "--mode copy, the default, opens FROM read-only and deletes nothing. Flag changes made at FROM "
          "since the last run follow. A message the target refuses is reported and "
          "not sent again until --retry-failed.\n\n"
          "--mode mirror also takes from TO what an earlier run brought there and FROM no longer has. "
          "--mode two-way carries what was added, changed or deleted on either side since the last run to "
          "the "
          "other. What is removed is moved into a quarantine mailbox of its account, and 'postferry undo' "
          "puts "
          "it back. More than 10 messages and 10 % of a mailbox, or more than 50 and 10 % of an account, are "
          "not removed at once but reported (exit status 5), as are removals after all of an account is "
          "gone. "
          "Before the first run that removes something you are asked.",
      .groups =
          {mailbox_choice(),
           message_choice(),
           {"How",
            {words(
                 "mode", "MODE",
                 "copy adds what is missing; mirror also removes what is gone from FROM; two-way brings the "
                 "changes of each side to the other (copy)",
                 {"copy", "mirror", "two-way"}),
             flag("dry-run", "print the plan and change nothing", 'n'),
             flag("verify", "compare both sides when done"),
             words("order", "ORDER", "oldest or newest message of a mailbox first (oldest)",
                   {"oldest", "newest"}),
             flag("keep-deleted", "do not restore a copy that was deleted at TO"),
             flag("no-flags", "do not carry over flag changes of messages copied before"),
             flag("retry-failed", "send messages again that TO refused before"),
             flag("adopt-renumbered", "take a renumbered mailbox (UIDVALIDITY) though much of it is gone"),
             allow_damaged_option()}},
           removing(),
           pace(),
           {"Connection and state",
            {connections_option(), compress_option(), time_limit_option(), timeout_option(),
             cleartext_option(), value("state-dir", "DIR", "where runs are remembered", Takes::directory),
             settle_option()}},
           pair_passwords(),
           pair_output()},
      .examples = {
          {"postferry sync imaps://joe@old.example imaps://joe@new.example",
           "a migration; asks for both passwords"},
          {"postferry sync -n --mailbox 'Archive/*' old new", "print what would be copied, accounts by name"},
          {"postferry sync -n --mode mirror old new", "print what a mirror would copy and remove"},
          {"postferry sync --from-password-file old.pw --to-password-file new.pw --verify --json "
           "imaps://joe%40old.example@imap.old.example imap://joe@localhost:1143",
           "from a script, with a comparison at the end"}}};
}

CommandSpec verify_command() {
  return {
      .name = "verify",
      .group = "Move mail",
      .positionals = {"FROM", "TO"},
      .summary = "compare two accounts and change nothing",
      .description =
          "Lists every message of FROM that TO lacks, that TO has besides, or that differs. Both sides are "
          "opened read-only. Exit status 4 tells of differences.",
      .groups =
          {mailbox_choice(),
           message_choice(),
           {"How",
            {flag("content", "compare the octets of every message, not only what identifies it"),
             allow_damaged_option()}},
           {"Connection",
            {connections_option(), compress_option(), time_limit_option(), timeout_option(),
             cleartext_option(),
             // Accepted so that a script can give both commands the same options; nothing is remembered.
             hidden(value("state-dir", "DIR", "not used", Takes::directory)), settle_option()}},
           pair_passwords(),
           pair_output()},
      .examples = {
          {"postferry verify old new", "are all messages of account 'old' in account 'new'?"},
          {"postferry verify --content --mailbox INBOX imaps://joe@old.example imaps://joe@new.example",
           "the same for one mailbox, octet by octet"}}};
}

CommandSpec undo_command() {
  return {.name = "undo",
          .group = "Move mail",
          .positionals = {"RUN", "FROM", "TO"},
          .unless = "list",
          .summary = "put back what a run removed",
          .description =
              "Moves the messages that a run with --mode mirror or two-way put into the quarantine back to "
              "where they were, with their flags. RUN is the number the summary of that run gave. Run it "
              "again to go on where it stopped. What was removed with --expunge cannot be put back.\n\n"
              "FROM and TO are those of the run, in the same order. A later mirror run removes again what "
              "FROM still lacks.",
          .groups = {{"How", {flag("list", "list the runs that removed something; without RUN")}},
                     {"Connection and state",
                      {compress_option(), time_limit_option(), timeout_option(), cleartext_option(),
                       value("state-dir", "DIR", "where runs are remembered", Takes::directory),
                       settle_option()}},
                     pair_passwords(),
                     pair_output()},
          .examples = {{"postferry undo --list old new", "which runs removed something?"},
                       {"postferry undo 12 old new", "put back what run 12 removed"}}};
}

CommandSpec archive_check_command() {
  return {
      .name = "archive check",
      .group = "Find out",
      .positionals = {"DIR"},
      .summary = "find what is damaged, missing or foreign in an archive",
      .description =
          "Reads every file of the archive in DIR, compares it with what the manifests say, and names each "
          "that is changed, cut off, missing, exchanged, a link, or not part of the archive. Needs no "
          "network and changes nothing. Not to be used while an export writes to DIR: its unfinished work "
          "would be told as damage.\n\n"
          "The exit status is 0 when all is as it was written, 4 when something is not, 2 when there is no "
          "archive in DIR.",
      .groups = {{"Output",
                  {flag("json", "one JSON object a line on standard output; all else on standard error"),
                   flag("quiet", "print what is wrong and nothing else", 'q'),
                   flag("help", "print this help", 'h')}}},
      .examples = {{"postferry archive check exported/joe@example.com", "is the backup whole?"},
                   {"postferry archive check --json mail", "the same from a script"}}};
}

CommandSpec doctor_command() {
  return {.name = "doctor",
          .group = "Find out",
          .positionals = {"FROM"},
          .summary = "examine one account: name, TLS, login, abilities, quirks",
          .description =
              "Connects and logs in step by step and prints one line for each finding, with the remedy where "
              "something is wrong. Changes nothing.",
          .groups = {{"Connection", {compress_option(), timeout_option(), cleartext_option()}},
                     one_password(),
                     output()},
          .examples = {{"postferry doctor imaps://joe@imap.example.com", "why can I not log in?"},
                       {"postferry doctor --json --password-env PW old", "the same from a script"}}};
}

CommandSpec completion_command() {
  return {
      .name = "completion",
      .group = "Find out",
      .positionals = {"SHELL"},
      .words = {"bash", "zsh", "fish"},
      .summary = "print the completion script of a shell",
      .description = "Prints a script that completes commands and options of postferry in bash, zsh or fish.",
      .groups = {{"Output", {flag("help", "print this help", 'h')}}},
      .examples = {
          {"postferry completion bash > /etc/bash_completion.d/postferry", "for all users of bash"},
          {"postferry completion fish > ~/.config/fish/completions/postferry.fish", "for one user of fish"}}};
}

CommandSpec man_command() {
  return {.name = "man",
          .group = "Find out",
          .summary = "print the source of the man page",
          .description = "Prints the man page as troff source.",
          .groups = {{"Output", {flag("help", "print this help", 'h')}}},
          .examples = {{"postferry man | man -l -", "read it"}},
          .hidden = true};
}

std::vector<CommandSpec> all_commands() {
  std::vector<CommandSpec> all = {sync_command(), verify_command(), undo_command(), syncimap_spec()};
  all.push_back(bulk_sync_spec());
  std::ranges::move(bulk_command_specs(), std::back_inserter(all));
  std::ranges::move(
      std::vector{doctor_command(), archive_check_command(), completion_command(), man_command()},
      std::back_inserter(all));
  return all;
}

}  // namespace

std::span<const CommandSpec> commands() {
  static const std::vector<CommandSpec> all = all_commands();
  return all;
}

const CommandSpec* find_command(std::string_view name) {
  const auto found = std::ranges::find(commands(), name, &CommandSpec::name);
  return found == commands().end() ? nullptr : &*found;
}

std::string_view family_of(const CommandSpec& command) {
  const auto blank = command.name.find(' ');
  return blank == std::string_view::npos ? std::string_view() : command.name.substr(0, blank);
}

bool is_family(std::string_view word) {
  return !word.empty() && std::ranges::find(commands(), word, family_of) != commands().end();
}

const Option* find_option(const CommandSpec& command, std::string_view name) {
  for (const auto& group : command.groups)
    for (const auto& option : group.options)
      if (option.name == name) return &option;
  return nullptr;
}

std::string_view program_summary() {
  return "copies mail between IMAP servers, exactly and restartably";
}

}  // namespace pf::cli
