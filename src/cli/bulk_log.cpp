#include "cli/bulk_log.h"

#include "base/os/file.h"
#include "base/printable.h"
#include "cli/render/numbers.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::cli {
namespace {

// "20240131-120000"
std::string stamp(std::int64_t unix_seconds) {
  auto text = time_text(unix_seconds);
  std::erase_if(text, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
  std::ranges::replace(text, 'T', '-');
  return text;
}

std::filesystem::path free_path(const std::filesystem::path& directory, std::string_view stamp) {
  auto path = directory / fmt::format("run-{}.log", stamp);
  std::error_code error;
  for (int n = 2; std::filesystem::exists(std::filesystem::symlink_status(path, error)); ++n)
    path = directory / fmt::format("run-{}-{}.log", stamp, n);
  return path;
}

}  // namespace

Result<std::unique_ptr<BulkLog>> BulkLog::open(BulkLogOptions options) {
  PF_TRYV(os::make_private_dir(options.directory));
  auto path = free_path(options.directory, stamp(options.now()));
  PF_TRY(auto file, os::AppendFile::open(path));
  return std::unique_ptr<BulkLog>(new BulkLog(std::move(options), std::move(file), std::move(path)));
}

void BulkLog::info(std::string_view text, std::string_view thread) {
  say("INFO", thread, text);
}
void BulkLog::warning(std::string_view text, std::string_view thread) {
  say("WARNING", thread, text);
}
void BulkLog::error(std::string_view text, std::string_view thread) {
  say("ERROR", thread, text);
}

void BulkLog::say(std::string_view level, std::string_view thread, std::string_view text) {
  const std::scoped_lock lock(mutex_);
  const auto line =
      fmt::format("{} | {} | {} | {}\n", time_text(options_.now()), level, thread, printable(text));
  options_.out(line);
  if (file_failed_) return;
  if (const auto written = file_.append(as_bytes(line)); !written) {
    file_failed_ = true;  // a full disk must not end the run: standard output has it all
    options_.out(fmt::format("{} | WARNING | MainThread | the log file ends here: {}\n",
                             time_text(options_.now()), written.error().describe()));
  }
}

}  // namespace pf::cli
