#include "state/journal_rows.h"

#include "state/row_codec.h"
#include "state/row_sum.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::state::rows {
namespace {

Error no_such(std::string_view what, std::int64_t id) {
  return {Errc::state, Scope::mailbox, Retry::never, fmt::format("state database: no {} {}", what, id)};
}

// ---- mailbox

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
      "UPDATE mailbox SET source_epoch=?, target_epoch=?, source_settled=?, target_settled=?, sum=? WHERE "
      "id=?",
      {r.source_epoch.bytes(), r.target_epoch.bytes(), r.source_settled, r.target_settled, sum_of(row),
       r.id});
}

Result<std::int64_t> pair_id(Database& database, const Accounts& accounts) {
  PF_TRYV(
      database.exec("INSERT INTO pair(source_account, target_account) VALUES(?, ?) ON CONFLICT DO NOTHING",
                    {accounts.source, accounts.target}));
  return database.integer("SELECT id FROM pair WHERE source_account=? AND target_account=?",
                          {accounts.source, accounts.target});
}

// ---- message

constexpr std::string_view put_message = "INSERT OR REPLACE INTO message VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)";

Status put_messages(Database& database, MailboxId mailbox, const std::vector<PairRow>& list) {
  if (list.empty()) return {};
  PF_TRY(auto statement, database.query(put_message));
  for (const auto& row : list) {
    const std::string key = encode_key(row.key);
    const std::string flags = row.flags.to_string();
    const std::string normalised = row.normalised.to_string();
    const std::int64_t size = encode_size(row.size);
    const std::int64_t sum = row_sum(mailbox, row.source.bytes(), row.target.bytes(), key, size,
                                     row.date_seconds, flags, normalised);
    PF_TRYV(statement.bind({mailbox, row.source.bytes(), row.target.bytes(), key, size, row.date_seconds,
                            flags, normalised, sum}));
    PF_TRYV(statement.step());
  }
  return {};
}

// One deletion for each reference; `sql` takes the mailbox and the reference.
Status remove_refs(Database& database, std::string_view sql, MailboxId mailbox,
                   const std::vector<MessageRef>& refs) {
  if (refs.empty()) return {};
  PF_TRY(auto statement, database.query(sql));
  for (const auto& ref : refs) {
    PF_TRYV(statement.bind({mailbox, ref.bytes()}));
    PF_TRYV(statement.step());
  }
  return {};
}

// ---- intent

struct StoredIntent {
  MailboxId mailbox = 0;
  bool watched = false;
  IntentRow row;  // without items
};

std::int64_t sum_of(const StoredIntent& intent) {
  const auto& r = intent.row;
  return row_sum(r.id, intent.mailbox, r.target_epoch.bytes(), r.target_position.bytes(), r.wall_seconds,
                 std::int64_t{intent.watched});
}

constexpr std::string_view intent_columns =
    "SELECT id, mailbox_id, target_epoch, target_position, wall_seconds, watched, sum FROM intent ";

Result<std::vector<StoredIntent>> read_intents(Database& database, std::string_view where,
                                               std::initializer_list<Value> values) {
  PF_TRY(auto rows, database.query(std::string(intent_columns) + std::string(where), values));
  std::vector<StoredIntent> out;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    StoredIntent intent;
    intent.row.id = rows.integer(0);
    intent.mailbox = rows.integer(1);
    intent.row.target_epoch = Epoch(std::string(rows.blob(2)));
    intent.row.target_position = Position(std::string(rows.blob(3)));
    intent.row.wall_seconds = rows.integer(4);
    intent.watched = rows.integer(5) != 0;
    if (sum_of(intent) != rows.integer(6)) return database.damage("an intent does not match its checksum");
    out.push_back(std::move(intent));
  }
}

Result<StoredIntent> read_intent(Database& database, IntentId id) {
  PF_TRY(auto found, read_intents(database, "WHERE id=?", {id}));
  if (found.empty()) return no_such("intent", id);
  return std::move(found.front());
}

