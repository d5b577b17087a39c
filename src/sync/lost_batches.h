// Batches of this run whose answer did not come: what of them is at the target, and what is tried again.
#pragma once

#include "sync/context.h"
#include "sync/job.h"
#include "sync/patience.h"

namespace pf::sync {

// Looks for job.unresolved, and puts back into the queue what is not there.  Of several lanes one looks, and
// the others wait for it; nothing of ours is on the wire for the mailbox meanwhile.
Task<void> recover_lost(RunContext& run, MailboxJob& job, Patience& patience);

}  // namespace pf::sync
