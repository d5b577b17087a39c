// Puts back what a run removed: from the quarantine, or from the other account where it is still there.
#pragma once

#include "sync/context.h"

namespace pf::sync {

// Fills run.summary (restored, failed); what cannot be put back is named.  May be repeated: what is back is
// left alone.
asio::awaitable<void> run_undo(RunContext& run, state::RunId id);

}  // namespace pf::sync
