// Mailboxes that an earlier run knew on both sides and that are now gone from one.
//
// Invariants (each has a test):
//   - without --delete-mailboxes nothing happens to the other one; it is named
//   - its messages go as all others do: only those recorded, under the guards, into the quarantine
//   - it is deleted only when it is empty
#pragma once

#include "sync/board.h"
#include "sync/meet.h"

namespace pf::sync {

// Before remove_gone(): adds a job for each, with its messages as candidates.
Task<void> plan_gone_mailboxes(Board& board, const Listings& found);
// After it: deletes those that are empty.
Task<void> delete_gone_mailboxes(Board& board);

}  // namespace pf::sync
