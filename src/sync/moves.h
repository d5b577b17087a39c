// Two-way: a message that left one mailbox and arrived in another was moved, so it is moved on the other
// side, too, instead of being sent and removed.
#pragma once

#include "sync/board.h"

namespace pf::sync {

// Where a move is a copy and a removal, the server may still carry out the copy when the next run begins:
// that one waits before it looks at anything.
Task<void> outwait_cut_off_moves(RunContext& run);

// All jobs have been looked at.  What is recognised leaves the plans (queue, back, gone_source, gone_target).
// A dry run says it.
Task<void> follow_moves(Board& board);

}  // namespace pf::sync
