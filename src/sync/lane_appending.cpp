// The half of a lane that appends: batches on the wire to the target.
#include "sync/headed_source.h"
#include "sync/lane.h"

#include <algorithm>

namespace pf::sync {

namespace {

// So that a long line stays full.  Where there are many lanes fewer each.
constexpr std::size_t batches_on_all_wires = 10;
constexpr std::size_t fewest_on_the_wire = 2, most_on_the_wire = 3;
constexpr std::size_t fewest_batch_messages = 10;
constexpr std::size_t most_batch_messages = 200;

std::size_t batches_on_the_wire(const RunContext& run) {
  return std::clamp(batches_on_all_wires / run.most_lanes(), fewest_on_the_wire, most_on_the_wire);
}

}  // namespace

Lane::Lane(RunContext& run)
    : run_(run),
      patience_(run),
      memory_(BatchMemory::of_a_lane(run.most_lanes(), batches_on_the_wire(run))) {}

// Waits until there is memory for it.
asio::awaitable<void> Lane::begin_batch() {
  if (memory_.is_whole() != one_at_a_time_) {
    co_await wait_for_answers(0);
    memory_.lay_out(one_at_a_time_);
  }
  co_await wait_for_answers(memory_.batches() - 1);
  filling_ = memory_.take();
}

Task<void> Lane::send_batch(MailboxJob& job) {
  co_await wait_for_answers(batches_on_the_wire(run_) - 1);
  while (job.recovering) co_await job.changed.wait();
  if (held_up(job)) co_return Status{};  // the batch goes back to the queue
  ++job.appending;
  co_await appends_.spawn(append_batch(job, std::move(filling_)));
  co_return Status{};
}

// Until at most so many batches are on the wire.
asio::awaitable<void> Lane::wait_for_answers(std::size_t open) {
  const TimePoint start = MonoClock::now();
  co_await appends_.wait_below(open);
  run_.summary.waited_target += to_seconds(MonoClock::now() - start);
}

Task<void> Lane::append_batch(MailboxJob& job, std::unique_ptr<Batch> batch) {
  std::vector<MemorySource> bodies;
  bodies.reserve(batch->messages().size());
  std::vector<Outgoing> outgoing;
  for (const auto& m : batch->messages()) {
    bodies.emplace_back(batch->body(m));
    Outgoing out;
    out.item = m.item;
    out.size = m.size;
    out.key = m.key;
    out.body = out.memory = &bodies.back();
    outgoing.push_back(std::move(out));
  }
  if (run_.policy.order == Order::newest) std::ranges::reverse(outgoing);
  const Duration filling = std::exchange(filling_took_, Duration::zero());
  const TimePoint start = MonoClock::now();
  auto done = co_await finish_append(job, std::move(outgoing));
  const TimePoint end = MonoClock::now();
  // One that came right behind another tells what the target takes; one alone, the length of the line
  // besides.
  if (!append_error_ && (one_at_a_time_ || answered_ > start))
    weigh(filling, end - std::max(start, answered_));
  answered_ = end;
  memory_.give_back(std::move(batch));
  co_return done;
}

Task<void> Lane::finish_append(MailboxJob& job, std::vector<Outgoing> outgoing) {
  BatchAppend append(run_, job, *target_, patience_);
  auto done = co_await append.send(std::move(outgoing));
  --job.appending;
  job.changed.notify_all();
  run_.summary.waited_commit += to_seconds(append.took());
  if (done) {
    if (!append.held_back()) patience_.progress();
    auto adapted = co_await adapt(append.took());
    co_return adapted;
  }
  if (done.error().scope == Scope::connection) {
    append_error_ = done.error();
  } else {
    job.error = done.error();
  }
  co_return Status{};
}

// Larger batches while the target commits quickly, smaller ones when it takes its time.
Task<void> Lane::adapt(Duration took) {
  if (took > std::chrono::seconds(2)) batch_messages_ = std::max(fewest_batch_messages, batch_messages_ / 2);
  if (took < std::chrono::milliseconds(300))
    batch_messages_ = std::min(most_batch_messages, batch_messages_ + 10);
  if (took <= slowest_noted_) co_return Status{};
  slowest_noted_ = took;
  auto noted = co_await run_.journal.note_commit(took);
  co_return noted;
}

// Each batch costs the target a commit and us a transaction: one large batch is better than several small
// ones, where the target would hardly have to wait while it is filled (10,000 messages on loopback: 4 % less
// time, 8 % less CPU).  Newest first a batch is as large as the chunk that was asked for.
void Lane::weigh(Duration filling, Duration appending) {
  const int much = one_at_a_time_ ? 4 : 8;  // not to and fro
  one_at_a_time_ = run_.policy.order == Order::oldest && filling * much < appending;
}

// Too large to be held: straight from the source's connection into the target's, alone.
Task<bool> Lane::copy_large(MailboxJob& job, const CopyItem& item, store::MessageSource& body) {
  if (filling_ && !filling_->empty()) PF_CO_TRYV(co_await send_batch(job));
  co_await appends_.wait_below(0);
  HeadedSource whole(body);
  PF_CO_TRY(const MessageKey key, co_await whole.read_head());
  while (job.recovering) co_await job.changed.wait();
  if (held_up(job)) co_return false;
  Outgoing out;
  out.item = item;
  out.size = body.size();
  out.key = key;
  out.body = &whole;
  std::vector<Outgoing> one;
  one.push_back(std::move(out));
  ++job.appending;
  PF_CO_TRYV(co_await finish_append(job, std::move(one)));
  co_return true;
}

}  // namespace pf::sync
