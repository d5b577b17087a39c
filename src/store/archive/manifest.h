// The lines of a mailbox's manifest (docs/archive-format.md).  Each is one JSON object and says one thing; a
// later line wins.
//
//   {"format":"postferry-mailbox","version":1,"epoch":"...","mailbox":"Work/2024","subscribed":true}
//                                                      the first; again when the name or such has changed
//   {"n":1,"file":"...","sha256":"...","size":...,"flags":"\\Seen","internaldate":"...","key":"m...","uid":...}
//   {"n":1,"flags":"\\Seen $Done"}                     other flags
//   {"n":1,"gone":true}                                taken away
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "mail/internal_date.h"
#include "mail/message_key.h"
#include "mail/special_use.h"
#include "store/archive/names.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pf::store {

// Longer ones are neither written nor read.
inline constexpr std::size_t manifest_line_limit = std::size_t{1} << 20;
// Of one message, as text.
inline constexpr std::size_t archive_flags_limit = std::size_t{256} << 10;
// Octets of what identifies a folder, and of the name of a mailbox.
inline constexpr std::size_t epoch_limit = 64;
inline constexpr std::size_t mailbox_name_limit = 4096;

struct MailboxHeader {
  std::string epoch;    // random, made with the folder
  std::string mailbox;  // the exact name: MailboxInfo::id
  SpecialUse special_use = SpecialUse::none;
  bool subscribed = false;
};

// A message as it was when it came.
struct MessageRecord {
  std::uint32_t n = 0;  // ascending, never given twice
  std::uint32_t ordinal = 1;
  std::uint32_t uid = 0, uid_validity = 0;  // where it came from; 0: unknown
  std::uint64_t size = 0;
  Digest256 sha256{};
  InternalDate date;
  MessageKey key;
  [[nodiscard]] Stem stem() const { return {date.unix_seconds(), digest_prefix(sha256), ordinal}; }
};

struct ManifestLine {
  enum class Kind : std::uint8_t { mailbox, message, flags, gone };
  Kind kind = Kind::gone;
  MailboxHeader header;    // mailbox
  MessageRecord message;   // message; of the others only n
  std::string_view flags;  // message and flags
};

// Keeps what a line's texts are decoded into.
class ManifestParser {
 public:
  // Nothing is what this version does not know, or what no writer of ours gives: damage.  The views in the
  // result are valid until the next call, and as long as `line` is.
  bool parse(std::string_view line, ManifestLine& out);
  // Why the last parse() was false.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  bool fail(std::string reason);
  std::string flags_;
  std::string reason_;
};

// Each with its line end.
void append_line(std::string& out, const MailboxHeader& header);
void append_line(std::string& out, const MessageRecord& message, std::string_view flags);
void append_flags_line(std::string& out, std::uint32_t n, std::string_view flags);
void append_gone_line(std::string& out, std::uint32_t n);

// "01-Jan-2024 00:00:00 +0000": as IMAP has it, the day with its zero.
std::string archive_date(const InternalDate& date);

}  // namespace pf::store
