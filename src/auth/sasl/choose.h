// Which mechanism to log in with.
#pragma once

#include "auth/sasl/mechanism.h"

#include <span>
#include <string>
#include <vector>

namespace pf::sasl {

struct Offer {
  std::vector<std::string> mechanisms;  // of the AUTH= capabilities, any case
  bool login_disabled = false;          // LOGINDISABLED: no LOGIN command
};

struct ChoiceRules {
  bool tls = false;              // active
  bool channel_binding = false;  // pick_binding() found one
  bool loopback = false;         // nobody can listen in
  bool allow_cleartext = false;  // the user insists
  std::string forced;            // "SCRAM-SHA-256", "LOGIN"...; any case; empty: the strongest
  bool authzid = false;          // log in on behalf of another user: SCRAM, PLAIN and EXTERNAL can carry that
};

struct Choice {
  std::string mechanism;       // upper case
  bool login_command = false;  // the IMAP command LOGIN instead of AUTHENTICATE
  Gs2 gs2 = Gs2::unsupported;  // for SCRAM
  bool operator==(const Choice&) const = default;
};

// Never empty.  First the strongest that does not give the password away, then the best that does (servers
// that keep hashes of their own offer SCRAM and cannot do it; over TLS the password as such then works), then
// the rest by strength: SCRAM-SHA-256-PLUS, SCRAM-SHA-256, SCRAM-SHA-1-PLUS, SCRAM-SHA-1, CRAM-MD5, PLAIN,
// LOGIN, the LOGIN command.  A failed login counts against the account's lock-out at the server: try the
// first two at most.
// With `authzid` the password goes before the rest, where nobody can listen in (TLS, loopback): Dovecot 2.3
// offers SCRAM and refuses any authzid in it, which would waste the first of the two tries.
// EXTERNAL only when forced; forced LOGIN is the command where allowed, else the
// mechanism. Errors: cleartext when only the missing TLS stands in the way; auth_no_mech otherwise, naming
// what was offered.
Result<std::vector<Choice>> choose(const Offer& offer, const ChoiceRules& rules);

}  // namespace pf::sasl
