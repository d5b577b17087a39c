#include "config/config_file.h"

#include "base/ascii.h"
#include "base/os/file.h"
#include "config/account_items.h"
#include "config/usage.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace pf::config {
namespace {

constexpr std::size_t max_file_bytes = std::size_t{4} << 20U;

// Where we are in the file, for error texts.
struct Place {
  std::string_view file;
  std::string section;

  [[nodiscard]] Error error(const toml::source_region& where, const std::string& sentence,
                            std::string remedy = {}) const {
    return usage_error(fmt::format("{}, line {}: {}", file, where.begin.line, sentence), std::move(remedy));
  }
  // Puts file and line in front of an error that knows neither.
  [[nodiscard]] Error error(const toml::source_region& where, const Error& cause) const {
    return error(where, cause.context, cause.hint);
  }
};

Result<std::string> text_of(const Place& place, std::string_view key, const toml::node& node) {
  const auto* text = node.as_string();
  if (text == nullptr) return place.error(node.source(), fmt::format("'{}' is not a text in quotes", key));
  if (text->get().empty()) return place.error(node.source(), fmt::format("'{}' is empty", key));
  return text->get();
}

Result<std::int64_t> number_of(const Place& place, std::string_view key, const toml::node& node,
                               std::int64_t low, std::int64_t high) {
  const auto* number = node.as_integer();
  if (number == nullptr || number->get() < low || number->get() > high)
    return place.error(node.source(),
                       fmt::format("'{}' is not a whole number from {} to {}", key, low, high));
  return number->get();
}

bool is_account_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' || c == '_' ||
           c == '.';
  });
}

// host, user, port: what a URL says otherwise.  False: no such key.
Result<bool> apply_place_key(AccountDraft& draft, const Place& place, std::string_view key,
                             const toml::node& node) {
  if (key == "port") {
    PF_TRY(const auto port, number_of(place, key, node, 1, 65535));
    draft.port = static_cast<std::uint16_t>(port);
    return true;
  }
  if (key != "host" && key != "user") return false;
  PF_TRY(auto value, text_of(place, key, node));
  const auto checked = key == "host" ? check_host(value) : check_user(value);
  if (!checked) return place.error(node.source(), checked.error());
  (key == "host" ? draft.account.host : draft.account.user) = std::move(value);
  return true;
}

// password-env, password-file, password-command.  False: no such key.
Result<bool> apply_password_key(Account& account, const Place& place, std::string_view key,
                                const toml::node& node) {
  if (key == "password")
    return place.error(node.source(), "a password does not belong in this file",
                       "use password-file, password-command or password-env");
  auto* slot = key == "password-env"       ? &account.password_env
               : key == "password-file"    ? &account.password_file
               : key == "password-command" ? &account.password_command
                                           : nullptr;
  if (slot == nullptr) return false;
  if (!account.password_env.empty() || !account.password_file.empty() || !account.password_command.empty())
    return place.error(node.source(), fmt::format("{} has two sources of its password", place.section));
  PF_TRY(*slot, text_of(place, key, node));
  return true;
}

Status apply_account_key(AccountDraft& draft, const Place& place, std::string_view key,
                         const toml::node& node) {
  PF_TRY(const bool placed, apply_place_key(draft, place, key, node));
  if (placed) return {};
  PF_TRY(const bool sourced, apply_password_key(draft.account, place, key, node));
  if (sourced) return {};
  if (!is_item(key))
    return place.error(node.source(), fmt::format("unknown key '{}' in {}", key, place.section));
  PF_TRY(const auto value, text_of(place, key, node));
  const auto applied = apply_item(draft, key, value);
  if (!applied) return place.error(node.source(), applied.error());
  return {};
}

