#include "sync/diff.h"

#include <algorithm>

namespace pf::sync {

namespace {

const MessageMeta* find_ref(const std::vector<MessageMeta>& list, const MessageRef& ref) {
  auto at = std::ranges::lower_bound(list, ref, {}, &MessageMeta::ref);
  return at != list.end() && at->ref == ref ? &*at : nullptr;
}

// Three-way with the base: only what changed at the source travels, and only as far as the target can follow.
void diff_flags(const MessageMeta& source, const state::PairRow& pair, const MessageMeta* at_target,
                const FlagRules& rules, std::vector<FlagStep>& out) {
  if (source.flags == pair.flags) return;
  FlagSet add = rules.kept(source.flags.without(pair.flags)).without(pair.normalised);
  FlagSet remove = pair.flags.without(source.flags);
  if (at_target != nullptr) {
    add = add.without(at_target->flags);
    remove = remove.intersect(at_target->flags);
  }
  out.push_back({pair.source, pair.target, std::move(add), std::move(remove), source.flags});
}

CopyItem to_copy(const MessageMeta& m, bool restored) {
  return {m.ref, m.size, m.date, m.flags, restored, 0, {}};
}

// A refusal is final until something about it changed.
bool worth_another_try(const state::ParkedRow& row, const MessageMeta& m, const DiffInput& in) {
  if (in.policy.retry_failed || row.size != m.size) return true;
  return row.limit != 0 && in.size_limit.value_or(0) != row.limit &&
         m.size <= in.size_limit.value_or(UINT64_MAX);
}

// What recorded pairs say about the target.  Two pairs with one target (a server told a reference that was
// not true) say nothing: both are forgotten, and who is there is found out anew.
class Recorded {
 public:
  explicit Recorded(const std::vector<state::PairRow>& pairs) {
    known_.reserve(pairs.size());
    for (const auto& p : pairs) known_.push_back(p.target);
    std::ranges::sort(known_);
    for (auto at = std::ranges::adjacent_find(known_); at != known_.end();
         at = std::adjacent_find(std::next(at), known_.end())) {
      doubtful_.push_back(*at);
    }
  }
  [[nodiscard]] bool doubtful(const MessageRef& target) const {
    return std::ranges::binary_search(doubtful_, target);
  }
  [[nodiscard]] bool explains(const MessageRef& target) const {
    return std::ranges::binary_search(known_, target) && !doubtful(target);
  }

 private:
  std::vector<MessageRef> known_, doubtful_;
};

void find_unpaired_target(const DiffInput& in, const Recorded& recorded, Diff& out) {
  for (const auto& m : *in.target) {
    if (!recorded.explains(m.ref)) out.unpaired_target.push_back(m.ref);
  }
}

}  // namespace

bool chosen(const MessageChoice& choice, const MessageMeta& message) {
  if (choice.skip_deleted && message.flags.has(SystemFlag::deleted)) return false;
  if (choice.max_size && message.size > *choice.max_size) return false;
  if (!choice.since && !choice.before) return true;
  if (!message.date) return false;
  const std::int64_t at = message.date->unix_seconds();
  return (!choice.since || at >= *choice.since) && (!choice.before || at < *choice.before);
}

Diff diff(const DiffInput& in) {
  Diff out;
  const Recorded recorded(in.pairs);
  auto pair = in.pairs.begin();
  for (const MessageMeta& m : in.source) {
    while (pair != in.pairs.end() && pair->source < m.ref) ++pair;
    if (pair != in.pairs.end() && pair->source == m.ref && !recorded.doubtful(pair->target)) {
      const MessageMeta* at_target = in.target != nullptr ? find_ref(*in.target, pair->target) : nullptr;
      if (in.target != nullptr && at_target == nullptr) {
        if (in.policy.keep_deleted || !chosen(in.policy.messages, m)) {
          ++out.kept_deleted;
        } else {
          out.restore.push_back(to_copy(m, true));
        }
        continue;
      }
      ++out.matched;
      if (in.policy.sync_flags) diff_flags(m, *pair, at_target, in.rules, out.flags);
      continue;
    }
    if (!chosen(in.policy.messages, m)) continue;
    const auto parked = std::ranges::find(in.parked, m.ref, &state::ParkedRow::source);
    if (parked != in.parked.end() && !worth_another_try(*parked, m, in)) {
      out.still_parked.push_back(*parked);
      continue;
    }
    if (parked != in.parked.end()) out.unpark.push_back(m.ref);
    out.unpaired.push_back(to_copy(m, false));
  }
  if (in.target != nullptr) find_unpaired_target(in, recorded, out);
  return out;
}

void put_in_order(std::vector<CopyItem>& items, Order order) {
  std::ranges::sort(items, {}, &CopyItem::ref);
  if (order == Order::newest) std::ranges::reverse(items);
}

}  // namespace pf::sync
