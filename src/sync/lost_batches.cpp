#include "sync/lost_batches.h"

#include "sync/recover.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace pf::sync {

namespace {

// Nothing when the message has proved to be what the connection dies of.
std::optional<CopyItem> another_try(RunContext& run, MailboxJob& job, const Unresolved& batch,
                                    std::size_t index) {
  CopyItem again = batch.items[index];
  if (batch.answered(index)) return again;
  const bool alone = std::min(batch.unanswered, batch.items.size()) == 1;
  if (!alone || ++again.attempts < max_attempts) {
    again.attempts = std::max<std::uint8_t>(again.attempts, 1);
    return again;
  }
  ++job.report.failed;
  job.incomplete = true;
  const Error error(Errc::disconnected, Scope::message, Retry::later,
                    "the target drops the connection whenever this message is sent", {},
                    "Look at the target server's log.");
  run.fail(failure_of(job.report.source, run.source.ref_text(again.ref), error));
  return std::nullopt;
}

void requeue_missing(RunContext& run, MailboxJob& job, const std::vector<Unresolved>& lost,
                     const std::vector<MessageRef>& missing) {
  std::vector<CopyItem> again;
  for (const auto& [batch, index] : tally(run, job, lost, missing)) {
    if (auto next = another_try(run, job, *batch, index)) again.push_back(*std::move(next));
  }
  job.requeue(std::move(again), run.policy.order);
}

}  // namespace

std::vector<NotThere> tally(RunContext& run, MailboxJob& job, const std::vector<Unresolved>& lost,
                            const std::vector<MessageRef>& missing) {
  std::vector<NotThere> out;
  for (const auto& batch : lost) {
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
      const CopyItem& item = batch.items[i];
      auto& counted = item.restored ? job.report.restored : job.report.copied;
      const bool found = std::ranges::find(missing, item.ref) == missing.end();
      if (!found) out.push_back({&batch, i});
      if (found == batch.answered(i)) continue;  // counted already, or rightly not
      if (found) {
        ++counted;
        job.report.bytes_copied += item.size;
        run.meter.done(job.report.source, 1, item.size);
      } else {
        --counted;
        job.report.bytes_copied -= std::min(job.report.bytes_copied, item.size);
      }
    }
  }
  return out;
}

Task<void> recover_lost(RunContext& run, MailboxJob& job, Patience& patience) {
  if (job.recovering) {
    while (job.recovering) co_await job.changed.wait();
    co_return Status{};
  }
  job.recovering = true;
  while (job.appending != 0) co_await job.changed.wait();
  // Those that were acknowledged without a reference are looked for along with the others: their copies must
  // not be taken for those of lost twins.
  auto missing = co_await recover(run, job, patience, job.unresolved);
  if (missing) requeue_missing(run, job, std::exchange(job.unresolved, {}), *missing);
  job.recovering = false;
  job.changed.notify_all();
  if (!missing) {
    job.incomplete = true;
    co_return missing.error();
  }
  co_return Status{};
}

}  // namespace pf::sync
