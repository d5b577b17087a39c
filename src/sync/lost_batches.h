// Batches of this run whose answer did not come: what of them is at the target, and what is tried again.
#pragma once

#include "sync/context.h"
#include "sync/job.h"
#include "sync/patience.h"

#include <vector>

namespace pf::sync {

// One message of a batch.
struct NotThere {
  const Unresolved* batch;
  std::size_t index;
};
// Counts what recover() found of `lost`, and no longer what the target said it had stored and does not have.
// Those that are not there, in order.
std::vector<NotThere> tally(RunContext& run, MailboxJob& job, const std::vector<Unresolved>& lost,
                            const std::vector<MessageRef>& missing);

// Looks for job.unresolved, and puts back into the queue what is not there.  Of several lanes one looks, and
// the others wait for it; nothing of ours is on the wire for the mailbox meanwhile.
Task<void> recover_lost(RunContext& run, MailboxJob& job, Patience& patience);

}  // namespace pf::sync
