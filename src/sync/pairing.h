// Pairs what both sides hold already and nobody recorded: by keys, and where they do not suffice by content.
#pragma once

#include "sync/context.h"
#include "sync/diff.h"
#include "sync/job.h"

namespace pf::sync {

// Takes out of `diff.unpaired` and `diff.unpaired_target` what belongs together, records it, and plans the
// flags the target lacks: with no base flags are only added, never removed.
Task<void> pair_by_identity(RunContext& run, MailboxJob& job, store::OpenMailbox& source,
                            store::OpenMailbox& target, Diff& diff);

}  // namespace pf::sync
