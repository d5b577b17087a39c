// APPEND (RFC 3501 6.3.11), MULTIAPPEND (RFC 3502).  The messages are never in the command: Segment::slot
// stands for them.
#pragma once

#include "base/result.h"
#include "imap/wire/encoder.h"
#include "mail/flag.h"
#include "mail/internal_date.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace pf::imap::command {

struct AppendMessage {
  FlagSet flags{};  // always sent, even empty: some servers want the list
  std::optional<InternalDate> date{};
  std::uint64_t size = 0;
  bool wait = false;  // a synchronizing literal, so that a refusal costs no upload
};

// One message, or several for a server with MULTIAPPEND: the n-th slot is the n-th message.  Errc::usage for
// none.
Result<Command> append(std::string_view mailbox, std::span<const AppendMessage> messages,
                       WireOptions options);

}  // namespace pf::imap::command
