// The exit status of the program; docs/exit-codes.md tells users the same.
#pragma once

#include "fleet/fleet.h"
#include "sync/report.h"

#include <cstdint>

namespace pf::cli {

enum class Exit : std::uint8_t {
  ok = 0,
  unexpected = 1,
  usage = 2,
  no_login = 3,     // cannot connect or log in, nothing done
  differs = 4,      // verify found differences
  guard = 5,        // a safety guard withheld something
  some_failed = 6,  // finished, but some messages, mailboxes or accounts failed
  locked = 7,       // another run holds the lock
};

// Where several hold: 2, 130/143, 7, 3, 1, 5, 6, 4, 0.  `stop_signal`: the signal that asked to stop, 0 for
// none.
int exit_status(const sync::Summary& summary, int stop_signal);
// Of a fleet: what all of its accounts have in common, else 5, 6, 4, 0.  `check`: logins only, where one that
// fails means that nothing is begun.
int exit_status(const fleet::Summary& summary, bool check, int stop_signal);
// Of an error before any work.
int exit_status(const Error& error, int stop_signal);

}  // namespace pf::cli
