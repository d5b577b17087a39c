// Finds out what has to be done in one mailbox: recover what an earlier run left open, look at both sides,
// pair what is there already, plan the rest.
#pragma once

#include "sync/context.h"
#include "sync/job.h"
#include "sync/patience.h"

namespace pf::sync {

// Afterwards job.queue and job.flags hold the plan.  Changes nothing at either store (but for doubles of our
// own). An Error concerns the mailbox unless its scope says more.
Task<void> prepare(RunContext& run, MailboxJob& job, Patience& patience);

}  // namespace pf::sync
