// LOGIN (RFC 3501 6.2.3) and AUTHENTICATE (RFC 3501 6.2.2, RFC 4959 SASL-IR).
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "imap/wire/encoder.h"

#include <optional>
#include <string>
#include <string_view>

namespace pf::imap::command {

// A password the server could only be sent as a literal travels as one.  Errc::usage for a NUL in either.
Result<Command> login(std::string_view user, const Secret& password, WireOptions options);

// `initial`: the first SASL message, raw; only when the server has SASL-IR.  An empty one goes out as "=".
Result<Command> authenticate(std::string_view mechanism, const std::optional<Secret>& initial);

// PROXYAUTH of the Netscape servers and what came of them (Sun, Oracle): the administrator who is logged in
// becomes this user.
Result<Command> proxyauth(std::string_view user, WireOptions options);

// The line that answers a "+ " of AUTHENTICATE: base64 of `response` and CRLF.  Contains a secret: wipe after
// sending.
std::string sasl_response(std::string_view response);
// "*": gives the exchange up.
inline constexpr std::string_view sasl_cancel = "*\r\n";

// What the server sent behind "+ ", decoded.  Blanks around it are ignored (servers add them); nothing when
// it is not base64.
std::optional<std::string> sasl_challenge(std::string_view continuation_text);

}  // namespace pf::imap::command
