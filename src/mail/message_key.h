// Who a message is, when no recorded pair says so.  The ladder (one place, one meaning):
//   1  recorded pair                          state/
//   2  object id, same server family only     MessageMeta::object_id
//   3  Message-ID, with multiplicity          MessageKey::id, from_message_id
//   4  digest of Subject, Date, From, size    MessageKey::id, when there is no Message-ID
//   5  SHA-256 of the content                 only to tell apart what 3 and 4 leave open
// Equal keys are counted, never collapsed.
#pragma once

#include "base/bytes.h"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace pf {

// First 16 bytes of a SHA-256.
using Digest128 = std::array<std::uint8_t, 16>;

struct MessageKey {
  Digest128 id{};       // of the Message-ID, else of the header digest and the size
  Digest128 headers{};  // of Subject, Date, From: breaks ties between equal ids
  bool from_message_id = false;
  friend auto operator<=>(const MessageKey&, const MessageKey&) = default;
};

// Takes the four header fields out of a message as it passes by, chunk by chunk.  Linear, bounded: looks at no more
// than `header_limit` bytes; stops at the empty line.  Folding is undone, runs of blanks count as one, so that a server
// that refolds does not change the key.  Bare LF ends a line as CRLF does.  No header at all is a key too.
class HeaderScan {
 public:
  static constexpr std::size_t header_limit = 256 * 1024;

  void feed(Bytes chunk);
  [[nodiscard]] bool done() const { return done_; }
  // `size`: of the message as served, octets; used only where there is no Message-ID.
  [[nodiscard]] MessageKey key(std::uint64_t size) const;
  void reset();

 private:
  enum class Field : std::uint8_t { none, message_id, subject, date, from };
  void take_line(std::string_view line);

  std::string line_;
  std::size_t seen_ = 0;
  bool done_ = false;
  Field current_ = Field::none;
  std::array<std::string, 5> value_;
  std::array<bool, 5> present_{};
};

// The fields a store must ask for so that HeaderScan over them gives the same key as over the whole message.
inline constexpr std::string_view key_header_fields = "MESSAGE-ID SUBJECT DATE FROM";

// From a header block (FETCH BODY[HEADER.FIELDS (...)]) and the size of the whole message.
MessageKey key_of_headers(Bytes header_block, std::uint64_t size);

}  // namespace pf
