#include "sync/lane.h"

#include "sync/headed_source.h"
#include "sync/lost_batches.h"

#include <algorithm>

namespace pf::sync {

namespace {

// Memory of one batch.  A lane has one that is being filled, and others on the wire, so that a long line
// stays full: where there are many lanes fewer each, so that six take little more memory than four.
constexpr std::size_t batch_bytes = std::size_t{896} << 10;
constexpr std::size_t batches_on_all_wires = 12;
constexpr std::size_t fewest_on_the_wire = 2, most_on_the_wire = 3;
constexpr std::size_t fewest_batch_messages = 10;
constexpr std::size_t most_batch_messages = 200;
// What a lane takes from the queue at a time: enough to keep the pipe full, not so much that others go empty.
constexpr std::size_t most_chunk_messages = 1000;
constexpr std::size_t least_chunk_messages = 50;
constexpr std::uint64_t most_chunk_bytes = std::uint64_t{64} << 20;

std::size_t batches_on_the_wire(const RunContext& run) {
  const std::size_t lanes = std::max<std::size_t>(1, run.target.features().parallel);
  return std::clamp(batches_on_all_wires / lanes, fewest_on_the_wire, most_on_the_wire);
}

double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

// ---- one mailbox

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
    std::vector<MessageRef> refs;
    Wanted wanted = take_chunk(job, sharers, refs);
    auto copied = co_await copy_chunk(job, std::move(refs), wanted);
    std::vector<CopyItem> left;
    for (auto& [ref, item] : wanted) left.push_back(std::move(item));
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
  return size > std::min<std::uint64_t>(run_.target.features().batch_message_bytes, batch_bytes);
}

// ---- reading

// A FETCH is answered in ascending order whatever it asks for.  So newest first goes by chunks of one batch,
// which is turned round before it is sent.
Lane::Wanted Lane::take_chunk(MailboxJob& job, std::size_t sharers, std::vector<MessageRef>& refs) {
  const std::size_t share = sharers > 1 ? job.queue.size() / (2 * sharers) : most_chunk_messages;
  std::size_t most = std::clamp(share, least_chunk_messages, most_chunk_messages);
  std::uint64_t most_bytes = most_chunk_bytes;
  if (run_.policy.order == Order::newest) {
    most = single_file_ ? 1 : batch_messages_;
    most_bytes = batch_bytes;
  }
  // Where a rate is set, a chunk is no more than what soon can go on: a source that has to wait in the middle
  // of an answer may lose patience.
  for (const Pace* pace : {run_.source_pace.get(), run_.target_pace.get()}) {
    if (!pace->limited()) continue;
    most = std::min<std::uint64_t>(most, pace->messages_at_once());
    most_bytes = std::min(most_bytes, pace->octets_at_once());
  }
  std::uint64_t bytes = 0;
  Wanted wanted;
  while (!nothing_to_take(job) && refs.size() < most &&
         (refs.empty() || bytes + job.queue.front().size <= most_bytes)) {
    const bool alone = goes_alone(job.queue.front());
    if (alone && !refs.empty()) break;
    if (alone) most = 1;
    CopyItem item = job.take();
    bytes += item.size;
    refs.push_back(item.ref);
    std::string key(item.ref.bytes());
    wanted.emplace(std::move(key), std::move(item));
  }
  return wanted;
}

bool Lane::goes_alone(const CopyItem& item) const {
  if (suspects_.contains(item.ref)) return true;
  return run_.policy.order == Order::newest && (item.attempts > 0 || too_large_for_batch(item.size));
}

// Leaves in `wanted` what was not dealt with.
Task<void> Lane::copy_chunk(MailboxJob& job, std::vector<MessageRef> refs, Wanted& wanted) {
  refusal_.reset();
  std::uint64_t octets = 0;
  for (const auto& [ref, item] : wanted) octets += item.size;
  const bool go_on = co_await run_.source_pace->pass(wanted.size(), octets);
  if (!go_on) co_return Status{};
  PF_CO_TRY(auto stream, co_await source_->read(std::move(refs)));
  auto copied = co_await read_bodies(job, *stream, wanted);
  auto closed = co_await stream->close();
  if (!copied) co_return copied;
  if (!closed) co_return closed;
  if (held_up(job)) co_return Status{};
  if (run_.policy.order == Order::newest) {
    // Sizes lied and the chunk did not fit: one by one, so that the order holds.
    single_file_ = single_file_ || overflow_;
    if (std::exchange(overflow_, false)) co_return Status{};
    if (filling_ && !filling_->empty()) PF_CO_TRYV(co_await send_batch(job));
  }
  if (wanted.empty()) co_return Status{};
  if (refusal_ && refusal_->code == Errc::throttled) {
    auto waited = co_await wait_for_source(*refusal_);
    co_return waited;
  }
  if (refusal_) co_await patience_.wait(*refusal_, run_.source.label());  // it may only want us to go slower
  if (run_.stopping()) co_return Status{};
  auto accounted = co_await account_for_missing(job, wanted);
  co_return accounted;
}

// Nothing is wrong with the messages: they go back to the queue.
Task<void> Lane::wait_for_source(Error refusal) {
  const bool again = co_await patience_.wait(refusal, run_.source.label());
  if (again || run_.stopping()) co_return Status{};
  refusal.scope = Scope::account;
  co_return refusal;
}

Task<void> Lane::read_bodies(MailboxJob& job, store::MessageStream& stream, Wanted& wanted) {
  while (!append_error_) {
    const bool go_on = co_await may_append(job);
    if (!go_on) break;
    const TimePoint asked = MonoClock::now();
    auto item = co_await stream.next();
    run_.summary.waited_source += to_seconds(MonoClock::now() - asked);
    if (!item) {
      if (item.error().scope != Scope::message) co_return item.error();
      const auto to_blame = wanted.find(std::string(stream.failed_ref().bytes()));
      if (to_blame != wanted.end() && item.error().retry == Retry::never) {
        give_up_reading(job, to_blame->second, item.error());
        wanted.erase(to_blame);
        continue;
      }
      run_.notice(item.error().describe());
      // What it concerns stays in `wanted` and is asked for again.
      if (!refusal_ || refusal_->code != Errc::throttled) refusal_ = item.error();
      continue;
    }
    if (!*item) break;
    const auto known = wanted.find(std::string((*item)->ref.bytes()));
    if (known == wanted.end()) continue;  // twice, or never asked for
    if (breaks_order((*item)->body->size(), wanted)) {
      overflow_ = true;
      put_back_batch(job);
      break;
    }
    PF_CO_TRY(const bool taken, co_await take_message(job, **item, known->second));
    if (!taken) break;
    wanted.erase(known);
  }
  co_return Status{};
}

// The source knows what is wrong with this one, and that it will stay so.
void Lane::give_up_reading(MailboxJob& job, const CopyItem& item, const Error& error) {
  ++job.report.failed;
  job.incomplete = true;
  run_.meter.done(job.report.source, 1, item.size);
  run_.fail(failure_of(job.report.source, run_.source.ref_text(item.ref), error));
}

// Newest first a chunk must leave as one batch, or not as a chunk.
bool Lane::breaks_order(std::uint64_t size, const Wanted& wanted) const {
  if (run_.policy.order != Order::newest) return false;
  const bool waiting = filling_ && !filling_->empty();
  if (wanted.size() == 1 && !waiting) return false;
  return too_large_for_batch(size) || (waiting && !filling_->fits(size));
}

Task<bool> Lane::take_message(MailboxJob& job, store::MessageStream::Item item, CopyItem wanted) {
  const std::uint64_t size = item.body->size();
  if (too_large_for_batch(size)) {
    auto copied = co_await copy_large(job, wanted, *item.body);
    co_return copied;
  }
  const bool alone =
      wanted.attempts > 0;  // it was there when a connection broke: if it is to blame, it shall be known
  if (filling_ && !filling_->empty() && (alone || batch_is_full(size))) {
    PF_CO_TRYV(co_await send_batch(job));
    if (held_up(job)) co_return false;
  }
  if (!filling_) filling_ = fresh_batch();
  PF_CO_TRYV(co_await filling_->take(wanted, *item.body));
  if (alone) PF_CO_TRYV(co_await send_batch(job));
  co_return true;
}

bool Lane::batch_is_full(std::uint64_t next) const {
  const std::size_t messages = filling_->messages().size();
  if (!filling_->fits(next) || messages >= batch_messages_) return true;
  // Newest first a chunk is one batch, and was measured when it was taken.
  if (!run_.target_pace->limited() || run_.policy.order == Order::newest) return false;
  return messages >= run_.target_pace->messages_at_once() ||
         filling_->bytes() + next > run_.target_pace->octets_at_once();
}

// Vanished from the source, or not delivered although it is there.  Where the server refused to go on (Yahoo
// does at one bad message), the first that is missing is suspected, and the others are innocent.
Task<void> Lane::account_for_missing(MailboxJob& job, Wanted& wanted) {
  std::vector<MessageRef> refs;
  for (const auto& [key, item] : wanted) refs.push_back(item.ref);
  const MessageRef first = *std::ranges::min_element(refs);
  PF_CO_TRY(const auto there, co_await source_->fetch(refs, store::ScanFields::refs));
  std::vector<CopyItem> once_more;
  for (auto& [key, item] : std::exchange(wanted, {})) {
    const bool present = std::ranges::any_of(there, [&](const MessageMeta& m) { return m.ref == item.ref; });
    CopyItem again = item;
    if (!present) {
      ++job.report.vanished;
      run_.meter.done(job.report.source, 1, item.size);
    } else if ((refusal_ && item.ref != first) || ++again.attempts < max_attempts) {
      if (!refusal_ || item.ref == first) suspects_.insert(item.ref);
      once_more.push_back(std::move(again));
    } else {
      const Error error(Errc::unavailable, Scope::message, Retry::later,
                        "the source lists the message but does not deliver it",
                        refusal_ ? refusal_->server_text : std::string{},
                        "Open it in a mail program; the next run tries again.");
      give_up_reading(job, item, error);
    }
  }
  job.requeue(std::move(once_more), run_.policy.order);
  co_return Status{};
}

void Lane::put_back_batch(MailboxJob& job) {
  if (!filling_) return;
  std::vector<CopyItem> items;
  for (const auto& m : filling_->messages()) items.push_back(m.item);
  job.requeue(std::move(items), run_.policy.order);
  filling_->clear();
}

// ---- appending

std::unique_ptr<Batch> Lane::fresh_batch() {
  if (spare_.empty()) return std::make_unique<Batch>(batch_bytes);
  auto batch = std::move(spare_.back());
  spare_.pop_back();
  return batch;
}

Task<void> Lane::send_batch(MailboxJob& job) {
  const TimePoint start = MonoClock::now();
  co_await appends_.wait_below(batches_on_the_wire(run_) - 1);
  while (job.recovering) co_await job.changed.wait();
  run_.summary.waited_target += to_seconds(MonoClock::now() - start);
  if (held_up(job)) co_return Status{};  // the batch goes back to the queue
  ++job.appending;
  co_await appends_.spawn(append_batch(job, std::move(filling_)));
  co_return Status{};
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
  auto done = co_await finish_append(job, std::move(outgoing));
  batch->clear();
  spare_.push_back(std::move(batch));
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
