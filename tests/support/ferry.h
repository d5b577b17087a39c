// The built program, run as people run it: arguments, environment, exit status, and what --json told.
#pragma once

#include "support/mail_server.h"
#include "support/process.h"
#include "support/temp_dir.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::test {

// One end of a run.
struct End {
  std::string url;
  std::string password;
};

enum class Way : std::uint8_t { clear, starttls, tls };

// An account of `server`.  `items` are more of the URL: "auth=PLAIN&admin=boss".
[[nodiscard]] End end_at(const MailServer& server, const std::string& user, Way way = Way::clear,
                         const std::string& items = {});
// The same in clear through another port, such as that of a proxy.
[[nodiscard]] End end_through(std::uint16_t port, const MailServer& server, const std::string& user);

// One JSON object, scalars as text; members of objects inside it as "error.reason".
struct Record {
  std::map<std::string, std::string, std::less<>> fields;
  [[nodiscard]] std::string text(std::string_view key) const;      // empty when absent or null
  [[nodiscard]] std::uint64_t number(std::string_view key) const;  // throws when it is none
};

// How a run ended.
struct Ran {
  int code = -1;   // exit status, -1 when killed
  int signal = 0;  // what killed it
  std::string out, err;
  std::vector<Record> records;  // lines of --json; what is no JSON throws when it is read
  Record summary;               // the last line
  std::vector<std::string> warnings;
  std::vector<Record> failures;

  [[nodiscard]] std::uint64_t operator[](std::string_view key) const { return summary.number(key); }
  [[nodiscard]] std::vector<Record> all(std::string_view event) const;
  [[nodiscard]] bool warned(std::string_view text) const;  // some warning holds it
};
// For messages of tests: everything the program wrote, without progress.
std::ostream& operator<<(std::ostream& out, const Ran& ran);

// Keeps what the program remembers in a directory of its own.
class Ferry {
 public:
  Ferry();

  // With --json, passwords by environment, and a short settle time unless `settle` is empty.
  Ran sync(const End& from, const End& to, std::vector<std::string> options = {}) const;
  Ran verify(const End& from, const End& to, std::vector<std::string> options = {}) const;
  // `options` hold the run, or --list.
  Ran undo(const End& from, const End& to, std::vector<std::string> options) const;
  Ran doctor(const End& end, std::vector<std::string> options = {}) const;
  // These words and nothing else.
  Ran run(std::vector<std::string> words) const;

  // These words, in the background.  End it with finish().
  [[nodiscard]] std::unique_ptr<Process> start(std::vector<std::string> words) const;
  // A sync that goes on in the background.  End it with finish().
  [[nodiscard]] std::unique_ptr<Process> start_sync(const End& from, const End& to,
                                                    std::vector<std::string> options = {}) const;
  // Throws when it does not end in time.
  static Ran finish(Process& process, std::chrono::milliseconds timeout = std::chrono::minutes(5));

  void forget() const;  // removes all state
  [[nodiscard]] std::filesystem::path state() const { return dir_ / "state"; }
  [[nodiscard]] const TempDir& directory() const { return dir_; }

  // What --settle gets.  Dovecot commits an append that was cut off within 90 ms on an idle machine, and the
  // default of 2 s would be most of a test's time.  Tests that cut appends off or kill must clear it: a busy
  // machine commits later than that.
  std::string settle = "300ms";
  // Where the program starts; empty: where the test did.
  std::string working_directory;
  // More of the environment of the program.
  std::vector<std::pair<std::string, std::string>> environment;

 private:
  [[nodiscard]] ProcessOptions process(std::vector<std::string> words) const;
  [[nodiscard]] ProcessOptions pair(std::string command, const End& from, const End& to,
                                    std::vector<std::string> options) const;
  TempDir dir_;
};

// As many as the environment variable says, else `usual`.
[[nodiscard]] std::size_t number_from_environment(const char* name, std::size_t usual);
// POSTFERRY_SEED, else with script/test --all another one each time.  Otherwise always the same: there a case
// that fails must fail again.
[[nodiscard]] std::uint64_t seed_from_environment();
// script/test --all
[[nodiscard]] bool everything_wanted();

// Waits for `condition`; false when the time is over first.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition,
                              std::chrono::milliseconds timeout = std::chrono::minutes(2));

void pause_briefly();  // between two looks at a condition

template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    pause_briefly();
  }
  return true;
}

}  // namespace pf::test