Status put_items(Database& database, IntentId intent, const std::vector<IntentItem>& items) {
  if (items.empty()) return {};
  PF_TRY(auto statement, database.query("INSERT INTO intent_item VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
  std::int64_t ordinal = 0;
  for (const auto& item : items) {
    const std::string key = encode_key(item.key);
    const std::string flags = item.flags.to_string();
    const std::int64_t size = encode_size(item.size);
    const std::int64_t sum =
        row_sum(intent, ordinal, item.source.bytes(), key, size, item.date_seconds, flags);
    PF_TRYV(statement.bind({intent, ordinal, item.source.bytes(), key, size, item.date_seconds, flags, sum}));
    PF_TRYV(statement.step());
    ++ordinal;
  }
  return {};
}

Result<std::vector<IntentItem>> read_items(Database& database, IntentId intent) {
  PF_TRY(auto rows,
         database.query("SELECT ordinal, source_ref, key, size, date_seconds, flags, sum FROM intent_item "
                        "WHERE intent_id=? ORDER BY ordinal",
                        {intent}));
  std::vector<IntentItem> out;
  FlagDecoder flags;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    const auto key = decode_key(rows.blob(2));
    const std::int64_t sum = row_sum(intent, rows.integer(0), rows.blob(1), rows.blob(2), rows.integer(3),
                                     rows.integer(4), rows.blob(5));
    if (!key || sum != rows.integer(6))
      return database.damage("a message of an intent does not match its checksum");
    IntentItem item;
    item.source = MessageRef(std::string(rows.blob(1)));
    item.key = *key;
    item.size = decode_size(rows.integer(3));
    item.date_seconds = rows.integer(4);
    item.flags = flags.decode(rows.blob(5));
    out.push_back(std::move(item));
  }
}

Status drop_items(Database& database, IntentId intent) {
  return database.exec("DELETE FROM intent_item WHERE intent_id=?", {intent});
}

Status drop_intent(Database& database, IntentId intent) {
  PF_TRYV(drop_items(database, intent));
  return database.exec("DELETE FROM intent WHERE id=?", {intent});
}

}  // namespace

Result<MailboxRecord> mailbox(Database& database, const Accounts& accounts, const std::string& source_name,
                              const std::string& target_name) {
  PF_TRY(const auto pair, pair_id(database, accounts));
  PF_TRY(auto found, read_mailboxes(database, "WHERE pair_id=? AND source_name=? AND target_name=?",
                                    {pair, source_name, target_name}));
  if (!found.empty()) return std::move(found.front().record);
  PF_TRYV(database.exec(
      "INSERT INTO mailbox(pair_id, source_name, target_name, source_epoch, target_epoch, source_settled, "
      "target_settled, sum) VALUES(?, ?, ?, x'', x'', x'', x'', 0)",
      {pair, source_name, target_name}));
  MailboxRow row;
  row.pair = pair;
  row.record.id = database.last_insert_id();
  row.record.source_name = source_name;
  row.record.target_name = target_name;
  PF_TRYV(update_mailbox(database, row));  // the sum covers the id
  return row.record;
}

Result<std::vector<MailboxRecord>> mailboxes(Database& database, const Accounts& accounts) {
  PF_TRY(auto found,
         read_mailboxes(
             database,
             "WHERE pair_id=(SELECT id FROM pair WHERE source_account=? AND target_account=?) ORDER BY id",
             {accounts.source, accounts.target}));
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
      "DELETE FROM intent_item WHERE intent_id IN (SELECT id FROM intent WHERE mailbox_id=?)", {mailbox}));
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

Result<std::vector<PairRow>> pairs(Database& database, MailboxId mailbox) {
  PF_TRY(auto rows,
         database.query(
             "SELECT source_ref, target_ref, key, size, date_seconds, flags, normalised, sum FROM message "
             "WHERE mailbox_id=? ORDER BY source_ref",
             {mailbox}));
  std::vector<PairRow> out;
  FlagDecoder flags;
  FlagDecoder normalised;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    const auto key = decode_key(rows.blob(2));
    const std::int64_t sum = row_sum(mailbox, rows.blob(0), rows.blob(1), rows.blob(2), rows.integer(3),
                                     rows.integer(4), rows.blob(5), rows.blob(6));
    if (!key || sum != rows.integer(7))
      return database.damage("a recorded message does not match its checksum");
    // In a damaged tree a page may hang in two places.
    if (!out.empty() && out.back().source.bytes() >= rows.blob(0))
      return database.damage("recorded messages are out of order");
    PairRow& row = out.emplace_back();
    row.source = MessageRef(std::string(rows.blob(0)));
    row.target = MessageRef(std::string(rows.blob(1)));
    row.key = *key;
    row.size = decode_size(rows.integer(3));
    row.date_seconds = rows.integer(4);
    row.flags = flags.decode(rows.blob(5));
    row.normalised = normalised.decode(rows.blob(6));
  }
}

Status record(Database& database, MailboxId mailbox, const std::vector<PairRow>& rows) {
  return put_messages(database, mailbox, rows);
}

Status forget(Database& database, MailboxId mailbox, const std::vector<MessageRef>& sources) {
  return remove_refs(database, "DELETE FROM message WHERE mailbox_id=? AND source_ref=?", mailbox, sources);
}

