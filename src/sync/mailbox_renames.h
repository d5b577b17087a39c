// Two-way: a mailbox that is gone under its name and there under another was renamed, so it is renamed on the
// other side, too.
#pragma once

#include "sync/meet.h"

namespace pf::sync {

// Renames at the other side what was renamed at one, and brings `found` and the journal in line.  Known by
// the epoch (a renamed mailbox keeps its UIDVALIDITY) and by the messages in it.  A dry run says it and
// changes nothing.
Task<void> follow_renames(RunContext& run, Listings& found);

}  // namespace pf::sync
