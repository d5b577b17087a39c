#include "sync/finish.h"

#include "sync/apply_flags.h"
#include "sync/lost_batches.h"
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
  const auto lost = std::exchange(job.unresolved, {});
  for (const auto& [batch, index] : tally(run, job, lost, missing))
    not_there(run, job, batch->items[index], batch->answered(index));
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
