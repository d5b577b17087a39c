#include "sync/pairing.h"

#include "sync/content.h"
#include "sync/match.h"

#include <algorithm>
#include <cstdint>
#include <set>

namespace pf::sync {

namespace {

class Pairing {
 public:
  Pairing(RunContext& run, MailboxJob& job, Diff& diff) : run_(run), job_(job), diff_(diff) {}

  // Copies whose source message is gone, perhaps only moved away and back since: then it has another
  // reference, and is not to be copied again.  A message that was moved keeps its date (RFC 3501 6.4.7);
  // sizes say less, because some servers claim others than they serve.
  Task<void> find_orphans(store::OpenMailbox& source) {
    const auto& record = job_.record;
    const bool known =
        record.source_epoch == job_.source_status.epoch && record.target_epoch == job_.target_status.epoch;
    if (!known || diff_.unpaired.empty()) co_return Status{};
    PF_CO_TRY(const std::uint64_t pairs, co_await run_.journal.pair_count(record.id));
    if (pairs + diff_.unpaired.size() <= job_.source_status.count) co_return Status{};
    std::set<std::int64_t> dates;
    for (const auto& item : diff_.unpaired) dates.insert(item.date ? item.date->unix_seconds() : 0);
    PF_CO_TRY(orphans_, co_await run_.journal.pairs(record.id));
    std::erase_if(orphans_, [&](const state::PairRow& pair) { return !dates.contains(pair.date_seconds); });
    std::vector<MessageRef> refs;
    for (const auto& pair : orphans_) refs.push_back(pair.source);
    PF_CO_TRY(const auto there, co_await source.fetch(refs, store::ScanFields::refs));
    std::set<MessageRef> present;
    for (const auto& m : there) present.insert(m.ref);
    std::erase_if(orphans_, [&](const state::PairRow& pair) { return present.contains(pair.source); });
    co_return Status{};
  }
  [[nodiscard]] bool has_orphans() const { return !orphans_.empty(); }

  Task<void> pair(store::OpenMailbox& source, store::OpenMailbox& target) {
    std::vector<MessageRef> refs;
    for (const auto& item : diff_.unpaired) refs.push_back(item.ref);
    // A copy that is gone may only have been moved away and back, or be where the target did not say.
    for (const auto& item : diff_.restore) refs.push_back(item.ref);
    for (const auto& pair : diff_.gone_target) refs.push_back(pair.source);
    PF_CO_TRY(at_source_, co_await source.fetch(refs, store::ScanFields::keys));
    PF_CO_TRY(at_target_, co_await target.fetch(candidates(), store::ScanFields::keys));
    MatchOptions options;
    const std::string& family = run_.source.features().object_id_family;
    options.compare_object_ids = !family.empty() && family == run_.target.features().object_id_family;
    options.target_rewrites = run_.target.features().rewrites_messages;
    MatchResult result = match(at_source_, at_target_, options);
    PF_CO_TRYV(co_await resolve_open(source, target, at_source_, at_target_, result));
    fail_undecided(result);
    auto adopted = co_await adopt(result);
    co_return adopted;
  }

 private:
  [[nodiscard]] std::vector<MessageRef> candidates() const {
    std::vector<MessageRef> refs = diff_.unpaired_target;
    for (const auto& pair : orphans_) refs.push_back(pair.target);
    std::ranges::sort(refs);
    const auto twice = std::ranges::unique(refs);
    refs.erase(twice.begin(), twice.end());
    return refs;
  }

  // Copied they might be there twice.
  void fail_undecided(const MatchResult& result) {
    for (const auto& [s, why] : result.undecided) {
      const MessageRef& ref = at_source_[s].ref;
      for (auto* items : {&diff_.unpaired, &diff_.restore})
        std::erase_if(*items, [&](const CopyItem& item) { return item.ref == ref; });
      std::erase_if(diff_.gone_target, [&](const state::PairRow& pair) { return pair.source == ref; });
      ++job_.report.failed;
      job_.incomplete = true;
      const Error error(why.code, Scope::message, Retry::later,
                        "it may be at the target already: one that looks like it there cannot be read",
                        why.server_text, "Open that one in a mail program; the next run looks again.");
      run_.fail(failure_of(job_.report.source, run_.source.ref_text(ref), error));
    }
  }

