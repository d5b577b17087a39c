// Looks for messages that may have arrived although nobody was told.
//
// A probe that finds nothing is not proof: a server may carry out what was whole in its buffers 30-90 ms
// after the client died (measured, Dovecot 2.3).  So the mailbox is watched until nothing has moved for a
// settle time.
#pragma once

#include "sync/context.h"
#include "sync/match.h"

#include <set>

namespace pf::sync {

// The target's own commits tell how long that is.
Task<Duration> settle_time(RunContext& run);

// Messages from `first` on that are not in `claimed`, with keys.
Task<std::vector<MessageMeta>> unexplained(store::OpenMailbox& mailbox, MessageRef first,
                                           const std::set<MessageRef>& claimed);

// Looks at unexplained messages from `first` on.  What it was given must outlive it.
class Probe {
 public:
  Probe(RunContext& run, store::OpenMailbox& mailbox, MessageRef first, const std::set<MessageRef>& claimed,
        const MatchOptions& options)
      : run_(run), mailbox_(mailbox), first_(std::move(first)), claimed_(claimed), options_(options) {}

  // Until everything in `items` has a counterpart or nothing has moved for `settle`.
  Task<void> watch(const std::vector<MessageMeta>& items, Duration settle);

  std::vector<MessageMeta> candidates;
  MatchResult result;  // of `items` and `candidates`

 private:
  RunContext& run_;
  store::OpenMailbox& mailbox_;
  MessageRef first_;
  const std::set<MessageRef>& claimed_;
  MatchOptions options_;
};

}  // namespace pf::sync
