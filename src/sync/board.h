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

  [[nodiscard]] bool all_done() const;
  // The mailbox is through, well or not.
  void finish(MailboxJob& job);
  // The mailbox as a whole cannot go on: reported, then through.
  void fail(MailboxJob& job, const Error& error);
  // What is left in its queue cannot be copied because the mailbox or the account takes no more: counted,
  // named once.
  void close_open_ends(MailboxJob& job, const Error& error);
  void add_up();
};

}  // namespace pf::sync
