// Makes the planned flag changes, then notes what both sides have now.
#pragma once

#include "sync/context.h"
#include "sync/job.h"
#include "sync/patience.h"

namespace pf::sync {

// All of job.flags, at the target and (two-way) at the source.  A message whose flags somebody changed since
// we looked is left to the next run, which sees both changes.
Task<void> apply_flags(RunContext& run, MailboxJob& job, Patience& patience);

}  // namespace pf::sync
