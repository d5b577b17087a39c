// The last rung of the ladder: reads messages and compares what they hold.
#pragma once

#include "store/store.h"
#include "sync/content_digest.h"
#include "sync/match.h"

#include <map>
#include <vector>

namespace pf::sync {

// Messages that are gone are left out, and those that cannot be read, which `unreadable` then names.
Task<std::map<MessageRef, ContentDigest>> digests(store::OpenMailbox& mailbox, std::vector<MessageRef> refs,
                                                  std::map<MessageRef, Error>* unreadable = nullptr);

// Settles what match() left open by content: equal octets first, then equal normal form.  Adds to
// `result.pairs` and empties `result.open`.
Task<void> resolve_open(store::OpenMailbox& source, store::OpenMailbox& target,
                        const std::vector<MessageMeta>& source_list,
                        const std::vector<MessageMeta>& target_list, MatchResult& result);

// A source message that is gone and so cannot be compared: its pair stays, or goes.
enum class Vanished : std::uint8_t { keep, drop };

// Drops from `result.pairs` those whose contents differ even in normal form.
Task<void> confirm_pairs(store::OpenMailbox& source, store::OpenMailbox& target,
                         const std::vector<MessageMeta>& source_list,
                         const std::vector<MessageMeta>& target_list, MatchResult& result,
                         Vanished vanished = Vanished::keep);

}  // namespace pf::sync
