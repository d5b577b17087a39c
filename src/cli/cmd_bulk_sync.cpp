#include "base/os/file.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/endpoint.h"
#include "cli/exit_status.h"
#include "cli/fleet_run.h"
#include "config/account_items.h"
#include "config/usage.h"
#include "fleet/list.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace pf::cli {
namespace {

using config::usage_error;

// Every mistake on a line of its own; the error that follows says what it means.
Error refuse(const std::vector<std::string>& mistakes, const std::string& file, World& world) {
  for (const auto& mistake : mistakes)
    world.err(fmt::format("{}: {}\n", printable(file), printable(mistake)));
  return usage_error(
      fmt::format("{}: {} in the list, nothing was begun", printable(file),
                  mistakes.size() == 1 ? "a mistake" : fmt::format("{} mistakes", mistakes.size())));
}

Result<fleet::AccountList> read_list(const BulkSyncCommand& command, World& world) {
  auto text = os::read_file(command.accounts, fleet::max_list_bytes);
  if (!text) return usage_error(text.error().context);
  auto list = fleet::parse_list(*text, command.from, command.to);
  Secret::wipe(*text);
  if (!list.problems.empty()) {
    std::vector<std::string> mistakes;
    for (auto& problem : list.problems) mistakes.push_back(std::move(problem.text));
    return refuse(mistakes, command.accounts, world);
  }
  const auto open = os::open_to_others(command.accounts);
  if (list.holds_passwords && open && *open)
    world.err(fmt::format("warning: {0} holds passwords and others may read it: chmod 600 {0}\n",
                          printable(command.accounts)));
  for (const auto& note : list.notes) world.err(fmt::format("note: {}\n", printable(note)));
  return list;
}

// Finds the password of every account, so that what is missing is known before any work.  What is the same
// for many is read or asked for once.
class Passwords {
 public:
  Passwords(World& world, bool allow_cleartext) : world_(world), allow_cleartext_(allow_cleartext) {}

  // An error ends it all: a person who would not answer.
  Status find(fleet::Pair& pair) {
    PF_TRYV(find(pair.row, "source", pair.from, pair.from_password));
    return find(pair.row, "target", pair.to, pair.to_password);
  }
  [[nodiscard]] const std::vector<std::string>& mistakes() const { return mistakes_; }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;

  Status find(std::size_t row, std::string_view end, config::Account& account, Secret& password) {
    account.allow_cleartext = allow_cleartext_;
    if (!account.ca_file.empty() && ca_files_.insert(account.ca_file).second)
      if (const auto readable = check_ca(account); !readable) mistakes_.push_back(readable.error().context);
    if (!password.empty() || !config::needs_password(account)) return {};
    const bool from_somewhere =
        !account.password_env.empty() || !account.password_file.empty() || !account.password_command.empty();
    const Key key = from_somewhere
                        ? Key{account.password_env, account.password_file, account.password_command, "", ""}
                        : Key{"", "", "", account.host, account.admin};
    const auto known = known_.find(key);
    if (known != known_.end()) {
      password = known->second;
      return {};
    }
    auto found =
        from_somewhere
            ? world_.engine.read_password(account)
            : world_.ask_password(fmt::format("Password of {} at {}: ", account.admin, account.host));
    if (!found && found.error().code == Errc::cancelled) return std::move(found.error());
    if (!found || found->empty()) {
      mistakes_.push_back(mistake(row, end, account, found, from_somewhere));
      found = Secret();
    }
    password = known_.emplace(key, *std::move(found)).first->second;
    return {};
  }

  static std::string mistake(std::size_t row, std::string_view end, const config::Account& account,
                             const Result<Secret>& found, bool from_somewhere) {
    if (!from_somewhere)
      return fmt::format("no password for {} at {}: use --{}-password-file, or run it on a terminal",
                         account.admin, account.host, end == "source" ? "from" : "to");
    return fmt::format("row {}: the password of the {} cannot be read: {}", row, end,
                       found ? "it is empty" : found.error().describe());
  }

  World& world_;
  bool allow_cleartext_;
  std::map<Key, Secret> known_;
  std::set<std::string> ca_files_;
  std::vector<std::string> mistakes_;
};

Result<app::FleetPolicy> policy_of(const BulkSyncCommand& command, const Configuration& configuration,
                                   fleet::AccountList& list) {
  auto policy = command.policy;
  auto& sync = policy.sync;
  if (sync.connections == 0) sync.connections = configuration.file.defaults.connections.value_or(0);
  for (auto& entry : list.folder_map) sync.mailboxes.map.push_back(std::move(entry));
  if (!sync.pace.bytes_per_second) sync.pace.bytes_per_second = list.bytes_per_second;
  return policy;
}

}  // namespace

Result<int> run_command(const BulkSyncCommand& command, World& world) {
  PF_TRY(const auto configuration, load_configuration(command.common, world.env));
  PF_TRY(auto environment, resolve_environment(command.common, configuration, world.env, true));
  PF_TRY(auto list, read_list(command, world));
  PF_TRY(const auto policy, policy_of(command, configuration, list));
  Passwords passwords(world, command.common.allow_cleartext);
  for (auto& pair : list.pairs) {
    PF_TRYV(passwords.find(pair));
  }
  if (!passwords.mistakes().empty()) return refuse(passwords.mistakes(), command.accounts, world);

  const FleetJob job{.pairs = list.pairs, .policy = policy, .environment = environment};
  if (command.check) {
    PF_TRY(const int checked, run_fleet_job(checking(job), command.common.output, world));
    if (checked != static_cast<int>(Exit::ok)) return checked;
  }
  return run_fleet_job(job, command.common.output, world);
}

}  // namespace pf::cli
