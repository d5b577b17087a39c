#include "state/row_codec.h"

#include <algorithm>

namespace pf::state {
namespace {

constexpr std::size_t digest_bytes = std::tuple_size_v<Digest128>;
static_assert(key_octets == 2 * digest_bytes + 1);

void take_digest(std::string_view octets, Digest128& into) {
  std::ranges::transform(octets, into.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
}

}  // namespace

std::string encode_key(const MessageKey& key) {
  std::string out;
  out.reserve(key_octets);
  out.append(key.id.begin(), key.id.end());
  out.append(key.headers.begin(), key.headers.end());
  out.push_back(key.from_message_id ? '\1' : '\0');
  return out;
}

std::optional<MessageKey> decode_key(std::string_view octets) {
  if (octets.size() != key_octets || static_cast<std::uint8_t>(octets.back()) > 1) return std::nullopt;
  MessageKey key;
  take_digest(octets.substr(0, digest_bytes), key.id);
  take_digest(octets.substr(digest_bytes, digest_bytes), key.headers);
  key.from_message_id = octets.back() == '\1';
  return key;
}

const FlagSet& FlagDecoder::decode(std::string_view text) {
  if (text != text_) {
    text_ = text;
    flags_ = FlagSet::parse(text);
  }
  return flags_;
}

}  // namespace pf::state
