#include "state/journal_rows.h"
#include "state/row_codec.h"
#include "state/row_helpers.h"
#include "state/row_sum.h"

namespace pf::state::rows {
namespace {

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
  PF_TRYV(record(database, found.mailbox, stored));
  PF_TRYV(park(database, found.mailbox, parked));
  return drop_intent(database, intent);
}

Status watch(Database& database, IntentId intent, const std::vector<PairRow>& stored,
             const std::vector<IntentItem>& items) {
  PF_TRY(auto found, read_intent(database, intent));
  PF_TRYV(record(database, found.mailbox, stored));
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

}  // namespace pf::state::rows
