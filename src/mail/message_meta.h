// What is known about a message without its bytes.
#pragma once

#include "mail/flag.h"
#include "mail/internal_date.h"
#include "mail/message_key.h"
#include "mail/message_ref.h"

#include <optional>

namespace pf {

struct MessageMeta {
  MessageRef ref;
  FlagSet flags;
  std::optional<InternalDate> date;  // absent: deliver as new
  std::uint64_t size = 0;            // octets as the store claims them; a hint, servers lie
  std::optional<MessageKey> key;     // only when asked for
  ObjectId object_id;                // empty unless the store has them
};

}  // namespace pf
