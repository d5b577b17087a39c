#include "imap/grammar/response_code.h"

#include "base/ascii.h"
#include "imap/grammar/parsers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace pf::imap {
namespace {

struct CodeName {
  Code code;
  std::string_view name;
};
constexpr std::array code_names{
    CodeName{Code::alert, "ALERT"},
    CodeName{Code::already_exists, "ALREADYEXISTS"},
    CodeName{Code::append_uid, "APPENDUID"},
    CodeName{Code::authentication_failed, "AUTHENTICATIONFAILED"},
    CodeName{Code::authorization_failed, "AUTHORIZATIONFAILED"},
    CodeName{Code::bad_charset, "BADCHARSET"},
    CodeName{Code::bad_url, "BADURL"},
    CodeName{Code::cannot, "CANNOT"},
    CodeName{Code::capability, "CAPABILITY"},
    CodeName{Code::client_bug, "CLIENTBUG"},
    CodeName{Code::closed, "CLOSED"},
    CodeName{Code::compression_active, "COMPRESSIONACTIVE"},
    CodeName{Code::contact_admin, "CONTACTADMIN"},
    CodeName{Code::copy_uid, "COPYUID"},
    CodeName{Code::corruption, "CORRUPTION"},
    CodeName{Code::expired, "EXPIRED"},
    CodeName{Code::expunge_issued, "EXPUNGEISSUED"},
    CodeName{Code::has_children, "HASCHILDREN"},
    CodeName{Code::highest_modseq, "HIGHESTMODSEQ"},
    CodeName{Code::in_progress, "INPROGRESS"},
    CodeName{Code::in_use, "INUSE"},
    CodeName{Code::limit, "LIMIT"},
    CodeName{Code::mailbox_id, "MAILBOXID"},
    CodeName{Code::message_limit, "MESSAGELIMIT"},
    CodeName{Code::metadata, "METADATA"},
    CodeName{Code::modified, "MODIFIED"},
    CodeName{Code::no_modseq, "NOMODSEQ"},
    CodeName{Code::no_perm, "NOPERM"},
    CodeName{Code::no_private, "NOPRIVATE"},
    CodeName{Code::non_existent, "NONEXISTENT"},
    CodeName{Code::not_saved, "NOTSAVED"},
    CodeName{Code::over_quota, "OVERQUOTA"},
    CodeName{Code::parse, "PARSE"},
    CodeName{Code::permanent_flags, "PERMANENTFLAGS"},
    CodeName{Code::privacy_required, "PRIVACYREQUIRED"},
    CodeName{Code::read_only, "READ-ONLY"},
    CodeName{Code::read_write, "READ-WRITE"},
    CodeName{Code::referral, "REFERRAL"},
    CodeName{Code::server_bug, "SERVERBUG"},
    CodeName{Code::throttled, "THROTTLED"},
    CodeName{Code::too_big, "TOOBIG"},
    CodeName{Code::too_many, "TOOMANY"},
    CodeName{Code::try_create, "TRYCREATE"},
    CodeName{Code::uid_next, "UIDNEXT"},
    CodeName{Code::uid_not_sticky, "UIDNOTSTICKY"},
    CodeName{Code::uid_required, "UIDREQUIRED"},
    CodeName{Code::uid_validity, "UIDVALIDITY"},
    CodeName{Code::unavailable, "UNAVAILABLE"},
    CodeName{Code::unknown_cte, "UNKNOWN-CTE"},
    CodeName{Code::unseen, "UNSEEN"},
    CodeName{Code::url_mech, "URLMECH"},
    CodeName{Code::use_attr, "USEATTR"},
};

template <class T>
std::optional<T> nonzero(std::string_view text) {
  typename T::value_type value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size() || value == 0) return std::nullopt;
  return T{value};
}

std::string_view next_word(std::string_view& text) {
  text = trim_blanks(text);
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  text = trim_blanks(text);
  return word;
}

template <class T>
bool take(std::optional<T> value, ResponseCode::Data& data) {
  if (!value) return false;
  data = *std::move(value);
  return true;
}

std::optional<AppendUid> append_uid(std::string_view args) {
  const auto validity = nonzero<UidValidity>(next_word(args));
  auto uids = UidList::parse(args);
  if (!validity || !uids) return std::nullopt;
  return AppendUid{*validity, *std::move(uids)};
}

