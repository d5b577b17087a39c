// The journal of one pair of accounts, on disk.
#pragma once

#include "state/journal.h"
#include "state/journal_rows.h"
#include "state/writer.h"

#include <string>
#include <utility>
#include <vector>

namespace pf::state {

// Many journals share one writer.  `writer` must outlive the journal; accounts are known by their labels
// (config::Account::label()).  A mailbox or intent that does not exist gives Errc::state of scope mailbox.
class SqliteJournal final : public Journal {
 public:
  SqliteJournal(Writer& writer, std::string source_account, std::string target_account);
  // Hands over what finish() has kept.
  ~SqliteJournal() override;
  SqliteJournal(const SqliteJournal&) = delete;
  SqliteJournal& operator=(const SqliteJournal&) = delete;

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
  static Writer::Kind kind_for(Side side);

  struct Finished {
    IntentId id = 0;
    std::vector<PairRow> stored;
    std::vector<ParkedRow> parked;
  };
  // So that a run that is killed leaves little to look for.
  static constexpr std::size_t most_finished = 16;

  static Status write(Database& database, const std::vector<Finished>& finished);
  // What a read becomes when there is something to write before it.
  [[nodiscard]] Writer::Kind with_finished(Writer::Kind kind) const {
    return kind == Writer::Kind::read && !finished_.empty() ? Writer::Kind::write : kind;
  }
  // `work` behind what finish() has kept, in one transaction: an Error of the one undoes the other.
  template <class T, class F>
  auto behind_finished(F work) {
    return [finished = std::exchange(finished_, {}),
            work = std::move(work)](Database& database) mutable -> Result<T> {
      PF_TRYV(write(database, finished));
      return work(database);
    };
  }
  // As the writer's, behind what finish() has kept.
  Task<void> submit(Writer::Kind kind, Writer::Work work);
  template <class T, class F>
  Task<T> call(Writer::Kind kind, F work) {
    const Writer::Kind kind_of_all = with_finished(kind);
    auto result = co_await writer_.call<T>(kind_of_all, behind_finished<T>(std::move(work)));
    co_return result;
  }

  Writer& writer_;
  rows::Accounts accounts_;
  std::vector<Finished> finished_;  // since the last call
  Duration slowest_noted_{};        // by us: a faster commit is no news
};

}  // namespace pf::state
