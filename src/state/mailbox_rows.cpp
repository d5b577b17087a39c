#include "state/journal_rows.h"
#include "state/row_helpers.h"
#include "state/row_sum.h"

#include <algorithm>

namespace pf::state::rows {
namespace {

struct MailboxRow {
  std::int64_t pair = 0;
  MailboxRecord record;
};

std::int64_t sum_of(const MailboxRow& row) {
  const auto& r = row.record;
  return row_sum(r.id, row.pair, r.source_name, r.target_name, r.source_epoch.bytes(), r.target_epoch.bytes(),
                 r.source_settled, r.target_settled);
}

constexpr std::string_view mailbox_columns =
    "SELECT id, pair_id, source_name, target_name, source_epoch, target_epoch, source_settled, "
    "target_settled, sum FROM mailbox ";

const std::string of_accounts =
    "WHERE pair_id=(SELECT id FROM pair WHERE source_account=? AND target_account=?)";

Result<std::vector<MailboxRow>> read_mailboxes(Database& database, std::string_view where,
                                               std::initializer_list<Value> values) {
  PF_TRY(auto rows, database.query(std::string(mailbox_columns) + std::string(where), values));
  std::vector<MailboxRow> out;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    MailboxRow row;
    row.record.id = rows.integer(0);
    row.pair = rows.integer(1);
    row.record.source_name = rows.blob(2);
    row.record.target_name = rows.blob(3);
    row.record.source_epoch = Epoch(std::string(rows.blob(4)));
    row.record.target_epoch = Epoch(std::string(rows.blob(5)));
    row.record.source_settled = rows.blob(6);
    row.record.target_settled = rows.blob(7);
    if (sum_of(row) != rows.integer(8))
      return database.damage("a mailbox record does not match its checksum");
    out.push_back(std::move(row));
  }
}

Result<MailboxRow> read_mailbox(Database& database, MailboxId id) {
  PF_TRY(auto found, read_mailboxes(database, "WHERE id=?", {id}));
  if (found.empty()) return no_such("mailbox", id);
  return std::move(found.front());
}

Status update_mailbox(Database& database, const MailboxRow& row) {
  const auto& r = row.record;
  return database.exec(
      "UPDATE mailbox SET source_name=?, target_name=?, source_epoch=?, target_epoch=?, source_settled=?, "
      "target_settled=?, sum=? WHERE id=?",
      {r.source_name, r.target_name, r.source_epoch.bytes(), r.target_epoch.bytes(), r.source_settled,
       r.target_settled, sum_of(row), r.id});
}

Result<std::vector<MailboxRow>> read_named(Database& database, std::int64_t pair,
                                           const std::string& source_name, const std::string& target_name) {
  return read_mailboxes(database, "WHERE pair_id=? AND source_name=? AND target_name=?",
                        {pair, source_name, target_name});
}

// The highest id that a dropped mailbox had.
Result<std::int64_t> highest_dropped(Database& database) {
  PF_TRY(auto rows, database.query("SELECT mailbox_id, sum FROM dropped WHERE id=1"));
  PF_TRY(const bool found, rows.step());
  if (!found) return 0;
  const std::int64_t highest = rows.integer(0);
  if (row_sum(highest) != rows.integer(1))
    return database.damage("the note of dropped mailboxes does not match its checksum");
  return highest;
}

// Never one that was in use before: removals of earlier runs name their mailbox by it.
Result<std::int64_t> fresh_id(Database& database) {
  PF_TRY(const auto dropped, highest_dropped(database));
  PF_TRY(const auto used, database.integer("SELECT coalesce(max(id), 0) FROM mailbox"));
  return std::max(dropped, used) + 1;
}

Status note_dropped(Database& database, MailboxId mailbox) {
  PF_TRY(const auto noted, highest_dropped(database));
  const auto highest = std::max(noted, mailbox);
  return database.exec("INSERT OR REPLACE INTO dropped VALUES(1, ?, ?)", {highest, row_sum(highest)});
}

}  // namespace

Result<MailboxRecord> mailbox(Database& database, const Accounts& accounts, const std::string& source_name,
                              const std::string& target_name) {
  PF_TRY(const auto pair, pair_id(database, accounts));
  PF_TRY(auto found, read_named(database, pair, source_name, target_name));
  if (!found.empty()) return std::move(found.front().record);
  MailboxRow row;
  row.pair = pair;
  PF_TRY(row.record.id, fresh_id(database));
  row.record.source_name = source_name;
  row.record.target_name = target_name;
  PF_TRYV(database.exec("INSERT INTO mailbox VALUES(?, ?, ?, ?, x'', x'', x'', x'', ?)",
                        {row.record.id, pair, source_name, target_name, sum_of(row)}));
  return row.record;
}

Result<MailboxRecord> known_mailbox(Database& database, const Accounts& accounts,
                                    const std::string& source_name, const std::string& target_name) {
  PF_TRY(auto found, read_mailboxes(database, of_accounts + " AND source_name=? AND target_name=?",
                                    {accounts.source, accounts.target, source_name, target_name}));
  if (!found.empty()) return std::move(found.front().record);
  MailboxRecord nothing;
  nothing.source_name = source_name;
  nothing.target_name = target_name;
  return nothing;
}

Result<std::vector<MailboxRecord>> mailboxes(Database& database, const Accounts& accounts) {
  PF_TRY(auto found,
         read_mailboxes(database, of_accounts + " ORDER BY id", {accounts.source, accounts.target}));
  std::vector<MailboxRecord> out;
  out.reserve(found.size());
  for (auto& row : found) out.push_back(std::move(row.record));
  return out;
}

Status reset(Database& database, MailboxId mailbox, const Epoch& source, const Epoch& target) {
  PF_TRY(auto row, read_mailbox(database, mailbox));
  PF_TRYV(database.exec("DELETE FROM message WHERE mailbox_id=?", {mailbox}));
  PF_TRYV(database.exec("DELETE FROM parked WHERE mailbox_id=?", {mailbox}));
  PF_TRYV(database.exec(
      "DELETE FROM intent_items WHERE intent_id IN (SELECT id FROM intent WHERE mailbox_id=?)", {mailbox}));
  PF_TRYV(database.exec("DELETE FROM intent WHERE mailbox_id=?", {mailbox}));
  row.record.source_epoch = source;
  row.record.target_epoch = target;
  row.record.source_settled.clear();
  row.record.target_settled.clear();
  return update_mailbox(database, row);
}

Status set_settled(Database& database, MailboxId mailbox, const std::string& source,
                   const std::string& target) {
  PF_TRY(auto row, read_mailbox(database, mailbox));
  row.record.source_settled = source;
  row.record.target_settled = target;
  return update_mailbox(database, row);
}

Status rename(Database& database, MailboxId mailbox, const std::string& source_name,
              const std::string& target_name) {
  PF_TRY(auto row, read_mailbox(database, mailbox));
  PF_TRY(const auto others, read_named(database, row.pair, source_name, target_name));
  for (const auto& other : others) {
    if (other.record.id != mailbox) PF_TRYV(drop(database, other.record.id));
  }
  row.record.source_name = source_name;
  row.record.target_name = target_name;
  return update_mailbox(database, row);
}

Status drop(Database& database, MailboxId mailbox) {
  PF_TRY(const auto known, database.integer("SELECT count(*) FROM mailbox WHERE id=?", {mailbox}));
  if (known == 0) return {};
  PF_TRYV(note_dropped(database, mailbox));
  return database.exec("DELETE FROM mailbox WHERE id=?", {mailbox});  // its rows go by the foreign keys
}

}  // namespace pf::state::rows
