// Opens a mailbox however often the network breaks: first retry at once, then with growing pauses, until it
// works, the answer is final, the run stops, or there was no progress for too long.
#pragma once

#include "base/backoff.h"
#include "store/store.h"
#include "sync/context.h"

#include <memory>

namespace pf::sync {

// True when the same request may succeed later.
[[nodiscard]] inline bool worth_retrying(const Error& error) {
  return error.retry != Retry::never;
}

class Patience {
 public:
  explicit Patience(RunContext& run);

  // Something moved: start counting afresh.
  void progress() { backoff_.progress(); }
  // Waits as `error` and the past ask for.  False: give up (too often without progress, out of time, or
  // stopping).
  asio::awaitable<bool> wait(const Error& error, const std::string& what);

  Task<std::unique_ptr<store::OpenMailbox>> open(store::Store& store, const store::MailboxInfo& mailbox,
                                                 store::Access access);

 private:
  RunContext& run_;
  Backoff backoff_;
};

}  // namespace pf::sync
