// One batch on its way into the target: intent, APPEND, outcome.  Refusals are hunted down to the message and
// reported.
#pragma once

#include "sync/batch.h"
#include "sync/context.h"
#include "sync/job.h"
#include "sync/patience.h"

#include <span>
#include <vector>

namespace pf::sync {

// What is to be appended: the item and where its octets come from.
struct Outgoing {
  CopyItem item;
  std::uint64_t size = 0;
  MessageKey key;
  store::MessageSource* body = nullptr;
  MemorySource* memory = nullptr;  // when the octets are in memory and can be sent again
};

class BatchAppend {
 public:
  BatchAppend(RunContext& run, MailboxJob& job, store::OpenMailbox& target, Patience& patience)
      : run_(run), job_(job), target_(target), patience_(patience), throttled_(run) {}

  // Error of scope connection: the fate of the messages is unknown; they have been put into job.unresolved.
  // Other errors end the mailbox or the run.
  Task<void> send(std::vector<Outgoing> messages);
  // From the last octet to the answer; how long the target takes to commit.
  [[nodiscard]] Duration took() const { return took_; }
  // Messages went back to the queue, because the target wants to be left alone.
  [[nodiscard]] bool held_back() const { return held_back_; }

 private:
  using Part = std::span<Outgoing>;

  Task<void> append(Part part);
  Task<void> settle(Part part, const std::vector<store::AppendOutcome>& outcomes);
  Task<void> slowed_down(Part part, Error error);
  Task<void> refused(Outgoing& message, Error error);
  Task<void> send_again(Outgoing& message);
  void stored(const Outgoing& message, const store::AppendOutcome& outcome);
  void lose(Part part);
  void put_back(Part part);
  void give_up(const Outgoing& message, const Error& error, bool park);
  [[nodiscard]] Unresolved unresolved(std::size_t unanswered) const;
  [[nodiscard]] state::IntentRow intent_of(const std::vector<Outgoing>& messages) const;
  void report_lost_flags(const FlagSet& lost);

  RunContext& run_;
  MailboxJob& job_;
  store::OpenMailbox& target_;
  Patience& patience_;
  Patience
      throttled_;  // of this batch alone: how often a target says no to other batches tells nothing of it
  state::IntentId intent_ = 0;
  std::vector<state::PairRow> pairs_;
  std::vector<state::ParkedRow> parked_;
  std::vector<const Outgoing*> lost_;            // sent, or about to be, when the connection broke
  std::vector<const Outgoing*> unacknowledged_;  // stored, but nobody said where
  Duration took_{};
  bool held_back_ = false;
};

}  // namespace pf::sync
