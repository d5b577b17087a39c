// How uids and their kin travel through the waist: big endian, so that bytewise order is their order.
#pragma once

#include "imap/types.h"
#include "mail/message_ref.h"

#include <optional>
#include <string>

namespace pf::store {

template <class Handle, class Number>
Handle to_handle(Number number) {
  using Int = typename Number::value_type;
  std::string bytes(sizeof(Int), '\0');
  Int value = number.value();
  for (std::size_t i = sizeof(Int); i-- > 0; value = static_cast<Int>(value >> 8))
    bytes[i] = static_cast<char>(value & 0xFF);
  return Handle(std::move(bytes));
}

// Nothing for what no IMAP store made.
template <class Number, class Handle>
std::optional<Number> from_handle(const Handle& handle) {
  using Int = typename Number::value_type;
  if (handle.bytes().size() != sizeof(Int)) return std::nullopt;
  Int value = 0;
  for (const char c : handle.bytes()) value = static_cast<Int>((value << 8) | static_cast<unsigned char>(c));
  return Number(value);
}

inline MessageRef to_ref(imap::Uid uid) {
  return to_handle<MessageRef>(uid);
}
inline imap::Uid to_uid(const MessageRef& ref) {
  return from_handle<imap::Uid>(ref).value_or(imap::Uid{});
}

}  // namespace pf::store
