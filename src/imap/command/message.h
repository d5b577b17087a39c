// UID COPY (RFC 3501 6.4.7), UID MOVE (RFC 6851), UID EXPUNGE (RFC 4315).  Errc::usage for an empty set.
#pragma once

#include "base/result.h"
#include "imap/uid_set.h"
#include "imap/wire/encoder.h"

#include <string_view>

namespace pf::imap::command {

Result<Command> uid_copy(const UidSet& uids, std::string_view mailbox, WireOptions options);
Result<Command> uid_move(const UidSet& uids, std::string_view mailbox, WireOptions options);
Result<Command> uid_expunge(const UidSet& uids);

}  // namespace pf::imap::command
