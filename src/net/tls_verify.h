// Whether to believe the peer's certificate, and a precise sentence when not.
#pragma once

#include "base/result.h"
#include "net/stream.h"

#include <openssl/ssl.h>

#include <optional>
#include <string>

namespace pf::net {

// What one connection expects of the certificate, and what was wrong with it.  Must outlive the SSL it is
// attached to.
struct PeerCheck {
  std::string host;
  std::string pin;               // 64 lower-case hex digits, or empty: chain and name
  std::optional<Error> failure;  // set while the handshake fails
};

// Lower case, without colons.  Errors: usage when it is not a SHA-256.
Result<std::string> normalise_pin(std::string_view pin);

// For every SSL of `ctx`: verify by the attached PeerCheck.  Subject alternative names only; the common name
// proves nothing (RFC 9525 section 2).
void install_verifier(SSL_CTX* ctx);

// Errors: tls when OpenSSL refuses the name.
Status attach(SSL* ssl, PeerCheck* check);

bool is_ip_address(const std::string& host);

}  // namespace pf::net