Result<AccountDraft> start_draft(const Place& place, const toml::table& table) {
  AccountDraft draft;
  const auto* url = table.get("url");
  if (url == nullptr) {
    for (const char* needed : {"host", "user"})
      if (table.get(needed) == nullptr)
        return place.error(table.source(),
                           fmt::format("{} has neither 'url' nor '{}'", place.section, needed));
    return draft;
  }
  for (const char* other : {"host", "user", "port", "tls"})
    if (const auto* node = table.get(other))
      return place.error(node->source(), fmt::format("{} has both 'url' and '{}'", place.section, other));
  PF_TRY(const auto text, text_of(place, "url", *url));
  auto parsed = parse_account_url(text);
  if (!parsed) {
    auto& cause = parsed.error();
    if (!cause.hint.empty() && cause.hint.find("--from-") != std::string::npos)
      cause.hint = "use password-file, password-command or password-env";
    return place.error(url->source(), cause);
  }
  draft.account = *std::move(parsed);
  draft.tls = draft.account.tls;
  draft.port = draft.account.port;
  return draft;
}

Result<Account> parse_account(const Place& place, const toml::table& table) {
  PF_TRY(auto draft, start_draft(place, table));
  for (const auto& [key, node] : table) {
    if (key.str() == "url") continue;
    PF_TRYV(apply_account_key(draft, place, key.str(), node));
  }
  auto account = finish_account(std::move(draft));
  if (!account) return place.error(table.source(), account.error());
  return account;
}

Status parse_defaults(Defaults& defaults, const Place& place, const toml::table& table) {
  for (const auto& [name, node] : table) {
    const auto key = name.str();
    if (key == "state-dir") {
      PF_TRY(defaults.state_dir, text_of(place, key, node));
    } else if (key == "connections") {
      PF_TRY(const auto count, number_of(place, key, node, 1, max_connections));
      defaults.connections = static_cast<std::size_t>(count);
    } else if (key == "compress") {
      PF_TRY(const auto value, text_of(place, key, node));
      const auto compress = parse_compress(value);
      if (!compress) return place.error(node.source(), fmt::format("compress: {}", compress.error().context));
      defaults.compress = *compress;
    } else {
      return place.error(node.source(), fmt::format("unknown key '{}' in [defaults]", key));
    }
  }
  return {};
}

Status parse_accounts(ConfigFile& config, std::string_view file, const toml::table& table) {
  for (const auto& [name, node] : table) {
    const Place place{file, fmt::format("[account.{}]", name.str())};
    const auto* section = node.as_table();
    if (section == nullptr)
      return place.error(node.source(), fmt::format("{} is not a section", place.section));
    if (!is_account_name(name.str()))
      return place.error(
          node.source(),
          fmt::format("'{}' is no account name: use letters, digits, '.', '_' and '-'", name.str()));
    PF_TRY(auto account, parse_account(place, *section));
    config.accounts.emplace(name.str(), std::move(account));
  }
  return {};
}

Result<ConfigFile> parse_root(const toml::table& root, std::string_view file) {
  ConfigFile config;
  for (const auto& [name, node] : root) {
    const auto key = name.str();
    const Place place{file, fmt::format("[{}]", key)};
    const auto* section = node.as_table();
    if (key != "account" && key != "defaults")
      return place.error(node.source(), section != nullptr ? fmt::format("unknown section [{}]", key)
                                                           : fmt::format("unknown key '{}'", key));
    if (section == nullptr) return place.error(node.source(), fmt::format("'{}' is not a section", key));
    if (key == "account") {
      PF_TRYV(parse_accounts(config, file, *section));
    } else {
      PF_TRYV(parse_defaults(config.defaults, place, *section));
    }
  }
  return config;
}

}  // namespace

Result<bool> parse_compress(std::string_view value) {
  if (value == "auto" || value == "on") return true;
  if (value == "off") return false;
  return usage_error(fmt::format("'{}' is unknown: use auto, on or off", value));
}

Result<ConfigFile> parse_config(std::string_view text, std::string_view name) {
  try {
    return parse_root(toml::parse(text), name);
  } catch (const toml::parse_error& e) {  // the library's way to say "syntax error"
    return Place{name, {}}.error(e.source(), std::string(e.description()));
  }
}

Result<ConfigFile> load_config(const std::string& path) {
  const auto text = os::read_file(path, max_file_bytes);
  if (!text) return usage_error(text.error().context);
  return parse_config(*text, path);
}

}  // namespace pf::config
