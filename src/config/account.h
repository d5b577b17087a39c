// One end of a run as the user named it: a URL or the name of an account in the configuration file.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pf::config {

enum class Scheme : std::uint8_t { imap, archive, maildir };
enum class Tls : std::uint8_t { implicit, starttls, none };
enum class AdminForm : std::uint8_t { authzid, star, proxyauth };
std::string_view name(AdminForm form);  // as in admin-form=

struct Account {
  Scheme scheme = Scheme::imap;
  std::string directory;  // of an archive or a Maildir, absolute; nothing else is set then but the scheme
  std::string user, host;
  std::uint16_t port = 993;
  Tls tls = Tls::implicit;
  std::string ca_file;
  std::string pin;    // SHA-256 as 64 lower-case hex digits, whatever form the user wrote
  std::string auth;   // SASL mechanism, upper case, or "LOGIN"; empty: strongest offered
  std::string admin;  // log in as this user on behalf of `user`; empty: no
  AdminForm admin_form = AdminForm::authzid;
  bool allow_cleartext = false;

  // Where the password comes from: the first that is set.  All empty: a prompt on a terminal.
  std::string password_env, password_file, password_command;

  // "imaps://joe%40example.com@mail.example.com:993", "archive:/srv/mail/joe": never holds a secret; stable,
  // used as the identity of the account in the state.
  [[nodiscard]] std::string label() const;
};

// imaps://user@host[:993][/?tls=...&ca=...&pin=...&auth=...&admin=...&admin-form=...], imap:// likewise (143,
// STARTTLS); archive:DIR or maildir:DIR, a path as it is, made absolute.  Host and scheme are taken in lower
// case.  Errors: usage, one exact sentence (context), with a
// remedy (hint) where one exists; a value of the URL is quoted, a password never.  A password in the URL is
// refused.
Result<Account> parse_account_url(std::string_view url);

}  // namespace pf::config
