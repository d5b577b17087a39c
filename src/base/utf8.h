// UTF-8 (RFC 3629), one code point at a time.  Strict: no overlong forms, no surrogates, nothing above
// U+10FFFF.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pf {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  // bytes it took, 1 to 4
};

// The code point `text` starts with; nothing when it starts with a byte that belongs to none (or is empty).
std::optional<CodePoint> first_code_point(std::string_view text);
// `value` must be a scalar value (no surrogate, at most U+10FFFF).
void append_utf8(std::string& out, char32_t value);
bool is_valid_utf8(std::string_view text);

}  // namespace pf
