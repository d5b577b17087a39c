// What a bulk run must know before it connects anywhere: its accounts, their archives, and free space.
#pragma once

#include "cli/bulk_command.h"
#include "cli/bulk_log.h"
#include "config/bulk_config.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pf::cli {

struct BulkSetup {
  config::BulkConfig config;
  std::filesystem::path root;                   // where the archives are, absolute
  std::vector<std::filesystem::path> archives;  // one an account
  std::vector<std::size_t> without_archive;     // accounts whose archive is to be read and is not there
};

// Whether archives are written, read, or both; free space matters only where they are written.
bool writes_archives(BulkMode mode);
bool reads_archives(BulkMode mode);

// The configuration, checked: every mistake is told in the log, and a file that others can read is warned
// about. An error: it cannot be used.
Result<config::BulkConfig> load_bulk_config(const BulkCommand& command, BulkLog& log);
// Errors: the directory to read is not there.
Result<BulkSetup> set_up_archives(config::BulkConfig config, const BulkCommand& command);
inline constexpr double bytes_a_gib = 1024.0 * 1024.0 * 1024.0;
// Of the file system that `directory` is on, or will be once it is made.
Result<std::uint64_t> free_space(const std::filesystem::path& directory);
// Errors: too little.
Status check_free_space(const std::filesystem::path& directory, double gib);

// import.pass.config.json in the current directory, unless it is there.  Never an error: the log tells.
void write_import_template(const config::BulkConfig& config, BulkLog& log);

}  // namespace pf::cli
