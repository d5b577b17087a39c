#include "base/clock.h"
#include "state/journal_rows.h"
#include "state/row_codec.h"
#include "state/row_helpers.h"
#include "state/row_sum.h"

#include <optional>

namespace pf::state::rows {
namespace {

std::optional<RemovalRow::Done> decode_done(std::int64_t column) {
  if (column < 0 || column > static_cast<std::int64_t>(RemovalRow::Done::undone)) return std::nullopt;
  return static_cast<RemovalRow::Done>(column);
}

std::int64_t sum_of(RunId run, const RemovalRow& row, std::string_view key, std::string_view flags) {
  return row_sum(run, std::int64_t{row.ordinal}, row.mailbox, std::int64_t{row.at_source}, row.from,
                 row.quarantine, row.ref.bytes(), row.other.bytes(), row.quarantine_epoch.bytes(),
                 row.quarantine_ref.bytes(), key, encode_size(row.size), row.date_seconds, flags,
                 static_cast<std::int64_t>(row.done));
}

constexpr std::string_view removal_columns =
    "SELECT run_id, ordinal, mailbox_id, at_source, from_name, quarantine, ref, other, quarantine_epoch, "
    "quarantine_ref, key, size, date_seconds, flags, done, sum FROM removal ";

Result<RemovalRow> read_removal(Database& database, const Rows& rows, FlagDecoder& flags) {
  RemovalRow row;
  row.ordinal = static_cast<std::uint32_t>(rows.integer(1));
  row.mailbox = rows.integer(2);
  row.at_source = rows.integer(3) != 0;
  row.from = rows.blob(4);
  row.quarantine = rows.blob(5);
  row.ref = MessageRef(std::string(rows.blob(6)));
  row.other = MessageRef(std::string(rows.blob(7)));
  row.quarantine_epoch = Epoch(std::string(rows.blob(8)));
  row.quarantine_ref = MessageRef(std::string(rows.blob(9)));
  row.size = decode_size(rows.integer(11));
  row.date_seconds = rows.integer(12);
  const auto key = decode_key(rows.blob(10));
  const auto done = decode_done(rows.integer(14));
  if (done) row.done = *done;
  const bool whole = key && done && row.ordinal == rows.integer(1) &&
                     sum_of(rows.integer(0), row, rows.blob(10), rows.blob(13)) == rows.integer(15);
  if (!whole) return database.damage("a removal does not match its checksum");
  row.key = *key;
  row.flags = flags.decode(rows.blob(13));
  return row;
}

}  // namespace

Result<RunId> begin_run(Database& database, const Accounts& accounts, const std::string& mode) {
  PF_TRY(const auto pair, pair_id(database, accounts));
  PF_TRY(const auto last, database.integer("SELECT coalesce(max(id), 0) FROM run"));
  const RunId id = last + 1;  // runs are never deleted
  const std::int64_t now = wall_seconds();
  PF_TRYV(database.exec("INSERT INTO run VALUES(?, ?, ?, ?, ?)",
                        {id, pair, now, mode, row_sum(id, pair, now, mode)}));
  return id;
}

Result<std::vector<RunRow>> runs(Database& database, const Accounts& accounts) {
  PF_TRY(const auto pair, read_pair_id(database, accounts));
  PF_TRY(auto rows,
         database.query("SELECT id, wall_seconds, mode, sum FROM run WHERE pair_id=? ORDER BY id", {pair}));
  std::vector<RunRow> out;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    if (row_sum(rows.integer(0), pair, rows.integer(1), rows.blob(2)) != rows.integer(3))
      return database.damage("a run does not match its checksum");
    out.push_back({rows.integer(0), rows.integer(1), std::string(rows.blob(2))});
  }
}

Status plan_removals(Database& database, RunId run, const std::vector<RemovalRow>& rows) {
  if (rows.empty()) return {};
  PF_TRY(const auto known, database.integer("SELECT count(*) FROM run WHERE id=?", {run}));
  if (known == 0) return no_such("run", run);
  PF_TRY(auto statement, database.query("INSERT OR REPLACE INTO removal "
                                        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const auto& row : rows) {
    const std::string key = encode_key(row.key);
    const std::string flags = row.flags.to_string();
    PF_TRYV(
        statement.bind({run, std::int64_t{row.ordinal}, row.mailbox, std::int64_t{row.at_source}, row.from,
                        row.quarantine, row.ref.bytes(), row.other.bytes(), row.quarantine_epoch.bytes(),
                        row.quarantine_ref.bytes(), key, encode_size(row.size), row.date_seconds, flags,
                        static_cast<std::int64_t>(row.done), sum_of(run, row, key, flags)}));
    PF_TRYV(statement.step());
  }
  return {};
}

Result<std::vector<RemovalRow>> removals(Database& database, RunId run) {
  PF_TRY(auto rows, database.query(std::string(removal_columns) + "WHERE run_id=? ORDER BY ordinal", {run}));
  std::vector<RemovalRow> out;
  FlagDecoder flags;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    PF_TRY(auto row, read_removal(database, rows, flags));
    if (!out.empty() && out.back().ordinal >= row.ordinal)
      return database.damage("removals are out of order");
    out.push_back(std::move(row));
  }
}

Result<std::vector<UnfinishedRemoval>> unfinished_removals(Database& database, MailboxId mailbox) {
  PF_TRY(auto rows, database.query(std::string(removal_columns) +
                                       "WHERE mailbox_id=? AND done=0 ORDER BY run_id, ordinal",
                                   {mailbox}));
  std::vector<UnfinishedRemoval> out;
  FlagDecoder flags;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    PF_TRY(auto row, read_removal(database, rows, flags));
    out.push_back({rows.integer(0), std::move(row)});
  }
}

}  // namespace pf::state::rows
