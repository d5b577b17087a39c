// The status of a mailbox as it is remembered, to find unchanged mailboxes without looking into them.
#pragma once

#include "store/store.h"
#include "sync/board.h"

#include <string>

namespace pf::sync {

// Exact and reversible in comparison only: equal text, equal status.  Empty when the status cannot settle
// anything: no stable references, or no checkpoint although flag changes matter (RFC 7162 3.1.2:
// HIGHESTMODSEQ absent or 0).
std::string encode_settled(const store::MailboxStatus& status, bool flags_matter);

// Mailboxes whose status on both sides is what it was when everything was done need no look: they are
// finished here.
Task<void> leave_settled(Board& board);
// After the run: remembers the status of both sides where all is done.  The target's only where our own
// appends explain it.
Task<void> remember_settled(Board& board);

}  // namespace pf::sync
