#include "sync/finish.h"

#include "sync/recover.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

namespace {

void not_there(RunContext& run, MailboxJob& job, const CopyItem& item, bool answered) {
  ++job.report.failed;
  job.incomplete = true;
  Failure failure;
  failure.mailbox = job.report.source;
  failure.ref = run.source.ref_text(item.ref);
  failure.reason = name(answered ? Errc::unexpected : Errc::disconnected);
  failure.message =
      answered ? "the target said OK to the message and does not have it; look at its filters and its log"
               : "the target did not answer and does not have the message; the next run sends it again";
  run.fail(std::move(failure));
}

// Messages the target stored without telling where, and what a lane that gave up left unanswered.
Task<void> find_acknowledged(RunContext& run, MailboxJob& job, Patience& patience) {
  if (job.unresolved.empty()) co_return Status{};
  PF_CO_TRY(const auto missing, co_await recover(run, job, patience, job.unresolved));
  for (const auto& u : std::exchange(job.unresolved, {})) {
    for (std::size_t i = 0; i < u.items.size(); ++i) {
      const CopyItem& item = u.items[i];
      auto& counted = item.restored ? job.report.restored : job.report.copied;
      const bool found = std::ranges::find(missing, item.ref) == missing.end();
      if (found && !u.answered(i)) ++counted;
      if (found) continue;
      if (u.answered(i)) --counted;
      not_there(run, job, item, u.answered(i));
    }
  }
  co_return Status{};
}

// A refused flag is named and its message keeps the rest.
Task<void> apply_flags(RunContext& run, MailboxJob& job, Patience& patience) {
  std::vector<store::FlagChange> changes;
  for (const auto& step : job.flags) {
    if (step.add.empty() && step.remove.empty()) continue;
    changes.push_back({step.target, step.add, step.remove});
  }
  if (!changes.empty()) {
    PF_CO_TRY(auto target, co_await patience.open(run.target, job.mapped.target, store::Access::write));
    auto changed = co_await target->change_flags(changes);
    ignore(co_await target->close());
    if (!changed && changed.error().scope == Scope::connection) co_return changed.error();
    if (!changed) {
      job.incomplete = true;
      run.warn(
          fmt::format("{}: some flags were not changed: {}", job.report.target, changed.error().describe()));
      co_return Status{};
    }
  }
  job.report.flags_changed = changes.size();
  PF_CO_TRY(auto pairs, co_await run.journal.pairs(job.record.id));
  std::vector<state::PairRow> rows;
  for (const auto& step : job.flags) {
    const auto pair = std::ranges::lower_bound(pairs, step.source, {}, &state::PairRow::source);
    if (pair == pairs.end() || pair->source != step.source) continue;
    pair->flags = step.base_after;
    pair->normalised = step.base_after.without(job.rules.kept(step.base_after));
    rows.push_back(*pair);
  }
  if (!rows.empty()) PF_CO_TRYV(co_await run.journal.record(job.record.id, std::move(rows)));
  co_return Status{};
}

}  // namespace

Task<void> finish_mailbox(RunContext& run, MailboxJob& job, Patience& patience) {
  PF_CO_TRYV(co_await find_acknowledged(run, job, patience));
  PF_CO_TRYV(co_await remove_late_doubles(run, job, patience));
  if (!job.flags.empty()) PF_CO_TRYV(co_await apply_flags(run, job, patience));
  co_return Status{};
}

}  // namespace pf::sync
