// What is left to do in a mailbox when its messages are over: references nobody told, late doubles, flags.
#pragma once

#include "sync/context.h"
#include "sync/job.h"
#include "sync/patience.h"

namespace pf::sync {

Task<void> finish_mailbox(RunContext& run, MailboxJob& job, Patience& patience);

}  // namespace pf::sync
