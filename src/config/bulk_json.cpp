#include "config/bulk_json.h"

#include "base/printable.h"
#include "config/account_items.h"

#include <fmt/format.h>

#include <cmath>

namespace pf::config {

const Json* BulkReader::member(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> BulkReader::text(const Json& object, std::string_view where,
                                            std::string_view key) {
  const auto* value = member(object, key);
  if (value == nullptr) return std::nullopt;
  if (const auto* string = value->get_ptr<const std::string*>(); string != nullptr && !string->empty())
    return *string;
  problem(fmt::format("{}{} must be a non-empty string", where, key));
  return std::nullopt;
}

bool BulkReader::boolean(const Json& object, std::string_view where, std::string_view key, bool fallback) {
  const auto* value = member(object, key);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  problem(fmt::format("{}{} must be true or false", where, key));
  return fallback;
}

std::optional<std::uint64_t> BulkReader::count(const Json& object, std::string_view where,
                                               std::string_view key) {
  const auto* value = member(object, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) return value->get<std::uint64_t>();
  problem(fmt::format("{}{} must be a whole number that is not negative", where, key));
  return std::nullopt;
}

// The reference takes a number in quotes, too.
std::uint16_t BulkReader::port(const Json& object, std::string_view where, std::uint16_t fallback) {
  const auto* value = member(object, "port");
  if (value == nullptr) return fallback;
  const auto digits = value->is_string() ? value->get<std::string>() : value->dump();
  if (const auto port = parse_port(digits)) return *port;
  problem(fmt::format("{}port must be a number from 1 to 65535", where));
  return fallback;
}

Account BulkReader::server(const Json& object, std::string_view where, std::string_view default_host) {
  AccountDraft draft;
  const auto* host = member(object, "host");
  const auto* name = host == nullptr ? nullptr : host->get_ptr<const std::string*>();
  if (host == nullptr && !default_host.empty()) {
    draft.account.host = default_host;
  } else if (name == nullptr || name->empty()) {
    problem(fmt::format("{}host must be a non-empty string", where));
  } else if (!check_host(*name)) {
    problem(fmt::format("{}host '{}' is no host name", where, printable(*name)));
  } else {
    draft.account.host = *name;
  }
  for (char& c : draft.account.host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');

  auto& account = draft.account;
  const bool ssl = boolean(object, where, "ssl", true);
  const bool starttls = boolean(object, where, "starttls", false);
  account.tls = ssl ? Tls::implicit : starttls ? Tls::starttls : Tls::none;
  account.port = port(object, where, 993);
  account.ca_file = text(object, where, "ca").value_or("");
  if (const auto pin = text(object, where, "pin")) {
    if (!apply_item(draft, "pin", *pin))
      problem(fmt::format("{}pin must be a SHA-256: 64 hex digits or 44 of base64", where));
  }
  return account;
}

void BulkReader::each_account(
    Json& root,
    const std::function<void(Json& account, std::size_t number, const std::string& where)>& visit) {
  const auto accounts = root.find("accounts");
  if (accounts == root.end() || !accounts->is_array() || accounts->empty())
    return problem("Config must include non-empty 'accounts' array");
  for (std::size_t i = 0; i < accounts->size(); ++i) {
    auto& account = (*accounts)[i];
    if (account.is_object()) {
      visit(account, i, fmt::format("accounts[{}].", i));
    } else {
      problem(fmt::format("accounts[{}] must be an object", i));
    }
  }
}

std::string BulkReader::email(const Json& object, std::string_view where, std::string_view key) {
  const auto* value = member(object, key);
  const auto* name = value == nullptr ? nullptr : value->get_ptr<const std::string*>();
  if (name == nullptr || name->find_first_not_of(" \t\r\n") == std::string::npos) {
    problem(fmt::format("{}{} must be a non-empty string", where, key));
    return {};
  }
  if (!check_user(*name)) {
    problem(fmt::format("{}{} must not hold control characters", where, key));
    return {};
  }
  return *name;
}

}  // namespace pf::config