std::optional<CopyUid> copy_uid(std::string_view args) {
  const auto validity = nonzero<UidValidity>(next_word(args));
  auto source = UidList::parse(next_word(args));
  auto target = UidList::parse(args);
  if (!validity || !source || !target || source->count() != target->count()) return std::nullopt;
  return CopyUid{*validity, *std::move(source), *std::move(target)};
}

std::optional<Modified> modified(std::string_view args) {
  auto uids = UidSet::parse(args);
  if (!uids) return std::nullopt;
  return Modified{*std::move(uids)};
}

// Parentheses are only separators here: Cyrus and others have sent lists with one missing (isync 1.4.1).
std::optional<PermanentFlags> permanent_flags(std::string_view args, std::size_t max_flags) {
  if (args.empty()) return std::nullopt;
  PermanentFlags result;
  result.rules.known = true;
  result.rules.new_keywords = false;
  std::size_t count = 0;
  while (!args.empty()) {
    const auto end = std::min(args.find_first_of(" ()"), args.size());
    const auto flag = args.substr(0, end);
    if (flag == "\\*") {
      result.rules.new_keywords = true;
    } else if (is_wire_flag(flag)) {
      if (++count > max_flags) return std::nullopt;
      result.rules.permanent.add(flag);
    }
    args.remove_prefix(std::min(end + 1, args.size()));
  }
  return result;
}

std::optional<MailboxId> mailbox_id(std::string_view args) {
  if (args.size() < 3 || args.front() != '(' || args.back() != ')') return std::nullopt;
  const auto id = trim_blanks(args.substr(1, args.size() - 2));
  if (!is_object_id(id)) return std::nullopt;
  return MailboxId{std::string{id}};
}

// False: the arguments are not what the code must have.
bool parse_args(ResponseCode& code, std::size_t max_flags) {
  const auto args = trim_blanks(code.args);
  switch (code.code) {
    case Code::uid_next:
      return take(nonzero<Uid>(args), code.data);
    case Code::uid_validity:
      return take(nonzero<UidValidity>(args), code.data);
    case Code::unseen:
      return take(nonzero<SeqNum>(args), code.data);
    case Code::highest_modseq:
      return take(nonzero<ModSeq>(args), code.data);
    case Code::append_uid:
      return take(append_uid(args), code.data);
    case Code::copy_uid:
      return take(copy_uid(args), code.data);
    case Code::modified:
      return take(modified(args), code.data);
    case Code::permanent_flags:
      return take(permanent_flags(args, max_flags), code.data);
    case Code::mailbox_id:
      return take(mailbox_id(args), code.data);
    case Code::capability:
      code.data = Capabilities::parse(args);
      return true;
    default:
      return true;
  }
}

// The ']' that ends a code: not one inside a list or a string (Gmail has flags with a ']').
std::size_t code_end(std::string_view text) {
  unsigned depth = 0;
  bool in_string = false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      if (depth > 0) --depth;
    } else if (c == ']' && depth == 0) {
      return at;
    }
  }
  return text.find(']');
}

}  // namespace

bool is_object_id(std::string_view text) {
  constexpr std::size_t longest = 255;
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

std::string_view name(Code code) {
  const auto* found = std::ranges::find(code_names, code, &CodeName::code);
  return found != code_names.end() ? found->name : std::string_view{};
}

ResponseCode parse_response_code(std::string_view inside, std::size_t max_flags) {
  inside = trim_blanks(inside);
  const auto word = inside.substr(0, inside.find_first_of(" ("));
  ResponseCode code;
  code.name = grammar::upper(word);
  code.args = std::string{trim_blanks(inside.substr(word.size()))};
  const auto* found = std::ranges::find(code_names, code.name, &CodeName::name);
  code.code = found != code_names.end() ? found->code : Code::unknown;
  if (!parse_args(code, max_flags)) {
    code.code = Code::unknown;
    code.data = {};
  }
  return code;
}

namespace grammar {

ResponseText response_text(std::string_view text, const Limits& limits) {
  ResponseText result;
  if (text.starts_with('[')) {
    const auto end = code_end(text);
    if (end != std::string_view::npos) {
      result.code = parse_response_code(text.substr(1, end - 1), limits.max_flags);
      text.remove_prefix(end + 1);
    }
  }
  result.text = std::string{trim_blanks(text)};
  return result;
}

std::string upper(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), ascii_upper);
  return out;
}

}  // namespace grammar
}  // namespace pf::imap
