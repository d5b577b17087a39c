// From a host name to a session that is logged in.
#pragma once

#include "auth/sasl/choose.h"
#include "base/secret.h"
#include "imap/capability.h"
#include "imap/client/connection.h"
#include "imap/profile/profile.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pf::imap {

struct LoginOptions {
  enum class Tls : std::uint8_t { implicit, starttls, none };
  // By an authorization identity, as `user*admin`, or as the admin and then PROXYAUTH.
  enum class AdminForm : std::uint8_t { authzid, star, proxyauth };

  std::string label;      // "imaps://joe@example.com", for errors
  net::DialOptions dial;  // `dial.cancel` ends the whole login
  Tls tls = Tls::implicit;
  net::TlsOptions trust;
  std::string user;
  Secret password;
  std::string mechanism;  // forced; empty: the strongest
  std::string admin;      // log in as this user on behalf of `user`; empty: no
  AdminForm admin_form = AdminForm::authzid;
  bool allow_cleartext = false;  // passwords without TLS beyond loopback
  bool compress = false;
  bool abort_on_close = false;  // RST when the connection or the process ends: for appending
  Duration timeout = std::chrono::seconds(60);
  std::shared_ptr<net::Wiretap> wiretap;
  Log log;
};

// What one login learned and a further one to the same account need not ask again.
struct Known {
  std::string mechanism;  // that worked
  bool login_command = false;
  std::optional<NamespaceData> namespaces;
  std::optional<IdData> id;
  bool condstore = false, qresync = false, utf8 = false;  // what ENABLE gave
  bool introduced = false;                                // all of the above is known
};

struct LoggedIn {
  std::shared_ptr<Connection> connection;
  std::string greeting;
  Capabilities capabilities;  // after login
  Profile profile;
  WireOptions wire;
  bool condstore = false;  // enabled
  bool qresync = false;    // enabled
  bool utf8 = false;       // enabled because the server insists (UTF8=ONLY)
  Known known;
};

// The introduction tries to switch CONDSTORE on.
[[nodiscard]] bool asks_for_condstore(const Capabilities& capabilities);

// What else to ask in the same write as ID, ENABLE and NAMESPACE, while they are unanswered: of the session
// it gets, `known` and what follows from it is not there yet.  It keeps its own answers and errors.
using Along = std::function<Task<void>(const LoggedIn&)>;

// `along` is not called where it would have to wait: on a further connection, which introduces itself without
// listening, where a quirk forbids two commands at a time, and where the answer to ENABLE changes names
// (UTF8=ONLY).
// Errors: what net::dial and net::start_tls say; tls when STARTTLS is refused (never goes on in clear);
// cleartext; auth_failed after at most two tries; auth_no_mech; too_many_connections and others as the server
// says.
Task<LoggedIn> log_in(LoginOptions options, Known known = {}, Along along = {});

// LOGOUT and close, waiting no longer than `patience` for the server.
Task<void> log_out(std::shared_ptr<Connection> connection);

}  // namespace pf::imap
