// Both accounts at the same time: connect and list.
#pragma once

#include "sync/context.h"

#include <vector>

namespace pf::sync {

struct Listings {
  std::vector<store::MailboxInfo> source, target;
};

// On failure run.summary.nothing_done is set.
Task<Listings> meet(RunContext& run);

}  // namespace pf::sync
