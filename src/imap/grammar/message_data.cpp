// message-data and msg-att (RFC 3501 9), RFC 7162 (MODSEQ, VANISHED), RFC 8474 (EMAILID, THREADID),
// X-GM-EXT-1.
#include "base/ascii.h"
#include "imap/grammar/parsers.h"

#include <charconv>
#include <limits>
#include <utility>

namespace pf::imap {
namespace grammar {
namespace {

enum class Item : std::uint8_t { good, broken };

// "(id)" or NIL.
Item object_id(Lexer& lexer, std::optional<std::string>& into) {
  if (lexer.accept_word("NIL")) return Item::good;
  if (!lexer.accept('(')) return lexer.skip_value() ? Item::good : Item::broken;
  auto id = lexer.astring();
  if (!id || !lexer.accept(')')) return Item::broken;
  into = std::move(id->data);
  return Item::good;
}

// "(n)"; -1 (Zoho) and other rubbish is no mod-sequence.
Item mod_sequence(Lexer& lexer, std::optional<ModSeq>& into) {
  const bool list = lexer.accept('(');
  std::optional<std::uint64_t> value;
  if (!lexer.lenient_number(value)) return Item::broken;
  if (value && *value > 0) into = ModSeq{*value};
  return !list || lexer.accept(')') ? Item::good : Item::broken;
}

Item gm_number(Lexer& lexer, std::optional<std::uint64_t>& into) {
  const auto word = lexer.atom();
  if (!word) return Item::broken;
  std::uint64_t value = 0;  // all 64 bits, more than number64 has
  const auto [stop, error] = std::from_chars(word->data(), word->data() + word->size(), value);
  if (error == std::errc{} && stop == word->data() + word->size()) into = value;
  return Item::good;
}

Item gm_labels(Lexer& lexer, std::optional<std::vector<std::string>>& into) {
  into.emplace();
  if (lexer.accept_word("NIL")) return Item::good;
  if (!lexer.accept('(')) return Item::broken;
  while (!lexer.accept(')')) {
    auto label = lexer.astring();
    if (!label) return Item::broken;
    into->push_back(std::move(label->data));
  }
  return Item::good;
}

Item flags(Lexer& lexer, FetchData& data) {
  auto list = flag_list(lexer);
  if (!list) return Item::broken;
  data.flags = std::move(list->flags);
  data.recent = list->recent;
  return Item::good;
}

Item uid(Lexer& lexer, FetchData& data) {
  std::optional<std::uint64_t> value;
  if (!lexer.lenient_number(value)) return Item::broken;
  if (value && *value > 0 && *value <= std::numeric_limits<std::uint32_t>::max()) {
    data.uid = Uid{static_cast<std::uint32_t>(*value)};
  }
  return Item::good;
}

Item internal_date(Lexer& lexer, FetchData& data) {
  auto text = lexer.nstring();
  if (!text) return lexer.skip_value() ? Item::good : Item::broken;
  if (text->nil) return Item::good;
  data.internal_date = InternalDate::parse(text->data);
  data.internal_date_text = std::move(text->data);
  return Item::good;
}

// Behind the item's name; `section` has been read.  A value that is missing altogether means the same as NIL:
// Yandex and iCloud answer so when they have lost the content.
Item content(Lexer& lexer, FetchData& data, FetchData::Section section) {
  if (lexer.at(')') || lexer.at_end()) {
    section.nil = true;
    data.sections.push_back(std::move(section));
    return Item::good;
  }
  auto value = lexer.nstring();
  if (!value) return Item::broken;
  section.nil = value->nil;
  section.streamed = value->streamed;
  section.size = value->size;
  section.data = std::move(value->data);
  data.sections.push_back(std::move(section));
  return Item::good;
}

// "[section]<origin>" behind BODY or BINARY.
Item bracketed(Lexer& lexer, FetchData& data, std::string item) {
  FetchData::Section section;
  section.item = std::move(item);
  const auto inside = lexer.until(']');
  if (!inside) return Item::broken;
  section.section = std::string{*inside};
  if (lexer.accept('<')) {
    const auto origin = lexer.until('>');
    if (!origin) return Item::broken;
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(origin->data(), origin->data() + origin->size(), value);
    if (error == std::errc{} && stop == origin->data() + origin->size()) section.origin = value;
  }
  return content(lexer, data, std::move(section));
}

Item other(Lexer& lexer, bool bracket) {
  if (bracket && !lexer.until(']')) return Item::broken;
  if (lexer.at(')') || lexer.at_end()) return Item::good;
  return lexer.skip_value() ? Item::good : Item::broken;
}

bool is_rfc822_content(std::string_view item) {
  return item == "RFC822" || item == "RFC822.HEADER" || item == "RFC822.TEXT";
}

Item fetch_item(Lexer& lexer, FetchData& data) {
  const auto word = lexer.item_name();
  if (!word) return Item::broken;
  auto item = upper(*word);
  const bool bracket = lexer.accept('[');
  if (bracket && (item == "BODY" || item == "BINARY")) return bracketed(lexer, data, std::move(item));
  if (bracket) return other(lexer, true);
  if (item == "UID") return uid(lexer, data);
  if (item == "FLAGS") return flags(lexer, data);
  if (item == "INTERNALDATE") return internal_date(lexer, data);
  if (item == "RFC822.SIZE") return lexer.lenient_number(data.rfc822_size) ? Item::good : Item::broken;
  if (item == "MODSEQ") return mod_sequence(lexer, data.modseq);
  if (item == "EMAILID") return object_id(lexer, data.email_id);
  if (item == "THREADID") return object_id(lexer, data.thread_id);
  if (item == "X-GM-MSGID") return gm_number(lexer, data.gm_msgid);
  if (item == "X-GM-THRID") return gm_number(lexer, data.gm_thrid);
  if (item == "X-GM-LABELS") return gm_labels(lexer, data.gm_labels);
  if (is_rfc822_content(item)) {
    FetchData::Section section;
    section.item = std::move(item);
    return content(lexer, data, std::move(section));
  }
  return other(lexer, false);
}

}  // namespace

Response fetch(Lexer& lexer, SeqNum seq) {
  FetchData data;
  data.seq = seq;
  if (!lexer.accept('(')) return malformed("FETCH without a list");
  while (!lexer.accept(')')) {
    if (lexer.at_end()) return malformed("FETCH whose list does not end");
    if (fetch_item(lexer, data) == Item::broken) return malformed("FETCH with a broken item");
  }
  return data;
}

Response vanished(Lexer& lexer) {
  Vanished data;
  if (lexer.accept('(')) {
    data.earlier = lexer.accept_word("EARLIER");
    if (!data.earlier || !lexer.accept(')')) return malformed("VANISHED with a broken modifier");
  }
  const auto text = lexer.atom();
  auto uids = text ? UidSet::parse(*text) : std::nullopt;
  if (!uids) return malformed("VANISHED without a set of uids");
  data.uids = *std::move(uids);
  return data;
}

}  // namespace grammar

std::optional<FetchData> parse_fetch_so_far(const Frame& partial, const Limits& limits) {
  Lexer lexer{partial, limits};
  if (!lexer.accept('*')) return std::nullopt;
  const auto seq = lexer.number32();
  if (!seq || !lexer.accept_word("FETCH") || !lexer.accept('(')) return std::nullopt;
  FetchData data;
  data.seq = SeqNum{*seq};
  std::size_t sections_before = 0;
  while (!lexer.at_end()) {
    sections_before = data.sections.size();
    if (grammar::fetch_item(lexer, data) == grammar::Item::broken) return std::nullopt;
  }
  if (data.sections.size() == sections_before) return std::nullopt;
  return data;
}

const FetchData::Section* FetchData::body() const {
  for (const auto& section : sections) {
    if (section.section.empty() && (section.item == "BODY" || section.item == "RFC822")) return &section;
  }
  return nullptr;
}

}  // namespace pf::imap
