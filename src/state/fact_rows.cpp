#include "state/journal_rows.h"
#include "state/row_helpers.h"
#include "state/row_sum.h"

#include <algorithm>

namespace pf::state::rows {

Result<std::string> fact(Database& database, const Accounts& accounts, const std::string& name) {
  PF_TRY(const auto pair, read_pair_id(database, accounts));
  PF_TRY(auto rows, database.query("SELECT value, sum FROM fact WHERE pair_id=? AND name=?", {pair, name}));
  PF_TRY(const bool found, rows.step());
  if (!found) return std::string();
  if (row_sum(pair, name, rows.blob(0)) != rows.integer(1))
    return database.damage("a fact does not match its checksum");
  return std::string(rows.blob(0));
}

Status set_fact(Database& database, const Accounts& accounts, const std::string& name,
                const std::string& value) {
  PF_TRY(const auto pair, pair_id(database, accounts));
  if (value.empty()) return database.exec("DELETE FROM fact WHERE pair_id=? AND name=?", {pair, name});
  return database.exec("INSERT OR REPLACE INTO fact VALUES(?, ?, ?, ?)",
                       {pair, name, value, row_sum(pair, name, value)});
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
