// Takes a response apart, tolerantly: double and trailing blanks, any case, NIL, odd atoms.  Every call that
// returns false or nothing has consumed nothing but blanks.  Literals are taken from the frame, never
// searched for in the text.
#pragma once

#include "imap/wire/framer.h"
#include "imap/wire/limits.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pf::imap {

// A string as it came.  `data` is empty when it is NIL or was streamed.
struct StringValue {
  std::string data;
  bool nil = false;
  bool streamed = false;
  std::uint64_t size = 0;  // octets; of a streamed literal what was announced
};

class Lexer {
 public:
  Lexer(const Frame& frame, const Limits& limits)
      : text_(frame.text), literals_(&frame.literals), limits_(&limits) {}
  // A piece of text without literals.
  Lexer(std::string_view text, const Limits& limits) : text_(text), limits_(&limits) {}

  [[nodiscard]] const Limits& limits() const { return *limits_; }

  void skip_blanks();
  // Blanks are skipped first.
  [[nodiscard]] bool at_end();
  [[nodiscard]] bool at(char c);
  bool accept(char c);
  // A whole word: "NIL" does not match "NILS".  Any case.
  bool accept_word(std::string_view word);

  // Everything up to a blank, parenthesis, quote or the end; '[' and ']' are ordinary (flags of Gmail).
  std::optional<std::string_view> atom();
  // Letters, digits and "-._" only: a FETCH item, which '[' or a blank ends.
  std::optional<std::string_view> item_name();
  // Digits, to be followed by a blank, parenthesis or the end.  Nothing above 2^63-1 (RFC 9051 number64).
  std::optional<std::uint64_t> number();
  std::optional<std::uint32_t> number32();
  // A number where the server may have put something else (NIL, "-1", "9.3736e+06"): the value is consumed
  // and nullopt stands for what is no number.  False: there is no value at all.
  bool lenient_number(std::optional<std::uint64_t>& into);

  std::optional<StringValue> string();   // quoted or literal
  std::optional<StringValue> nstring();  // or NIL
  std::optional<StringValue> astring();  // or atom

  // One value of any kind, whatever is in it: atom with its [section], string, or list.  False: unbalanced,
  // deeper than Limits::max_nesting, or nothing there.  `raw`, when given, gets its text.
  bool skip_value(std::string_view* raw = nullptr);

  // Up to `c`, which is consumed: for bracketed parts.  Quoted strings are stepped over.
  std::optional<std::string_view> until(char c);

  // The rest without blanks at its ends.
  [[nodiscard]] std::string_view rest();

 private:
  [[nodiscard]] char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  [[nodiscard]] const Literal* literal_here() const;
  std::optional<StringValue> quoted();
  std::optional<StringValue> literal();
  bool skip_quoted();
  bool skip_one();

  std::string_view text_;
  const std::vector<Literal>* literals_ = nullptr;
  const Limits* limits_;
  std::size_t position_ = 0;
  std::size_t next_literal_ = 0;
};

}  // namespace pf::imap
