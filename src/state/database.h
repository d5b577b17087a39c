// One SQLite file with the state of all pairs.  Used by one thread at a time (see writer.h); several
// processes may have the same file open.
//
// Losing the file is safe (journal.h), trusting a damaged one is not.  So whatever looks damaged is set aside
// under another name, never deleted, never repaired, and a new file is started; the caller gets a note to
// show.
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace pf::state {

class Database;

// A parameter of a statement: an integer or octets (bound as BLOB).
class Value {
 public:
  Value(std::int64_t number) : number_(number) {}  // NOLINT(google-explicit-constructor)
  Value(std::string_view octets)
      : octets_(octets), is_octets_(true) {}  // NOLINT(google-explicit-constructor)
  Value(const std::string& octets)
      : Value(std::string_view(octets)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool is_octets() const { return is_octets_; }
  [[nodiscard]] std::int64_t number() const { return number_; }
  [[nodiscard]] std::string_view octets() const { return octets_; }

 private:
  std::int64_t number_ = 0;
  std::string_view octets_;
  bool is_octets_ = false;
};

// The rows of a query.  Goes back to the database's cache when it goes, and must go before the database.
class Rows {
 public:
  Rows(Database& database, std::string sql, sqlite3_stmt* statement)
      : database_(&database), sql_(std::move(sql)), statement_(statement) {}
  Rows(Rows&& other) noexcept
      : database_(other.database_),
        sql_(std::move(other.sql_)),
        statement_(std::exchange(other.statement_, nullptr)) {}
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  // False at the end.
  Result<bool> step();
  // Starts over with other parameters.
  Status bind(std::initializer_list<Value> values);
  // Columns of the current row, from 0; octets are valid until the next step().
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;

 private:
  Database* database_;
  std::string sql_;
  sqlite3_stmt* statement_;
};

struct Opened {
  std::unique_ptr<Database> database;
  std::vector<std::string> notes;  // sentences for the user: what was damaged and where it is now
};

struct DatabaseOptions {
  Duration busy_timeout = std::chrono::seconds(30);  // for another process to end its transaction
};

class Database {
 public:
  using Options = DatabaseOptions;
  static constexpr std::string_view file_name = "postferry.db";

  // The database in state directory `dir` (made 0700 when missing; the file 0600).  A damaged one is renamed
  // to postferry.db.damaged-<wall seconds> and a new one started: see Opened::notes. Errors, all Errc::state:
  // the directory cannot be used, the file is held by another program (Retry::later), or it was written by a
  // newer postferry (then it is left alone).
  static Result<Opened> open(const std::string& dir, Options options = {});
  static Result<std::unique_ptr<Database>> in_memory();

  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  // Runs one statement to its end.
  Status exec(std::string_view sql, std::initializer_list<Value> values = {});
  Result<Rows> query(std::string_view sql, std::initializer_list<Value> values = {});
  // The first column of the first row; an Error when there is none.
  Result<std::int64_t> integer(std::string_view sql, std::initializer_list<Value> values = {});
  // Several statements, not cached.
  Status script(std::string_view sql);

  [[nodiscard]] std::int64_t last_insert_id() const;
  // False inside a transaction.  SQLite itself rolls back after some errors (disk full, I/O).
  [[nodiscard]] bool idle() const;
  // Whether the next commits reach the disk before they return.  Only between transactions.
  Status set_durable(bool durable);

  // The file contradicts itself.  From now on damaged() is true, and the next open() sets the file aside.
  Error damage(std::string_view what);
  [[nodiscard]] bool damaged() const { return damaged_; }
  // An I/O error was seen: what the disk holds is unknown from here on (a failed fsync may have dropped
  // pages).
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  friend class Rows;
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  static Result<Opened> open_or_replace(const std::string& dir, const Options& options);
  static Result<std::unique_ptr<Database>> open_file(const std::string& path, const Options& options);
  // Settings, tables and integrity; damaged() tells why it failed.
  Status check();
  Status configure();
  Result<sqlite3_stmt*> take(const std::string& sql);
  void give_back(std::string sql, sqlite3_stmt* statement);
  Error error(int code);

  sqlite3* handle_;
  std::string path_;
  bool damaged_ = false;
  bool failed_ = false;
  bool durable_ = true;
  bool write_ahead_ = false;
  std::multimap<std::string, sqlite3_stmt*, std::less<>> free_statements_;
};

}  // namespace pf::state
