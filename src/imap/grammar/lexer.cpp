#include "imap/grammar/lexer.h"

#include "base/ascii.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace pf::imap {
namespace {

constexpr std::string_view atom_end = " \t()\"";
constexpr auto max_number = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_item_char(char c) {
  const auto lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_';
}

}  // namespace

void Lexer::skip_blanks() {
  while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
}

bool Lexer::at_end() {
  skip_blanks();
  return position_ >= text_.size();
}

bool Lexer::at(char c) {
  skip_blanks();
  return position_ < text_.size() && text_[position_] == c;
}

bool Lexer::accept(char c) {
  if (!at(c)) return false;
  ++position_;
  return true;
}

bool Lexer::accept_word(std::string_view word) {
  skip_blanks();
  if (!iequals(text_.substr(position_, word.size()), word)) return false;
  const auto after = position_ + word.size();
  if (after < text_.size() && atom_end.find(text_[after]) == std::string_view::npos) return false;
  position_ = after;
  return true;
}

std::optional<std::string_view> Lexer::atom() {
  skip_blanks();
  const auto end = std::min(text_.find_first_of(atom_end, position_), text_.size());
  if (end == position_) return std::nullopt;
  const auto found = text_.substr(position_, end - position_);
  position_ = end;
  return found;
}

std::optional<std::string_view> Lexer::item_name() {
  skip_blanks();
  auto end = position_;
  while (end < text_.size() && is_item_char(text_[end])) ++end;
  if (end == position_) return std::nullopt;
  const auto found = text_.substr(position_, end - position_);
  position_ = end;
  return found;
}

std::optional<std::uint64_t> Lexer::number() {
  skip_blanks();
  std::uint64_t value = 0;
  const auto* begin = text_.data() + position_;
  const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), value);
  if (error != std::errc{} || stop == begin || value > max_number) return std::nullopt;
  const auto after = position_ + static_cast<std::size_t>(stop - begin);
  if (after < text_.size() && atom_end.find(text_[after]) == std::string_view::npos) return std::nullopt;
  position_ = after;
  return value;
}

std::optional<std::uint32_t> Lexer::number32() {
  const auto before = position_;
  const auto value = number();
  if (value && *value <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(*value);
  position_ = before;
  return std::nullopt;
}

bool Lexer::lenient_number(std::optional<std::uint64_t>& into) {
  into = number();
  return into || skip_value();
}

const Literal* Lexer::literal_here() const {
  if (literals_ == nullptr || next_literal_ >= literals_->size()) return nullptr;
  const auto& literal = (*literals_)[next_literal_];
  const auto begin = position_ + (peek() == '~' ? 1 : 0);  // literal8
  return begin == literal.begin ? &literal : nullptr;
}

std::optional<StringValue> Lexer::literal() {
  const auto* found = literal_here();
  if (found == nullptr) return std::nullopt;
  position_ = found->end;
  ++next_literal_;
  return StringValue{.data = found->data, .nil = false, .streamed = found->streamed, .size = found->size};
}

std::optional<StringValue> Lexer::quoted() {
  StringValue value;
  for (auto at = position_ + 1; at < text_.size(); ++at) {
    if (text_[at] == '"') {
      position_ = at + 1;
      value.size = value.data.size();
      return value;
    }
    if (text_[at] == '\\' && at + 1 < text_.size()) ++at;
    value.data += text_[at];
  }
  return std::nullopt;
}

std::optional<StringValue> Lexer::string() {
  skip_blanks();
  return peek() == '"' ? quoted() : literal();
}

std::optional<StringValue> Lexer::nstring() {
  if (accept_word("NIL")) return StringValue{.data = {}, .nil = true, .streamed = false, .size = 0};
  return string();
}

std::optional<StringValue> Lexer::astring() {
  if (auto value = string()) return value;
  if (peek() == '"') return std::nullopt;  // never closed
  const auto word = atom();
  if (!word) return std::nullopt;
  return StringValue{.data = std::string{*word}, .nil = false, .streamed = false, .size = word->size()};
}

bool Lexer::skip_quoted() {
  for (auto at = position_ + 1; at < text_.size(); ++at) {
    if (text_[at] == '"') {
      position_ = at + 1;
      return true;
    }
    if (text_[at] == '\\') ++at;
  }
  return false;
}

// A string, or an atom with the sections in it: BODY[HEADER.FIELDS (DATE "X")]<0>.
bool Lexer::skip_one() {
  if (peek() == '"') return skip_quoted();
  if (const auto* found = literal_here()) {
    position_ = found->end;
    ++next_literal_;
    return true;
  }
  const auto begin = position_;
  while (position_ < text_.size() && atom_end.find(text_[position_]) == std::string_view::npos) {
    if (text_[position_++] == '[' && !until(']')) return false;
  }
  return position_ > begin;
}

bool Lexer::skip_value(std::string_view* raw) {
  skip_blanks();
  const auto begin = position_;
  const auto literal_before = next_literal_;
  unsigned depth = 0;
  bool good = true;
  do {
    skip_blanks();
    if (accept('(')) {
      good = ++depth <= limits_->max_nesting;
    } else if (depth > 0 && accept(')')) {
      --depth;
    } else {
      good = skip_one();
    }
  } while (good && depth > 0);
  if (!good) {
    position_ = begin;
    next_literal_ = literal_before;
    return false;
  }
  if (raw != nullptr) *raw = text_.substr(begin, position_ - begin);
  return true;
}

std::optional<std::string_view> Lexer::until(char c) {
  const auto begin = position_;
  const auto literal_before = next_literal_;
  bool quotes_close =
      true;  // one that never closes is an ordinary character; looking again and again would be quadratic
  while (position_ < text_.size()) {
    if (text_[position_] == c) {
      const auto inside = text_.substr(begin, position_ - begin);
      ++position_;
      return inside;
    }
    if (peek() == '"' && quotes_close) {
      quotes_close = skip_quoted();
      if (quotes_close) continue;
    }
    if (const auto* found = literal_here()) {
      position_ = found->end;
      ++next_literal_;
      continue;
    }
    ++position_;
  }
  position_ = begin;
  next_literal_ = literal_before;
  return std::nullopt;
}

std::string_view Lexer::rest() {
  return trim_blanks(text_.substr(position_));
}

}  // namespace pf::imap
