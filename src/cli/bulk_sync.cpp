#include "cli/bulk_sync.h"

#include "cli/args_parts.h"
#include "cli/option_parts.h"
#include "config/sizes.h"

namespace pf::cli {
namespace {

constexpr std::size_t max_jobs = 1000;

OptionGroup accounts_group() {
  return {"Accounts",
          {part::value("accounts", "FILE", "the list: a table with a header, JSON, Microsoft's or imapsync's",
                       Takes::file),
           part::value("from", "URL", "what is the same for all at the source, with {user} in it"),
           part::value("to", "URL", "what is the same for all at the target, with {user} in it")}};
}

OptionGroup how_group() {
  using namespace part;
  return {
      "How",
      {words("mode", "MODE", "as of 'postferry sync' (copy); mirror and two-way need --yes the first time",
             {"copy", "mirror", "two-way"}),
       flag("dry-run", "print the plan and change nothing", 'n'),
       flag("verify", "compare both sides of each account when it is done"),
       flag("check", "log in to all accounts first, and begin nothing unless all of it works"),
       flag("fail-fast", "stop at the first account that fails (exit status 1)"),
       flag("retry-failed", "only the accounts that failed last time, with the messages refused then"),
       words("order", "ORDER", "which account begins first: as in the list, or the largest (list)",
             {"list", "size"}),
       flag("keep-deleted", "do not restore copies that were deleted at the target"),
       flag("no-flags", "do not carry over flag changes of messages copied before"),
       flag("adopt-renumbered", "take renumbered mailboxes (UIDVALIDITY) though much of them is gone")}};
}

OptionGroup at_once_group() {
  using namespace part;
  return {"At once",
          {value("jobs", "N", "accounts at once (chosen)"),
           value("per-host", "N", "accounts at once of one server (chosen)"), connections_option()}};
}

OptionGroup output_group() {
  auto group = part::output();
  group.options.insert(
      group.options.begin() + 3,
      part::value("report", "DIR", "keep accounts.csv, accounts.json, failures.csv and index.html in DIR",
                  Takes::directory));
  return group;
}

Result<std::size_t> parse_jobs(std::string_view text) {
  return config::parse_count(text, 1, max_jobs);
}

Result<fleet::Order> parse_order(std::string_view text) {
  if (text == "list") return fleet::Order::list;
  if (text == "size") return fleet::Order::largest_first;
  return not_one_of(text, "list or size");
}

Result<fleet::CommonEnd> common_end(const RawArgs& raw, std::string_view option, std::string_view prefix) {
  PF_TRY(auto source, password_source(raw, prefix));
  fleet::CommonEnd end;
  take_text(raw, option, end.url);
  end.password_env = std::move(source.password_env);
  end.password_file = std::move(source.password_file);
  end.password_command = std::move(source.password_command);
  return end;
}

}  // namespace

CommandSpec bulk_sync_spec() {
  using namespace part;
  return {
      .name = "bulk sync",
      .group = "Many accounts",
      .summary = "move a list of accounts from server to server",
      .description =
          "Does for every account of a list what 'postferry sync' does for one: side by side, fair to each, "
          "gentle to each server, and going on where it stopped. An account that fails does not stop the "
          "others (exit status 6); --retry-failed takes up those that failed.\n\n"
          "The list is a table (CSV) whose header names any of source_host, source_user, source_password, "
          "source_password_file, source_admin, target_host and so on. What is the same for all is given "
          "once, "
          "with --from and --to: {user} stands for the name of each account. JSON as 'postferry bulk export' "
          "takes it, Microsoft's EmailAddress,UserName,Password and imapsync's host1;user1;password1;... are "
          "known too. A list with mistakes is not begun: all of them are named at once.\n\n"
          "An admin who may log in for others needs no passwords of users: add ?admin=NAME to the URL, and "
          "admin-form=star or proxyauth where the server wants it; 'postferry doctor' finds out.",
      .groups = {accounts_group(),
                 how_group(),
                 at_once_group(),
                 mailbox_choice(),
                 message_choice(),
                 removing(),
                 pace(),
                 {"Connection and state",
                  {compress_option(), timeout_option(), cleartext_option(),
                   value("state-dir", "DIR", "where runs are remembered", Takes::directory),
                   settle_option()}},
                 pair_passwords(),
                 output_group()},
      .examples = {
          {"postferry bulk sync --accounts users.csv --check -n",
           "would all accounts log in, and what is to do?"},
          {"postferry bulk sync --accounts users.csv --report /srv/report",
           "move them, with a page to look at"},
          {"postferry bulk sync --accounts users.csv --from 'imaps://{user}@old.example?admin=root' --to "
           "'imaps://{user}@new.example?admin=boss&admin-form=star' --from-password-file old.pw "
           "--to-password-file "
           "new.pw",
           "by the passwords of two admins, with only source_user in the list"}}};
}

Result<BulkSyncCommand> bulk_sync_command(const RawArgs& raw) {
  BulkSyncCommand command;
  take_text(raw, "accounts", command.accounts);
  if (command.accounts.empty())
    return config::usage_error("--accounts is missing", "write postferry bulk sync --accounts FILE");
  PF_TRY(command.from, common_end(raw, "from", "from-"));
  PF_TRY(command.to, common_end(raw, "to", "to-"));
  PF_TRY(command.common, common(raw));
  PF_TRY(command.policy.sync, sync_policy(raw));
  PF_TRYV(take(raw, "jobs", parse_jobs, command.policy.limits.accounts));
  PF_TRYV(take(raw, "per-host", parse_jobs, command.policy.limits.per_host));
  PF_TRYV(take(raw, "order", parse_order, command.policy.order));
  command.policy.fail_fast = raw.has("fail-fast");
  command.policy.retry_failed = raw.has("retry-failed");
  command.check = raw.has("check");
  return command;
}

}  // namespace pf::cli
