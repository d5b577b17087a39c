// One parser a response family, named after the ABNF.  Each starts behind the response's name and gives
// Unknown with only the reason set when the rest is malformed.  Internal to grammar/.
#pragma once

#include "imap/grammar/lexer.h"
#include "imap/grammar/response.h"

#include <optional>
#include <string>
#include <string_view>

namespace pf::imap::grammar {

inline Response malformed(std::string_view reason) {
  return Unknown{{}, std::string{reason}};
}

// flag-list, with what is no part of a FlagSet beside it.
struct FlagList {
  FlagSet flags;
  bool recent = false;
  bool wildcard = false;  // "\*"
};
std::optional<FlagList> flag_list(Lexer& lexer);  // also NIL, for empty

// resp-text: "[code] text".
struct ResponseText {
  ResponseCode code;
  std::string text;
};
ResponseText response_text(std::string_view text, const Limits& limits);

std::string upper(std::string_view text);

// mailbox-data
Response mailbox_list(Lexer& lexer, ListData::Kind kind);
Response mailbox_status(Lexer& lexer);
Response mailbox_flags(Lexer& lexer);
Response search(Lexer& lexer);
Response esearch(Lexer& lexer);

// message-data
Response fetch(Lexer& lexer, SeqNum seq);
Response vanished(Lexer& lexer);

// capability-data, enable-data, namespace-response, id-response, quota-response, quotaroot-response
Response enabled(Lexer& lexer);
Response namespaces(Lexer& lexer);
Response id(Lexer& lexer);
Response quota(Lexer& lexer);
Response quota_root(Lexer& lexer);

}  // namespace pf::imap::grammar
