#include "state/sqlite_journal.h"

#include <utility>

namespace pf::state {

using Kind = Writer::Kind;

// Everything handed to the writer is a copy: the caller may be gone before the work is done.
SqliteJournal::SqliteJournal(Writer& writer, std::string source_account, std::string target_account)
    : writer_(writer), accounts_{std::move(source_account), std::move(target_account)} {}

Task<MailboxRecord> SqliteJournal::mailbox(const std::string& source_name, const std::string& target_name) {
  auto work = [accounts = accounts_, source_name, target_name](Database& database) {
    return rows::mailbox(database, accounts, source_name, target_name);
  };
  auto result = co_await writer_.call<MailboxRecord>(Kind::write, std::move(work));
  co_return result;
}

Task<std::vector<MailboxRecord>> SqliteJournal::mailboxes() {
  auto work = [accounts = accounts_](Database& database) { return rows::mailboxes(database, accounts); };
  auto result = co_await writer_.call<std::vector<MailboxRecord>>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::reset(MailboxId mailbox, const Epoch& source, const Epoch& target) {
  Writer::Work work = [mailbox, source, target](Database& database) {
    return rows::reset(database, mailbox, source, target);
  };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::set_settled(MailboxId mailbox, const std::string& source,
                                      const std::string& target) {
  Writer::Work work = [mailbox, source, target](Database& database) {
    return rows::set_settled(database, mailbox, source, target);
  };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<std::vector<PairRow>> SqliteJournal::pairs(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::pairs(database, mailbox); };
  auto result = co_await writer_.call<std::vector<PairRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::record(MailboxId mailbox, std::vector<PairRow> rows) {
  Writer::Work work = [mailbox, list = std::move(rows)](Database& database) {
    return rows::record(database, mailbox, list);
  };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::forget(MailboxId mailbox, std::vector<MessageRef> sources) {
  Writer::Work work = [mailbox, list = std::move(sources)](Database& database) {
    return rows::forget(database, mailbox, list);
  };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<IntentId> SqliteJournal::begin(MailboxId mailbox, IntentRow intent) {
  auto work = [mailbox, row = std::move(intent)](Database& database) {
    return rows::begin(database, mailbox, row);
  };
  auto result = co_await writer_.call<IntentId>(Kind::durable, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::finish(IntentId intent, std::vector<PairRow> stored,
                                 std::vector<ParkedRow> parked) {
  Writer::Work work = [intent, pairs = std::move(stored), refused = std::move(parked)](Database& database) {
    return rows::finish(database, intent, pairs, refused);
  };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::watch(IntentId intent, std::vector<PairRow> stored, std::vector<IntentItem> items) {
  Writer::Work work = [intent, pairs = std::move(stored), missing = std::move(items)](Database& database) {
    return rows::watch(database, intent, pairs, missing);
  };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<std::vector<IntentRow>> SqliteJournal::open_intents(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::intents(database, mailbox, false); };
  auto result = co_await writer_.call<std::vector<IntentRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<std::vector<IntentRow>> SqliteJournal::watched(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::intents(database, mailbox, true); };
  auto result = co_await writer_.call<std::vector<IntentRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::unwatch(IntentId intent) {
  Writer::Work work = [intent](Database& database) { return rows::unwatch(database, intent); };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<std::vector<ParkedRow>> SqliteJournal::parked(MailboxId mailbox) {
  auto work = [mailbox](Database& database) { return rows::parked(database, mailbox); };
  auto result = co_await writer_.call<std::vector<ParkedRow>>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::park(MailboxId mailbox, std::vector<ParkedRow> rows) {
  Writer::Work work = [mailbox, list = std::move(rows)](Database& database) {
    return rows::park(database, mailbox, list);
  };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::unpark(MailboxId mailbox, std::vector<MessageRef> sources) {
  Writer::Work work = [mailbox, list = std::move(sources)](Database& database) {
    return rows::unpark(database, mailbox, list);
  };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<Duration> SqliteJournal::slowest_commit() {
  auto work = [account = accounts_.target](Database& database) {
    return rows::slowest_commit(database, account);
  };
  auto result = co_await writer_.call<Duration>(Kind::read, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::note_commit(Duration took) {
  if (took <= slowest_noted_) co_return Status{};
  slowest_noted_ = took;
  Writer::Work work = [account = accounts_.target, took](Database& database) {
    return rows::note_commit(database, account, took);
  };
  auto result = co_await writer_.submit(Kind::write, std::move(work));
  co_return result;
}

Task<void> SqliteJournal::flush() {
  auto result = co_await writer_.flush();
  co_return result;
}

}  // namespace pf::state
