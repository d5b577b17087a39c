// How uids and their kin travel through the waist: big endian, so that bytewise order is their order.
#pragma once

#include "base/big_endian.h"
#include "imap/types.h"
#include "mail/message_ref.h"

#include <optional>
#include <string>

namespace pf::store {

template <class Handle, class Number>
Handle to_handle(Number number) {
  using Int = typename Number::value_type;
  return Handle(big_endian(number.value(), sizeof(Int)));
}

// Nothing for what no IMAP store made.
template <class Number, class Handle>
std::optional<Number> from_handle(const Handle& handle) {
  using Int = typename Number::value_type;
  if (handle.bytes().size() != sizeof(Int)) return std::nullopt;
  return Number(static_cast<Int>(from_big_endian(handle.bytes())));
}

inline MessageRef to_ref(imap::Uid uid) {
  return to_handle<MessageRef>(uid);
}
inline imap::Uid to_uid(const MessageRef& ref) {
  return from_handle<imap::Uid>(ref).value_or(imap::Uid{});
}

}  // namespace pf::store
