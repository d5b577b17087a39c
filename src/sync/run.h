// A whole run: both accounts, all mailboxes.
#pragma once

#include "sync/context.h"

namespace pf::sync {

// Copies what the source has and the target lacks, and does more where the mode of the policy asks for it.
// Fills run.summary; never throws, never gives an Error: what went wrong is in the summary.  Both stores are
// connected by it and stay open.
asio::awaitable<void> run_copy(RunContext& run);

}  // namespace pf::sync
