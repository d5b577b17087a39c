// What a run remembers, as the engine sees it.  state/sqlite_journal.* keeps it on disk; a memory twin serves
// tests.
//
// Invariants (each has a test):
//   - no APPEND without an open intent that is durable (fsync) before the first byte of it is sent
//   - no pair without the target's own word (reference) or a positive probe
//   - losing the whole database is safe: the next run pairs by content and adds nothing
// Calls are served in order; several waiting calls share one commit.
#pragma once

#include "async/task.h"
#include "base/clock.h"
#include "mail/message_meta.h"

#include <cstdint>
#include <string>
#include <vector>

namespace pf::state {

using MailboxId = std::int64_t;
using IntentId = std::int64_t;

// One mailbox of one pair of accounts.
struct MailboxRecord {
  MailboxId id = 0;
  std::string source_name;  // exact names at both stores
  std::string target_name;
  Epoch source_epoch, target_epoch;  // of all recorded references; empty: nothing recorded yet
  // Encoded status of both sides when everything was last found settled; empty: never.  Equal again: nothing
  // to do.
  std::string source_settled, target_settled;
};

// A message known on both sides.
struct PairRow {
  MessageRef source, target;
  MessageKey key;
  std::uint64_t size = 0;         // as the source served it
  std::int64_t date_seconds = 0;  // internal date at the source
  FlagSet flags;                  // base: what both sides had when last looked at
  FlagSet normalised;             // flags the target did not keep; never sent again
};

struct IntentItem {
  MessageRef source;
  MessageKey key;
  std::uint64_t size = 0;
  std::int64_t date_seconds = 0;
  FlagSet flags;
};

// A batch about to be appended, or judged "not stored" and watched.
struct IntentRow {
  IntentId id = 0;
  Epoch target_epoch;
  Position target_position;  // before the batch: our copies can only be at or above it
  std::int64_t wall_seconds = 0;
  std::vector<IntentItem> items;
};

// Messages the target refused for good: reported, not sent again.
struct ParkedRow {
  MessageRef source;
  std::string reason;  // name(Errc)
  std::string server_text;
  std::uint64_t size = 0;
  std::uint64_t limit = 0;  // the target's size limit when it was refused, 0: none known
};

using RunId = std::int64_t;

// A run that removed something.
struct RunRow {
  RunId id = 0;
  std::int64_t wall_seconds = 0;
  std::string mode;  // "mirror", "two-way"
};

// A message that a run took away, or was about to: enough to put it back.
struct RemovalRow {
  enum class Done : std::uint8_t { planned, removed, undone };
  MailboxId mailbox = 0;
  std::uint32_t ordinal = 0;  // within the run
  bool at_source = false;     // taken from the source account (two-way); else from the target
  std::string from;           // exact name of the mailbox it was in
  std::string quarantine;     // exact name of the mailbox it went to; empty: removed for good
  MessageRef ref;             // what it was there
  MessageRef other;           // its counterpart on the other side; empty: had none (--delete-extra)
  Epoch quarantine_epoch;     // of quarantine_ref
  // What it is there; empty: the server did not tell.  While planned: nothing lower can be it.
  MessageRef quarantine_ref;
  MessageKey key;
  std::uint64_t size = 0;
  std::int64_t date_seconds = 0;
  FlagSet flags;
  Done done = Done::planned;
};

struct UnfinishedRemoval {
  RunId run = 0;
  RemovalRow row;  // planned
};

class Journal {
 public:
  virtual ~Journal() = default;

  // The record of this mailbox of the pair, made when new.
  virtual Task<MailboxRecord> mailbox(const std::string& source_name, const std::string& target_name) = 0;
  // The same, but nothing is made: without an id (0) when nothing is remembered.
  virtual Task<MailboxRecord> known_mailbox(const std::string& source_name,
                                            const std::string& target_name) = 0;
  virtual Task<std::vector<MailboxRecord>> mailboxes() = 0;
  // Forgets all rows of the mailbox and notes new epochs.
  virtual Task<void> reset(MailboxId mailbox, const Epoch& source, const Epoch& target) = 0;
  virtual Task<void> set_settled(MailboxId mailbox, const std::string& source, const std::string& target) = 0;

