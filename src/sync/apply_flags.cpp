#include "sync/apply_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pf::sync {

namespace {

// One side of the mailbox.
struct FlagSide {
  store::Store& store;
  const store::MailboxInfo& mailbox;
  const store::MailboxStatus& looked_at;
  std::string label;
};

// Left alone by the server because they changed after we looked; not counting those that have become what we
// want, as after a cut in the middle of our own change.
Task<std::vector<MessageRef>> still_different(store::OpenMailbox& open,
                                              const std::vector<store::FlagChange>& changes,
                                              std::vector<MessageRef> left) {
  if (left.empty()) co_return left;
  PF_CO_TRY(const auto now, co_await open.fetch(left, store::ScanFields::flags));
  std::erase_if(left, [&](const MessageRef& ref) {
    const auto is = std::ranges::find(now, ref, &MessageMeta::ref);
    const auto wanted = std::ranges::find(changes, ref, &store::FlagChange::ref);
    if (is == now.end() || wanted == changes.end()) return true;
    return wanted->add.without(is->flags).empty() && wanted->remove.intersect(is->flags).empty();
  });
  co_return left;
}

Task<std::vector<MessageRef>> change(const FlagSide& side, Patience& patience,
                                     const std::vector<store::FlagChange>& changes) {
  PF_CO_TRY(auto open, co_await patience.open(side.store, side.mailbox, store::Access::write));
  const Checkpoint& since = side.looked_at.checkpoint;
  if (!side.store.features().conditional_flags || since.empty()) {
    PF_CO_TRY(const auto now, co_await open->change_flags(changes));
    (void)now;
    ignore(co_await open->close());
    co_return std::vector<MessageRef>{};
  }
  PF_CO_TRY(auto modified, co_await open->change_flags_unless(changes, since));
  PF_CO_TRY(auto left, co_await still_different(*open, changes, std::move(modified)));
  ignore(co_await open->close());
  co_return left;
}

// Adds to `left` what was not changed.  A refused flag is named and its message keeps the rest.
Task<void> change_side(RunContext& run, MailboxJob& job, Patience& patience, const FlagSide& side,
                       const std::vector<store::FlagChange>& changes, std::set<MessageRef>& left) {
  if (changes.empty()) co_return Status{};
  auto changed = co_await change(side, patience, changes);
  if (changed) {
    left.insert(changed->begin(), changed->end());
    if (!changed->empty()) job.incomplete = true;
    co_return Status{};
  }
  if (changed.error().scope == Scope::connection) co_return changed.error();
  for (const auto& c : changes) left.insert(c.ref);
  job.incomplete = true;
  run.warn(
      fmt::format("{}: some flags were not changed: {}", printable(side.label), changed.error().describe()));
  co_return Status{};
}

Task<void> note_base(RunContext& run, const MailboxJob& job, const std::vector<FlagStep>& done) {
  std::vector<MessageRef> refs;
  for (const auto& step : done) refs.push_back(step.source);
  PF_CO_TRY(auto pairs,
            co_await run.journal.pairs_of(job.record.id, state::Journal::Side::source, std::move(refs)));
  std::vector<state::PairRow> rows;
  for (const auto& step : done) {
    const auto pair = std::ranges::lower_bound(pairs, step.source, {}, &state::PairRow::source);
    if (pair == pairs.end() || pair->source != step.source) continue;
    pair->flags = step.base_after;
    pair->normalised = step.normalised.unite(step.base_after.without(job.rules.kept(step.base_after)));
    rows.push_back(*pair);
  }
  if (!rows.empty()) PF_CO_TRYV(co_await run.journal.record(job.record.id, std::move(rows)));
  co_return Status{};
}

}  // namespace

Task<void> apply_flags(RunContext& run, MailboxJob& job, Patience& patience) {
  std::set<MessageRef> left_at_target, left_at_source;
  for (const bool moved : {false, true}) {
    std::vector<store::FlagChange> at_target, at_source;
    for (const auto& step : job.flags) {
      if (step.moved != moved) continue;
      if (step.changes_target()) at_target.push_back({step.target, step.add, step.remove});
      if (step.changes_source()) at_source.push_back({step.source, step.source_add, step.source_remove});
    }
    const store::MailboxStatus no_look;
    const FlagSide target{run.target, job.mapped.target, moved ? no_look : job.target_status,
                          job.report.target};
    PF_CO_TRYV(co_await change_side(run, job, patience, target, at_target, left_at_target));
    const FlagSide source{run.source, job.mapped.source, moved ? no_look : job.source_status,
                          job.report.source};
    PF_CO_TRYV(co_await change_side(run, job, patience, source, at_source, left_at_source));
  }
  std::vector<FlagStep> done;
  job.report.flags_changed = 0;
  for (const auto& step : job.flags) {
    if (left_at_target.contains(step.target) || left_at_source.contains(step.source)) continue;
    if (step.changes_target() || step.changes_source()) ++job.report.flags_changed;
    done.push_back(step);
  }
  auto noted = co_await note_base(run, job, done);
  co_return noted;
}

}  // namespace pf::sync
