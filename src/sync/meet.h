// Both accounts at the same time: connect and list.
#pragma once

#include "sync/context.h"

#include <vector>

namespace pf::sync {

struct Listings {
  std::vector<store::MailboxInfo> source, target;
};

// A connection that stood and broke (Retry::now) is made again with the usual patience, and from then on
// whatever else the connection suffers is waited out, too.  A server that was never reached is given up at
// once: whoever mistyped a name wants to know.  So is one that refuses the login, and when one account is
// given up the other is no longer waited for.
// On failure run.summary.nothing_done is set.
Task<Listings> meet(RunContext& run);

// The same, but neither is given up because of the other: who looks before the work wants to know of both.
struct Meeting {
  Result<std::vector<store::MailboxInfo>> source, target;
};
asio::awaitable<Meeting> meet_each(RunContext& run);

}  // namespace pf::sync
