#include "state/intent_items.h"
#include "state/journal_rows.h"
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
  const std::string octets = encode_items(items);
  return database.exec("INSERT OR REPLACE INTO intent_items VALUES(?, ?, ?)",
                       {intent, octets, row_sum(intent, octets)});
}

Result<std::vector<IntentItem>> read_items(Database& database, IntentId intent) {
  PF_TRY(auto rows, database.query("SELECT items, sum FROM intent_items WHERE intent_id=?", {intent}));
  PF_TRY(const bool there, rows.step());
  if (!there) return database.damage("an intent has lost its messages");
  auto items = decode_items(rows.blob(0));
  if (!items || row_sum(intent, rows.blob(0)) != rows.integer(1))
    return database.damage("the messages of an intent do not match their checksum");
  return *std::move(items);
}

Status drop_intent(Database& database, IntentId intent) {
  PF_TRYV(database.exec("DELETE FROM intent_items WHERE intent_id=?", {intent}));
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
