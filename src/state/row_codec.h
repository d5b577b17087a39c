// How values of mail/ look in a column.
#pragma once

#include "mail/flag.h"
#include "mail/message_key.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pf::state {

// id, headers, 1 when it comes from a Message-ID.
inline constexpr std::size_t key_octets = 33;
std::string encode_key(const MessageKey& key);
// Nothing when it is not of that form.
std::optional<MessageKey> decode_key(std::string_view octets);

// Sizes and limits are unsigned, SQLite's integers are not: the bits are kept.
inline std::int64_t encode_size(std::uint64_t size) {
  return static_cast<std::int64_t>(size);
}
inline std::uint64_t decode_size(std::int64_t column) {
  return static_cast<std::uint64_t>(column);
}

// Most messages of a mailbox carry the same few flags, so the last answer is kept.
class FlagDecoder {
 public:
  const FlagSet& decode(std::string_view text);

 private:
  std::string text_;
  FlagSet flags_;
};

}  // namespace pf::state
