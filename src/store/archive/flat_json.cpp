#include "store/archive/flat_json.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace pf::store {

namespace {

// "\udc80" to "\udcff" stand for octets that are no UTF-8.
constexpr std::uint32_t stray_octets = 0xDC00;

bool is_stray(std::uint32_t unit) {
  return unit >= stray_octets + 0x80 && unit <= stray_octets + 0xFF;
}

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' ||
         static_cast<unsigned char>(c) >= 0x7F;
}

}  // namespace

// ---- reading

FlatJsonReader::FlatJsonReader(std::string_view object) : rest_(object) {
  skip_blanks();
  done_ = !take('{');
}

bool FlatJsonReader::fail() {
  done_ = true;
  ok_ = false;
  return false;
}

void FlatJsonReader::skip_blanks() {
  while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == '\r' || rest_.front() == '\n'))
    rest_.remove_prefix(1);
}

bool FlatJsonReader::take(char c) {
  if (!rest_.starts_with(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool FlatJsonReader::take_word(std::string_view word) {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

bool FlatJsonReader::next(JsonMember& member) {
  if (done_) return false;
  skip_blanks();
  if (take('}')) {
    skip_blanks();
    done_ = true;
    ok_ = rest_.empty();
    return false;
  }
  if (!std::exchange(first_, false)) {
    if (!take(',')) return fail();
    skip_blanks();
  }
  // Ours are plain; a key with an escape in it is none we look for, but its text would not outlive the value.
  if (!take('"')) return fail();
  const auto end = rest_.find_first_of("\"\\");
  if (end == std::string_view::npos || rest_[end] == '\\') return fail();
  member.key = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  skip_blanks();
  if (!take(':')) return fail();
  skip_blanks();
  return read_value(member) || fail();
}

bool FlatJsonReader::read_value(JsonMember& member) {
  if (rest_.empty()) return false;
  if (take('"')) {
    member.kind = JsonMember::Kind::text;
    return read_text(member.text);
  }
  if (is_digit(rest_.front())) {
    member.kind = JsonMember::Kind::number;
    return read_number(member.number);
  }
  member.truth = rest_.front() == 't';
  member.kind = rest_.front() == 'n' ? JsonMember::Kind::null : JsonMember::Kind::truth;
  return take_word("true") || take_word("false") || take_word("null");
}

bool FlatJsonReader::read_number(std::uint64_t& number) {
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
  if (error != std::errc{}) return false;
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  return rest_.empty() || (rest_.front() != '.' && rest_.front() != 'e' && rest_.front() != 'E');
}

bool FlatJsonReader::read_text(std::string_view& out) {
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == '"') {
      out = rest_.substr(0, i);
      rest_.remove_prefix(i + 1);
      return true;
    }
    if (c == '\\') return read_escaped(out, i);
    if (static_cast<unsigned char>(c) < 0x20) return false;
  }
  return false;
}

bool FlatJsonReader::read_escaped(std::string_view& out, std::size_t plain) {
  decoded_.assign(rest_.substr(0, plain));
  rest_.remove_prefix(plain);
  while (!rest_.empty()) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '"') {
      out = decoded_;
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c != '\\') {
      decoded_ += c;
    } else if (!read_escape()) {
      return false;
    }
  }
  return false;
}

bool FlatJsonReader::read_escape() {
  static constexpr std::string_view letters = "\"\\/bfnrt";
  static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (rest_.empty()) return false;
  const char c = rest_.front();
  rest_.remove_prefix(1);
  if (c == 'u') return read_code_point();
  const auto at = letters.find(c);
  if (at == std::string_view::npos) return false;
  decoded_ += meanings[at];
  return true;
}

bool FlatJsonReader::read_unit(std::uint32_t& unit) {
  if (rest_.size() < 4) return false;
  const Bytes digits = as_bytes(rest_.substr(0, 4));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (error != std::errc{} || end != digits.data() + digits.size()) return false;
  rest_.remove_prefix(4);
  return true;
}

bool FlatJsonReader::read_code_point() {
  std::uint32_t unit = 0;
  if (!read_unit(unit)) return false;
  if (is_stray(unit)) {
    decoded_ += static_cast<char>(unit - stray_octets);
    return true;
  }
  if (unit >= 0xD800 && unit < 0xDC00) {
    std::uint32_t low = 0;
    if (!take_word("\\u") || !read_unit(low) || low < 0xDC00 || low > 0xDFFF) return false;
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  }
  if (unit >= 0xDC00 && unit <= 0xDFFF) return false;
  append_utf8(decoded_, unit);
  return true;
}

// ---- writing

namespace {

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if(text, needs_escape) - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto point = first_code_point(text);
    const std::string_view piece = text.substr(0, point ? point->length : 1);
    const auto octet = static_cast<unsigned char>(piece.front());
    if (!point) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", stray_octets + octet);
    } else if (octet >= 0x80) {
      out += piece;
    } else if (octet == '"' || octet == '\\') {
      out += '\\';
      out += piece;
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", octet);
    }
    text.remove_prefix(piece.size());
  }
}

}  // namespace

void FlatJsonWriter::begin(std::string_view key) {
  if (!std::exchange(first_, false)) out_ += style_ == Style::loose ? ", " : ",";
  out_ += '"';
  out_ += key;
  out_ += style_ == Style::loose ? "\": " : "\":";
}

FlatJsonWriter& FlatJsonWriter::text(std::string_view key, std::string_view value) {
  begin(key);
  out_ += '"';
  append_escaped(out_, value);
  out_ += '"';
  return *this;
}

FlatJsonWriter& FlatJsonWriter::number(std::string_view key, std::uint64_t value) {
  begin(key);
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}

FlatJsonWriter& FlatJsonWriter::truth(std::string_view key, bool value) {
  begin(key);
  out_ += value ? "true" : "false";
  return *this;
}

}  // namespace pf::store
