#include "app/pair_job.h"

#include "app/memory.h"
#include "app/stores.h"
#include "async/group.h"
#include "sync/run.h"
#include "sync/undo.h"
#include "sync/verify.h"

#include <algorithm>
#include <iterator>
#include <variant>

namespace pf::app {

namespace {

// What a comparison found, into the summary of the copy before it.
void add_comparison(sync::Summary& copy, sync::Summary found) {
  copy.missing = found.missing;
  copy.extra = found.extra;
  copy.different = found.different;
  copy.normalised = found.normalised;
  copy.verify_differs = found.verify_differs;
  copy.failed += found.failed;
  copy.bytes_sent += found.bytes_sent;
  copy.bytes_received += found.bytes_received;
  copy.seconds += found.seconds;
  std::ranges::move(found.failures, std::back_inserter(copy.failures));
  std::ranges::copy_if(found.warnings, std::back_inserter(copy.warnings), [&](const auto& w) {
    return std::ranges::find(copy.warnings, w) == copy.warnings.end();
  });
  for (auto& mailbox : copy.per_mailbox) {
    const auto same = std::ranges::find(found.per_mailbox, mailbox.source, &sync::MailboxReport::source);
    if (same == found.per_mailbox.end()) continue;
    mailbox.missing = same->missing;
    mailbox.extra = same->extra;
    mailbox.different = same->different;
    mailbox.normalised = same->normalised;
  }
  if (found.fatal) copy.fatal = std::move(found.fatal);
  if (found.outcome != sync::Outcome::ok) copy.outcome = found.outcome;
}

// To those who watch it is one run: no second beginning, no second report of a mailbox.
sync::Observer without_frame(const sync::Observer& observer) {
  return [&observer](const sync::Event& event) {
    const bool frame = std::holds_alternative<sync::RunStarted>(event) ||
                       std::holds_alternative<sync::MailboxStarted>(event) ||
                       std::holds_alternative<sync::MailboxDone>(event);
    if (!frame) observer(event);
  };
}

}  // namespace

sync::Summary refused(const Error& error) {
  sync::Summary summary;
  summary.outcome = sync::Outcome::failed;
  summary.fatal = error;
  summary.nothing_done = true;
  return summary;
}

// At work as long as it lives, however that ends.
class PairJob::Presence {
 public:
  Presence(PairJob& job, AtWork at_work) : job_(job) { job_.at_work_ = at_work; }
  ~Presence() { job_.at_work_.reset(); }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  PairJob& job_;
};

asio::awaitable<sync::Summary> PairJob::between(const sync::Policy& policy, const sync::Observer& observer,
                                                state::Writer* writer, const Work& work) {
  const bool both_ways = policy.mode == sync::Mode::two_way;
  auto memory = Memory::open(environment_, writer, from_.account.label(), to_.account.label(), both_ways);
  if (!memory) co_return refused(memory.error());
  const auto source = make_store(from_, Side::source, environment_, policy.connections, shared_.wiretap);
  const auto target = make_store(to_, Side::target, environment_, policy.connections, shared_.wiretap);
  sync::RunContext run(*source, *target, memory->journal(), policy, observer, stop_);
  run.ask = environment_.ask;
  run.back_journal = memory->back_journal();
  const Presence presence(*this, {source.get(), target.get(), &run});
  co_await work(run);
  TaskGroup leaving;
  co_await leaving.spawn(source->close());
  co_await leaving.spawn(target->close());
  ignore(co_await leaving.join());
  co_return std::move(run.summary);
}

asio::awaitable<sync::Summary> PairJob::sync(const sync::Policy& policy) {
  const Work copy = [](sync::RunContext& run) { return sync::run_copy(run); };
  auto summary = co_await between(policy, observer_, shared_.writer, copy);
  const bool whole = !summary.fatal && summary.outcome != sync::Outcome::interrupted;
  // What waits for the next run would only be called missing.
  if (!policy.verify_after || !whole || summary.left != 0) co_return summary;
  const sync::VerifyPolicy comparison{.mailboxes = policy.mailboxes,
                                      .messages = policy.messages,
                                      .connections = policy.connections,
                                      .timing = policy.timing};
  const auto observer = without_frame(observer_);
  add_comparison(summary, co_await compare(comparison, observer));
  co_return summary;
}

asio::awaitable<sync::Summary> PairJob::verify(const sync::VerifyPolicy& policy) {
  auto summary = co_await compare(policy, observer_);
  co_return summary;
}

asio::awaitable<sync::Summary> PairJob::compare(const sync::VerifyPolicy& policy,
                                                const sync::Observer& observer) {
  sync::Policy as_copy;
  as_copy.mailboxes = policy.mailboxes;
  as_copy.messages = policy.messages;
  as_copy.connections = policy.connections;
  as_copy.timing = policy.timing;
  const Work work = [content = policy.content](sync::RunContext& run) {
    return sync::run_verify(run, content);
  };
  auto summary = co_await between(as_copy, observer, nullptr, work);
  co_return summary;
}

asio::awaitable<sync::Summary> PairJob::undo(std::int64_t number, const sync::Timing& timing) {
  sync::Policy policy;
  policy.timing = timing;
  const Work work = [number](sync::RunContext& run) { return sync::run_undo(run, number); };
  auto summary = co_await between(policy, observer_, shared_.writer, work);
  co_return summary;
}

asio::awaitable<sync::Summary> PairJob::check(const sync::Policy& policy, sync::CheckDepth depth) {
  const Work work = [depth](sync::RunContext& run) { return sync::run_check(run, depth); };
  auto summary = co_await between(policy, observer_, nullptr, work);
  co_return summary;
}

void PairJob::abort() {
  if (!at_work_) return;
  at_work_->source->abort();
  at_work_->target->abort();
}

PairJob::Vitals PairJob::vitals() const {
  if (!at_work_) return {};
  const auto from = at_work_->source->traffic();
  const auto to = at_work_->target->traffic();
  Vitals vitals{.awaits_from = from.awaited != 0,
                .awaits_to = to.awaited != 0,
                .progress = at_work_->run->meter.progress()};
  vitals.moved = from.sent + from.received + to.sent + to.received + vitals.progress.bytes_done +
                 vitals.progress.messages_done + vitals.progress.mailboxes_done;
  return vitals;
}

}  // namespace pf::app
