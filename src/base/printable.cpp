#include "base/printable.h"

#include "base/utf8.h"

#include <fmt/format.h>

#include <iterator>

namespace pf {

namespace {

// Moves the cursor, changes colours, ends the line, or shows text in another order than it is stored
// (the bidirectional controls of Unicode UAX #9).
bool is_unsafe(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
  if (c == 0x061C || c == 0x200E || c == 0x200F) return true;
  return (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto point = first_code_point(text);
    if (!point) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else if (is_unsafe(point->value)) {
      fmt::format_to(std::back_inserter(out), "\\x{{{:02x}}}", static_cast<std::uint32_t>(point->value));
    } else {
      out += text.substr(0, point->length);
    }
    text.remove_prefix(point ? point->length : 1);
  }
  return out;
}

}  // namespace pf
