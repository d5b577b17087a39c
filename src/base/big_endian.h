// Numbers as octets, the highest first: bytewise order is their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pf {

inline std::string big_endian(std::uint64_t number, std::size_t octets) {
  std::string out(octets, '\0');
  for (std::size_t i = octets; i-- > 0; number >>= 8) out[i] = static_cast<char>(number & 0xFF);
  return out;
}

// Of at most eight octets.
inline std::uint64_t from_big_endian(std::string_view octets) {
  std::uint64_t out = 0;
  for (const char c : octets) out = out << 8 | static_cast<std::uint8_t>(c);
  return out;
}

}  // namespace pf
