// JSON objects that hold nothing but texts, whole numbers and truth values, one after the other: the lines of
// a manifest and the small files beside messages.  Read from hostile files: linear, nothing kept, no nesting.
//
// Octets that are no UTF-8 (keywords and names of odd servers) are written as "\udcXX", as Python's
// surrogateescape does, and come back as the octets they were.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pf::store {

struct JsonMember {
  enum class Kind : std::uint8_t { text, number, truth, null };
  std::string_view key;
  Kind kind = Kind::null;
  std::string_view text;  // decoded; valid until the next call of next()
  std::uint64_t number = 0;
  bool truth = false;
};

class FlatJsonReader {
 public:
  // `object` must outlive the reader.
  explicit FlatJsonReader(std::string_view object);

  // The next member; false at the end, and where the text is no such object.
  bool next(JsonMember& member);
  // After next() gave false: the whole text was one object.
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  bool fail();
  void skip_blanks();
  bool take(char c);
  bool take_word(std::string_view word);
  bool read_text(std::string_view& out);
  bool read_escaped(std::string_view& out, std::size_t plain);
  bool read_escape();
  bool read_code_point();
  bool read_unit(std::uint32_t& unit);
  bool read_number(std::uint64_t& number);
  bool read_value(JsonMember& member);

  std::string_view rest_;
  std::string decoded_;
  bool first_ = true;
  bool done_ = false;
  bool ok_ = false;
};

// Writes one object; members in the order given.
class FlatJsonWriter {
 public:
  // Between members, after colons: {"a":1} or {"a": 1, "b": 2}.
  enum class Style : std::uint8_t { tight, loose };
  explicit FlatJsonWriter(std::string& out, Style style = Style::tight) : out_(out), style_(style) {
    out_ += '{';
  }

  FlatJsonWriter& text(std::string_view key, std::string_view value);
  FlatJsonWriter& number(std::string_view key, std::uint64_t value);
  FlatJsonWriter& truth(std::string_view key, bool value);
  void end() { out_ += '}'; }

 private:
  void begin(std::string_view key);
  std::string& out_;
  Style style_;
  bool first_ = true;
};

}  // namespace pf::store
