// The last look at a mailbox: what the target said it stored and does not have was not copied.
//
// Some servers say OK, even tell a reference, and store nothing: a filter took the message, it was one of two
// equal ones (Gmail), its sender was the account itself (Proton Bridge).
#pragma once

#include "sync/context.h"
#include "sync/job.h"

namespace pf::sync {

// `told`: the status of the target mailbox after the run.  Nothing is asked where the count is as expected.
// Else the messages of this run are looked for, and each that is not there becomes a failure: the next run
// sends it again, unless the target has one like it and would drop it again.
Task<void> recount_target(RunContext& run, MailboxJob& job, const store::MailboxStatus& told);

}  // namespace pf::sync
