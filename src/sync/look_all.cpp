#include "sync/look_all.h"

#include "async/group.h"
#include "sync/patience.h"
#include "sync/prepare.h"

#include <algorithm>

namespace pf::sync {

namespace {

class LookAll {
 public:
  explicit LookAll(Board& board) : board_(board) {}

  Task<void> go() {
    const std::size_t most = board_.run.most_lanes();
    const auto waiting = static_cast<std::size_t>(std::ranges::count_if(
        board_.jobs, [](const auto& job) { return job.phase == MailboxJob::Phase::waiting; }));
    co_await board_.run.source.expect(std::min(most, waiting));
    co_await board_.run.target.expect(std::min(most, waiting));
    TaskGroup looking;
    for (auto& job : board_.jobs) {
      if (job.phase != MailboxJob::Phase::waiting) continue;
      if (board_.run.stopping()) break;
      co_await looking.wait_below(most - 1);
      co_await looking.spawn(look(job));
    }
    auto looked = co_await looking.join();
    co_return looked;
  }

 private:
  Task<void> look(MailboxJob& job) {
    job.phase = MailboxJob::Phase::preparing;
    job.started = MonoClock::now();
    Patience patience(board_.run);
    for (;;) {
      job.forget_plan();
      auto looked = co_await prepare(board_.run, job, patience);
      if (job.phase == MailboxJob::Phase::done) co_return Status{};  // it could not be made
      if (looked) break;
      const Scope scope = looked.error().scope;
      if (scope == Scope::mailbox || scope == Scope::message) {
        board_.fail(job, looked.error());
        co_return Status{};
      }
      if (!will_pass(looked.error())) co_return looked;
      const bool again = co_await patience.wait(looked.error(), job.report.source);
      if (!again) co_return looked;
    }
    if (job.opened_source) ignore(co_await job.opened_source->close());
    job.opened_source.reset();  // there are more mailboxes than connections
    job.phase = MailboxJob::Phase::ready;
    board_.run.meter.expect(job.queue.size(), job.queued_bytes);
    MailboxStarted started{job.report.source, job.report.target, job.report.source_messages, job.queue.size(),
                           job.queued_bytes};
    board_.run.observer(Event(std::move(started)));
    co_return Status{};
  }

  Board& board_;
};

}  // namespace

Task<void> look_at_all(Board& board) {
  LookAll all(board);
  auto looked = co_await all.go();
  co_return looked;
}

}  // namespace pf::sync
