// A fleet's run as files: what is known of each account, and the four forms of it.  docs/bulk.md
#pragma once

#include "fleet/fleet.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pf::cli {

struct AccountRow {
  std::string name, from, to;
  std::size_t row = 0;  // of the list
  fleet::Phase phase = fleet::Phase::waiting;
  std::string reason;  // why it failed or was not done
  double seconds = 0;
  // While it runs.
  std::uint64_t messages_done = 0, messages_expected = 0;
  sync::Summary summary;  // without per_mailbox
};

struct FleetReport {
  bool dry_run = false;
  bool check = false;                   // logins only
  std::int64_t began = 0, written = 0;  // unix seconds
  std::optional<int> exit_status;       // nothing while it runs
  fleet::Totals totals;
  std::vector<std::string> warnings;  // of the run as a whole
  std::string fatal;                  // why no account was begun
  std::vector<AccountRow> accounts;   // in the order of the list
};

// All accounts together.
sync::Summary sum_of(const std::vector<AccountRow>& accounts);

// "Everything is done", "3 of 1,000 accounts failed": one sentence without a full stop.
std::string headline(const FleetReport& report);

// One row an account; one row a failure.  CRLF, RFC 4180; a cell a spreadsheet would take for a formula
// begins with an apostrophe.
std::string accounts_csv(const FleetReport& report);
std::string failures_csv(const FleetReport& report);
std::string accounts_json(const FleetReport& report);
// One page, complete in itself; nothing in it is fetched, whatever a server said.
std::string index_html(const FleetReport& report);

}  // namespace pf::cli
