// The end of a run in words.
#pragma once

#include "cli/render/renderer.h"

#include <string>

namespace pf::cli {

struct SummaryStyle {
  RunKind kind = RunKind::sync;
  bool all_mailboxes = false;  // also those where nothing happened
};

// Headline, table of mailboxes, waits, warnings and failures; everything a server said is escaped.
std::string summary_text(const sync::Summary& summary, const SummaryStyle& style);
// "INBOX, uid 7: message too big (server said: ...)": one line.
std::string failure_text(const sync::Failure& failure);

}  // namespace pf::cli
