// The status of a mailbox as it is remembered, to find unchanged mailboxes without looking into them, and to
// ask for changes only.
#pragma once

#include "store/store.h"
#include "sync/board.h"

#include <optional>
#include <string>
#include <string_view>

namespace pf::sync {

// Empty when references are not stable or not told: such a status settles nothing.
std::string encode_settled(const store::MailboxStatus& status);
// Nothing for the empty text and for what encode_settled() never wrote.
std::optional<store::MailboxStatus> decode_settled(std::string_view text);

// Nothing arrived and nothing went: equal epoch, position and count.
bool same_messages(const store::MailboxStatus& a, const store::MailboxStatus& b);
// And no flag changed.  Never where there is no checkpoint (RFC 7162 3.1.2: HIGHESTMODSEQ absent or 0).
bool same_messages_and_flags(const store::MailboxStatus& a, const store::MailboxStatus& b);

// Mailboxes whose status on both sides is what it was when everything was done need no look: they are
// finished here.
Task<void> leave_settled(Board& board);
// After the run: remembers the status of both sides where all is done.  What our own changes do not explain
// is not remembered.
Task<void> remember_settled(Board& board);

}  // namespace pf::sync
