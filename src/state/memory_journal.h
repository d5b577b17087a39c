// The journal in memory, with the same answers as the one on disk: for tests and for runs without state.
#pragma once

#include "state/journal.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pf::state {

// What all journals of one "disk" share; keep it to let a second run find what the first one left.
struct MemoryState {
  struct Mailbox {
    std::pair<std::string, std::string> accounts;  // source, target
    MailboxRecord record;
    std::map<MessageRef, PairRow> pairs;
    std::map<MessageRef, ParkedRow> parked;
    std::map<IntentId, IntentRow> open, watched;
  };
  struct Run {
    std::pair<std::string, std::string> accounts;
    RunRow row;
    std::map<std::uint32_t, RemovalRow> removals;  // by ordinal
  };
  std::map<MailboxId, Mailbox> mailboxes;
  std::map<RunId, Run> runs;
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::string>> facts;  // by accounts
  std::map<std::string, Duration> slowest_commit;  // by target account
  MailboxId last_mailbox = 0;
  IntentId last_intent = 0;

  // Asked before each call by its name ("begin", "finish"...); an Error makes the call fail with nothing
  // done.
  std::function<std::optional<Error>(std::string_view call)> fault;
};

class MemoryJournal final : public Journal {
 public:
  MemoryJournal(std::shared_ptr<MemoryState> state, std::string source_account, std::string target_account);

  Task<MailboxRecord> mailbox(const std::string& source_name, const std::string& target_name) override;
  Task<MailboxRecord> known_mailbox(const std::string& source_name, const std::string& target_name) override;
  Task<std::vector<MailboxRecord>> mailboxes() override;
  Task<void> reset(MailboxId mailbox, const Epoch& source, const Epoch& target) override;
  Task<void> set_settled(MailboxId mailbox, const std::string& source, const std::string& target) override;

  Task<std::vector<PairRow>> pairs(MailboxId mailbox) override;
  Task<void> record(MailboxId mailbox, std::vector<PairRow> rows) override;
  Task<void> forget(MailboxId mailbox, std::vector<MessageRef> sources) override;
  Task<std::uint64_t> pair_count(MailboxId mailbox) override;
  Task<std::vector<PairRow>> pairs_of(MailboxId mailbox, Side side, std::vector<MessageRef> refs) override;
  Task<std::vector<PairRow>> pairs_within(MailboxId mailbox, Side side, MessageRef first,
                                          MessageRef last) override;

  Task<IntentId> begin(MailboxId mailbox, IntentRow intent) override;
  Task<void> finish(IntentId intent, std::vector<PairRow> stored, std::vector<ParkedRow> parked) override;
  Task<void> watch(IntentId intent, std::vector<PairRow> stored, std::vector<IntentItem> items) override;
  Task<std::vector<IntentRow>> open_intents(MailboxId mailbox) override;
  Task<std::vector<IntentRow>> watched(MailboxId mailbox) override;
  Task<void> unwatch(IntentId intent) override;

  Task<std::vector<ParkedRow>> parked(MailboxId mailbox) override;
  Task<void> park(MailboxId mailbox, std::vector<ParkedRow> rows) override;
  Task<void> unpark(MailboxId mailbox, std::vector<MessageRef> sources) override;

  Task<Duration> slowest_commit() override;
  Task<void> note_commit(Duration took) override;

  Task<void> rename(MailboxId mailbox, const std::string& source_name,
                    const std::string& target_name) override;
  Task<void> drop(MailboxId mailbox) override;

  Task<RunId> begin_run(std::string mode) override;
  Task<void> plan_removals(RunId run, std::vector<RemovalRow> rows) override;
  Task<std::vector<RemovalRow>> removals(RunId run) override;
  Task<std::vector<RunRow>> runs() override;
  Task<std::vector<UnfinishedRemoval>> unfinished_removals(MailboxId mailbox) override;

  Task<std::string> fact(const std::string& name) override;
  Task<void> set_fact(const std::string& name, const std::string& value) override;

  Task<void> flush() override;

 private:
  // Lets others run first, as a journal on disk does, then asks for a fault.
  Task<void> enter(std::string_view call);
  Result<MemoryState::Mailbox*> find(MailboxId mailbox);
  // Those whose reference on `side` is wanted.
  std::vector<PairRow> pairs_where(MailboxId mailbox, Side side,
                                   const std::function<bool(const MessageRef&)>& wanted);
  // The mailbox that has the intent.
  Result<MemoryState::Mailbox*> find_intent(IntentId intent);

  std::shared_ptr<MemoryState> state_;
  std::pair<std::string, std::string> accounts_;
};

}  // namespace pf::state
