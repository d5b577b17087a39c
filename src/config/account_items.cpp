#include "config/account_items.h"

#include "base/ascii.h"
#include "base/encoding.h"
#include "config/sizes.h"
#include "config/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pf::config {
namespace {

constexpr std::size_t pin_octets = 32;  // SHA-256

bool is_letter(char c) {
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}
bool is_hex(char c) {
  return is_digit(c) || (is_letter(c) && ascii_lower(c) <= 'f');
}
bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

Result<Tls> parse_tls(std::string_view value) {
  if (value == "implicit") return Tls::implicit;
  if (value == "starttls") return Tls::starttls;
  if (value == "none") return Tls::none;
  return usage_error(fmt::format("tls={} is unknown: use implicit, starttls or none", value));
}

constexpr std::array admin_forms = {AdminForm::authzid, AdminForm::star, AdminForm::proxyauth};

Result<AdminForm> parse_admin_form(std::string_view value) {
  for (const auto form : admin_forms)
    if (value == name(form)) return form;
  return usage_error(fmt::format("admin-form={} is unknown: use authzid, star or proxyauth", value));
}

Result<std::string> parse_mechanism(std::string_view value) {
  std::string mechanism(value);
  std::ranges::transform(mechanism, mechanism.begin(), ascii_upper);
  const auto allowed = [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '_'; };
  // RFC 4422 3.1: one to twenty of these.
  if (mechanism.size() > 20 || !std::ranges::all_of(mechanism, allowed))
    return usage_error(
        fmt::format("auth={} is no name of a mechanism, such as PLAIN or SCRAM-SHA-256", value));
  return mechanism;
}

// Hex with or without colons, or base64 with or without "sha256//" in front (as curl writes it).
Result<std::string> parse_pin(std::string_view value) {
  std::string hex(value);
  std::erase(hex, ':');
  auto octets = hex_decode(hex);
  auto base64 = value;
  for (const std::string_view prefix : {"sha256//", "sha256/"})
    if (value.starts_with(prefix)) {
      base64.remove_prefix(prefix.size());
      break;
    }
  if (!octets || octets->size() != pin_octets) octets = base64_decode(base64);
  if (octets && octets->size() == pin_octets) return hex_encode(*octets);
  return usage_error(fmt::format("pin={} is no SHA-256: write 64 hex digits or 44 of base64", value));
}

}  // namespace

std::string_view item_names() {
  return "tls, ca, pin, auth, admin and admin-form";
}

bool is_item(std::string_view key) {
  constexpr std::array<std::string_view, 6> items = {"tls", "ca", "pin", "auth", "admin", "admin-form"};
  return std::ranges::find(items, key) != items.end();
}

Status apply_item(AccountDraft& draft, std::string_view key, std::string_view value) {
  auto& account = draft.account;
  if (key == "tls") {
    PF_TRY(draft.tls, parse_tls(value));
  } else if (key == "ca") {
    account.ca_file = value;
  } else if (key == "pin") {
    PF_TRY(account.pin, parse_pin(value));
  } else if (key == "auth") {
    PF_TRY(account.auth, parse_mechanism(value));
  } else if (key == "admin") {
    PF_TRYV(check_user(value));
    account.admin = value;
  } else if (key == "admin-form") {
    PF_TRY(account.admin_form, parse_admin_form(value));
    draft.admin_form_given = true;
  }
  return {};
}

Result<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_count(text, 1, 65535);
  if (!port) return usage_error(fmt::format("bad port '{}': a port is a number from 1 to 65535", text));
  return static_cast<std::uint16_t>(*port);
}

Status check_host(std::string_view host) {
  if (host.empty()) return usage_error("the host is missing");
  const bool address6 = host.find(':') != std::string_view::npos;
  // A zone ("fe80::1%eth0", RFC 6874) may follow an IPv6 address.
  const auto allowed6 = [](char c) {
    return is_hex(c) || is_letter(c) || c == ':' || c == '.' || c == '%' || c == '-';
  };
  const auto allowed = [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_'; };
  if (address6 ? std::ranges::all_of(host, allowed6) : std::ranges::all_of(host, allowed)) return {};
  return usage_error(fmt::format("'{}' is no host name", host));
}

Status check_user(std::string_view user) {
  if (user.empty()) return usage_error("the user is missing");
  if (std::ranges::any_of(user, is_control)) return usage_error("a user name holds no control characters");
  return {};
}

bool needs_password(const Account& account) {
  constexpr std::array<std::string_view, 3> without = {"EXTERNAL", "GSSAPI", "ANONYMOUS"};
  return account.scheme == Scheme::imap && std::ranges::find(without, account.auth) == without.end();
}

Result<Account> finish_account(AccountDraft draft) {
  auto account = std::move(draft.account);
  if (draft.imaps && draft.tls && *draft.tls != Tls::implicit)
    return usage_error("imaps:// means TLS from the first octet",
                       "write imap:// for tls=starttls or tls=none");
  if (draft.admin_form_given && account.admin.empty())
    return usage_error("admin-form is of no use without admin");
  account.tls = draft.tls.value_or(Tls::implicit);
  account.port = draft.port.value_or(account.tls == Tls::implicit ? 993 : 143);
  return account;
}

}  // namespace pf::config
