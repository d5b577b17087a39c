// Finds out what became of batches whose answer never came, and cleans up after late commits.
//
// A probe that finds nothing is not proof: a server may commit an append that was whole in its buffers 30-90
// ms after the client died (measured, Dovecot 2.3).  So the target is watched until nothing has moved for a
// settle time; what is then judged "not stored" goes on a watch list, and a copy that turns up later all the
// same is our own double.
#pragma once

#include "sync/context.h"
#include "sync/job.h"
#include "sync/patience.h"

#include <set>

namespace pf::sync {

// What recorded pairs of other source mailboxes with the same target mailbox hold there.
Task<std::set<MessageRef>> claimed_by_siblings(RunContext& run, const MailboxJob& job);

// Resolves `lost` (all of job.unresolved, or the open intents of an earlier run): messages found become
// recorded pairs, the others are returned so that they are copied again.  Nothing of ours may be on the wire
// for this mailbox.  Intents of an earlier run are left alone when the target has been renumbered since:
// pairing by identity is for them.
Task<std::vector<MessageRef>> recover(RunContext& run, MailboxJob& job, Patience& patience,
                                      std::vector<Unresolved> lost);

// Removes copies of watched messages that turned up late, byte and date identical to one that was sent again.
// Returns how many.  Forgets watches that are older than `watch_time`.
Task<std::uint64_t> remove_late_doubles(RunContext& run, MailboxJob& job, Patience& patience);

inline constexpr std::int64_t watch_seconds = 600;

}  // namespace pf::sync
