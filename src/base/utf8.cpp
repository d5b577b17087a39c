#include "base/utf8.h"

namespace pf {

namespace {

// What a lead byte promises: how many bytes, its payload, and the least value that is not overlong.
struct Lead {
  std::size_t length;
  char32_t payload;
  char32_t least;
};

std::optional<Lead> lead_of(unsigned char b) {
  if (b < 0x80) return Lead{1, b, 0};
  if (b >= 0xC2 && b <= 0xDF) return Lead{2, b & 0x1FU, 0x80};
  if (b >= 0xE0 && b <= 0xEF) return Lead{3, b & 0x0FU, 0x800};
  if (b >= 0xF0 && b <= 0xF4) return Lead{4, b & 0x07U, 0x10000};
  return std::nullopt;
}

}  // namespace

std::optional<CodePoint> first_code_point(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto lead = lead_of(static_cast<unsigned char>(text.front()));
  if (!lead || text.size() < lead->length) return std::nullopt;
  char32_t value = lead->payload;
  for (char c : text.substr(1, lead->length - 1)) {
    const auto b = static_cast<unsigned char>(c);
    if ((b & 0xC0U) != 0x80U) return std::nullopt;
    value = (value << 6U) | (b & 0x3FU);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < lead->least || value > 0x10FFFF || surrogate) return std::nullopt;
  return CodePoint{value, lead->length};
}

void append_utf8(std::string& out, char32_t value) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((value >> shift) & 0x3FU)); };
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0U | (value >> 6U));
    tail(0);
  } else if (value < 0x10000) {
    out += static_cast<char>(0xE0U | (value >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (value >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto point = first_code_point(text);
    if (!point) return false;
    text.remove_prefix(point->length);
  }
  return true;
}

}  // namespace pf
