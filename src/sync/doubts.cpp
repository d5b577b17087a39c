#include "sync/doubts.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace pf::sync {

namespace {

using Identity = std::pair<Digest128, Digest128>;

// What a server that mends messages leaves alone.
Identity identity(const MessageKey& key) {
  return {key.from_message_id ? key.id : Digest128{}, key.headers};
}

const state::PairRow* find_pair(const std::vector<state::PairRow>& pairs, const MessageRef& source) {
  const auto at = std::ranges::lower_bound(pairs, source, {}, &state::PairRow::source);
  return at != pairs.end() && at->source == source ? &*at : nullptr;
}

}  // namespace

Task<void> confirm_gone(const std::vector<state::PairRow>& pairs, store::OpenMailbox& target, Diff& diff) {
  std::vector<MessageRef> refs;
  for (const auto& item : diff.restore) {
    if (const auto* pair = find_pair(pairs, item.ref)) refs.push_back(pair->target);
  }
  for (const auto& pair : diff.gone_target) refs.push_back(pair.target);
  if (refs.empty()) co_return Status{};
  std::ranges::sort(refs);
  PF_CO_TRY(const auto found, co_await target.fetch(refs, store::ScanFields::refs));
  std::set<MessageRef> there;
  for (const auto& m : found) there.insert(m.ref);
  if (there.empty()) co_return Status{};
  diff.matched += std::erase_if(diff.restore, [&](const CopyItem& item) {
    const auto* pair = find_pair(pairs, item.ref);
    return pair != nullptr && there.contains(pair->target);
  });
  diff.matched += std::erase_if(diff.gone_target,
                                [&](const state::PairRow& pair) { return there.contains(pair.target); });
  co_return Status{};
}

Task<bool> references_are_wrong(RunContext& run, const MailboxJob& job, store::OpenMailbox& target,
                                const Diff& diff) {
  const bool reason = diff.doubtful || !diff.restore.empty() || !diff.gone_target.empty();
  if (!reason || diff.unpaired_target.empty()) co_return false;
  PF_CO_TRY(const auto unexplained, co_await target.fetch(diff.unpaired_target, store::ScanFields::keys));
  std::set<Identity> wanted;
  for (const auto& m : unexplained) {
    if (m.key) wanted.insert(identity(*m.key));
  }
  PF_CO_TRY(const auto pairs, co_await run.journal.pairs(job.record.id));
  std::multimap<MessageRef, Identity> suspects;
  std::vector<MessageRef> refs;
  for (const auto& pair : pairs) {
    if (!wanted.contains(identity(pair.key))) continue;
    suspects.emplace(pair.target, identity(pair.key));
    refs.push_back(pair.target);
  }
  if (refs.empty()) co_return false;
  std::ranges::sort(refs);
  // A second copy of the same message proves nothing: the first must be another one.
  PF_CO_TRY(const auto led_to, co_await target.fetch(refs, store::ScanFields::keys));
  for (const auto& m : led_to) {
    const auto [first, last] = suspects.equal_range(m.ref);
    const bool other =
        m.key && std::any_of(first, last, [&](const auto& s) { return s.second != identity(*m.key); });
    if (other) co_return true;
  }
  co_return false;
}

}  // namespace pf::sync