  Task<void> adopt(const MatchResult& result) {
    std::vector<state::PairRow> rows;
    std::vector<MessageRef> paired_source, paired_target;
    for (const auto& [s, t] : result.pairs) {
      rows.push_back(adopted_pair(at_source_[s], at_target_[t]));
      paired_source.push_back(rows.back().source);
      paired_target.push_back(rows.back().target);
    }
    std::ranges::sort(paired_source);
    std::ranges::sort(paired_target);
    for (auto* items : {&diff_.unpaired, &diff_.restore}) {
      std::erase_if(
          *items, [&](const CopyItem& item) { return std::ranges::binary_search(paired_source, item.ref); });
    }
    std::erase_if(diff_.gone_target, [&](const state::PairRow& pair) {
      return std::ranges::binary_search(paired_source, pair.source);
    });
    std::erase_if(diff_.unpaired_target,
                  [&](const MessageRef& ref) { return std::ranges::binary_search(paired_target, ref); });
    diff_.matched += rows.size();
    PF_CO_TRYV(co_await forget_orphans(paired_target));
    if (!run_.policy.dry_run) PF_CO_TRYV(co_await run_.journal.record(job_.record.id, std::move(rows)));
    co_return Status{};
  }

  // Those whose copy has a source message again.
  Task<void> forget_orphans(const std::vector<MessageRef>& paired_target) {
    std::vector<MessageRef> sources;
    for (const auto& pair : orphans_) {
      if (std::ranges::binary_search(paired_target, pair.target)) sources.push_back(pair.source);
    }
    if (sources.empty()) co_return Status{};
    std::ranges::sort(sources);
    const auto adopted = [&](const MessageRef& ref) { return std::ranges::binary_search(sources, ref); };
    for (auto* pairs : {&diff_.gone_source, &diff_.restore_back})
      std::erase_if(*pairs, [&](const state::PairRow& pair) { return adopted(pair.source); });
    std::erase_if(diff_.conflicts, adopted);
    if (run_.policy.dry_run) co_return Status{};
    auto forgotten = co_await run_.journal.forget(job_.record.id, std::move(sources));
    co_return forgotten;
  }

  state::PairRow adopted_pair(const MessageMeta& s, const MessageMeta& t) {
    state::PairRow row;
    row.source = s.ref;
    row.target = t.ref;
    row.key = *s.key;
    row.size = s.size;
    row.date_seconds = s.date ? s.date->unix_seconds() : 0;
    row.flags = s.flags.intersect(t.flags);
    const FlagSet missing = s.flags.without(t.flags);
    row.normalised = missing.without(job_.rules.kept(missing));
    if (!run_.policy.sync_flags) return row;
    FlagStep step{row.source, row.target, job_.rules.kept(missing), {}, s.flags, {}, {}, {}};
    if (run_.policy.mode == Mode::two_way) {
      const FlagSet lacking = t.flags.without(s.flags);
      step.source_add = job_.source_rules.kept(lacking);
      step.base_after = s.flags.unite(t.flags);
      step.normalised = row.normalised.unite(lacking.without(step.source_add));
      row.normalised = step.normalised;
    }
    const bool plan = !missing.empty() || step.changes_source();
    if (plan) job_.flags.push_back(std::move(step));
    return row;
  }

  RunContext& run_;
  MailboxJob& job_;
  Diff& diff_;
  std::vector<MessageMeta> at_source_, at_target_;
  std::vector<state::PairRow> orphans_;
};

}  // namespace

Task<void> pair_by_identity(RunContext& run, MailboxJob& job, store::OpenMailbox& source,
                            store::OpenMailbox& target, Diff& diff) {
  const bool nothing_missing = diff.unpaired.empty() && diff.restore.empty() && diff.gone_target.empty();
  if (nothing_missing) co_return Status{};
  Pairing pairing(run, job, diff);
  PF_CO_TRYV(co_await pairing.find_orphans(source));
  if (diff.unpaired_target.empty() && !pairing.has_orphans()) co_return Status{};
  auto paired = co_await pairing.pair(source, target);
  co_return paired;
}

}  // namespace pf::sync
