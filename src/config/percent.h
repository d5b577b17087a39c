// Percent encoding of URL parts (RFC 3986 2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pf::config {

// Nothing for a '%' that two hex digits do not follow.  '+' stays '+'.
std::optional<std::string> percent_decode(std::string_view text);
// Keeps letters, digits and "-._~"; all else becomes %XX.
std::string percent_encode(std::string_view text);

}  // namespace pf::config
