// Many accounts in one run: what goes in, what happens and what came of it, as values.  `app::run_fleet` runs
// it.
#pragma once

#include "base/secret.h"
#include "config/account.h"
#include "sync/report.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pf::fleet {

// One account on its way from one store to another.
struct Pair {
  std::string name;     // how reports call it: "joe@example.com"
  std::size_t row = 0;  // where the list has it, for error texts; 0: nowhere
  config::Account from, to;
  // Empty: read from where the account says (environment, file, command) when its turn comes.
  Secret from_password, to_password;
};

enum class Work : std::uint8_t {
  sync,
  verify,
  check,    // log in at both ends and list the mailboxes, nothing more
  measure,  // and tell how much there is at the source and how much the target takes
};

// At once; 0: chosen.  Only accounts that move count: one that has waited some seconds for its server gives
// its places to others and takes them again when it goes on.
struct Limits {
  std::size_t accounts = 0;
  std::size_t per_host = 0;  // a pair counts at both of its hosts
};

// Which account begins first.  By size: each account is looked at before any work (as with
// FleetPolicy::check_first), and one whose size is not known comes last.
enum class Order : std::uint8_t { list, largest_first, smallest_first };

enum class Phase : std::uint8_t {
  waiting,
  running,
  done,      // nothing is left to be desired, but for verify's differences
  failed,    // all or some of it: see the summary
  not_done,  // the run ended before its turn, or before its end: run again to go on
  skipped,   // not asked for: only what failed last time was
};
std::string_view name(Phase phase);  // "waiting", ..., "not-done": stable, used in reports
// What the end of a run of one account makes of it: done, failed or not_done.
Phase phase_of(const sync::Summary& ended);

struct AccountResult {
  std::size_t pair = 0;  // index into the list of pairs
  Phase phase = Phase::waiting;
  sync::Summary summary;  // of all attempts of this run together
  double seconds = 0;     // of work, without pauses
  // What the look before the work counted at the source; nothing where there was none.
  std::optional<std::uint64_t> messages_found;

  // Why it failed or was not done, one line for a person; empty when all is well.
  [[nodiscard]] std::string reason() const;
};

// Of all accounts together, while they run and at the end.
struct Totals {
  std::size_t accounts = 0, waiting = 0, running = 0, done = 0, failed = 0, not_done = 0, skipped = 0;
  std::size_t stalled = 0;  // of those running
  // Copied so far; of those known so far (accounts that have not begun are not in it).
  std::uint64_t messages = 0, messages_expected = 0;
  std::uint64_t bytes = 0, bytes_expected = 0;
  double seconds = 0;
  double bytes_per_second = 0, messages_per_second = 0;  // of the last seconds
  std::optional<double> seconds_left;                    // a guess, once there is something to go by
  bool checking = false;  // the pass of logins before the work; `done` are those that were let in
};

// Events, one at a time, in order for each account; from several threads.
struct AccountStarted {
  std::size_t pair = 0;
};
struct AccountEvent {  // what a run of one account would tell
  std::size_t pair = 0;
  sync::Event event;
};
struct AccountFinished {  // valid during the call
  const AccountResult* result = nullptr;
};
struct Progress {  // some a second
  Totals totals;
};
struct Notice {  // what concerns the whole run: for -v and the live line
  std::string text;
};
using Event = std::variant<AccountStarted, AccountEvent, AccountFinished, Progress, Notice>;
using Observer = std::function<void(const Event&)>;

struct Summary {
  Totals totals;
  std::vector<AccountResult> accounts;  // in the order of the list
  bool stopped_early = false;           // fail-fast: at the first account that failed
  bool interrupted = false;             // somebody wanted it to stop
  std::optional<Error> fatal;           // the run could not start: no account was begun
  std::vector<std::string> warnings;    // of the run as a whole

  [[nodiscard]] bool all_done() const { return !fatal && totals.done + totals.skipped == totals.accounts; }
};

}  // namespace pf::fleet
