// What a mailbox is for (RFC 6154), however it is called.
#pragma once

#include <cstdint>
#include <string_view>

namespace pf {

enum class SpecialUse : std::uint8_t { none, all, archive, drafts, flagged, important, junk, sent, trash };

// Any case ("\\sent" from Cyrus); unknown attributes give none.  "\\Spam" is \Junk, "\\Starred" is \Flagged
// (XLIST).
SpecialUse parse_special_use(std::string_view attribute);
std::string_view to_wire(SpecialUse use);  // "\\Sent"; empty for none

}  // namespace pf
