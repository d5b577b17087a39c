// The pace of both accounts from the first contact to what the next run shall know.
#pragma once

#include "sync/context.h"

namespace pf::sync {

// From now on the accounts' complaints are heard.
void watch_pace(RunContext& run);
// Once both are connected: begins as the last run ended, or as is known of such servers.
Task<void> recall_pace(RunContext& run);
// A run that ends has not failed because this cannot be kept.
asio::awaitable<void> remember_pace(RunContext& run);

}  // namespace pf::sync
