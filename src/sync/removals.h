// Takes away what is gone on the other side, when all mailboxes have been seen and everything else is done.
//
// Invariants (each has a test):
//   - only what a recorded pair, or --delete-extra, names is taken
//   - the guards see the whole run before the first message goes
//   - what goes is written down, durably, before it goes
//   - other clients' \Deleted messages survive: MOVE or UID EXPUNGE, never EXPUNGE
#pragma once

#include "sync/board.h"

namespace pf::sync {

// Messages in all mailboxes of the account, chosen or not: an empty account never empties the other.
struct AccountTotals {
  std::uint64_t source_messages = 0, target_messages = 0;
};
// A dry run says what would go.
Task<void> remove_gone(Board& board, const AccountTotals& totals);

}  // namespace pf::sync
