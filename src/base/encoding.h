// Base64 (RFC 4648 section 4) and hexadecimal.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pf {

std::string base64_encode(std::string_view bytes);
// Strict: padding required, no line breaks or blanks, unused bits must be zero.
std::optional<std::string> base64_decode(std::string_view text);

std::string hex_encode(std::string_view bytes);  // lower case
std::string hex_encode(std::span<const std::uint8_t> bytes);
std::optional<std::string> hex_decode(std::string_view text);  // any case

}  // namespace pf
