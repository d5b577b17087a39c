#include "state/sqlite_journal.h"

#include <utility>

namespace pf::state {

using Kind = Writer::Kind;

namespace {

Status nothing_else(Database& /*database*/) {
  return {};
}

}  // namespace

// Everything handed to the writer is a copy: the caller may be gone before the work is done.
SqliteJournal::SqliteJournal(Writer& writer, std::string source_account, std::string target_account)
    : writer_(writer), accounts_{std::move(source_account), std::move(target_account)} {}

SqliteJournal::~SqliteJournal() {
  if (!finished_.empty()) writer_.post(Kind::write, behind_finished<void>(nothing_else));
}

Task<void> SqliteJournal::submit(Kind kind, Writer::Work work) {
  const Kind kind_of_all = with_finished(kind);
  auto result = co_await writer_.submit(kind_of_all, behind_finished<void>(std::move(work)));
  co_return result;
}

Status SqliteJournal::write(Database& database, const std::vector<Finished>& finished) {
  for (const auto& intent : finished)
    PF_TRYV(rows::finish(database, intent.id, intent.stored, intent.parked));
  return {};
}

Task<MailboxRecord> SqliteJournal::mailbox(const std::string& source_name, const std::string& target_name) {
  auto work = [accounts = accounts_, source_name, target_name](Database& database) {
    return rows::mailbox(database, accounts, source_name, target_name);
  };
  auto result = co_await call<MailboxRecord>(Kind::write, std::move(work));
  co_return result;
}

Task<MailboxRecord> SqliteJournal::known_mailbox(const std::string& source_name,
                                                 const std::string& target_name) {
  auto work = [accounts = accounts_, source_name, target_name](Database& database) {
    return rows::known_mailbox(database, accounts, source_name, target_name);
  };
  auto result = co_await call<MailboxRecord>(Kind::read, std::move(work));
  co_return result;
}

Task<std::vector<MailboxRecord>> SqliteJournal::mailboxes() {
  auto work = [accounts = accounts_](Database& database) { return rows::mailboxes(database, accounts); };
  auto result = co_await call<std::vector<MailboxRecord>>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::reset(MailboxId mailbox, const Epoch& source, const Epoch& target) {
  Writer::Work work = [mailbox, source, target](Database& database) {
    return rows::reset(database, mailbox, source, target);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::set_settled(MailboxId mailbox, const std::string& source,
                                      const std::string& target) {
  Writer::Work work = [mailbox, source, target](Database& database) {
    return rows::set_settled(database, mailbox, source, target);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<std::vector<PairRow>> SqliteJournal::pairs(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::pairs(database, mailbox); };
  auto result = co_await call<std::vector<PairRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::record(MailboxId mailbox, std::vector<PairRow> rows) {
  Writer::Work work = [mailbox, list = std::move(rows)](Database& database) {
    return rows::record(database, mailbox, list);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::forget(MailboxId mailbox, std::vector<MessageRef> sources) {
  Writer::Work work = [mailbox, list = std::move(sources)](Database& database) {
    return rows::forget(database, mailbox, list);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<std::uint64_t> SqliteJournal::pair_count(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::pair_count(database, mailbox); };
  auto result = co_await call<std::uint64_t>(Kind::read, std::move(work));
  co_return result;
}

// By target the first call makes an index.
Writer::Kind SqliteJournal::kind_for(Side side) {
  return side == Side::target ? Kind::write : Kind::read;
}

Task<std::vector<PairRow>> SqliteJournal::pairs_of(MailboxId mailbox, Side side,
                                                   std::vector<MessageRef> refs) {
  auto work = [mailbox, side, list = std::move(refs)](Database& database) {
    return rows::pairs_of(database, mailbox, side, list);
  };
  auto result = co_await call<std::vector<PairRow>>(kind_for(side), std::move(work));
  co_return result;
}

Task<std::vector<PairRow>> SqliteJournal::pairs_within(MailboxId mailbox, Side side, MessageRef first,
                                                       MessageRef last) {
  auto work = [mailbox, side, from = std::move(first), to = std::move(last)](Database& database) {
    return rows::pairs_within(database, mailbox, side, from, to);
  };
  auto result = co_await call<std::vector<PairRow>>(kind_for(side), std::move(work));
  co_return result;
}

Task<IntentId> SqliteJournal::begin(MailboxId mailbox, IntentRow intent) {
  auto work = [mailbox, row = std::move(intent)](Database& database) {
    return rows::begin(database, mailbox, row);
  };
  auto result = co_await call<IntentId>(Kind::durable, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::finish(IntentId intent, std::vector<PairRow> stored,
                                 std::vector<ParkedRow> parked) {
  finished_.push_back({intent, std::move(stored), std::move(parked)});
  if (finished_.size() < most_finished) co_return Status{};
  auto result = co_await submit(Kind::write, nothing_else);
  co_return result;
}

Task<void> SqliteJournal::watch(IntentId intent, std::vector<PairRow> stored, std::vector<IntentItem> items) {
  Writer::Work work = [intent, pairs = std::move(stored), missing = std::move(items)](Database& database) {
    return rows::watch(database, intent, pairs, missing);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<std::vector<IntentRow>> SqliteJournal::open_intents(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::intents(database, mailbox, false); };
  auto result = co_await call<std::vector<IntentRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<std::vector<IntentRow>> SqliteJournal::watched(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::intents(database, mailbox, true); };
  auto result = co_await call<std::vector<IntentRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::unwatch(IntentId intent) {
  Writer::Work work = [intent](Database& database) { return rows::unwatch(database, intent); };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<std::vector<ParkedRow>> SqliteJournal::parked(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::parked(database, mailbox); };
  auto result = co_await call<std::vector<ParkedRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::park(MailboxId mailbox, std::vector<ParkedRow> rows) {
  Writer::Work work = [mailbox, list = std::move(rows)](Database& database) {
    return rows::park(database, mailbox, list);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::unpark(MailboxId mailbox, std::vector<MessageRef> sources) {
  Writer::Work work = [mailbox, list = std::move(sources)](Database& database) {
    return rows::unpark(database, mailbox, list);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<Duration> SqliteJournal::slowest_commit() {
  auto work = [account = accounts_.target](Database& database) {
    return rows::slowest_commit(database, account);
  };
  auto result = co_await call<Duration>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::note_commit(Duration took) {
  if (took <= slowest_noted_) co_return Status{};
  slowest_noted_ = took;
  Writer::Work work = [account = accounts_.target, took](Database& database) {
    return rows::note_commit(database, account, took);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::rename(MailboxId mailbox, const std::string& source_name,
                                 const std::string& target_name) {
  Writer::Work work = [mailbox, source_name, target_name](Database& database) {
    return rows::rename(database, mailbox, source_name, target_name);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::drop(MailboxId mailbox) {
  Writer::Work work = [mailbox](Database& database) { return rows::drop(database, mailbox); };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<RunId> SqliteJournal::begin_run(std::string mode) {
  auto work = [accounts = accounts_, name = std::move(mode)](Database& database) {
    return rows::begin_run(database, accounts, name);
  };
  auto result = co_await call<RunId>(Kind::durable, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::plan_removals(RunId run, std::vector<RemovalRow> rows) {
  Writer::Work work = [run, list = std::move(rows)](Database& database) {
    return rows::plan_removals(database, run, list);
  };
  auto result = co_await submit(Kind::durable, std::move(work));
  co_return result;
}

Task<std::vector<RemovalRow>> SqliteJournal::removals(RunId run) {
  auto work = [run](Database& database) { return rows::removals(database, run); };
  auto result = co_await call<std::vector<RemovalRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<std::vector<UnfinishedRemoval>> SqliteJournal::unfinished_removals(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::unfinished_removals(database, mailbox); };
  auto result = co_await call<std::vector<UnfinishedRemoval>>(Kind::read, std::move(work));
  co_return result;
}

Task<std::vector<RunRow>> SqliteJournal::runs() {
  auto work = [accounts = accounts_](Database& database) { return rows::runs(database, accounts); };
  auto result = co_await call<std::vector<RunRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<std::string> SqliteJournal::fact(const std::string& name) {
  auto work = [accounts = accounts_, name](Database& database) {
    return rows::fact(database, accounts, name);
  };
  auto result = co_await call<std::string>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::set_fact(const std::string& name, const std::string& value) {
  Writer::Work work = [accounts = accounts_, name, value](Database& database) {
    return rows::set_fact(database, accounts, name, value);
  };
  auto result = co_await submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::flush() {
  if (!finished_.empty()) PF_CO_TRYV(co_await submit(Kind::write, nothing_else));
  auto result = co_await writer_.flush();
  co_return result;
}

}  // namespace pf::state
