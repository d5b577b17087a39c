// All mailboxes of a run and how far each is.
#pragma once

#include "sync/context.h"
#include "sync/job.h"

#include <deque>

namespace pf::sync {

struct Board {
  explicit Board(RunContext& context) : run(context) {}

  RunContext& run;
  std::deque<MailboxJob> jobs;  // addresses are stable
  pf::Event changed;            // a job has moved on
  bool tells_at_end = false;    // removals come after all mailboxes, and belong into their reports

  [[nodiscard]] bool all_done() const;
  // The mailbox is through, well or not.
  void finish(MailboxJob& job);
  // The mailbox as a whole cannot go on: reported, then through.
  void fail(MailboxJob& job, const Error& error);
  // What is left in its queue cannot be copied because the mailbox or the account takes no more: counted,
  // named once.
  void close_open_ends(MailboxJob& job, const Error& error);
  // Into the summary.  With tells_at_end whoever has the last word about it then tells the reports.
  void add_up();
};

// Emits a MailboxDone for each mailbox of the summary.
void tell_reports(RunContext& run);

}  // namespace pf::sync
