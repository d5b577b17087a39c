// What a MaildirStore shares with the mailboxes it has opened.
#pragma once

#include "async/event.h"
#include "async/worker_pool.h"
#include "base/log.h"
#include "base/printable.h"
#include "store/maildir/layout.h"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pf::store::maildir {

struct Session {
  std::shared_ptr<WorkerPool> pool;
  Log log;
  std::shared_ptr<Layout> layout;  // once connected
  bool aborted = false;
  std::size_t open = 0;
  Event freed;
  std::uint64_t commands = 0;

  [[nodiscard]] static Error cancelled() {
    return {Errc::cancelled, Scope::run, Retry::never, "the Maildir was closed"};
  }
};

// `work` on the pool, its errors made those of this store.
template <class T, class Work>
Task<T> on_pool(std::shared_ptr<Session> session, Scope scope, Work work) {
  if (session->aborted) co_return Session::cancelled();
  auto done = co_await session->pool->call<T>(std::move(work));
  if (session->aborted) co_return Session::cancelled();
  if (!done) {
    auto& error = done.error();
    // A full disk is nothing a message or a mailbox could be blamed for.
    if (error.code == Errc::over_quota) {
      error.scope = Scope::account;
    } else if (error.scope > scope) {
      error.scope = scope;
    }
  }
  co_return done;
}

}  // namespace pf::store::maildir
