#include "sync/board.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

bool Board::all_done() const {
  return std::ranges::all_of(jobs, [](const auto& job) { return job.phase == MailboxJob::Phase::done; });
}

void Board::finish(MailboxJob& job) {
  job.phase = MailboxJob::Phase::done;
  if (job.started != TimePoint{}) job.report.seconds = to_seconds(MonoClock::now() - job.started);
  job.report.target_messages = job.target_messages();
  run.meter.mailbox_done();
  if (!tells_at_end) run.observer(Event(MailboxDone{job.report}));
  changed.notify_all();
}

void Board::fail(MailboxJob& job, const Error& error) {
  job.incomplete = true;
  if (job.report.failed == 0) job.report.failed = 1;
  run.fail(failure_of(job.report.source, error));
  finish(job);
}

void Board::close_open_ends(MailboxJob& job, const Error& error) {
  std::size_t left = job.queue.size();
  for (const auto& u : job.unresolved) left += std::min(u.unanswered, u.items.size());
  job.report.failed += left;
  Error why = error;
  if (left != 0) why.at(fmt::format("{} message(s), {} bytes not copied", left, job.queued_bytes));
  fail(job, why);
}

void Board::add_up() {
  Summary& sum = run.summary;
  for (auto& job : jobs) {
    job.report.target_messages = job.target_messages();
    const MailboxReport& r = job.report;
    sum.source_messages += r.source_messages;
    sum.copied += r.copied;
    sum.matched += r.matched;
    sum.restored += r.restored;
    sum.flags_changed += r.flags_changed;
    sum.vanished += r.vanished;
    sum.deleted += r.deleted;
    sum.withheld += r.withheld;
    sum.moved += r.moved;
    sum.copied_back += r.copied_back;
    sum.failed += r.failed;
    sum.bytes_copied += r.bytes_copied;
    sum.per_mailbox.push_back(r);
  }
  sum.mailboxes = jobs.size();
}

void tell_reports(RunContext& run) {
  for (const auto& report : run.summary.per_mailbox) run.observer(Event(MailboxDone{report}));
}

}  // namespace pf::sync
