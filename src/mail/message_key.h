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

// Takes the four header fields out of a message as it passes by, chunk by chunk; the same key however it is
// cut.  Linear, bounded: looks at no more than `header_limit` bytes, keeps no more than `field_limit` of a
// field.  What counts:
//   - Runs of blanks, line folds and bare CRs count as one blank, none at the ends, so that a server that
//     refolds (or drops a CR, as Dovecot does) does not change the key.  Bare LF ends a line as CRLF does.
//   - A NUL and any octet above 127 count as X: Dovecot serves 0x80 for NUL, Cyrus stores X for what is not
//     ASCII (munge8bit, its default).  All other bytes count as they are.  Messages that differ in nothing
//     else have one key: they are counted, and their contents tell them apart.
//   - Of a repeated field the first that is not empty counts; an empty field is as good as none.
//   - Field names in any case, blanks before the colon allowed (RFC 5322 4.5).  No colon, no field.
//   - The header ends at the empty line.  One with more than one CR is not empty: Dovecot reads on, too.
// No header at all is a key too.
class HeaderScan {
 public:
  static constexpr std::size_t header_limit = 262'144;  // octets
  static constexpr std::size_t field_limit = 8192;

  void feed(Bytes chunk);
  // Nothing that follows can change the key: the end of the header or its limit was reached, or all four
  // fields were seen.
  [[nodiscard]] bool done() const { return done_; }
  // `size`: of the message as served, octets; used only where there is no Message-ID.
  [[nodiscard]] MessageKey key(std::uint64_t size) const;
  // For the next message; keeps its buffers.
  void reset();

 private:
  enum Field : std::uint8_t { message_id, subject, date, from, none };
  enum class At : std::uint8_t { line_start, cr, name, value, skip };

  std::string_view step(std::string_view rest);
  std::string_view begin_line(std::string_view rest);
  std::string_view take_name(std::string_view rest);
  std::string_view take_line(std::string_view rest);
  void end_field();
  void keep(std::string_view piece);

  // Long enough for the longest wanted name and some blanks before its colon.
  static constexpr std::size_t name_limit = 32;

  std::array<std::string, 4> value_;
  std::array<char, name_limit> name_{};
  std::size_t name_size_ = 0;
  std::size_t seen_ = 0;
  At at_ = At::line_start;
  Field current_ = none;
  bool blank_pending_ = false;
  bool done_ = false;
};

// The fields a store must ask for so that HeaderScan over them gives the same key as over the whole message.
inline constexpr std::string_view key_header_fields = "MESSAGE-ID SUBJECT DATE FROM";

// From a header block (FETCH BODY[HEADER.FIELDS (...)]) and the size of the whole message.
MessageKey key_of_headers(Bytes header_block, std::uint64_t size);

}  // namespace pf
