// The log of a bulk run: a file of its own and standard output, line by line, in the form of
// imapsync_bulk_migrator:  2024-01-31T12:00:00Z | INFO | export_0 | [export] joe@example.com: starting
#pragma once

#include "base/log.h"
#include "base/os/append_file.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace pf::cli {

struct BulkLogOptions {
  std::filesystem::path directory;            // made 0700 when missing
  std::function<void(std::string_view)> out;  // one whole line a call
  std::function<std::int64_t()> now;          // unix seconds
};

// May be written to from any thread.
class BulkLog {
 public:
  // Makes DIR/run-YYYYmmdd-HHMMSS.log (UTC); a second run of the same second gets "-2".
  static Result<std::unique_ptr<BulkLog>> open(BulkLogOptions options);

  void info(std::string_view text, std::string_view thread = main_thread);
  void warning(std::string_view text, std::string_view thread = main_thread);
  void error(std::string_view text, std::string_view thread = main_thread);
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  static constexpr std::string_view main_thread = "MainThread";
  BulkLog(BulkLogOptions options, os::AppendFile file, std::filesystem::path path)
      : options_(std::move(options)), file_(std::move(file)), path_(std::move(path)) {}
  // `text` may hold anything: it is made one printable line.
  void say(std::string_view level, std::string_view thread, std::string_view text);

  BulkLogOptions options_;
  os::AppendFile file_;
  std::filesystem::path path_;
  std::mutex mutex_;
  bool file_failed_ = false;
};

}  // namespace pf::cli
