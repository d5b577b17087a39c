// Errors are values: what failed, how much of the run it concerns, whether trying again can help,
// where it happened, and what the server said.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pf {

enum class Errc : std::uint8_t {
  unexpected,  // a bug or an answer nobody foresaw
  usage,       // options, URLs, configuration
  io,          // a file or directory
  resolve,     // no such host
  refused,     // TCP connection refused or unreachable
  disconnected,
  timeout,
  tls,           // handshake failed
  certificate,   // chain, name or pin not accepted
  cleartext,     // a password would cross the network in clear
  auth_failed,   // the server refused the credentials
  auth_no_mech,  // no mechanism both sides accept
  protocol,      // the server broke the protocol, or a limit of ours
  limit,         // an input limit of ours was exceeded (line, literal, nesting, budget)
  rejected,      // tagged NO or BAD without a code of its own
  not_found,     // mailbox or message does not exist (any more)
  exists,
  permission,
  too_big,
  invalid_message,  // the target refuses the content: NUL, bare LF, header
  invalid_flag,
  over_quota,
  throttled,
  unavailable,
  too_many_connections,
  unsupported,
  state,   // the state database
  locked,  // another run holds the pair
  guard,   // a safety guard withheld something
  cancelled,
};

// How much of the work an error concerns.  One bad message never stops a mailbox, and so on upwards.
enum class Scope : std::uint8_t { message, mailbox, connection, account, run };

enum class Retry : std::uint8_t {
  never,  // the same request will fail again
  now,    // a new connection or another try may work at once
  later,  // wait first; see Error::retry_after
};

struct [[nodiscard]] Error {
  Errc code = Errc::unexpected;
  Scope scope = Scope::run;
  Retry retry = Retry::never;
  std::string context;      // "APPEND to INBOX/2019, uid 4711", for a person
  std::string server_text;  // verbatim and untrusted: escape before showing, never decide by it above imap/
  std::string hint;         // what to do next, one sentence, may be empty
  std::optional<std::chrono::milliseconds> retry_after;  // the server's own back-off time

  Error() = default;
  Error(Errc c, Scope s, Retry r, std::string what, std::string server = {}, std::string next = {})
      : code(c),
        scope(s),
        retry(r),
        context(std::move(what)),
        server_text(std::move(server)),
        hint(std::move(next)) {}

  // "APPEND to INBOX, uid 7: message too big (server said: [LIMIT] ...). hint": one line, everything escaped,
  // server text cut at 500 bytes.
  [[nodiscard]] std::string describe() const;
  // Puts `where` in front of the context: "account joe@example.com: ...".
  Error& at(std::string_view where);
};

[[nodiscard]] std::string_view name(Errc code);      // "over-quota": stable, used in JSON
[[nodiscard]] std::string_view sentence(Errc code);  // "the account is over its quota": for people

}  // namespace pf
