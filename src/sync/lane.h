// One pair of connections that carries messages: reads bodies from the source, puts whole ones together to
// batches and appends those while the next are read.
//
// Invariants:
//   - The intent of a batch is durable before its first octet is sent.
//   - A message is in exactly one place: the job's queue, this lane's reading list, a batch, job.unresolved,
//   or done.
//   - If the source breaks in mid-literal the target connection is dropped, never padded.
//   - An append whose answer did not come is never repeated before it was looked for.
#pragma once

#include "async/group.h"
#include "sync/append_batch.h"
#include "sync/batch_memory.h"
#include "sync/context.h"
#include "sync/job.h"
#include "sync/patience.h"

#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace pf::sync {

class Lane {
 public:
  // Once both stores are connected.
  explicit Lane(RunContext& run);

  using Meanwhile = std::function<Task<void>()>;

  // Copies until the job's queue is empty, the mailbox or the run cannot go on.  `sharers`: lanes that may
  // work on it.  `meanwhile` runs beside the last batches, when the source connection has nothing more to do.
  Task<void> work(MailboxJob& job, std::size_t sharers, const Meanwhile& meanwhile);

  // The mailbox that was looked at meanwhile, while nobody works on it: its source connection counts as ours.
  void looked_ahead(MailboxJob& job) { ahead_ = &job; }
  [[nodiscard]] MailboxJob* ahead() const;
  // Gives that connection back: whoever wants one for another mailbox must hold none.
  asio::awaitable<void> let_go_ahead();
  [[nodiscard]] Patience& patience() { return patience_; }

 private:
  // What is asked for in one go, and not dealt with yet.
  struct Chunk {
    std::size_t sharers = 1;                           // lanes that may work on the mailbox
    std::unordered_map<std::string, CopyItem> wanted;  // by reference
    std::size_t latest = 0;                            // messages that were asked for last
    std::uint64_t latest_octets = 0;                   // of those
    bool grows = false;                                // more may be asked for while it comes
  };

  Task<void> transfer(MailboxJob& job, std::size_t sharers);
  Task<void> open_source(MailboxJob& job);
  Task<void> open_target(MailboxJob& job);
  asio::awaitable<void> let_go();
  asio::awaitable<void> let_go_source(MailboxJob& job);
  asio::awaitable<bool> may_append(MailboxJob& job);
  // Also when what comes next is more than the run may still take.
  [[nodiscard]] bool nothing_to_take(const MailboxJob& job) const;
  [[nodiscard]] bool held_up(const MailboxJob& job) const;
  [[nodiscard]] bool too_large_for_batch(std::uint64_t size) const;

  // lane_reading.cpp
  Task<void> copy_chunk(MailboxJob& job, Chunk& chunk);
  std::vector<MessageRef> take_from_queue(MailboxJob& job, Chunk& chunk);
  asio::awaitable<void> ask_for_more(MailboxJob& job, store::MessageStream& stream, Chunk& chunk);
  Task<void> wait_for_source(Error refusal);
  Task<void> read_bodies(MailboxJob& job, store::MessageStream& stream, Chunk& chunk);
  // False: nothing can be sent any more, the message stays wanted.
  Task<bool> take_message(MailboxJob& job, store::MessageStream::Item item, CopyItem wanted);
  Task<bool> copy_large(MailboxJob& job, const CopyItem& item, store::MessageSource& body);
  void suspect_next(MailboxJob& job, Chunk& chunk, const Error& error);
  void give_up_reading(MailboxJob& job, const CopyItem& item, const Error& error);
  Task<void> account_for_missing(MailboxJob& job, Chunk& chunk);
  void put_back_batch(MailboxJob& job);
  [[nodiscard]] bool batch_is_full(std::uint64_t next) const;
  [[nodiscard]] bool goes_alone(const CopyItem& item) const;
  [[nodiscard]] bool breaks_order(std::uint64_t size, const Chunk& chunk) const;

  // lane_appending.cpp
  asio::awaitable<void> begin_batch();
  Task<void> send_batch(MailboxJob& job);
  asio::awaitable<void> wait_for_answers(std::size_t open);
  Task<void> append_batch(MailboxJob& job, std::unique_ptr<Batch> batch);
  Task<void> finish_append(MailboxJob& job, std::vector<Outgoing> outgoing);
  Task<void> adapt(Duration took);
  void weigh(Duration filling, Duration appending);

  RunContext& run_;
  Patience patience_;
  std::unique_ptr<store::OpenMailbox> source_, target_;
  MailboxJob* ahead_ = nullptr;
  BatchMemory memory_;
  bool one_at_a_time_ = false;  // a large batch, and the next is filled when it is stored
  std::unique_ptr<Batch> filling_;
  Duration filling_took_{};  // time the source has cost it
  TimePoint answered_{};     // when the last batch was
  TaskGroup appends_;
  std::optional<Error> append_error_;  // the target connection broke
  std::size_t batch_messages_ = 50;    // adapts to the target's commit time
  Duration slowest_noted_{};
  std::optional<Error> refusal_;   // of messages in the chunk that is being read
  std::set<MessageRef> suspects_;  // not delivered once: asked for one by one
  bool single_file_ = false;       // newest first: one message at a time
  bool overflow_ = false;          // newest first: the chunk turned out larger than a batch
};

}  // namespace pf::sync