Result<IntentId> begin(Database& database, MailboxId mailbox, const IntentRow& intent) {
  PF_TRYV(database.exec(
      "INSERT INTO intent(mailbox_id, target_epoch, target_position, wall_seconds, watched, sum) "
      "VALUES(?, ?, ?, ?, 0, 0)",
      {mailbox, intent.target_epoch.bytes(), intent.target_position.bytes(), intent.wall_seconds}));
  StoredIntent stored{mailbox, false, {}};
  stored.row.id = database.last_insert_id();
  stored.row.target_epoch = intent.target_epoch;
  stored.row.target_position = intent.target_position;
  stored.row.wall_seconds = intent.wall_seconds;
  PF_TRYV(database.exec("UPDATE intent SET sum=? WHERE id=?",
                        {sum_of(stored), stored.row.id}));  // it covers the id
  PF_TRYV(put_items(database, stored.row.id, intent.items));
  return stored.row.id;
}

Status finish(Database& database, IntentId intent, const std::vector<PairRow>& stored,
              const std::vector<ParkedRow>& parked) {
  PF_TRY(const auto found, read_intent(database, intent));
  PF_TRYV(put_messages(database, found.mailbox, stored));
  PF_TRYV(park(database, found.mailbox, parked));
  return drop_intent(database, intent);
}

Status watch(Database& database, IntentId intent, const std::vector<PairRow>& stored,
             const std::vector<IntentItem>& items) {
  PF_TRY(auto found, read_intent(database, intent));
  PF_TRYV(put_messages(database, found.mailbox, stored));
  if (items.empty()) return drop_intent(database, intent);
  PF_TRYV(drop_items(database, intent));
  PF_TRYV(put_items(database, intent, items));
  found.watched = true;
  return database.exec("UPDATE intent SET watched=1, sum=? WHERE id=?", {sum_of(found), intent});
}

Result<std::vector<IntentRow>> intents(Database& database, MailboxId mailbox, bool watched) {
  PF_TRY(auto found, read_intents(database, "WHERE mailbox_id=? AND watched=? ORDER BY id",
                                  {mailbox, std::int64_t{watched}}));
  std::vector<IntentRow> out;
  for (auto& intent : found) {
    PF_TRY(intent.row.items, read_items(database, intent.row.id));
    out.push_back(std::move(intent.row));
  }
  return out;
}

Status unwatch(Database& database, IntentId intent) {
  PF_TRY(auto found, read_intents(database, "WHERE id=? AND watched=1", {intent}));
  if (found.empty()) return {};
  return drop_intent(database, intent);
}

Result<std::vector<ParkedRow>> parked(Database& database, MailboxId mailbox) {
  PF_TRY(auto rows,
         database.query("SELECT source_ref, reason, server_text, size, size_limit, sum FROM parked "
                        "WHERE mailbox_id=? ORDER BY source_ref",
                        {mailbox}));
  std::vector<ParkedRow> out;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    const std::int64_t sum =
        row_sum(mailbox, rows.blob(0), rows.blob(1), rows.blob(2), rows.integer(3), rows.integer(4));
    if (sum != rows.integer(5)) return database.damage("a parked message does not match its checksum");
    ParkedRow& row = out.emplace_back();
    row.source = MessageRef(std::string(rows.blob(0)));
    row.reason = rows.blob(1);
    row.server_text = rows.blob(2);
    row.size = decode_size(rows.integer(3));
    row.limit = decode_size(rows.integer(4));
  }
}

Status park(Database& database, MailboxId mailbox, const std::vector<ParkedRow>& rows) {
  if (rows.empty()) return {};
  PF_TRY(auto statement, database.query("INSERT OR REPLACE INTO parked VALUES(?, ?, ?, ?, ?, ?, ?)"));
  for (const auto& row : rows) {
    const std::int64_t size = encode_size(row.size);
    const std::int64_t limit = encode_size(row.limit);
    const std::int64_t sum = row_sum(mailbox, row.source.bytes(), row.reason, row.server_text, size, limit);
    PF_TRYV(statement.bind({mailbox, row.source.bytes(), row.reason, row.server_text, size, limit, sum}));
    PF_TRYV(statement.step());
  }
  return {};
}

Status unpark(Database& database, MailboxId mailbox, const std::vector<MessageRef>& sources) {
  return remove_refs(database, "DELETE FROM parked WHERE mailbox_id=? AND source_ref=?", mailbox, sources);
}

Result<Duration> slowest_commit(Database& database, const std::string& account) {
  PF_TRY(const auto slowest,
         database.integer("SELECT coalesce(max(slowest_commit), 0) FROM server WHERE account=?", {account}));
  return Duration(std::max<std::int64_t>(slowest, 0));
}

Status note_commit(Database& database, const std::string& account, Duration took) {
  return database.exec(
      "INSERT INTO server VALUES(?, ?) ON CONFLICT(account) DO UPDATE SET "
      "slowest_commit=excluded.slowest_commit "
      "WHERE excluded.slowest_commit > slowest_commit",
      {account, std::int64_t{took.count()}});
}

}  // namespace pf::state::rows
