#include "config/account.h"

#include "base/ascii.h"
#include "config/account_items.h"
#include "config/percent.h"
#include "config/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

namespace pf::config {
namespace {

Error password_in_url() {
  return usage_error("a password does not belong in a URL", "put it in a file and use --from-password-file");
}

Error bad_escape() {
  return usage_error("a '%' in the URL is not followed by two hex digits");
}

// scheme ":" "//" rest.  Takes the front off `url`.
Result<std::string> take_scheme(std::string_view& url) {
  const auto colon = url.find(':');
  if (colon == std::string_view::npos) return usage_error("no URL: write imaps://USER@HOST");
  auto scheme = ascii_lower(url.substr(0, colon));
  if (scheme != "imap" && scheme != "imaps")
    return usage_error(
        fmt::format("unknown scheme '{}': known are imaps, imap, archive and maildir", scheme));
  url.remove_prefix(colon + 1);
  if (!url.starts_with("//")) return usage_error(fmt::format("'//' is missing after '{}:'", scheme));
  url.remove_prefix(2);
  return scheme;
}

Status parse_user(AccountDraft& draft, std::string_view userinfo) {
  if (userinfo.find(':') != std::string_view::npos) return password_in_url();
  const auto user = percent_decode(userinfo);
  if (!user) return bad_escape();
  if (user->empty()) return usage_error("the URL names no user: write imaps://USER@HOST");
  PF_TRYV(check_user(*user));
  draft.account.user = *user;
  return {};
}

// host, host:port, [address6] or [address6]:port.
Status parse_host(AccountDraft& draft, std::string_view text) {
  std::string_view host = text;
  std::string_view after;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return usage_error("']' is missing after the IPv6 address");
    host = text.substr(1, end - 1);
    after = text.substr(end + 1);
    if (host.find(':') == std::string_view::npos)
      return usage_error(fmt::format("'{}' is no IPv6 address", host));
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (text.find(':', colon + 1) != std::string_view::npos)
      return usage_error("an IPv6 address in a URL stands in brackets: imaps://USER@[::1]");
    host = text.substr(0, colon);
    after = text.substr(colon);
  }
  if (host.empty()) return usage_error("the URL names no host: write imaps://USER@HOST");
  PF_TRYV(check_host(host));
  draft.account.host = ascii_lower(host);
  if (after.empty()) return {};
  if (!after.starts_with(':')) return usage_error(fmt::format("'{}' after the host is no port", after));
  PF_TRY(draft.port, parse_port(after.substr(1)));
  return {};
}

Status parse_item(AccountDraft& draft, std::string_view key, std::string_view encoded) {
  if (key.starts_with("password")) return password_in_url();
  if (!is_item(key))
    return usage_error(fmt::format("unknown item '{}' in the URL: known are {}", key, item_names()));
  if (encoded.empty()) return usage_error(fmt::format("'{}' in the URL has no value", key));
  const auto value = percent_decode(encoded);
  if (!value) return bad_escape();
  return apply_item(draft, key, *value);
}

Status parse_query(AccountDraft& draft, std::string_view query) {
  std::set<std::string, std::less<>> seen;
  while (!query.empty()) {
    const auto item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    const auto key = item.substr(0, item.find('='));
    if (!seen.emplace(key).second) return usage_error(fmt::format("'{}' is given twice in the URL", key));
    PF_TRYV(parse_item(draft, key, item.substr(std::min(key.size() + 1, item.size()))));
  }
  return {};
}

// "archive:DIR" and "maildir:DIR".  What follows is a path as it is: nothing in it is encoded.
std::optional<Scheme> directory_scheme(std::string_view url) {
  const auto scheme = ascii_lower(url.substr(0, std::min(url.find(':'), url.size())));
  if (scheme == "archive") return Scheme::archive;
  if (scheme == "maildir") return Scheme::maildir;
  return std::nullopt;
}

Result<Account> parse_directory(Scheme scheme, std::string_view path) {
  if (path.empty()) return usage_error("the directory is missing: write archive:DIR or maildir:DIR");
  if (path.find('\0') != std::string_view::npos) return usage_error("a directory's name holds no NUL");
  // The label is the identity of the account in the state, so each directory has one spelling.
  std::error_code error;
  auto absolute = std::filesystem::absolute(std::filesystem::path(path), error).lexically_normal();
  if (error) return usage_error(fmt::format("'{}' is no path: {}", path, error.message()));
  if (!absolute.has_filename() && absolute.has_relative_path()) absolute = absolute.parent_path();
  Account account;
  account.scheme = scheme;
  account.directory = absolute.native();
  return account;
}

}  // namespace

std::string_view name(AdminForm form) {
  switch (form) {
    case AdminForm::authzid:
      return "authzid";
    case AdminForm::star:
      return "star";
    case AdminForm::proxyauth:
      return "proxyauth";
  }
  return "authzid";
}

std::string Account::label() const {
  if (scheme == Scheme::archive) return "archive:" + directory;
  if (scheme == Scheme::maildir) return "maildir:" + directory;
  const bool address6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}@{}{}{}:{}", tls == Tls::implicit ? "imaps" : "imap", percent_encode(user),
                     address6 ? "[" : "", host, address6 ? "]" : "", port);
}

Result<Account> parse_account_url(std::string_view url) {
  if (const auto scheme = directory_scheme(url))
    return parse_directory(*scheme, url.substr(url.find(':') + 1));
  AccountDraft draft;
  PF_TRY(const auto scheme, take_scheme(url));
  draft.imaps = scheme == "imaps";
  if (!draft.imaps) draft.tls = Tls::starttls;

  const auto authority = url.substr(0, url.find_first_of("/?#"));
  const auto rest = url.substr(authority.size());
  // The last '@': a host cannot hold one, and people forget to encode that of the user.
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos) return usage_error("the URL names no user: write imaps://USER@HOST");
  PF_TRYV(parse_user(draft, authority.substr(0, at)));
  PF_TRYV(parse_host(draft, authority.substr(at + 1)));

  auto query = rest;
  if (query.starts_with('/')) query.remove_prefix(1);
  if (query.starts_with('?')) {
    PF_TRYV(parse_query(draft, query.substr(1)));
  } else if (!query.empty()) {
    return usage_error(fmt::format("'{}' after the host is not understood", rest),
                       "choose mailboxes with --mailbox");
  }
  return finish_account(std::move(draft));
}

}  // namespace pf::config