  virtual Task<std::vector<PairRow>> pairs(MailboxId mailbox) = 0;              // ascending by source
  virtual Task<void> record(MailboxId mailbox, std::vector<PairRow> rows) = 0;  // insert or replace
  virtual Task<void> forget(MailboxId mailbox, std::vector<MessageRef> sources) = 0;
  // For changes in a large mailbox: how many there are, and only those asked for, ascending by source.
  virtual Task<std::uint64_t> pair_count(MailboxId mailbox) = 0;
  enum class Side : std::uint8_t { source, target };
  virtual Task<std::vector<PairRow>> pairs_of(MailboxId mailbox, Side side, std::vector<MessageRef> refs) = 0;
  // Those whose reference on `side` lies between `first` and `last`, both included.
  virtual Task<std::vector<PairRow>> pairs_within(MailboxId mailbox, Side side, MessageRef first,
                                                  MessageRef last) = 0;

  // Durable when it returns.
  virtual Task<IntentId> begin(MailboxId mailbox, IntentRow intent) = 0;
  // Pairs, parks and ends the intent in one transaction.  Losing it only means a probe, so it may go with the
  // next call, which then also gets its Error: a batch costs one transaction, with the intent of the next.
  virtual Task<void> finish(IntentId intent, std::vector<PairRow> stored, std::vector<ParkedRow> parked) = 0;
  // Judged "not stored" (in part: `items` are those not found): a late copy would be our own double.
  virtual Task<void> watch(IntentId intent, std::vector<PairRow> stored, std::vector<IntentItem> items) = 0;
  virtual Task<std::vector<IntentRow>> open_intents(MailboxId mailbox) = 0;
  virtual Task<std::vector<IntentRow>> watched(MailboxId mailbox) = 0;
  virtual Task<void> unwatch(IntentId intent) = 0;

  virtual Task<std::vector<ParkedRow>> parked(MailboxId mailbox) = 0;
  virtual Task<void> park(MailboxId mailbox, std::vector<ParkedRow> rows) = 0;
  virtual Task<void> unpark(MailboxId mailbox, std::vector<MessageRef> sources) = 0;

  // Slowest commit the target showed so far; part of the settle time.
  virtual Task<Duration> slowest_commit() = 0;
  virtual Task<void> note_commit(Duration took) = 0;

  // A mailbox was renamed: its record goes on under the new names.  Another record that had these is dropped.
  virtual Task<void> rename(MailboxId mailbox, const std::string& source_name,
                            const std::string& target_name) = 0;
  // The mailbox is gone on both sides: its record goes, with everything of it but the removals of runs.  Its
  // id is never used again.  Nothing happens when it is gone already.
  virtual Task<void> drop(MailboxId mailbox) = 0;

  // What runs removed.  begin_run() and plan_removals() are durable when they return: intent before deed.
  virtual Task<RunId> begin_run(std::string mode) = 0;
  virtual Task<void> plan_removals(RunId run, std::vector<RemovalRow> rows) = 0;  // by ordinal, new or again
  virtual Task<std::vector<RemovalRow>> removals(RunId run) = 0;                  // ascending by ordinal
  virtual Task<std::vector<RunRow>> runs() = 0;                                   // ascending
  // What runs planned to take from this mailbox and are not known to have taken; ascending by run and
  // ordinal.
  virtual Task<std::vector<UnfinishedRemoval>> unfinished_removals(MailboxId mailbox) = 0;

  // Small facts about this pair of accounts by name ("mirror confirmed", the pace of an account); empty:
  // none.
  virtual Task<std::string> fact(const std::string& name) = 0;
  virtual Task<void> set_fact(const std::string& name, const std::string& value) = 0;

  // Everything so far durable.
  virtual Task<void> flush() = 0;
};

}  // namespace pf::state
