#include "imap/grammar/classify.h"

#include "base/ascii.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string>

namespace pf::imap {
namespace {

// ---- which commands a row is about ----

enum Group : std::uint8_t {
  any = 0,
  auth,     // LOGIN, AUTHENTICATE
  append,   // APPEND
  message,  // FETCH, STORE, COPY, MOVE
  mailbox,  // SELECT, STATUS, CREATE, DELETE, APPEND, ...
  look,     // SELECT, EXAMINE, STATUS
};

bool is_auth(CommandKind kind) {
  return kind == CommandKind::login || kind == CommandKind::authenticate || kind == CommandKind::proxyauth;
}

bool is_message(CommandKind kind) {
  switch (kind) {
    case CommandKind::fetch:
    case CommandKind::uid_fetch:
    case CommandKind::uid_store:
    case CommandKind::uid_copy:
    case CommandKind::uid_move:
      return true;
    default:
      return false;
  }
}

bool is_mailbox(CommandKind kind) {
  switch (kind) {
    case CommandKind::select:
    case CommandKind::examine:
    case CommandKind::status:
    case CommandKind::create:
    case CommandKind::delete_:
    case CommandKind::rename:
    case CommandKind::subscribe:
    case CommandKind::append:
    case CommandKind::uid_copy:
    case CommandKind::uid_move:
    case CommandKind::uid_search:
    case CommandKind::uid_expunge:
    case CommandKind::unselect:
    case CommandKind::close:
    case CommandKind::get_quota_root:
      return true;
    default:
      return false;
  }
}

bool in_group(Group group, CommandKind kind) {
  switch (group) {
    case any:
      return true;
    case auth:
      return is_auth(kind);
    case append:
      return kind == CommandKind::append;
    case message:
      return is_message(kind);
    case mailbox:
      return is_mailbox(kind);
    case look:
      return kind == CommandKind::select || kind == CommandKind::examine || kind == CommandKind::status;
  }
  return false;
}

// What the refusal of a command concerns when nothing says otherwise.
Scope scope_of(CommandKind kind) {
  if (kind == CommandKind::append || is_message(kind)) return Scope::message;
  if (is_mailbox(kind)) return Scope::mailbox;
  switch (kind) {
    case CommandKind::login:
    case CommandKind::authenticate:
    case CommandKind::proxyauth:
    case CommandKind::list:
    case CommandKind::lsub:
    case CommandKind::namespace_:
      return Scope::account;
    default:
      return Scope::connection;
  }
}

// ---- the tables ----

// Scope of a row; `command`: as scope_of() says.
enum class Of : std::uint8_t { command, message, mailbox, connection, account };

struct Verdict {
  Errc code;
  Of scope;
  Retry retry;
  std::string_view hint;
};

struct TextRow {
  std::string_view pattern;  // lower case, anywhere in the text
  Group group;
  Verdict verdict;
};

constexpr std::string_view hint_wait = "It goes on by itself after the server's waiting time.";
constexpr std::string_view hint_connections =
    "Use fewer connections (--connections) or close other mail programs.";
constexpr std::string_view hint_quota =
    "Free some space or raise the quota of the target account, then run it again.";
constexpr std::string_view hint_app_password =
    "Create an app password in the provider's account settings and use it here.";
constexpr std::string_view hint_enable_imap =
    "Switch IMAP access on in the provider's settings for this account.";
constexpr std::string_view hint_tls = "Use TLS: imaps:// or STARTTLS.";
constexpr std::string_view hint_oauth =
    "This provider wants OAuth2, which this version cannot do; it may offer app passwords.";
constexpr std::string_view hint_exchange_append =
    "Usual causes: the message is too big, the mailbox is full, or a line is longer than 10,000 characters.";

// Texts that mean more than the code beside them.
constexpr std::array known_texts{
    // Exchange, Microsoft 365: "Request is throttled. Suggested Backoff Time: 92415 milliseconds"
    TextRow{"request is throttled", any, {Errc::throttled, Of::account, Retry::later, hint_wait}},
    // Yahoo, AOL: "[LIMIT] UID FETCH Rate limit hit."
    TextRow{"rate limit hit", any, {Errc::throttled, Of::account, Retry::later, hint_wait}},
    // Gmail says [OVERQUOTA] although the mailbox has room: it is the day's traffic.
    TextRow{"command or bandwidth limits", any, {Errc::throttled, Of::account, Retry::later, hint_wait}},
    TextRow{"too many simultaneous connections",
            any,
            {Errc::too_many_connections, Of::account, Retry::later, hint_connections}},
    // Dovecot: "[UNAVAILABLE] Maximum number of connections from user+IP exceeded"
    TextRow{"maximum number of connections",
            any,
            {Errc::too_many_connections, Of::account, Retry::later, hint_connections}},
    TextRow{"user is authenticated but not connected",
            any,
            {Errc::unavailable, Of::account, Retry::later,
             "Usual causes: too many connections, no right to this mailbox, or an app password where OAuth2 "
             "is wanted."}},
    // Courier
    TextRow{"time to find a bigger place", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    // GroupWise: "The 1500 MB storage limit has been exceeded."
    TextRow{
        "storage limit has been exceeded", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    // Cyrus, Fastmail
    TextRow{"contains nul characters",
            append,
            {Errc::invalid_message, Of::message, Retry::never,
             "The target refuses NUL octets; the message stays at the source."}},
    TextRow{"bare newlines",
            append,
            {Errc::invalid_message, Of::message, Retry::never,
             "The target refuses bare line feeds; the message stays at the source."}},
    TextRow{"invalid header",
            append,
            {Errc::invalid_message, Of::message, Retry::never,
             "The target refuses a message with such a header; the message stays at the source."}},
    TextRow{"non-ascii characters in header",
            append,
            {Errc::invalid_message, Of::message, Retry::never,
             "The target refuses 8-bit header fields; the message stays at the source."}},
    TextRow{"too many identical emails",
            append,
            {Errc::rejected, Of::message, Retry::never,
             "The target limits how often one message may be stored."}},
    // Dovecot: "Can't save a zero byte message"
    TextRow{"zero byte message",
            append,
            {Errc::invalid_message, Of::message, Retry::never, "The target refuses empty messages."}},
    // Yahoo, for a message without a final CRLF: "BAD [CLIENTBUG] APPEND Additional arguments found after
    // last expected"
    TextRow{"additional arguments",
            append,
            {Errc::invalid_message, Of::message, Retry::never,
             "The target refuses a message that does not end with a line end."}},
    TextRow{"command argument error",
            append,
            {Errc::invalid_message, Of::message, Retry::never, hint_exchange_append}},
    TextRow{"command error. 10",
            append,
            {Errc::invalid_message, Of::message, Retry::never, hint_exchange_append}},
    TextRow{"keywords are not supported", any, {Errc::invalid_flag, Of::message, Retry::never, {}}},
    TextRow{"unrecognized flag", any, {Errc::invalid_flag, Of::message, Retry::never, {}}},    // GNU imap4d
    TextRow{"invalid system flag", any, {Errc::invalid_flag, Of::message, Retry::never, {}}},  // Dovecot
    TextRow{"invalid flag", any, {Errc::invalid_flag, Of::message, Retry::never, {}}},
    TextRow{"invalid keyword", any, {Errc::invalid_flag, Of::message, Retry::never, {}}},
    // Gmail
    TextRow{"application-specific password required",
            any,
            {Errc::auth_failed, Of::account, Retry::never, hint_app_password}},
    TextRow{"app-specific password", any, {Errc::auth_failed, Of::account, Retry::never, hint_app_password}},
    TextRow{"web login required",
            any,
            {Errc::auth_failed, Of::account, Retry::never,
             "Log in once with a web browser; the provider blocked this login as suspicious."}},
    TextRow{"log in via your web browser",
            any,
            {Errc::auth_failed, Of::account, Retry::never,
             "Log in once with a web browser; the provider blocked this login as suspicious."}},
    TextRow{"not enabled for imap", any, {Errc::permission, Of::account, Retry::never, hint_enable_imap}},
    TextRow{"imap is disabled", any, {Errc::permission, Of::account, Retry::never, hint_enable_imap}},
    TextRow{"imap access is disabled", any, {Errc::permission, Of::account, Retry::never, hint_enable_imap}},
    TextRow{"imap access disabled", any, {Errc::permission, Of::account, Retry::never, hint_enable_imap}},
    // NetEase, until ID was sent
    TextRow{"unsafe login",
            any,
            {Errc::permission, Of::account, Retry::now,
             "The provider wants to know the program: it is told by ID; if this stays, allow third-party "
             "clients there."}},
    TextRow{"basicauthblocked", any, {Errc::auth_no_mech, Of::account, Retry::never, hint_oauth}},
    TextRow{
        "basic authentication is disabled", any, {Errc::auth_no_mech, Of::account, Retry::never, hint_oauth}},
    // Gmail's BYE when the day's traffic is used up, and when a token has run out
    TextRow{"session expired, please login again",
            any,
            {Errc::unavailable, Of::connection, Retry::later, hint_wait}},
};

struct CodeRow {
  Code code;
  Group group;
  Verdict verdict;
};

constexpr std::array known_codes{
    // Dovecot 2.3, where another session makes the INBOX of a new account at the same moment (measured)
    CodeRow{Code::already_exists, look, {Errc::unavailable, Of::mailbox, Retry::now, {}}},
    CodeRow{Code::already_exists, any, {Errc::exists, Of::mailbox, Retry::never, {}}},
    CodeRow{Code::authentication_failed,
            any,
            {Errc::auth_failed, Of::account, Retry::never, "Check the user name and the password or token."}},
    CodeRow{Code::authorization_failed,
            any,
            {Errc::auth_failed, Of::account, Retry::never,
             "The login is right, but it may not act for this user: check the admin rights."}},
    CodeRow{Code::expired,
            any,
            {Errc::auth_failed, Of::account, Retry::never, "The password or token has expired: renew it."}},
    CodeRow{Code::privacy_required, any, {Errc::cleartext, Of::account, Retry::never, hint_tls}},
    CodeRow{Code::contact_admin,
            any,
            {Errc::permission, Of::account, Retry::never, "Ask the administrator of that server."}},
    // The right to put something there, and so of no single message; Cyrus says it without a code.
    CodeRow{Code::no_perm,
            append,
            {Errc::permission, Of::mailbox, Retry::never, "Check the rights on this mailbox."}},
    CodeRow{Code::no_perm,
            any,
            {Errc::permission, Of::command, Retry::never, "Check the rights on this mailbox."}},
    CodeRow{Code::read_only, any, {Errc::permission, Of::mailbox, Retry::never, {}}},
    CodeRow{Code::in_use, any, {Errc::unavailable, Of::mailbox, Retry::later, {}}},
    CodeRow{Code::expunge_issued, any, {Errc::not_found, Of::message, Retry::now, {}}},
    CodeRow{Code::corruption,
            any,
            {Errc::unavailable, Of::command, Retry::never, "The server says that its own data is damaged."}},
    CodeRow{Code::server_bug, any, {Errc::unavailable, Of::command, Retry::later, {}}},
    CodeRow{Code::client_bug, any, {Errc::rejected, Of::command, Retry::never, {}}},
    CodeRow{Code::cannot, any, {Errc::unsupported, Of::command, Retry::never, {}}},
    CodeRow{
        Code::limit, append, {Errc::too_big, Of::message, Retry::never, {}}},  // Dovecot, over the size limit
    CodeRow{
        Code::limit, any, {Errc::rejected, Of::command, Retry::never, "A limit of the server was reached."}},
    CodeRow{Code::too_big, any, {Errc::too_big, Of::message, Retry::never, {}}},
    CodeRow{Code::message_limit, any, {Errc::rejected, Of::mailbox, Retry::now, {}}},
    CodeRow{Code::over_quota, any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    CodeRow{Code::throttled, any, {Errc::throttled, Of::account, Retry::later, hint_wait}},
    CodeRow{Code::unavailable, any, {Errc::unavailable, Of::command, Retry::later, {}}},
    CodeRow{Code::non_existent, any, {Errc::not_found, Of::mailbox, Retry::never, {}}},
    CodeRow{Code::try_create, any, {Errc::not_found, Of::mailbox, Retry::never, {}}},
    CodeRow{Code::has_children, any, {Errc::rejected, Of::mailbox, Retry::never, {}}},
    CodeRow{Code::use_attr, any, {Errc::unsupported, Of::mailbox, Retry::never, {}}},
    CodeRow{Code::unknown_cte, any, {Errc::invalid_message, Of::message, Retry::never, {}}},
    CodeRow{Code::parse, append, {Errc::invalid_message, Of::message, Retry::never, {}}},
    CodeRow{Code::bad_charset, any, {Errc::unsupported, Of::command, Retry::never, {}}},
    CodeRow{Code::closed, any, {Errc::unavailable, Of::mailbox, Retry::now, {}}},
};

// Where the code says nothing.
constexpr std::array usual_texts{
    TextRow{"throttl", any, {Errc::throttled, Of::account, Retry::later, hint_wait}},
    TextRow{"rate limit", any, {Errc::throttled, Of::account, Retry::later, hint_wait}},
    TextRow{"too many requests", any, {Errc::throttled, Of::account, Retry::later, hint_wait}},
    TextRow{"bandwidth limit", any, {Errc::throttled, Of::account, Retry::later, hint_wait}},
    TextRow{"too many connections",
            any,
            {Errc::too_many_connections, Of::account, Retry::later, hint_connections}},
    TextRow{
        "connection limit", any, {Errc::too_many_connections, Of::account, Retry::later, hint_connections}},
    TextRow{"too many login", any, {Errc::throttled, Of::account, Retry::later, "Wait before trying again."}},
    TextRow{
        "too many failed", auth, {Errc::throttled, Of::account, Retry::later, "Wait before trying again."}},
    TextRow{"quota exceeded", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    TextRow{"over quota", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    TextRow{"overquota", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    TextRow{"exceeded quota", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    TextRow{"disk quota", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    TextRow{"mailbox is full", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    TextRow{"mailbox full", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    TextRow{"no space left", any, {Errc::over_quota, Of::account, Retry::never, hint_quota}},
    TextRow{"message too large", append, {Errc::too_big, Of::message, Retry::never, {}}},
    TextRow{"message too big", append, {Errc::too_big, Of::message, Retry::never, {}}},
    TextRow{"message is too large", append, {Errc::too_big, Of::message, Retry::never, {}}},
    TextRow{"message size exceeds", append, {Errc::too_big, Of::message, Retry::never, {}}},
    TextRow{"exceeds maximum", append, {Errc::too_big, Of::message, Retry::never, {}}},
    TextRow{"maximum message size", append, {Errc::too_big, Of::message, Retry::never, {}}},
    TextRow{"plaintext authentication", any, {Errc::cleartext, Of::account, Retry::never, hint_tls}},
    TextRow{"secure connection is required", any, {Errc::cleartext, Of::account, Retry::never, hint_tls}},
    TextRow{"account is disabled",
            any,
            {Errc::auth_failed, Of::account, Retry::never, "The account is disabled."}},
    TextRow{"account has been locked",
            any,
            {Errc::auth_failed, Of::account, Retry::never, "The account is locked."}},
    TextRow{
        "account is locked", any, {Errc::auth_failed, Of::account, Retry::never, "The account is locked."}},
    TextRow{
        "server unavailable", any, {Errc::unavailable, Of::account, Retry::later, {}}},  // Exchange, ". 15"
    TextRow{"temporary", any, {Errc::unavailable, Of::command, Retry::later, {}}},
    TextRow{"temporarily", any, {Errc::unavailable, Of::command, Retry::later, {}}},
    TextRow{"try again later", any, {Errc::unavailable, Of::command, Retry::later, {}}},
    TextRow{"backend error", any, {Errc::unavailable, Of::command, Retry::later, {}}},  // Yandex
    TextRow{"internal server error", any, {Errc::unavailable, Of::command, Retry::later, {}}},
    TextRow{"internal error", any, {Errc::unavailable, Of::command, Retry::later, {}}},
    TextRow{
        "server error", any, {Errc::unavailable, Of::command, Retry::later, {}}},  // Yahoo, one bad message
    TextRow{"already exists", mailbox, {Errc::exists, Of::mailbox, Retry::never, {}}},
    TextRow{"mailbox exists", mailbox, {Errc::exists, Of::mailbox, Retry::never, {}}},
    TextRow{"no such message", message, {Errc::not_found, Of::message, Retry::never, {}}},
    TextRow{"no longer exist", message, {Errc::not_found, Of::message, Retry::never, {}}},
    TextRow{"doesn't exist", mailbox, {Errc::not_found, Of::mailbox, Retry::never, {}}},
    TextRow{"does not exist", mailbox, {Errc::not_found, Of::mailbox, Retry::never, {}}},
    TextRow{"no such mailbox", mailbox, {Errc::not_found, Of::mailbox, Retry::never, {}}},
    TextRow{"no such folder", mailbox, {Errc::not_found, Of::mailbox, Retry::never, {}}},
    TextRow{"unknown mailbox", mailbox, {Errc::not_found, Of::mailbox, Retry::never, {}}},
    TextRow{"nonexistent mailbox", mailbox, {Errc::not_found, Of::mailbox, Retry::never, {}}},
    TextRow{"mailbox not found", mailbox, {Errc::not_found, Of::mailbox, Retry::never, {}}},
    TextRow{"inferior", mailbox, {Errc::unsupported, Of::mailbox, Retry::never, {}}},
    TextRow{"permission denied", append, {Errc::permission, Of::mailbox, Retry::never, {}}},
    TextRow{"permission denied", any, {Errc::permission, Of::command, Retry::never, {}}},
    TextRow{"access denied", any, {Errc::permission, Of::command, Retry::never, {}}},
    TextRow{"read-only", mailbox, {Errc::permission, Of::mailbox, Retry::never, {}}},
    TextRow{"is locked", mailbox, {Errc::unavailable, Of::mailbox, Retry::later, {}}},
};

// ---- looking up ----

const Verdict* by_text(std::span<const TextRow> rows, std::string_view lowered, CommandKind command) {
  const auto matches = [&](const TextRow& row) {
    return in_group(row.group, command) && lowered.find(row.pattern) != std::string_view::npos;
  };
  const auto found = std::ranges::find_if(rows, matches);
  return found != rows.end() ? &found->verdict : nullptr;
}

const Verdict* by_code(Code code, CommandKind command) {
  const auto matches = [&](const CodeRow& row) { return row.code == code && in_group(row.group, command); };
  const auto* found = std::ranges::find_if(known_codes, matches);
  return found != known_codes.end() ? &found->verdict : nullptr;
}

Verdict otherwise(StatusKind status, CommandKind command) {
  if (status == StatusKind::bye) return {Errc::disconnected, Of::connection, Retry::now, {}};
  if (is_auth(command) && status == StatusKind::no) {
    return {Errc::auth_failed, Of::account, Retry::never, "Check the user name and the password or token."};
  }
  return {Errc::rejected, Of::command, Retry::never, {}};
}

Scope resolve(Of scope, CommandKind command) {
  switch (scope) {
    case Of::message:
      return Scope::message;
    case Of::mailbox:
      return Scope::mailbox;
    case Of::connection:
      return Scope::connection;
    case Of::account:
      return Scope::account;
    case Of::command:
      break;
  }
  return scope_of(command);
}

// "Suggested Backoff Time: 92415 milliseconds"
std::optional<std::chrono::milliseconds> backoff_time(std::string_view lowered) {
  constexpr std::string_view label = "backoff time:";
  constexpr std::uint64_t longest = 24ULL * 60 * 60 * 1000;
  const auto at = lowered.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  bool any_digit = false;
  for (char c : trim_blanks(lowered.substr(at + label.size()))) {
    if (!is_digit(c)) break;
    any_digit = true;
    value = std::min(longest, value * 10 + static_cast<std::uint64_t>(c - '0'));
  }
  if (!any_digit) return std::nullopt;
  return std::chrono::milliseconds{value};
}

std::string as_sent(StatusKind status, const ResponseCode& code, std::string_view text) {
  std::string out{name(status)};
  if (!code.is(Code::none)) {
    out += fmt::format(" [{}{}{}]", code.name, code.args.empty() ? "" : " ", code.args);
  }
  if (!text.empty()) out.append(" ").append(text);
  constexpr std::size_t enough = 1000;
  if (out.size() > enough) out.resize(enough);
  return out;
}

}  // namespace

Error classify(StatusKind status, const ResponseCode& code, std::string_view text, CommandKind command) {
  const auto lowered = ascii_lower(text);
  const auto* verdict = by_text(known_texts, lowered, command);
  if (verdict == nullptr) verdict = by_code(code.code, command);
  if (verdict == nullptr) verdict = by_text(usual_texts, lowered, command);
  const auto found = verdict != nullptr ? *verdict : otherwise(status, command);
  Error error{found.code,
              resolve(found.scope, command),
              found.retry,
              std::string{name(command)},
              as_sent(status, code, text),
              std::string{found.hint}};
  error.retry_after = backoff_time(lowered);
  return error;
}

Error classify(const Tagged& response, CommandKind command) {
  return classify(response.status, response.code, response.text, command);
}

Error classify_bye(const StatusResponse& response, CommandKind command) {
  auto error = classify(StatusKind::bye, response.code, response.text, command);
  // Whatever the reason, this connection is gone; a reason that concerns less does not outlive it.
  if (error.scope == Scope::message || error.scope == Scope::mailbox) error.scope = Scope::connection;
  return error;
}

bool hints_throttling(const ResponseCode& code, std::string_view text) {
  if (code.is(Code::throttled)) return true;
  // Asked of every answer: most have no bracket at all.
  return text.find('[') != std::string_view::npos &&
         ascii_lower(text).find("[throttled]") != std::string::npos;
}

}  // namespace pf::imap
