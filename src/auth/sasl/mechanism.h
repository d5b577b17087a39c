// SASL mechanisms (RFC 4422) as state machines over octets: no network, no base64, no IMAP.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <memory>
#include <string>
#include <string_view>

namespace pf::sasl {

struct Credentials {
  std::string user;     // who proves himself
  std::string authzid;  // whose mail it is, when that is somebody else; empty: `user` decides
  Secret password;
};

// RFC 5056: something both ends know of the TLS connection below, so that nobody stands in between.
struct ChannelBinding {
  std::string type;  // "tls-exporter" or "tls-server-end-point"; empty: none
  std::string data;  // raw bytes
  [[nodiscard]] bool available() const { return !type.empty(); }
};

// The best of what TLS gave: tls-exporter (RFC 9266, TLS 1.3), else tls-server-end-point (RFC 5929), else
// none.
ChannelBinding pick_binding(std::string_view tls_exporter, std::string_view tls_server_end_point);

// The first letter of the GS2 header (RFC 5802 section 7).
enum class Gs2 : char {
  unsupported = 'n',  // we bind no channel
  not_offered = 'y',  // we could, the server said it cannot: if it did offer a -PLUS, somebody removed that
                      // from the list
  bound = 'p',
};

// One login.  Used once, for one exchange.
class Mechanism {
 public:
  virtual ~Mechanism() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;

  // True: the client speaks first; step("") gives the initial response, to be sent with AUTHENTICATE where
  // SASL-IR (RFC 4959) allows, else as the answer to the server's empty challenge.
  [[nodiscard]] virtual bool client_first() const { return true; }

  // The answer to a challenge, both decoded.  Errors: protocol when the server breaks the mechanism's rules
  // or fails to prove itself, auth_failed when it says within the mechanism that it refuses, usage when the
  // mechanism cannot carry the credentials. After an error send "*" (RFC 3501 section 6.2.2) and use the
  // mechanism no more.
  virtual Result<Secret> step(std::string_view challenge) = 0;

  // Asked when the server says OK: an error when the exchange is not complete, that is when the server has
  // not proved yet that it knows the password.  Such an OK must not be believed.
  [[nodiscard]] virtual Status finish() const = 0;
};

// PLAIN, LOGIN, EXTERNAL, CRAM-MD5, SCRAM-SHA-1, SCRAM-SHA-1-PLUS, SCRAM-SHA-256, SCRAM-SHA-256-PLUS; upper
// case. `gs2` and `binding` are for SCRAM; a -PLUS implies Gs2::bound.  `nonce`: SCRAM's, for tests; empty:
// random. Errors: auth_no_mech for another name or a -PLUS without binding; usage for credentials it cannot
// carry (NUL; with SCRAM any control character; an authzid with LOGIN or CRAM-MD5). Strings are UTF-8 and
// sent as they are: SASLprep (RFC 4013) changes nothing in ASCII; a server that stored a password in another
// Unicode normalisation than the user typed will refuse it.
Result<std::unique_ptr<Mechanism>> make_mechanism(std::string_view name, Credentials credentials,
                                                  Gs2 gs2 = Gs2::unsupported, ChannelBinding binding = {},
                                                  std::string nonce = {});

}  // namespace pf::sasl
