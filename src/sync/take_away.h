// Takes messages out of one mailbox: into the quarantine, or for good.  What goes is written down, durably,
// before it goes.
#pragma once

#include "sync/context.h"
#include "sync/job.h"

#include <vector>

namespace pf::sync {

// What one mailbox loses on one side.
struct Departing {
  MailboxJob* job = nullptr;
  bool at_source = false;
  std::vector<state::RemovalRow> rows;  // of the messages that are still there

  [[nodiscard]] const store::MailboxInfo& mailbox() const {
    return at_source ? job->mapped.source : job->mapped.target;
  }
  [[nodiscard]] const store::MailboxStatus& status() const {
    return at_source ? job->source_status : job->target_status;
  }
  [[nodiscard]] const std::string& label() const {
    return at_source ? job->report.source : job->report.target;
  }
};

// Tries again while the connection is to blame.  On an Error `from.rows` are those that have not gone.
Task<void> take_away(RunContext& run, state::RunId id, Departing& from);

}  // namespace pf::sync
