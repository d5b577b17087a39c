// The .json beside a message: for people and for other programs, who look there for flags and date.  The
// manifest is what counts; this says the same.
#pragma once

#include "store/archive/manifest.h"

#include <optional>
#include <string>
#include <string_view>

namespace pf::store {

struct Sidecar {
  std::string mailbox;  // as the server listed it (IMAP: modified UTF-7)
  std::string flags;
  std::string date;
};

inline constexpr std::size_t sidecar_limit = std::size_t{1} << 20;  // octets

// {"mailbox": "INBOX", "flags": "\\Seen", "internaldate": "01-Jan-2024 00:00:00 +0000", "sha256": ...,
// "sum": "..."}, the sum being one over all before it
std::string sidecar_text(std::string_view mailbox, const MessageRecord& message, std::string_view flags);
// Nothing when it is no such object.
std::optional<Sidecar> parse_sidecar(std::string_view text);

}  // namespace pf::store
