// What has to be done in one mailbox, from what both sides hold and what is remembered.  Pure.
#pragma once

#include "mail/message_meta.h"
#include "state/journal.h"
#include "sync/policy.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace pf::sync {

// A message that went wrong so often, for reasons that ought to pass or may not be its own, fails: refused,
// not delivered, or there when a connection broke.
inline constexpr std::uint8_t max_attempts = 3;

// A message to be appended to the target.
struct CopyItem {
  MessageRef ref;
  std::uint64_t size = 0;  // as claimed by the source
  std::optional<InternalDate> date;
  FlagSet flags;
  bool restored = false;  // was there before and vanished from the target
  std::uint8_t attempts = 0;
  FlagSet refused_flags{};  // the target does not take the message with these
  // What goes wrong now is its own fault: nothing else of ours may be on the way beside it.
  [[nodiscard]] bool last_chance() const { return attempts + 1 >= max_attempts; }
  [[nodiscard]] FlagSet all_flags() const { return flags.unite(refused_flags); }
};

// Flags that changed since the base.
struct FlagStep {
  MessageRef source, target;
  FlagSet add, remove;  // at the target
  FlagSet base_after;
  FlagSet source_add, source_remove;  // two-way
  FlagSet normalised;                 // two-way: found out to be kept by one side only
  bool moved = false;  // by us in this run: it is younger than the look, and nobody has changed it since
  [[nodiscard]] bool changes_target() const { return !add.empty() || !remove.empty(); }
  [[nodiscard]] bool changes_source() const { return !source_add.empty() || !source_remove.empty(); }
};

struct DiffInput {
  const std::vector<MessageMeta>& source;    // ascending; basic fields
  const std::vector<state::PairRow>& pairs;  // ascending by source
  const std::vector<state::ParkedRow>& parked;
  // What the target holds (flags fields, ascending); nothing: it is known to be untouched since `pairs` was
  // written.
  const std::vector<MessageMeta>* target = nullptr;
  const FlagRules& rules;         // of the target
  const FlagRules& source_rules;  // two-way
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
  std::vector<state::PairRow> gone_source;     // the source message is gone, its copy is there
  std::vector<state::PairRow> gone_target;     // two-way: the copy is gone, the source message is as it was
  std::vector<state::PairRow> restore_back;    // two-way: gone from the source, changed at the target
  std::vector<MessageRef> forget;              // recorded, and gone on both sides
  std::vector<MessageRef> conflicts;  // two-way, by source: removed here, changed there; the change wins
  std::uint64_t matched = 0;          // recorded and there
  std::uint64_t kept_deleted = 0;
  bool doubtful = false;  // two pairs have one target
};

Diff diff(const DiffInput& input);

// True when the message choice of the policy takes this message.
bool chosen(const MessageChoice& choice, const MessageMeta& message);

// Oldest: ascending by reference.  Newest: strictly descending.
void put_in_order(std::vector<CopyItem>& items, Order order);

}  // namespace pf::sync
