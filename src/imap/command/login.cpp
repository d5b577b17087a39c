#include "imap/command/login.h"

#include "base/ascii.h"
#include "base/encoding.h"

namespace pf::imap::command {

Result<Command> login(std::string_view user, const Secret& password, WireOptions options) {
  Encoder encoder{CommandKind::login, options};
  encoder.raw(" ").astring(user).raw(" ").secret(password.reveal());
  return encoder.finish();
}

Result<Command> authenticate(std::string_view mechanism, const std::optional<Secret>& initial) {
  Encoder encoder{CommandKind::authenticate};
  encoder.raw(" ").atom(mechanism);
  if (initial) {
    auto encoded = initial->empty() ? std::string{"="} : base64_encode(initial->reveal());
    encoder.raw(" ").secret_atom(encoded);
    Secret::wipe(encoded);
  }
  return encoder.finish();
}

Result<Command> proxyauth(std::string_view user, WireOptions options) {
  Encoder encoder{CommandKind::proxyauth, options};
  encoder.raw(" ").astring(user);
  return encoder.finish();
}

std::string sasl_response(std::string_view response) {
  return base64_encode(response) + "\r\n";
}

std::optional<std::string> sasl_challenge(std::string_view continuation_text) {
  return base64_decode(trim_blanks(continuation_text));
}

}  // namespace pf::imap::command
