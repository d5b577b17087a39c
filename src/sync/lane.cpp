#include "sync/lane.h"

#include "sync/lost_batches.h"

#include <algorithm>

namespace pf::sync {

Task<void> Lane::work(MailboxJob& job, std::size_t sharers, const Meanwhile& meanwhile) {
  // What a lane before us had to leave.
  job.allowance = run_.allowance;
  const bool open =
      std::ranges::any_of(job.unresolved, [](const Unresolved& u) { return u.unanswered != 0; });
  if (open && job.lanes == 1) PF_CO_TRYV(co_await recover_lost(run_, job, patience_));
  for (;;) {
    auto moved = co_await transfer(job, sharers);
    if (filling_ && !filling_->empty() && !append_error_) {
      auto sent = co_await send_batch(job);
      if (moved && !sent) moved = sent;
    }
    TaskGroup beside;
    if (moved && !append_error_ && job.queue.empty()) {
      co_await let_go_source(job);
      co_await beside.spawn(meanwhile());
    }
    ignore(co_await appends_.join());
    put_back_batch(job);
    const std::optional<Error> target_broke = std::exchange(append_error_, std::nullopt);
    co_await let_go();  // before `beside` is waited for: it may need the connection
    ignore(co_await beside.join());
    if (!target_broke && (moved || !will_pass(moved.error()))) {
      if (!moved || nothing_to_take(job) || held_up(job)) co_return moved;
      co_await let_go_ahead();
      continue;  // something came back
    }
    co_await let_go_ahead();
    const Error error = target_broke ? *target_broke : moved.error();
    if (error.code == Errc::too_many_connections && job.lanes > 1) co_return error;  // others are at it
    const bool again =
        co_await patience_.wait(error, target_broke ? run_.target.label() : run_.source.label());
    if (!again) co_return error;
    if (target_broke) PF_CO_TRYV(co_await recover_lost(run_, job, patience_));
  }
}

Task<void> Lane::transfer(MailboxJob& job, std::size_t sharers) {
  if (nothing_to_take(job)) co_return Status{};
  {
    TaskGroup opening;
    co_await opening.spawn(open_source(job));
    co_await opening.spawn(open_target(job));
    PF_CO_TRYV(co_await opening.join());
  }
  while (!append_error_ && !nothing_to_take(job)) {
    const bool go_on = co_await may_append(job);
    if (!go_on || nothing_to_take(job)) break;
    Chunk chunk;
    chunk.sharers = sharers;
    auto copied = co_await copy_chunk(job, chunk);
    std::vector<CopyItem> left;
    for (auto& [ref, item] : chunk.wanted) left.push_back(std::move(item));
    job.requeue(std::move(left), run_.policy.order);
    if (!copied) co_return copied;
  }
  co_return Status{};
}

Task<void> Lane::open_source(MailboxJob& job) {
  if (!source_) source_ = std::move(job.opened_source);
  if (!source_) {
    PF_CO_TRY(source_, co_await patience_.open(run_.source, job.mapped.source, store::Access::read));
  }
  if (source_->status().epoch != job.source_status.epoch) {
    co_return Error(Errc::protocol, Scope::mailbox, Retry::later,
                    job.report.source + ": the source renumbered its messages (UIDVALIDITY) during the run",
                    {}, "Run again.");
  }
  co_return Status{};
}

Task<void> Lane::open_target(MailboxJob& job) {
  if (!target_) {
    PF_CO_TRY(target_, co_await patience_.open(run_.target, job.mapped.target, store::Access::append));
  }
  co_return Status{};
}

asio::awaitable<void> Lane::let_go() {
  if (source_) ignore(co_await source_->close());
  if (target_) ignore(co_await target_->close());
  source_.reset();
  target_.reset();
}

// Also what was opened for a mailbox that had nothing to copy.
asio::awaitable<void> Lane::let_go_source(MailboxJob& job) {
  if (source_) ignore(co_await source_->close());
  source_.reset();
  if (job.opened_source) ignore(co_await job.opened_source->close());
  job.opened_source.reset();
}

MailboxJob* Lane::ahead() const {
  const bool ours = ahead_ != nullptr && ahead_->phase == MailboxJob::Phase::ready && ahead_->lanes == 0;
  return ours ? ahead_ : nullptr;
}

asio::awaitable<void> Lane::let_go_ahead() {
  MailboxJob* const job = ahead();
  if (job == nullptr || !job->opened_source) co_return;
  const auto opened = std::move(job->opened_source);
  ignore(co_await opened->close());
}

asio::awaitable<bool> Lane::may_append(MailboxJob& job) {
  while (job.recovering) co_await job.changed.wait();
  co_return !held_up(job);
}

bool Lane::nothing_to_take(const MailboxJob& job) const {
  return job.queue.empty() || run_.allowance->refuses(job.queue.front().size);
}

bool Lane::held_up(const MailboxJob& job) const {
  return append_error_ || run_.stopping() || run_.appends_stopped || job.error;
}

bool Lane::too_large_for_batch(std::uint64_t size) const {
  return size > std::min<std::uint64_t>(run_.target.features().batch_message_bytes, memory_.least_octets());
}

}  // namespace pf::sync
