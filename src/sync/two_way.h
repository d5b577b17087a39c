// A two-way run: near (source) and far (target) get each other's changes since they were last in step.
//
//   look at everything -> moves -> copies there -> copies back -> flags -> removals, under the guards
#pragma once

#include "sync/context.h"

namespace pf::sync {

// Needs run.back_journal.  Fills run.summary as run_copy() does.
asio::awaitable<void> run_two_way(RunContext& run);

}  // namespace pf::sync
