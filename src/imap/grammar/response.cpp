#include "imap/grammar/response.h"

#include "base/ascii.h"
#include "imap/grammar/parsers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pf::imap {
namespace {

using grammar::malformed;

struct StatusWord {
  std::string_view word;
  StatusKind kind;
};
constexpr std::array<StatusWord, 5> status_words{{{"OK", StatusKind::ok},
                                                  {"NO", StatusKind::no},
                                                  {"BAD", StatusKind::bad},
                                                  {"BYE", StatusKind::bye},
                                                  {"PREAUTH", StatusKind::preauth}}};

std::optional<StatusKind> status_word(Lexer& lexer) {
  for (const auto& each : status_words) {
    if (lexer.accept_word(each.word)) return each.kind;
  }
  return std::nullopt;
}

Response tagged(std::string_view text, const Limits& limits) {
  Lexer lexer{text, limits};
  const auto tag = lexer.atom();
  if (!tag) return malformed("a line without a tag");
  const auto status = status_word(lexer);
  if (!status || *status == StatusKind::bye || *status == StatusKind::preauth) {
    return malformed("a tagged line without OK, NO or BAD");
  }
  auto rest = grammar::response_text(lexer.rest(), limits);
  return Tagged{std::string{*tag}, *status, std::move(rest.code), std::move(rest.text)};
}

Response numbered(Lexer& lexer, std::uint32_t number) {
  if (lexer.accept_word("EXISTS")) return Exists{number};
  if (lexer.accept_word("RECENT")) return Recent{number};
  if (lexer.accept_word("EXPUNGE")) return Expunge{SeqNum{number}};
  if (lexer.accept_word("FETCH")) return grammar::fetch(lexer, SeqNum{number});
  return malformed("an unknown response with a number");
}

Response named(Lexer& lexer) {
  if (lexer.accept_word("CAPABILITY")) return CapabilityData{Capabilities::parse(lexer.rest())};
  if (lexer.accept_word("ENABLED")) return grammar::enabled(lexer);
  if (lexer.accept_word("LIST")) return grammar::mailbox_list(lexer, ListData::Kind::list);
  if (lexer.accept_word("LSUB")) return grammar::mailbox_list(lexer, ListData::Kind::lsub);
  if (lexer.accept_word("XLIST")) return grammar::mailbox_list(lexer, ListData::Kind::xlist);
  if (lexer.accept_word("STATUS")) return grammar::mailbox_status(lexer);
  if (lexer.accept_word("FLAGS")) return grammar::mailbox_flags(lexer);
  if (lexer.accept_word("SEARCH")) return grammar::search(lexer);
  if (lexer.accept_word("ESEARCH")) return grammar::esearch(lexer);
  if (lexer.accept_word("VANISHED")) return grammar::vanished(lexer);
  if (lexer.accept_word("NAMESPACE")) return grammar::namespaces(lexer);
  if (lexer.accept_word("ID")) return grammar::id(lexer);
  if (lexer.accept_word("QUOTA")) return grammar::quota(lexer);
  if (lexer.accept_word("QUOTAROOT")) return grammar::quota_root(lexer);
  return malformed("an unknown response");
}

Response untagged(const Frame& frame, const Limits& limits) {
  Lexer lexer{frame, limits};
  lexer.accept('*');
  if (const auto number = lexer.number32()) return numbered(lexer, *number);
  auto status = status_word(lexer);
  // Exchange drops the OK before a code now and then.
  if (!status && lexer.at('[')) status = StatusKind::ok;
  if (!status) return named(lexer);
  auto rest = grammar::response_text(lexer.rest(), limits);
  return StatusResponse{*status, std::move(rest.code), std::move(rest.text)};
}

Response dispatch(const Frame& frame, const Limits& limits) {
  const std::string_view text{frame.text};
  if (text.empty()) return malformed("an empty line");
  if (text.front() == '+') {
    return Continuation{std::string{trim_blanks(text.substr(1))}};
  }
  if (text.front() == '*' && (text.size() == 1 || is_blank(text[1]))) return untagged(frame, limits);
  return tagged(text, limits);
}

}  // namespace

std::string_view name(StatusKind kind) {
  return status_words.at(static_cast<std::size_t>(kind)).word;
}

Response parse_response(const Frame& frame, const Limits& limits) {
  auto response = dispatch(frame, limits);
  if (auto* unknown = std::get_if<Unknown>(&response)) {
    unknown->text = frame.text.substr(0, limits.max_unknown_text);
  }
  return response;
}

Result<Greeting> parse_greeting(const Frame& frame, const Limits& limits) {
  auto response = parse_response(frame, limits);
  auto* status = std::get_if<StatusResponse>(&response);
  if (status == nullptr || status->status == StatusKind::no || status->status == StatusKind::bad) {
    return Error{Errc::protocol,
                 Scope::connection,
                 Retry::never,
                 "what answers there does not greet as an IMAP server does",
                 frame.text.substr(0, limits.max_unknown_text),
                 "Check the host, the port and whether TLS is expected from the first octet."};
  }
  return Greeting{status->status, std::move(status->code), std::move(status->text)};
}

}  // namespace pf::imap
