// Keeps the report of a fleet in a directory while it runs, on a thread of its own: rendering and writing for
// thousands of accounts must not hold up those that move.
#pragma once

#include "cli/render/account_board.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace pf::cli {

// accounts.csv, accounts.json, failures.csv and index.html, each whole or as it was, mode 0600.
Status write_fleet_report(const FleetReport& report, const std::filesystem::path& dir);

class ReportWriter {
 public:
  // Writes a first report at once; an error of it is one before any work.
  static Result<std::unique_ptr<ReportWriter>> begin(const AccountBoard& board, std::filesystem::path dir);
  ReportWriter(const ReportWriter&) = delete;
  ReportWriter& operator=(const ReportWriter&) = delete;
  ~ReportWriter();

  // The last one, when the board knows the end.
  Status finish();

 private:
  ReportWriter(const AccountBoard& board, std::filesystem::path dir);
  void keep_writing();
  void stop();

  const AccountBoard& board_;
  std::filesystem::path dir_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace pf::cli
