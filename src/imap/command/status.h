// STATUS (RFC 3501 6.3.10) and its items, which LIST-STATUS (RFC 5819) uses too.
#pragma once

#include "base/result.h"
#include "imap/wire/encoder.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pf::imap::command {

struct StatusItems {
  bool messages = true;
  bool uid_next = true;
  bool uid_validity = true;
  bool unseen = false;
  bool highest_modseq = false;  // CONDSTORE
  bool size = false;            // STATUS=SIZE
  bool append_limit = false;    // APPENDLIMIT
  bool mailbox_id = false;      // OBJECTID

  [[nodiscard]] std::string to_wire() const;  // "(MESSAGES UIDNEXT UIDVALIDITY)"
};

// Errc::usage when no item is asked for.
Result<Command> status(std::string_view mailbox, const StatusItems& items, WireOptions options);

}  // namespace pf::imap::command
