// The journal's calls as SQL: what sqlite_journal.cpp hands to the writer's thread.  Each runs inside a
// transaction. Every row is checked against its sum when read; a wrong one is Database::damage().
#pragma once

#include "state/database.h"
#include "state/journal.h"

#include <string>
#include <vector>

namespace pf::state::rows {

struct Accounts {
  std::string source, target;  // labels
};

Result<MailboxRecord> mailbox(Database& database, const Accounts& accounts, const std::string& source_name,
                              const std::string& target_name);
Result<std::vector<MailboxRecord>> mailboxes(Database& database, const Accounts& accounts);
Status reset(Database& database, MailboxId mailbox, const Epoch& source, const Epoch& target);
Status set_settled(Database& database, MailboxId mailbox, const std::string& source,
                   const std::string& target);

Result<std::vector<PairRow>> pairs(Database& database, MailboxId mailbox);
Status record(Database& database, MailboxId mailbox, const std::vector<PairRow>& rows);
Status forget(Database& database, MailboxId mailbox, const std::vector<MessageRef>& sources);

Result<IntentId> begin(Database& database, MailboxId mailbox, const IntentRow& intent);
Status finish(Database& database, IntentId intent, const std::vector<PairRow>& stored,
              const std::vector<ParkedRow>& parked);
Status watch(Database& database, IntentId intent, const std::vector<PairRow>& stored,
             const std::vector<IntentItem>& items);
Result<std::vector<IntentRow>> intents(Database& database, MailboxId mailbox, bool watched);
Status unwatch(Database& database, IntentId intent);

Result<std::vector<ParkedRow>> parked(Database& database, MailboxId mailbox);
Status park(Database& database, MailboxId mailbox, const std::vector<ParkedRow>& rows);
Status unpark(Database& database, MailboxId mailbox, const std::vector<MessageRef>& sources);

Result<Duration> slowest_commit(Database& database, const std::string& account);
Status note_commit(Database& database, const std::string& account, Duration took);

}  // namespace pf::state::rows
