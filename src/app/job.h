// The composition root as a face sees it: describe a job, run it, watch its events, stop it.
#pragma once

#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "config/account.h"
#include "sync/policy.h"
#include "sync/report.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pf {
class WorkerPool;
}

namespace pf::app {

struct Endpoint {
  config::Account account;
  Secret password;
};

struct Environment {
  std::string state_dir;                           // made 0700 when missing
  bool state = true;                               // false: remember nothing (verify, doctor, tests)
  std::string trace_file;                          // redacted protocol transcript; empty: none
  bool allow_damaged = false;                      // archives: read also what is not as it was written
  bool compress = false;                           // COMPRESS=DEFLATE when offered
  Duration io_timeout = std::chrono::seconds(60);  // no octet in either direction while something is awaited
  Log log;
  // Puts a question of several lines at most to a person, who says yes or no; empty: there is nobody to ask,
  // and the answer is no.  Blocks.
  std::function<bool(const std::string& question)> ask;
  // Of one run among many, set by whoever runs them.
  Duration thrift{};                           // see store::ImapStoreOptions
  std::shared_ptr<WorkerPool> file_workers{};  // for archives and Maildirs; null: each has its own
};

// Set from a signal handler or another thread: 1 asks for an orderly end, 2 for an end now.
using StopFlag = std::atomic<int>;

// Each runs its own event loop on the calling thread until the job has ended, and reports through `observer`.
sync::Summary run_sync(const Endpoint& from, const Endpoint& to, const sync::Policy& policy,
                       const Environment& environment, const sync::Observer& observer, StopFlag& stop);
sync::Summary run_verify(const Endpoint& from, const Endpoint& to, const sync::VerifyPolicy& policy,
                         const Environment& environment, const sync::Observer& observer, StopFlag& stop);

// A run of these two accounts that removed something.
struct RemovalRun {
  std::int64_t id = 0;
  std::int64_t wall_seconds = 0;  // when it began, unix time
  std::string mode;               // "mirror", "two-way"
  std::uint64_t quarantined = 0;  // messages that can be put back
  std::uint64_t for_good = 0;     // expunged
  std::uint64_t undone = 0;       // put back since
};
// Ascending by id.  Needs no connection and no password.
Result<std::vector<RemovalRun>> list_runs(const config::Account& from, const config::Account& to,
                                          const Environment& environment);
// Puts back what the run removed; `restored` of the summary counts it.
sync::Summary run_undo(const Endpoint& from, const Endpoint& to, std::int64_t run, const sync::Timing& timing,
                       const Environment& environment, const sync::Observer& observer, StopFlag& stop);

// One line of doctor's answer.
struct Finding {
  enum class Level : std::uint8_t { ok, note, warning, failure };
  Level level = Level::ok;
  std::string topic;   // "dns", "tcp", "tls", "greeting", "login", ...
  std::string text;    // what was found
  std::string remedy;  // what to do; empty when all is well
};
// `report` is called as each finding is made.  The result says what stopped the examination, if anything did.
Status run_doctor(const Endpoint& endpoint, const Environment& environment,
                  const std::function<void(const Finding&)>& report, StopFlag& stop);

// Reads the password of an account from where it says (env, file, command) or nothing when it names no
// source.
Result<Secret> read_password(const config::Account& account);

}  // namespace pf::app
