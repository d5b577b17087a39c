// The lanes of a run and what each does next.
#pragma once

#include "sync/board.h"

namespace pf::sync {

// Prepares, copies and finishes all mailboxes of the board that are not done.  As many lanes as the work is
// worth and the servers allow; a mailbox nobody has begun comes first, then the one with most left is shared.
Task<void> run_crew(Board& board);

}  // namespace pf::sync
