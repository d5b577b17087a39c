// Opens a mailbox however often the network breaks: first retry at once, then with growing pauses, until it
// works, the answer is final, the run stops, or there was no progress for too long.
#pragma once

#include "base/backoff.h"
#include "store/store.h"
#include "sync/context.h"

#include <memory>
#include <string>
#include <type_traits>

namespace pf::sync {

// True when the same request may succeed later.
[[nodiscard]] inline bool worth_retrying(const Error& error) {
  return error.retry != Retry::never;
}

// True when only the connection is to blame, or the server wants to be left alone for a while: all of it may
// be tried again.
[[nodiscard]] inline bool will_pass(const Error& error) {
  return error.scope == Scope::connection || error.code == Errc::throttled;
}

class Patience {
 public:
  explicit Patience(RunContext& run);

  // Something moved: start counting afresh.
  void progress() { backoff_.progress(); }
  // Waits as `error` and the past ask for.  False: give up (too often without progress, out of time, or
  // stopping).
  asio::awaitable<bool> wait(const Error& error, const std::string& what);
  // What it is about has become useless: a wait ends, and nobody waits again.
  void call_off() { called_off_ = true; }

  Task<std::unique_ptr<store::OpenMailbox>> open(store::Store& store, const store::MailboxInfo& mailbox,
                                                 store::Access access);
  Task<store::Store::Opened> open_and_scan(store::Store& store, const store::MailboxInfo& mailbox,
                                           store::Access access, store::ScanFields fields);

 private:
  template <class Attempt>
  std::invoke_result_t<Attempt&> until_open(store::Store& store, Attempt attempt);

  RunContext& run_;
  Backoff backoff_;
  bool called_off_ = false;
};

// Calls `attempt`, which gives a Task, again for as long as the error is one that will pass.
template <class Attempt>
std::invoke_result_t<Attempt&> patiently(RunContext& run, std::string what, Attempt attempt) {
  Patience patience(run);
  for (;;) {
    auto done = co_await attempt();
    if (done || !will_pass(done.error())) co_return done;
    const bool again = co_await patience.wait(done.error(), what);
    if (!again) co_return done;
  }
}

}  // namespace pf::sync
