// Untrusted text on its way to a person.
#pragma once

#include <string>
#include <string_view>

namespace pf {

// Safe to print on a terminal, on one line: C0, C1, DEL, line separators and bidirectional controls as
// \x{..}; invalid UTF-8 bytes as \xHH.  A backslash stays as it is, so escaping twice changes nothing; the
// result is for reading, it cannot be turned back.
std::string printable(std::string_view text);

}  // namespace pf
