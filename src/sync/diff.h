// What has to be done in one mailbox, from what both sides hold and what is remembered.  Pure.
#pragma once

#include "mail/message_meta.h"
#include "state/journal.h"
#include "sync/policy.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace pf::sync {

// A message to be appended to the target.
struct CopyItem {
  MessageRef ref;
  std::uint64_t size = 0;  // as claimed by the source
  std::optional<InternalDate> date;
  FlagSet flags;
  bool restored = false;  // was there before and vanished from the target
  std::uint8_t attempts = 0;
  FlagSet refused_flags{};  // the target does not take the message with these
  [[nodiscard]] FlagSet all_flags() const { return flags.unite(refused_flags); }
};

// Flags that changed at the source since the base.
struct FlagStep {
  MessageRef source, target;
  FlagSet add, remove;
  FlagSet base_after;
};

struct DiffInput {
  const std::vector<MessageMeta>& source;    // ascending; basic fields
  const std::vector<state::PairRow>& pairs;  // ascending by source
  const std::vector<state::ParkedRow>& parked;
  // What the target holds (flags fields, ascending); nothing: it is known to be untouched since `pairs` was
  // written.
  const std::vector<MessageMeta>* target = nullptr;
  const FlagRules& rules;
  const Policy& policy;
  std::optional<std::uint64_t> size_limit;  // of the target
};

struct Diff {
  std::vector<CopyItem> unpaired;  // wanted, with no recorded pair: copy unless the keys say it is there
  std::vector<CopyItem> restore;   // recorded, but the copy is gone
  std::vector<FlagStep> flags;
  std::vector<MessageRef> unpaired_target;     // at the target, in no pair
  std::vector<state::ParkedRow> still_parked;  // refused before, not tried again
  std::vector<MessageRef> unpark;              // refused before, tried again now
  std::uint64_t matched = 0;                   // recorded and there
  std::uint64_t kept_deleted = 0;
};

Diff diff(const DiffInput& input);

// True when the message choice of the policy takes this message.
bool chosen(const MessageChoice& choice, const MessageMeta& message);

// Oldest: ascending by reference.  Newest: strictly descending.
void put_in_order(std::vector<CopyItem>& items, Order order);

}  // namespace pf::sync
