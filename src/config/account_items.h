// What a URL's query and a section of the configuration file have in common: named settings of an account.
#pragma once

#include "base/result.h"
#include "config/account.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pf::config {

// An account being put together: what was said, before defaults.
struct AccountDraft {
  Account account;
  std::optional<Tls> tls;
  std::optional<std::uint16_t> port;
  bool imaps = false;  // the URL said imaps://
  bool admin_form_given = false;
};

// tls, ca, pin, auth, admin, admin-form.
bool is_item(std::string_view key);
// Takes a value, not empty, of an item there is.  Errors: usage, naming item and value.
Status apply_item(AccountDraft& draft, std::string_view key, std::string_view value);
// Names of the items, for error texts: "tls, ca, pin, auth, admin and admin-form".
std::string_view item_names();

Result<std::uint16_t> parse_port(std::string_view text);
// A host name, an IPv4 address, or an IPv6 address without its brackets.
Status check_host(std::string_view host);
Status check_user(std::string_view user);

// False where the mechanism it names proves who we are by other means.
bool needs_password(const Account& account);

// Fills in the defaults (implicit TLS at 993, otherwise 143) and checks what must fit together.
Result<Account> finish_account(AccountDraft draft);

}  // namespace pf::config
