// The half of a lane that reads: chunks of messages from the source, put together to batches.
#include "sync/lane.h"
#include "sync/lost_batches.h"

#include <algorithm>

namespace pf::sync {

namespace {

// What a lane takes from the queue at a time: enough to keep the pipe full, not so much that others go empty.
constexpr std::size_t most_chunk_messages = 1000;
constexpr std::size_t least_chunk_messages = 50;
// Where several lanes work on a mailbox.
constexpr std::size_t chunks_of_a_share = 4;
constexpr std::uint64_t most_chunk_bytes = std::uint64_t{64} << 20;

}  // namespace

// A FETCH is answered in ascending order whatever it asks for.  So newest first goes by chunks of one batch,
// which is turned round before it is sent.
std::vector<MessageRef> Lane::take_from_queue(MailboxJob& job, Chunk& chunk) {
  const std::size_t share =
      chunk.sharers > 1 ? job.queue.size() / (chunks_of_a_share * chunk.sharers) : most_chunk_messages;
  std::size_t most = std::clamp(share, least_chunk_messages, most_chunk_messages);
  std::uint64_t most_bytes = most_chunk_bytes;
  if (run_.policy.order == Order::newest) {
    most = single_file_ ? 1 : batch_messages_;
    most_bytes = memory_.least_octets();
  }
  // Where a rate is set, a chunk is no more than what soon can go on: a source that has to wait in the middle
  // of an answer may lose patience.
  for (const Pace* pace : {run_.source_pace.get(), run_.target_pace.get()}) {
    if (!pace->limited()) continue;
    most = std::min<std::uint64_t>(most, pace->messages_at_once());
    most_bytes = std::min(most_bytes, pace->octets_at_once());
  }
  std::uint64_t bytes = 0;
  std::vector<MessageRef> refs;
  while (!nothing_to_take(job) && refs.size() < most &&
         (refs.empty() || bytes + job.queue.front().size <= most_bytes)) {
    const bool alone = goes_alone(job.queue.front());
    if (alone && !refs.empty()) break;
    if (alone) most = 1;
    CopyItem item = job.take();
    bytes += item.size;
    refs.push_back(item.ref);
    std::string key(item.ref.bytes());
    chunk.wanted.emplace(std::move(key), std::move(item));
  }
  chunk.latest = refs.size();
  chunk.latest_octets = bytes;
  return refs;
}

bool Lane::goes_alone(const CopyItem& item) const {
  if (suspects_.contains(item.ref) || item.last_chance()) return true;
  return run_.policy.order == Order::newest && (item.attempts > 0 || too_large_for_batch(item.size));
}

// Leaves in `chunk.wanted` what was not dealt with.
Task<void> Lane::copy_chunk(MailboxJob& job, Chunk& chunk) {
  refusal_.reset();
  std::vector<MessageRef> refs = take_from_queue(job, chunk);
  const bool alone = refs.size() == 1 && goes_alone(chunk.wanted.begin()->second);
  const bool go_on = co_await run_.source_pace->pass(chunk.latest, chunk.latest_octets);
  if (!go_on) co_return Status{};
  PF_CO_TRY(auto stream, co_await source_->read(std::move(refs)));
  chunk.grows = stream->takes_more() && !alone && run_.policy.order == Order::oldest;
  auto copied = co_await read_bodies(job, *stream, chunk);
  auto closed = co_await stream->close();
  if (!copied) {
    if (copied.error().scope == Scope::connection) suspect_next(job, chunk, copied.error());
    co_return copied;
  }
  if (!closed) co_return closed;
  if (held_up(job)) co_return Status{};
  if (run_.policy.order == Order::newest) {
    // Sizes lied and the chunk did not fit: one by one, so that the order holds.
    single_file_ = single_file_ || overflow_;
    if (std::exchange(overflow_, false)) co_return Status{};
    if (filling_ && !filling_->empty()) PF_CO_TRYV(co_await send_batch(job));
  }
  if (chunk.wanted.empty()) co_return Status{};
  if (refusal_ && refusal_->code == Errc::throttled) {
    auto waited = co_await wait_for_source(*refusal_);
    co_return waited;
  }
  if (refusal_) co_await patience_.wait(*refusal_, run_.source.label());  // it may only want us to go slower
  if (run_.stopping()) co_return Status{};
  auto accounted = co_await account_for_missing(job, chunk);
  co_return accounted;
}

// Nothing is wrong with the messages: they go back to the queue.
Task<void> Lane::wait_for_source(Error refusal) {
  const bool again = co_await patience_.wait(refusal, run_.source.label());
  if (again || run_.stopping()) co_return Status{};
  refusal.scope = Scope::account;
  co_return refusal;
}

// Always one piece ahead of the one that comes, so that the source has the next question when it is done with
// one, however long the line is.
asio::awaitable<void> Lane::ask_for_more(MailboxJob& job, store::MessageStream& stream, Chunk& chunk) {
  if (!chunk.grows || chunk.wanted.size() > chunk.latest || refusal_) co_return;
  const bool limited = run_.source_pace->limited() || run_.target_pace->limited();
  if (limited || held_up(job) || nothing_to_take(job) || goes_alone(job.queue.front())) co_return;
  std::vector<MessageRef> refs = take_from_queue(job, chunk);
  const bool go_on = co_await run_.source_pace->pass(chunk.latest, chunk.latest_octets);
  if (go_on) co_await stream.more(std::move(refs));
}

Task<void> Lane::read_bodies(MailboxJob& job, store::MessageStream& stream, Chunk& chunk) {
  while (!append_error_) {
    const bool go_on = co_await may_append(job);
    if (!go_on) break;
    co_await ask_for_more(job, stream, chunk);
    const TimePoint asked = MonoClock::now();
    auto item = co_await stream.next();
    const Duration waited = MonoClock::now() - asked;
    run_.summary.waited_source += to_seconds(waited);
    filling_took_ += waited;
    if (!item) {
      if (item.error().scope != Scope::message) co_return item.error();
      const auto to_blame = chunk.wanted.find(std::string(stream.failed_ref().bytes()));
      if (to_blame != chunk.wanted.end() && item.error().retry == Retry::never) {
        give_up_reading(job, to_blame->second, item.error());
        chunk.wanted.erase(to_blame);
        continue;
      }
      run_.notice(item.error().describe());
      // What it concerns stays in the chunk and is asked for again.
      if (!refusal_ || refusal_->code != Errc::throttled) refusal_ = item.error();
      continue;
    }
    if (!*item) break;
    const auto known = chunk.wanted.find(std::string((*item)->ref.bytes()));
    if (known == chunk.wanted.end()) continue;  // twice, or never asked for
    if (breaks_order((*item)->body->size(), chunk)) {
      overflow_ = true;
      put_back_batch(job);
      break;
    }
    PF_CO_TRY(const bool taken, co_await take_message(job, **item, known->second));
    if (!taken) break;
    chunk.wanted.erase(known);
  }
  co_return Status{};
}

// The connection broke where this one was to come.
void Lane::suspect_next(MailboxJob& job, Chunk& chunk, const Error& error) {
  if (chunk.wanted.empty() || run_.stopping()) return;
  const auto next = std::ranges::min_element(chunk.wanted, {}, [](const auto& w) { return w.second.ref; });
  CopyItem& item = next->second;
  suspects_.insert(item.ref);
  if (++item.attempts < max_attempts) return;
  const Error why(Errc::disconnected, Scope::message, Retry::later,
                  "the source drops the connection whenever this message is read", error.server_text,
                  "Look at the source server's log, or open it in a mail program; the next run tries again.");
  give_up_reading(job, item, why);
  chunk.wanted.erase(next);
}

// The source knows what is wrong with this one, and that it will stay so.
void Lane::give_up_reading(MailboxJob& job, const CopyItem& item, const Error& error) {
  ++job.report.failed;
  job.incomplete = true;
  run_.meter.done(job.report.source, 1, item.size);
  run_.fail(failure_of(job.report.source, run_.source.ref_text(item.ref), error));
}

// Newest first a chunk must leave as one batch, or not as a chunk.
bool Lane::breaks_order(std::uint64_t size, const Chunk& chunk) const {
  if (run_.policy.order != Order::newest) return false;
  const bool waiting = filling_ && !filling_->empty();
  if (chunk.wanted.size() == 1 && !waiting) return false;
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
  const bool solitary = wanted.last_chance();
  if (solitary) co_await wait_for_answers(0);
  if (!filling_) co_await begin_batch();
  if (held_up(job)) co_return false;
  const TimePoint start = MonoClock::now();
  PF_CO_TRYV(co_await filling_->take(wanted, *item.body));
  filling_took_ += MonoClock::now() - start;
  if (alone) PF_CO_TRYV(co_await send_batch(job));
  if (solitary) co_await wait_for_answers(0);
  co_return true;
}

bool Lane::batch_is_full(std::uint64_t next) const {
  const std::size_t messages = filling_->messages().size();
  if (!filling_->fits(next)) return true;
  // Newest first a chunk is one batch, and was measured when it was taken.
  if (run_.policy.order == Order::newest) return false;
  if (messages >= batch_messages_) return true;
  if (!run_.target_pace->limited()) return false;
  return messages >= run_.target_pace->messages_at_once() ||
         filling_->bytes() + next > run_.target_pace->octets_at_once();
}

// Vanished from the source, or not delivered although it is there.  Where the server refused to go on (Yahoo
// does at one bad message), the first that is missing is suspected, and the others are innocent.
Task<void> Lane::account_for_missing(MailboxJob& job, Chunk& chunk) {
  std::vector<MessageRef> refs;
  for (const auto& [key, item] : chunk.wanted) refs.push_back(item.ref);
  const MessageRef first = *std::ranges::min_element(refs);
  PF_CO_TRY(const auto there, co_await source_->fetch(refs, store::ScanFields::refs));
  std::vector<CopyItem> once_more;
  for (auto& [key, item] : std::exchange(chunk.wanted, {})) {
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

}  // namespace pf::sync
