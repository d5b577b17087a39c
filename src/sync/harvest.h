// Two-way: copies from the target to the source are recorded by a journal of their own, source and target
// exchanged.  Their pairs belong to the pair of mailboxes as all others do.
#pragma once

#include "sync/context.h"

namespace pf::sync {

// Moves the pairs of the way back into the record of the two mailboxes.  May be repeated after a crash at
// any point: rows are recorded here before they are forgotten there.
Task<void> harvest(RunContext& run, const state::MailboxRecord& record);

}  // namespace pf::sync
