#include "state/database.h"

#include "base/os/file.h"
#include "state/schema.h"
#include "state/set_aside.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace pf::state {
namespace {

// Below this the whole file is checked at every start (measured: 1.5 ms a MB, 4 ms with the index by target);
// above, only what is read.
constexpr std::int64_t full_check_bytes = std::int64_t{32} * 1024 * 1024;

// The log is brought over into the file when it is that long.  A sync is cheap where the log is written over,
// and dear where it grows, which it does up to this length.
constexpr std::int64_t log_bytes = std::int64_t{1} * 1024 * 1024;

bool is_damage(int code) {
  const int primary = code & 0xFF;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

bool is_busy(int code) {
  const int primary = code & 0xFF;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
}

std::string hint_for(int code) {
  if (is_damage(code)) return "run again: the file is set aside and everything is recognised by content";
  if (is_busy(code)) return "another postferry is using it; run again when that has ended";
  if ((code & 0xFF) == SQLITE_FULL) return "free some disk space and run again";
  return {};
}

// Whatever went wrong below, to the caller it is the state that cannot be used.
Error as_state_error(Error error) {
  error.code = Errc::state;
  return std::move(error.at("state directory"));
}

// Blocks: only while a program starts.
Result<os::FileLock> wait_for_lock(const std::string& path, Duration timeout) {
  const auto deadline = MonoClock::now() + timeout;
  for (;;) {
    auto lock = os::FileLock::acquire(path);
    if (lock || lock.error().code != Errc::locked || MonoClock::now() >= deadline) return lock;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<std::string> prepare_directory(const std::string& dir) {
  PF_TRYV(os::make_private_dir(dir));
  std::error_code failure;
  auto canonical = std::filesystem::canonical(dir, failure);
  if (failure) return os::file_error("find", dir, failure.value());
  return canonical.string();
}

std::string note(std::string_view why) {
  return fmt::format("{}; a new one was started: messages are recognised by content", why);
}

int bind_value(sqlite3_stmt* statement, int index, const Value& value) {
  if (!value.is_octets()) return sqlite3_bind_int64(statement, index, value.number());
  const auto octets = value.octets();
  // A null pointer would bind NULL, which is not the empty string.
  return sqlite3_bind_blob64(statement, index, octets.empty() ? "" : octets.data(), octets.size(),
                             SQLITE_TRANSIENT);
}

// SQLite takes a shorter file for an empty one.
constexpr std::uintmax_t shortest_file = 512;

// Makes the file when there is none: SQLite would make it readable for others.  What the size alone tells.
struct Found {
  bool empty = false;  // left by a start that was cut short, or emptied since
  bool too_short = false;
};
Result<Found> make_or_measure(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::symlink_status(path, unknown).type() == std::filesystem::file_type::not_found) {
    PF_TRYV(os::write_file_atomically(path, {}));
    return Found{};
  }
  const auto size = std::filesystem::file_size(path, unknown);
  return Found{size == 0, size > 0 && size < shortest_file};
}

}  // namespace

Rows::~Rows() {
  if (statement_ != nullptr) database_->give_back(std::move(sql_), statement_);
}

Result<bool> Rows::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->error(code);
}

Status Rows::bind(std::initializer_list<Value> values) {
  sqlite3_reset(statement_);
  int index = 0;
  for (const auto& value : values) {
    if (const int code = bind_value(statement_, ++index, value); code != SQLITE_OK)
      return database_->error(code);
  }
  return {};
}

std::int64_t Rows::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Rows::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::~Database() {
  for (auto& [sql, statement] : free_statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Result<Opened> Database::open(const std::string& dir, Options options) {
  auto opened = open_or_replace(dir, options);
  if (!opened) return as_state_error(std::move(opened).error());
  return opened;
}

Result<Opened> Database::open_or_replace(const std::string& dir, const Options& options) {
  PF_TRY(const auto directory, prepare_directory(dir));
  const std::string path = directory + "/" + std::string(file_name);
  // Held only while opening, so that two processes do not both set the same file aside.
  PF_TRY(const auto lock, wait_for_lock(path + ".lock", options.busy_timeout));
  std::vector<std::string> notes;
  std::string damage = is_suspect(path) ? "the state database was found damaged by an earlier run" : "";
  for (int attempt = 0;; ++attempt) {
    if (!damage.empty()) {
      PF_TRY(const auto aside, set_aside(path));
      notes.push_back(note(fmt::format("{} and is kept as {}", damage, aside)));
    }
    PF_TRY(const auto found, make_or_measure(path));
    if (found.empty) notes.push_back(note("the state database was empty"));
    PF_TRY(auto database, open_file(path, options));
    auto status = found.too_short ? Status(database->damage("it is too short")) : database->check();
    if (status) return Opened{std::move(database), std::move(notes)};
    if (!database->damaged() || attempt > 0) return status.error();
    damage = status.error().context;
  }
}

Result<std::unique_ptr<Database>> Database::open_file(const std::string& path, const Options& options) {
  sqlite3* handle = nullptr;
  // NOMUTEX: one thread at a time is our own rule.  The directory is canonical, so NOFOLLOW concerns the file
  // only.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle, path));
  if (code != SQLITE_OK) return database->error(code);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(options.busy_timeout).count();
  sqlite3_busy_timeout(handle, static_cast<int>(milliseconds));
  return database;
}

Result<std::unique_ptr<Database>> Database::in_memory() {
  return open_file(":memory:", {});
}

Status Database::check() {
  PF_TRYV(configure());
  PF_TRYV(prepare_schema(*this));
  PF_TRY(const auto pages, integer("PRAGMA page_count"));
  PF_TRY(const auto page_size, integer("PRAGMA page_size"));
  if (pages * page_size > full_check_bytes) return {};
  // Not quick_check: an index that lacks an entry would hide a pair.
  PF_TRY(auto rows, query("SELECT CAST(integrity_check AS BLOB) FROM pragma_integrity_check(1)"));
  PF_TRY(const bool answered, rows.step());
  if (!answered || rows.blob(0) != "ok") return damage(answered ? rows.blob(0) : "it cannot be checked");
  return {};
}

Status Database::configure() {
  // A file made to attack us must not run code: no triggers or views of others, no writable schema.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  PF_TRYV(
      script("PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; PRAGMA cache_size=-2048; PRAGMA "
             "temp_store=MEMORY"));
  // Before the first page is written; a file that has pages keeps its size.  A commit logs whole pages and
  // touches a few rows in each: small pages halve what a copied message costs (measured, batches of 10
  // in two transactions each: 3.4 KB of log a message with pages of 4096, 1.8 KB with these).
  PF_TRYV(script("PRAGMA page_size=1024; PRAGMA journal_size_limit=16777216"));
  PF_TRY(auto mode, query("PRAGMA journal_mode=WAL"));
  PF_TRY(const bool answered, mode.step());
  // Without shared memory (some network file systems) SQLite stays with its rollback journal, which needs
  // every sync.
  write_ahead_ = answered && mode.blob(0) == "wal";
  PF_TRY(const auto page_size, integer("PRAGMA page_size"));
  PF_TRYV(
      script(fmt::format("PRAGMA wal_autocheckpoint={}", log_bytes / std::max<std::int64_t>(page_size, 1))));
  return script("PRAGMA synchronous=FULL");
}

Status Database::exec(std::string_view sql, std::initializer_list<Value> values) {
  PF_TRY(auto rows, query(sql, values));
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return {};
  }
}

Result<Rows> Database::query(std::string_view sql, std::initializer_list<Value> values) {
  std::string text(sql);
  PF_TRY(sqlite3_stmt * statement, take(text));
  Rows rows(*this, std::move(text), statement);
  PF_TRYV(rows.bind(values));
  return rows;
}

Result<std::int64_t> Database::integer(std::string_view sql, std::initializer_list<Value> values) {
  PF_TRY(auto rows, query(sql, values));
  PF_TRY(const bool found, rows.step());
  if (!found)
    return Error(Errc::state, Scope::run, Retry::never, fmt::format("state database {}: no such row", path_));
  return rows.integer(0);
}

Status Database::script(std::string_view sql) {
  const int code = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

bool Database::idle() const {
  return sqlite3_get_autocommit(handle_) != 0;
}

Status Database::set_durable(bool durable) {
  if (durable == durable_ || !write_ahead_) return {};
  PF_TRYV(script(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
  durable_ = durable;
  return {};
}

Error Database::damage(std::string_view what) {
  damaged_ = true;
  if (path_ != ":memory:") ignore(mark_suspect(path_));
  return {Errc::state,  Scope::run,
          Retry::never, fmt::format("state database {} is damaged: {}", path_, what),
          {},           hint_for(SQLITE_CORRUPT)};
}

Result<sqlite3_stmt*> Database::take(const std::string& sql) {
  if (const auto found = free_statements_.find(sql); found != free_statements_.end()) {
    sqlite3_stmt* statement = found->second;
    free_statements_.erase(found);
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error(code);
  return statement;
}

void Database::give_back(std::string sql, sqlite3_stmt* statement) {
  sqlite3_reset(statement);  // repeats the error step() already told
  sqlite3_clear_bindings(statement);
  free_statements_.emplace(std::move(sql), statement);
}

Error Database::error(int code) {
  const char* text = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  if (is_damage(code)) return damage(text);
  if ((code & 0xFF) == SQLITE_IOERR) failed_ = true;
  return {Errc::state,
          Scope::run,
          is_busy(code) ? Retry::later : Retry::never,
          fmt::format("state database {}: {}", path_, text),
          {},
          hint_for(code)};
}

}  // namespace pf::state
