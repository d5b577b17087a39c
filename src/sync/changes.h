// Looks at what changed in a mailbox since it was last settled, instead of at all of it.
//
// Invariants (each has a test):
//   - known - vanished + new = what is there now, on each side; else nobody trusts the answer and all is
//     enumerated
//   - what a server says vanished counts only for messages we know, and only when it is not there
//   - what the target lacks may be there as a message it has had all along: that is only ruled out where
//     every message of the target is explained by a pair
#pragma once

#include "sync/context.h"
#include "sync/job.h"

#include <optional>
#include <vector>

namespace pf::sync {

// What both sides hold, as far as it has to be known.
struct Look {
  bool whole = true;  // false: only the messages concerned by a change, and `pairs` are theirs
  std::vector<MessageMeta> source, target;
  std::vector<state::PairRow> pairs;  // ascending by source
};

// True when it is worth opening the mailbox without scanning it: see look_at_changes().
Task<bool> changes_may_do(RunContext& run, const MailboxJob& job);

// Nothing when only a whole look will do.  Both mailboxes are open and their statuses fresh.
Task<std::optional<Look>> look_at_changes(RunContext& run, const MailboxJob& job, store::OpenMailbox& source,
                                          store::OpenMailbox& target);

}  // namespace pf::sync
