// The end of every run, whatever it did.
#pragma once

#include "sync/context.h"

namespace pf::sync {

// Warnings that were collected, traffic, time and the outcome go into run.summary.
void conclude(RunContext& run);

}  // namespace pf::sync
