#include "base/encoding.h"

#include <array>

namespace pf {

namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> values_of(std::string_view digits) {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    table[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr auto base64_values = values_of(base64_digits);

constexpr auto hex_values = [] {
  auto table = values_of(hex_digits);
  for (char c = 'A'; c <= 'F'; ++c)
    table[static_cast<unsigned char>(c)] = static_cast<std::uint8_t>(c - 'A' + 10);
  return table;
}();

std::uint32_t octet(char c) {
  return static_cast<unsigned char>(c);
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = octet(bytes[i]) << 16U;
    if (n > 1) group |= octet(bytes[i + 1]) << 8U;
    if (n > 2) group |= octet(bytes[i + 2]);
    out += base64_digits[group >> 18U];
    out += base64_digits[(group >> 12U) & 63U];
    out += n > 1 ? base64_digits[(group >> 6U) & 63U] : '=';
    out += n > 2 ? base64_digits[group & 63U] : '=';
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const auto digits = text.substr(0, text.size() - padding);
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (char c : digits) {
    const std::uint8_t value = base64_values[static_cast<unsigned char>(c)];
    if (value == no_digit) return std::nullopt;
    bits = ((bits << 6U) | value) & 0xFFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xFFU);
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return out;
}

std::string hex_encode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    out += hex_digits[octet(c) >> 4U];
    out += hex_digits[octet(c) & 15U];
  }
  return out;
}

std::string hex_encode(std::span<const std::uint8_t> bytes) {
  return hex_encode(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const unsigned high = hex_values[static_cast<unsigned char>(text[i])];
    const unsigned low = hex_values[static_cast<unsigned char>(text[i + 1])];
    if (high == no_digit || low == no_digit) return std::nullopt;
    out += static_cast<char>((high << 4U) | low);
  }
  return out;
}

}  // namespace pf
