#include "cli/endpoint.h"

#include "base/ascii.h"
#include "base/os/file.h"
#include "cli/did_you_mean.h"
#include "config/account_items.h"
#include "config/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace pf::cli {
namespace {

using config::usage_error;

constexpr std::size_t max_ca_bytes = std::size_t{16} << 20U;

// "--from-password-file" and so on.
std::string password_options(std::string_view side) {
  std::string prefix;
  for (const char c : side) prefix += ascii_lower(c);
  if (!prefix.empty()) prefix += '-';
  return fmt::format("--{0}password-env, --{0}password-file or --{0}password-command", prefix);
}

Error named(Error error, std::string_view side) {
  return side.empty() ? error : std::move(error.at(side));
}

Error no_such_account(const std::string& name, const Configuration& configuration) {
  if (name.find('@') != std::string::npos)
    return usage_error(fmt::format("'{}' is no URL and no name of an account", name),
                       fmt::format("write imaps://{}", name));
  if (name.find('/') != std::string::npos)
    return usage_error(fmt::format("'{}' is no URL and no name of an account", name),
                       "write imaps://USER@HOST");
  std::vector<std::string_view> known;
  known.reserve(configuration.file.accounts.size());
  for (const auto& entry : configuration.file.accounts) known.emplace_back(entry.first);
  const auto meant = did_you_mean(name, known);
  return usage_error(
      fmt::format("no account '{}' in {}", name, configuration.path),
      meant ? fmt::format("did you mean '{}'?", *meant) : "write a URL such as imaps://USER@HOST");
}

Result<config::Account> find_account(const EndpointArgs& args, std::string_view side,
                                     const Configuration& configuration) {
  if (args.where.find(':') == std::string::npos) {
    const auto found = configuration.file.accounts.find(args.where);
    if (found == configuration.file.accounts.end()) return no_such_account(args.where, configuration);
    return found->second;
  }
  auto account = config::parse_account_url(args.where);
  // The remedy names the option of this side.
  if (!account && account.error().hint.find("--from-password-file") != std::string::npos)
    account.error().hint =
        fmt::format("put it in a file and use {}", side.empty()   ? "--password-file"
                                                   : side == "TO" ? "--to-password-file"
                                                                  : "--from-password-file");
  return account;
}

void apply_password_source(config::Account& account, const EndpointArgs& args) {
  if (args.password_env.empty() && args.password_file.empty() && args.password_command.empty()) return;
  account.password_env = args.password_env;
  account.password_file = args.password_file;
  account.password_command = args.password_command;
}

Result<Secret> password_of(const config::Account& account, std::string_view side, const World& world) {
  if (!config::needs_password(account)) return Secret();
  PF_TRY(auto secret, world.engine.read_password(account));
  if (!secret.empty()) return secret;
  const auto& who = account.admin.empty() ? account.user : account.admin;
  auto asked = world.ask_password(fmt::format("Password of {} at {}: ", who, account.host));
  if (!asked && asked.error().code == Errc::unsupported)
    return usage_error(fmt::format("no password for {}", account.label()),
                       fmt::format("use {}, or run it on a terminal", password_options(side)));
  return asked;
}

}  // namespace

Status check_ca(const config::Account& account) {
  if (account.ca_file.empty()) return {};
  const auto content = os::read_file(account.ca_file, max_ca_bytes);
  if (!content) return usage_error(fmt::format("ca={}: {}", account.ca_file, content.error().context));
  return {};
}

Result<Configuration> load_configuration(const CommonArgs& common, const config::Environ& env) {
  Configuration configuration;
  if (!common.config_file.empty()) {
    configuration.path = common.config_file;
    PF_TRY(configuration.file, config::load_config(common.config_file));
    return configuration;
  }
  const auto path = config::default_config_file(env);
  if (!path) {
    configuration.path = "the configuration file";
    return configuration;
  }
  configuration.path = *path;
  std::error_code error;
  if (!std::filesystem::exists(*path, error) && !error) return configuration;
  PF_TRY(configuration.file, config::load_config(*path));
  return configuration;
}

Result<config::Account> resolve_account(const EndpointArgs& args, std::string_view side, bool allow_cleartext,
                                        const Configuration& configuration) {
  auto account = find_account(args, side, configuration);
  if (!account) return named(std::move(account.error()), side);
  apply_password_source(*account, args);
  account->allow_cleartext = allow_cleartext;
  if (auto readable = check_ca(*account); !readable) return named(std::move(readable.error()), side);
  return account;
}

Result<app::Endpoint> resolve_endpoint(const EndpointArgs& args, std::string_view side, bool allow_cleartext,
                                       const Configuration& configuration, const World& world) {
  PF_TRY(auto account, resolve_account(args, side, allow_cleartext, configuration));
  auto password = password_of(account, side, world);
  if (!password) return named(std::move(password.error()), side);
  return app::Endpoint{std::move(account), *std::move(password)};
}

Result<app::Environment> resolve_environment(const CommonArgs& common, const Configuration& configuration,
                                             const config::Environ& env, bool with_state) {
  app::Environment environment;
  environment.state = with_state;
  const auto& defaults = configuration.file.defaults;
  if (with_state) {
    environment.state_dir = !common.state_dir.empty() ? common.state_dir : defaults.state_dir.value_or("");
    if (environment.state_dir.empty()) {
      PF_TRY(environment.state_dir, config::default_state_dir(env));
    }
  }
  environment.trace_file = common.trace_file;
  environment.compress = common.compress.value_or(defaults.compress.value_or(false));
  if (common.io_timeout) environment.io_timeout = *common.io_timeout;
  environment.allow_damaged = common.allow_damaged;
  return environment;
}

}  // namespace pf::cli
