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
Result<MailboxRecord> known_mailbox(Database& database, const Accounts& accounts,
                                    const std::string& source_name, const std::string& target_name);
Result<std::vector<MailboxRecord>> mailboxes(Database& database, const Accounts& accounts);
Status reset(Database& database, MailboxId mailbox, const Epoch& source, const Epoch& target);
Status set_settled(Database& database, MailboxId mailbox, const std::string& source,
                   const std::string& target);
Status rename(Database& database, MailboxId mailbox, const std::string& source_name,
              const std::string& target_name);
Status drop(Database& database, MailboxId mailbox);

Result<std::vector<PairRow>> pairs(Database& database, MailboxId mailbox);
Status record(Database& database, MailboxId mailbox, const std::vector<PairRow>& rows);
Status forget(Database& database, MailboxId mailbox, const std::vector<MessageRef>& sources);

Result<std::uint64_t> pair_count(Database& database, MailboxId mailbox);
// By target: the index for it is made when it is first asked for, so these are writes.
Result<std::vector<PairRow>> pairs_of(Database& database, MailboxId mailbox, Journal::Side side,
                                      const std::vector<MessageRef>& refs);
Result<std::vector<PairRow>> pairs_within(Database& database, MailboxId mailbox, Journal::Side side,
                                          const MessageRef& first, const MessageRef& last);

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

Result<RunId> begin_run(Database& database, const Accounts& accounts, const std::string& mode);
Result<std::vector<RunRow>> runs(Database& database, const Accounts& accounts);
Status plan_removals(Database& database, RunId run, const std::vector<RemovalRow>& rows);
Result<std::vector<RemovalRow>> removals(Database& database, RunId run);
Result<std::vector<UnfinishedRemoval>> unfinished_removals(Database& database, MailboxId mailbox);

Result<std::string> fact(Database& database, const Accounts& accounts, const std::string& name);
Status set_fact(Database& database, const Accounts& accounts, const std::string& name,
                const std::string& value);

Result<Duration> slowest_commit(Database& database, const std::string& account);
Status note_commit(Database& database, const std::string& account, Duration took);

}  // namespace pf::state::rows
