// mailbox-data (RFC 3501 9), RFC 5258, 4731, 9394.
#include "base/ascii.h"
#include "imap/grammar/parsers.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace pf::imap {
namespace grammar {
namespace {

// Separator and namespace delimiter: a quoted character or NIL.
std::optional<char> separator(Lexer& lexer) {
  const auto value = lexer.nstring();
  if (!value) return std::nullopt;
  return value->data.empty() ? '\0' : value->data.front();
}

std::vector<std::string> word_list(Lexer& lexer) {
  std::vector<std::string> words;
  if (!lexer.accept('(')) return words;
  while (!lexer.at_end() && !lexer.accept(')')) {
    auto word = lexer.astring();
    if (!word) break;
    words.push_back(std::move(word->data));
  }
  return words;
}

// mbox-list-extended.  False: it cannot be read to its end.
bool extended_items(Lexer& lexer, ListData& list) {
  if (lexer.at_end()) return true;
  if (!lexer.accept('(')) return false;
  while (!lexer.accept(')')) {
    auto tag = lexer.astring();
    if (!tag) return false;
    if (iequals(tag->data, "OLDNAME")) {
      auto names = word_list(lexer);
      if (!names.empty()) list.old_name = std::move(names.front());
    } else if (iequals(tag->data, "CHILDINFO")) {
      list.child_info = word_list(lexer);
    } else {
      std::string_view raw;
      if (!lexer.skip_value(&raw)) return false;
      list.extended.emplace_back(std::move(tag->data), std::string{raw});
    }
  }
  return lexer.at_end();
}

// Exchange has been seen to forget the quotes round names with blanks and worse.  Then all of the rest is the
// name: a part of it would be another mailbox.
bool name_and_extended_items(Lexer& lexer, ListData& list) {
  const std::string raw{lexer.rest()};
  const bool quoted = lexer.at('"');
  auto name = lexer.astring();
  if (!name) return false;
  const bool unquoted = !quoted && raw.starts_with(name->data);
  list.name = std::move(name->data);
  if (!extended_items(lexer, list) && unquoted) list.name = raw;
  return true;
}

template <class T>
std::optional<T> narrow(std::optional<std::uint64_t> value) {
  using Int = typename T::value_type;
  if (!value || *value == 0 || *value > std::numeric_limits<Int>::max()) return std::nullopt;
  return T{static_cast<Int>(*value)};
}

std::optional<std::uint32_t> narrow32(std::optional<std::uint64_t> value) {
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

void take_status_item(std::string_view item, std::optional<std::uint64_t> value, StatusData& status) {
  if (iequals(item, "MESSAGES")) status.messages = narrow32(value);
  if (iequals(item, "RECENT")) status.recent = narrow32(value);
  if (iequals(item, "UIDNEXT")) status.uid_next = narrow<Uid>(value);
  if (iequals(item, "UIDVALIDITY")) status.uid_validity = narrow<UidValidity>(value);
  if (iequals(item, "UNSEEN")) status.unseen = narrow32(value);
  if (iequals(item, "HIGHESTMODSEQ")) status.highest_modseq = narrow<ModSeq>(value);
  if (iequals(item, "SIZE")) status.size = value;
  if (iequals(item, "APPENDLIMIT")) status.append_limit = value;
  if (iequals(item, "DELETED")) status.deleted = value;
}

void status_items(Lexer& lexer, StatusData& status) {
  while (!lexer.at_end() && !lexer.accept(')')) {
    const auto item = lexer.atom();
    if (!item) return;
    if (iequals(*item, "MAILBOXID")) {
      auto id = word_list(lexer);
      if (id.size() == 1 && is_object_id(id.front())) status.mailbox_id = std::move(id.front());
      continue;
    }
    std::optional<std::uint64_t> value;
    if (!lexer.at(')') && !lexer.lenient_number(value)) return;
    take_status_item(*item, value, status);
  }
}

// Where the list at the end of the line begins: for names whose quotes were forgotten, blanks and parentheses
// included.
std::size_t last_list(std::string_view text) {
  unsigned depth = 0;
  for (auto at = text.size(); at-- > 0;) {
    if (text[at] == ')') ++depth;
    if (text[at] != '(') continue;
    if (depth == 0) return std::string_view::npos;
    if (--depth == 0) return at;
  }
  return std::string_view::npos;
}

Response status_of_unquoted(std::string_view rest, const Limits& limits) {
  const auto open = last_list(rest);
  const auto name = trim_blanks(rest.substr(0, std::min(open, rest.size())));
  if (open == std::string_view::npos || !rest.ends_with(')') || name.empty()) {
    return malformed("STATUS without a name and a list");
  }
  StatusData status;
  status.mailbox = std::string{name};
  Lexer items{rest.substr(open + 1), limits};
  status_items(items, status);
  return status;
}

Response esearch_items(Lexer& lexer, EsearchData data) {
  while (!lexer.at_end()) {
    const auto item = lexer.atom();
    if (!item) return malformed("ESEARCH with a broken item");
    if (iequals(*item, "UID")) {
      data.uid = true;
    } else if (iequals(*item, "MIN")) {
      data.min = lexer.number32();
    } else if (iequals(*item, "MAX")) {
      data.max = lexer.number32();
    } else if (iequals(*item, "COUNT")) {
      data.count = lexer.number();
    } else if (iequals(*item, "MODSEQ")) {
      data.modseq = narrow<ModSeq>(lexer.number());
    } else if (iequals(*item, "ALL")) {
      const auto set = lexer.atom();
      if (set) data.all = UidSet::parse(*set);
      if (!data.all) return malformed("ESEARCH ALL without a set");
    } else if (iequals(*item, "PARTIAL")) {
      const bool open = lexer.accept('(');
      const auto range = lexer.atom();
      const auto set = lexer.atom();
      if (!open || !range || !set || !lexer.accept(')')) return malformed("ESEARCH PARTIAL without a set");
      data.partial = iequals(*set, "NIL") ? UidSet{} : UidSet::parse(*set);
    } else if (!lexer.skip_value()) {
      return malformed("ESEARCH with a broken value");
    }
  }
  return data;
}

}  // namespace

std::optional<FlagList> flag_list(Lexer& lexer) {
  FlagList list;
  if (lexer.accept_word("NIL")) return list;
  if (!lexer.accept('(')) return std::nullopt;
  std::size_t count = 0;
  while (!lexer.accept(')')) {
    const auto flag = lexer.atom();
    if (!flag || ++count > lexer.limits().max_flags) return std::nullopt;
    if (*flag == "\\*") {
      list.wildcard = true;
    } else if (iequals(*flag, "\\Recent")) {
      list.recent = true;
    } else {
      list.flags.add(*flag);
    }
  }
  return list;
}

Response mailbox_list(Lexer& lexer, ListData::Kind kind) {
  ListData list;
  list.kind = kind;
  if (!lexer.accept_word("NIL")) {
    if (!lexer.accept('(')) return malformed("LIST without attributes");
    while (!lexer.accept(')')) {
      const auto attribute = lexer.atom();
      if (!attribute) return malformed("LIST with broken attributes");
      list.attributes.emplace_back(*attribute);
    }
  }
  const auto mark = separator(lexer);
  if (!mark) return malformed("LIST without a separator");
  list.separator = *mark;
  if (!name_and_extended_items(lexer, list)) return malformed("LIST without a name");
  return list;
}

Response mailbox_status(Lexer& lexer) {
  const auto rest = lexer.rest();
  auto name = lexer.string();  // quoted or literal
  if (!name) return status_of_unquoted(rest, lexer.limits());
  if (!lexer.accept('(')) return malformed("STATUS without a list");
  StatusData status;
  status.mailbox = std::move(name->data);
  status_items(lexer, status);
  return status;
}

Response mailbox_flags(Lexer& lexer) {
  auto list = flag_list(lexer);
  if (!list) return malformed("FLAGS without a list");
  return FlagsData{std::move(list->flags)};
}

Response search(Lexer& lexer) {
  SearchData data;
  while (!lexer.at_end()) {
    if (lexer.accept('(')) {
      if (!lexer.accept_word("MODSEQ")) return malformed("SEARCH with a broken MODSEQ");
      data.modseq = narrow<ModSeq>(lexer.number());
      if (!lexer.accept(')')) return malformed("SEARCH with a broken MODSEQ");
      continue;
    }
    const auto number = lexer.number32();
    if (!number) return malformed("SEARCH with something that is no number");
    data.numbers.push_back(*number);
  }
  return data;
}

Response esearch(Lexer& lexer) {
  EsearchData data;
  if (lexer.accept('(')) {
    if (!lexer.accept_word("TAG")) return malformed("ESEARCH with a broken correlator");
    auto tag = lexer.astring();
    if (!tag || !lexer.accept(')')) return malformed("ESEARCH with a broken correlator");
    data.tag = std::move(tag->data);
  }
  return esearch_items(lexer, std::move(data));
}

namespace {

bool namespace_group(Lexer& lexer, std::vector<NamespaceData::Entry>& into) {
  if (lexer.accept_word("NIL")) return true;
  if (!lexer.accept('(')) return false;
  while (!lexer.accept(')')) {
    if (!lexer.accept('(')) return false;
    auto prefix = lexer.nstring();
    const auto mark = separator(lexer);
    if (!prefix || !mark) return false;
    into.push_back({std::move(prefix->data), *mark});
    while (!lexer.accept(')')) {
      if (!lexer.skip_value()) return false;  // extensions
    }
  }
  return true;
}

}  // namespace

Response namespaces(Lexer& lexer) {
  NamespaceData data;
  for (auto* group : {&data.personal, &data.other_users, &data.shared}) {
    if (!namespace_group(lexer, *group)) return malformed("NAMESPACE with a broken group");
  }
  return data;
}

}  // namespace grammar

bool ListData::has(std::string_view attribute) const {
  return std::ranges::any_of(attributes, [&](const auto& each) { return iequals(each, attribute); });
}

UidSet SearchData::uids() const {
  std::vector<UidRange> ranges;
  ranges.reserve(numbers.size());
  for (auto number : numbers) ranges.push_back({Uid{number}, Uid{number}});
  return UidSet::of(std::move(ranges));
}

}  // namespace pf::imap
