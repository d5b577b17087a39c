// What things are called on disk.  Only letters, digits, '_', '@', '+' and '-': legal everywhere, the same
// after any folding of case or normalisation.
#pragma once

#include "base/digest.h"
#include "mail/internal_date.h"
#include "mail/mailbox_name.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pf::store {

inline constexpr std::string_view archive_file = "archive.json";
inline constexpr std::string_view list_file = "mailboxes.jsonl";
inline constexpr std::string_view manifest_file = "manifest.jsonl";

// Mailboxes in an archive: any name, kept exactly.
inline const NameRules archive_names{.separator = '/', .exact = true};

// "INBOX", or a readable rest of the mailbox's name and a digest of all of it: "Sent_Items-3f9a2c1b0d4e".
// Never one of the names Windows keeps for itself, never one of this file's.
std::string folder_name(std::string_view mailbox_id);

// The mailbox as IMAP writes it, with '/' between the parts.
std::string list_name(const MailboxPath& path);

// What the two files of a message are called, without ".eml" and ".json".
struct Stem {
  std::int64_t seconds = 0;   // of the internal date, UTC
  std::uint64_t prefix = 0;   // of the SHA-256
  std::uint32_t ordinal = 1;  // among the messages of the mailbox that share date and prefix
  friend auto operator<=>(const Stem&, const Stem&) = default;

  // "20240131T120000Z-0123456789abcdef", from the second on "...-2".
  [[nodiscard]] std::string to_string() const;
  // Nothing for what to_string() does not give.
  static std::optional<Stem> parse(std::string_view text);
};
std::uint64_t digest_prefix(const Digest256& digest);
// As it can be written and read again: years 1 to 9999, the zone less than a day.
InternalDate storable(const InternalDate& date);

// Files that are not there yet, or not any more.  Swept by whoever writes next.
inline constexpr std::string_view temporary_prefix = ".tmp-";
inline bool is_temporary(std::string_view name) {
  return name.starts_with(temporary_prefix);
}
std::string temporary_name();  // a new one at each call

}  // namespace pf::store
