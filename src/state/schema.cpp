#include "state/schema.h"

#include "state/database.h"
#include "state/intent_items.h"

#include <fmt/format.h>

#include <array>
#include <set>

namespace pf::state {
namespace {

// Names, references and flags are octets, never text: BLOB, so that no encoding is ever applied to them.
// `sum` is a checksum over the row (see row_sum.h): SQLite has none of its own, and a flipped bit in a
// reference would make a message look copied that never was.
constexpr std::string_view version_1 = R"sql(
CREATE TABLE pair(
  id INTEGER PRIMARY KEY,
  source_account BLOB NOT NULL,
  target_account BLOB NOT NULL,
  UNIQUE(source_account, target_account)
) STRICT;

CREATE TABLE mailbox(
  id INTEGER PRIMARY KEY,
  pair_id INTEGER NOT NULL REFERENCES pair(id) ON DELETE CASCADE,
  source_name BLOB NOT NULL,
  target_name BLOB NOT NULL,
  source_epoch BLOB NOT NULL,
  target_epoch BLOB NOT NULL,
  source_settled BLOB NOT NULL,
  target_settled BLOB NOT NULL,
  sum INTEGER NOT NULL,
  UNIQUE(pair_id, source_name, target_name)
) STRICT;

CREATE TABLE message(
  mailbox_id INTEGER NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
  source_ref BLOB NOT NULL,
  target_ref BLOB NOT NULL,
  key BLOB NOT NULL,
  size INTEGER NOT NULL,
  date_seconds INTEGER NOT NULL,
  flags BLOB NOT NULL,
  normalised BLOB NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY(mailbox_id, source_ref)
) WITHOUT ROWID, STRICT;

CREATE TABLE intent(
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: a late finish() must not end somebody else's intent
  mailbox_id INTEGER NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
  target_epoch BLOB NOT NULL,
  target_position BLOB NOT NULL,
  wall_seconds INTEGER NOT NULL,
  watched INTEGER NOT NULL,
  sum INTEGER NOT NULL
) STRICT;

CREATE TABLE intent_item(
  intent_id INTEGER NOT NULL REFERENCES intent(id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  source_ref BLOB NOT NULL,
  key BLOB NOT NULL,
  size INTEGER NOT NULL,
  date_seconds INTEGER NOT NULL,
  flags BLOB NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY(intent_id, ordinal)
) WITHOUT ROWID, STRICT;

CREATE TABLE parked(
  mailbox_id INTEGER NOT NULL REFERENCES mailbox(id) ON DELETE CASCADE,
  source_ref BLOB NOT NULL,
  reason BLOB NOT NULL,
  server_text BLOB NOT NULL,
  size INTEGER NOT NULL,
  size_limit INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY(mailbox_id, source_ref)
) WITHOUT ROWID, STRICT;

CREATE TABLE server(
  account BLOB PRIMARY KEY NOT NULL,
  slowest_commit INTEGER NOT NULL -- nanoseconds
) WITHOUT ROWID, STRICT;

-- Written by flush(): a commit syncs the log only when it has something to write.
CREATE TABLE heartbeat(id INTEGER PRIMARY KEY, beats INTEGER NOT NULL) STRICT;
INSERT INTO heartbeat VALUES(1, 0);
)sql";

constexpr std::string_view version_2 = R"sql(
-- The highest mailbox.id that was dropped; one row at most.
CREATE TABLE dropped(id INTEGER PRIMARY KEY, mailbox_id INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;

CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  pair_id INTEGER NOT NULL REFERENCES pair(id) ON DELETE CASCADE,
  wall_seconds INTEGER NOT NULL,
  mode BLOB NOT NULL,
  sum INTEGER NOT NULL
) STRICT;

CREATE TABLE removal(
  run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL, -- may be gone meanwhile: what was taken from it can still be put back
  at_source INTEGER NOT NULL,
  from_name BLOB NOT NULL,
  quarantine BLOB NOT NULL,
  ref BLOB NOT NULL,
  other BLOB NOT NULL,
  quarantine_epoch BLOB NOT NULL,
  quarantine_ref BLOB NOT NULL,
  key BLOB NOT NULL,
  size INTEGER NOT NULL,
  date_seconds INTEGER NOT NULL,
  flags BLOB NOT NULL,
  done INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY(run_id, ordinal)
) WITHOUT ROWID, STRICT;

CREATE TABLE fact(
  pair_id INTEGER NOT NULL REFERENCES pair(id) ON DELETE CASCADE,
  name BLOB NOT NULL,
  value BLOB NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY(pair_id, name)
) WITHOUT ROWID, STRICT;
)sql";

constexpr std::string_view version_3 = R"sql(
CREATE INDEX unfinished_removal ON removal(mailbox_id) WHERE done=0;
)sql";

