// The look before any work: can both accounts be reached and logged in to, and what is there?
#pragma once

#include "sync/context.h"

namespace pf::sync {

// Fills run.summary: mailboxes and source_messages are those of the source as it lists them.  `count`: ask
// for the number of messages where the listing does not bring it.  Changes nothing at either side.
asio::awaitable<void> run_check(RunContext& run, bool count);

}  // namespace pf::sync
