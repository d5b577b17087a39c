// Looks at every mailbox before anything is done: moves and guards need to see all of them.
#pragma once

#include "sync/board.h"

namespace pf::sync {

// Afterwards every job that was waiting is ready, with its plan, or done because it failed.
Task<void> look_at_all(Board& board);

}  // namespace pf::sync
