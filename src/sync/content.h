// The last rung of the ladder: reads messages and compares what they hold.
#pragma once

#include "store/store.h"
#include "sync/content_digest.h"
#include "sync/match.h"

#include <map>
#include <vector>

namespace pf::sync {

struct Digested {
  std::map<MessageRef, ContentDigest> digests;
  // There, and not delivered, not even alone.  In neither: gone.
  std::map<MessageRef, Error> unreadable;
};
// Errc::throttled: the server wants to be asked later.
Task<Digested> read_digests(store::OpenMailbox& mailbox, std::vector<MessageRef> refs);

// Settles what match() left open by content: equal octets first, then equal normal form; of several that
// are equal those of one date and of equal flags, so that each stays what it was.  Adds to
// `result.pairs` and `result.undecided`, and empties `result.open`.
Task<void> resolve_open(store::OpenMailbox& source, store::OpenMailbox& target,
                        const std::vector<MessageMeta>& source_list,
                        const std::vector<MessageMeta>& target_list, MatchResult& result);

// A source message that is gone and so cannot be compared: its pair stays, or goes.
enum class Vanished : std::uint8_t { keep, drop };

// Drops from `result.pairs` those whose contents differ even in normal form; those whose target message
// cannot be read become undecided.
Task<void> confirm_pairs(store::OpenMailbox& source, store::OpenMailbox& target,
                         const std::vector<MessageMeta>& source_list,
                         const std::vector<MessageMeta>& target_list, MatchResult& result,
                         Vanished vanished = Vanished::keep);

}  // namespace pf::sync
