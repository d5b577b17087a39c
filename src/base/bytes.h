// Views of raw bytes.  Mail is octets, never text: char is used because the protocol is ASCII around them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pf {

using Bytes = std::span<const char>;
using MutableBytes = std::span<char>;

inline std::string_view as_text(Bytes b) {
  return {b.data(), b.size()};
}
inline Bytes as_bytes(std::string_view s) {
  return {s.data(), s.size()};
}

}  // namespace pf
