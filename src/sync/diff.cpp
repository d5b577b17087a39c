#include "sync/diff.h"

#include "sync/merge_flags.h"

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
  out.push_back({pair.source, pair.target, std::move(add), std::move(remove), source.flags, {}, {}, {}});
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
  [[nodiscard]] bool any_doubtful() const { return !doubtful_.empty(); }
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

namespace {

class Differ {
 public:
  explicit Differ(const DiffInput& in) : in_(in), recorded_(in.pairs) {}

  Diff run() {
    out_.doubtful = recorded_.any_doubtful();
    auto pair = in_.pairs.begin();
    for (const MessageMeta& m : in_.source) {
      for (; pair != in_.pairs.end() && pair->source < m.ref; ++pair) gone(*pair);
      const bool known = pair != in_.pairs.end() && pair->source == m.ref;
      if (known && !recorded_.doubtful(pair->target)) {
        there(m, *pair);
      } else {
        unpaired(m);
      }
      if (known) ++pair;
    }
    for (; pair != in_.pairs.end(); ++pair) gone(*pair);
    if (in_.target != nullptr) find_unpaired_target(in_, recorded_, out_);
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool two_way() const { return in_.policy.mode == Mode::two_way; }

  // Recorded, and still at the source.
  void there(const MessageMeta& m, const state::PairRow& pair) {
    const MessageMeta* at_target = in_.target != nullptr ? find_ref(*in_.target, pair.target) : nullptr;
    if (in_.target != nullptr && at_target == nullptr) {
      copy_gone(m, pair);
      return;
    }
    ++out_.matched;
    if (!in_.policy.sync_flags) return;
    if (two_way() && at_target != nullptr) {
      merge(m, pair, *at_target);
    } else {
      diff_flags(m, pair, at_target, in_.rules, out_.flags);
    }
  }

  // In a way that speaks against its removal at the other side.  Who flags it \Deleted wants it gone, too: a
  // run of ours that was killed before its EXPUNGE, or a person.
  static bool changed_since(const MessageMeta& m, const state::PairRow& pair) {
    if (m.flags.has(SystemFlag::deleted) && !pair.flags.has(SystemFlag::deleted)) return false;
    return m.flags.without(pair.normalised) != pair.flags.without(pair.normalised);
  }

  void copy_gone(const MessageMeta& m, const state::PairRow& pair) {
    const bool wanted = chosen(in_.policy.messages, m);
    if (two_way() && wanted) {
      if (in_.policy.sync_flags && changed_since(m, pair)) {
        out_.conflicts.push_back(m.ref);
        out_.restore.push_back(to_copy(m, true));
      } else {
        out_.gone_target.push_back(pair);
      }
    } else if (in_.policy.keep_deleted || !wanted) {
      ++out_.kept_deleted;
    } else {
      out_.restore.push_back(to_copy(m, true));
    }
  }

  void merge(const MessageMeta& m, const state::PairRow& pair, const MessageMeta& at_target) {
    const FlagMerge merged =
        merge_flags({m.flags, at_target.flags, pair.flags, pair.normalised}, in_.source_rules, in_.rules);
    if (merged.base == pair.flags && merged.normalised == pair.normalised && !merged.changes_source() &&
        !merged.changes_target())
      return;
    FlagStep step{pair.source, pair.target, merged.target_add, merged.target_remove, merged.base, {}, {}, {}};
    step.source_add = merged.source_add;
    step.source_remove = merged.source_remove;
    step.normalised = merged.normalised;
    out_.flags.push_back(std::move(step));
  }

  // Recorded, and gone from the source.
  void gone(const state::PairRow& pair) {
    if (recorded_.doubtful(pair.target)) return;
    if (in_.target == nullptr) return;
    const MessageMeta* at_target = find_ref(*in_.target, pair.target);
    if (at_target == nullptr) {
      out_.forget.push_back(pair.source);
      return;
    }
    if (two_way() && in_.policy.sync_flags && changed_since(*at_target, pair)) {
      out_.conflicts.push_back(pair.source);
      out_.restore_back.push_back(pair);
    } else {
      out_.gone_source.push_back(pair);
    }
  }

  void unpaired(const MessageMeta& m) {
    if (!chosen(in_.policy.messages, m)) return;
    const auto parked = std::ranges::find(in_.parked, m.ref, &state::ParkedRow::source);
    if (parked != in_.parked.end() && !worth_another_try(*parked, m, in_)) {
      out_.still_parked.push_back(*parked);
      return;
    }
    if (parked != in_.parked.end()) out_.unpark.push_back(m.ref);
    out_.unpaired.push_back(to_copy(m, false));
  }

  const DiffInput& in_;
  Recorded recorded_;
  Diff out_;
};

}  // namespace

Diff diff(const DiffInput& in) {
  return Differ(in).run();
}

void put_in_order(std::vector<CopyItem>& items, Order order) {
  std::ranges::sort(items, {}, &CopyItem::ref);
  if (order == Order::newest) std::ranges::reverse(items);
}

}  // namespace pf::sync
