#include "base/error.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pf {

namespace {

struct Words {
  Errc code;
  std::string_view name, sentence;
};

constexpr std::array words{
    Words{Errc::unexpected, "unexpected", "something went wrong that should not be possible"},
    Words{Errc::usage, "usage", "this is not a valid option or setting"},
    Words{Errc::io, "io", "a file or directory could not be used"},
    Words{Errc::resolve, "resolve", "the host name was not found"},
    Words{Errc::refused, "refused", "the server does not accept connections"},
    Words{Errc::disconnected, "disconnected", "the connection was lost"},
    Words{Errc::timeout, "timeout", "the server did not answer in time"},
    Words{Errc::tls, "tls", "no secure connection could be set up"},
    Words{Errc::certificate, "certificate", "the server's certificate is not trusted"},
    Words{Errc::cleartext, "cleartext", "the password would cross the network unencrypted"},
    Words{Errc::auth_failed, "auth-failed", "the server refused the login"},
    Words{Errc::auth_no_mech, "auth-no-mech", "the server offers no way to log in that can be used here"},
    Words{Errc::protocol, "protocol", "the server did not keep to the protocol"},
    Words{Errc::limit, "limit", "a safety limit was exceeded"},
    Words{Errc::rejected, "rejected", "the server refused"},
    Words{Errc::not_found, "not-found", "it does not exist any more"},
    Words{Errc::exists, "exists", "it exists already"},
    Words{Errc::permission, "permission", "permission denied"},
    Words{Errc::too_big, "too-big", "message too big"},
    Words{Errc::invalid_message, "invalid-message", "the target does not accept the content of this message"},
    Words{Errc::invalid_flag, "invalid-flag", "the target does not accept this flag"},
    Words{Errc::over_quota, "over-quota", "the account is over its quota"},
    Words{Errc::throttled, "throttled", "the server asks to slow down"},
    Words{Errc::unavailable, "unavailable", "the server cannot do this at the moment"},
    Words{Errc::too_many_connections, "too-many-connections", "the server allows no more connections"},
    Words{Errc::unsupported, "unsupported", "the server cannot do this"},
    Words{Errc::state, "state", "the state database could not be used"},
    Words{Errc::locked, "locked", "another run is at work on this"},
    Words{Errc::guard, "guard", "withheld by a safety guard"},
    Words{Errc::cancelled, "cancelled", "cancelled"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (static_cast<std::size_t>(words[i].code) != i) return false;
  }
  return words.back().code == Errc::cancelled;
}
static_assert(in_order(), "words must list every Errc in the order of the enumeration");

const Words& words_of(Errc code) {
  return words[std::min(static_cast<std::size_t>(code), words.size() - 1)];
}

// A hostile server must not fill the screen or the log with one answer.
constexpr std::size_t max_server_text = 500;

std::string quoted_server_text(std::string_view text) {
  const bool cut = text.size() > max_server_text;
  return printable(text.substr(0, max_server_text)) + (cut ? "..." : "");
}

}  // namespace

std::string_view name(Errc code) {
  return words_of(code).name;
}
std::string_view sentence(Errc code) {
  return words_of(code).sentence;
}

std::string Error::describe() const {
  std::string out = context.empty() ? "" : printable(context) + ": ";
  out += sentence(code);
  if (!server_text.empty()) out += fmt::format(" (server said: {})", quoted_server_text(server_text));
  if (!hint.empty()) out += fmt::format(". {}", printable(hint));
  return out;
}

Error& Error::at(std::string_view where) {
  context = context.empty() ? std::string(where) : fmt::format("{}: {}", where, context);
  return *this;
}

}  // namespace pf