constexpr std::string_view version_4 = R"sql(
CREATE TABLE intent_items(
  intent_id INTEGER PRIMARY KEY REFERENCES intent(id) ON DELETE CASCADE,
  items BLOB NOT NULL, -- see intent_items.h
  sum INTEGER NOT NULL
) STRICT;
)sql";

constexpr std::array all_migrations{Migration{version_1}, Migration{version_2}, Migration{version_3},
                                    Migration{version_4, pack_intent_items, "DROP TABLE intent_item"}};

constexpr std::string_view read_schema =
    "SELECT CAST(sql AS BLOB) FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";

Result<std::set<std::string>> texts(Database& database) {
  PF_TRY(auto rows, database.query(read_schema));
  std::set<std::string> out;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    out.emplace(rows.blob(0));
  }
}

Status migrate(Database& database, std::int64_t from) {
  for (auto i = static_cast<std::size_t>(from); i < migrations().size(); ++i) {
    const Migration& step = migrations()[i];
    PF_TRYV(database.script(step.tables));
    if (step.rows != nullptr) PF_TRYV(step.rows(database));
    PF_TRYV(database.script(step.rest));
  }
  PF_TRYV(database.script(fmt::format("PRAGMA application_id={}", application_id)));
  return database.script(fmt::format("PRAGMA user_version={}", schema_version()));
}

// A flipped bit can leave a schema that still parses: compare with a fresh one, letter by letter.
Status compare_with_fresh(Database& database) {
  PF_TRY(auto fresh, Database::in_memory());
  PF_TRYV(migrate(*fresh, 0));
  PF_TRY(const auto expected, texts(*fresh));
  PF_TRY(const auto found, texts(database));
  for (const auto& text : expected) {
    if (!found.contains(text)) return database.damage("its tables are not those of postferry");
  }
  return {};
}

Status check_and_migrate(Database& database) {
  PF_TRY(const auto id, database.integer("PRAGMA application_id"));
  PF_TRY(const auto version, database.integer("PRAGMA user_version"));
  PF_TRY(const auto objects, database.integer("SELECT count(*) FROM sqlite_schema"));
  const bool empty = id == 0 && version == 0 && objects == 0;
  if (!empty && id != application_id) return database.damage("it is not a state database of postferry");
  if (!empty && version <= 0) return database.damage(fmt::format("its version {} does not exist", version));
  if (version > schema_version()) {
    Error error(Errc::state, Scope::run, Retry::never,
                fmt::format("state database {}: written by a newer postferry (version {}, this one knows {})",
                            database.path(), version, schema_version()));
    error.hint = "use the newer postferry, or another --state-dir";
    return error;
  }
  if (version < schema_version()) {
    PF_TRYV(migrate(database, version));
  }
  return {};
}

}  // namespace

std::span<const Migration> migrations() {
  return all_migrations;
}
std::int64_t schema_version() {
  return static_cast<std::int64_t>(all_migrations.size());
}

Status prepare_schema(Database& database) {
  // Two processes may start at once: only one of them migrates.  The common case takes no write lock.
  PF_TRY(const auto version, database.integer("PRAGMA user_version"));
  if (version != schema_version()) {
    PF_TRYV(database.script("BEGIN IMMEDIATE"));
    if (auto status = check_and_migrate(database); !status) {
      ignore(database.script("ROLLBACK"));
      return status;
    }
    PF_TRYV(database.script("COMMIT"));
  } else {
    PF_TRYV(check_and_migrate(database));
  }
  return compare_with_fresh(database);
}

}  // namespace pf::state
