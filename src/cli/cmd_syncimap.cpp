#include "cli/commands.h"
#include "cli/endpoint.h"
#include "config/account_items.h"
#include "config/usage.h"

#include <fmt/format.h>

namespace pf::cli {
namespace {

using config::usage_error;

struct Side {
  std::string_view name;  // "source"
  const char* variable;   // of the environment
  config::AdminForm form;
  std::string_view mechanism;  // empty: what is best
};
constexpr Side source_side{"source", "POSTFERRY_SOURCE_MASTER_PASSWORD", config::AdminForm::authzid, "PLAIN"};
// LOGIN: what the reference sends; Dovecot, its target, refuses SCRAM of a master user.
constexpr Side destination_side{"destination", "POSTFERRY_DESTINATION_MASTER_PASSWORD",
                                config::AdminForm::star, "LOGIN"};

constexpr std::string_view elsewhere = "-";

Result<config::Account> account_of(const SyncimapEnd& end, const Side& side, const std::string& ca_file) {
  const auto where = fmt::format("{}_server", side.name);
  if (end.server.find_first_of("/?#@") != std::string::npos)
    return usage_error(fmt::format("{}: '{}' is no host: write HOST or HOST:PORT", where, end.server));
  auto account = config::parse_account_url("imaps://user@" + end.server);
  if (!account) return std::move(account.error().at(where));
  for (const auto& [user, what] :
       {std::pair{&end.user, "user"}, std::pair{&end.master_user, "master_user"}}) {
    if (auto good = config::check_user(*user); !good)
      return std::move(good.error().at(fmt::format("{}_{}", side.name, what)));
  }
  account->user = end.user;
  account->admin = end.master_user;
  account->admin_form = side.form;
  account->auth = side.mechanism;
  account->ca_file = ca_file;
  return account;
}

// A password that does not stand on the command line.
Result<Secret> password_from_elsewhere(const SyncimapEnd& end, const Side& side, const World& world) {
  if (auto value = world.env(side.variable); !value.empty()) return Secret(std::move(value));
  const auto remedy = fmt::format("set {}, or run it on a terminal", side.variable);
  if (world.in_is_terminal) {
    auto typed = world.ask_password(fmt::format("Password of {} at {}: ", end.master_user, end.server));
    if (!typed && typed.error().code == Errc::unsupported)
      return usage_error(fmt::format("no password for the {}", side.name), remedy);
    return typed;
  }
  auto line = world.read_answer();
  if (!line || line->empty()) return usage_error(fmt::format("no password for the {}", side.name), remedy);
  return Secret(*std::move(line));
}

Result<app::Endpoint> endpoint_of(const SyncimapEnd& end, const Side& side, const std::string& ca_file,
                                  const World& world) {
  PF_TRY(auto account, account_of(end, side, ca_file));
  if (end.master_password.reveal() != elsewhere)
    return app::Endpoint{std::move(account), end.master_password};
  PF_TRY(auto password, password_from_elsewhere(end, side, world));
  return app::Endpoint{std::move(account), std::move(password)};
}

sync::Policy policy_of_syncimap() {
  sync::Policy policy;
  policy.mode = sync::Mode::mirror;
  // Its users expect no question, and a quarantine holds what it takes; the guards stay.
  policy.removal.confirmed = true;
  policy.mailboxes.exclude = {"Contacts", "Emailed Contacts"};  // Zimbra's; no mail in them
  return policy;
}

}  // namespace

Result<int> run_command(const SyncimapCommand& command, World& world) {
  const CommonArgs common;
  PF_TRY(const auto configuration, load_configuration(common, world.env));
  PF_TRY(auto environment, resolve_environment(common, configuration, world.env, true));
  if (command.source.master_password.reveal() != elsewhere ||
      command.destination.master_password.reveal() != elsewhere)
    world.err(
        "postferry: warning: a password on the command line can be read by every user of this machine; write "
        "- "
        "instead, see 'postferry syncimap --help'\n");
  PF_TRY(const auto from, endpoint_of(command.source, source_side, command.ca_file, world));
  PF_TRY(const auto to, endpoint_of(command.destination, destination_side, command.ca_file, world));
  if (from.account.label() == to.account.label())
    return usage_error("source and destination are the same account");

  const auto policy = policy_of_syncimap();
  const auto renderer = make_renderer(common.output, RunKind::sync, world);
  environment.log = make_log(common.output, *renderer);
  const auto observer = [&](const sync::Event& event) { renderer->event(event); };
  const auto summary = world.engine.run_sync(from, to, policy, environment, observer, *world.stop);
  return finish_run(summary, common.output, RunKind::sync, *renderer, world);
}

}  // namespace pf::cli
