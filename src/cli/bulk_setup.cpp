#include "cli/bulk_setup.h"

#include "base/os/directory.h"
#include "base/os/file.h"
#include "config/archive_names.h"
#include "config/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pf::cli {
namespace {

namespace fs = std::filesystem;
using config::usage_error;

constexpr std::size_t max_config_bytes = std::size_t{64} << 20U;

fs::path nearest_existing(fs::path path) {
  std::error_code error;
  while (!path.empty() && !fs::exists(path, error) && path != path.parent_path()) path = path.parent_path();
  return path.empty() ? fs::path(".") : path;
}

fs::path absolute(const std::string& path) {
  std::error_code error;
  auto whole = fs::absolute(path, error).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();  // without a '/' at its end
}

// The name of today, or the one the reference gave it when only that is there and nobody else's.
fs::path archive_to_read(const fs::path& root, const std::string& name, const std::string& email,
                         const std::set<std::string>& names) {
  std::error_code error;
  const auto other = config::reference_directory_name(email);
  if (fs::exists(root / name, error) || other.empty() || names.contains(other)) return root / name;
  const bool harmless = other != "." && other != "..";
  return harmless && fs::is_directory(root / other, error) ? root / other : root / name;
}

}  // namespace

bool writes_archives(BulkMode mode) {
  return mode == BulkMode::exporting || mode == BulkMode::test || mode == BulkMode::preflight;
}

bool reads_archives(BulkMode mode) {
  return mode == BulkMode::importing || mode == BulkMode::validate || mode == BulkMode::audit;
}

Result<config::BulkConfig> load_bulk_config(const BulkCommand& command, BulkLog& log) {
  const fs::path path = command.config.empty() ? std::string(default_config(command.mode)) : command.config;
  auto text = os::read_file(path, max_config_bytes);
  if (!text && text.error().code == Errc::not_found)
    return usage_error(fmt::format("Config not found: {}", path.string()));
  if (!text) return usage_error(fmt::format("Config not readable: {}", text.error().describe()));
  if (const auto open = os::open_to_others(path); open && *open)
    log.warning(fmt::format("{} holds passwords and other users can read it: chmod 600 {}", path.string(),
                            path.string()));
  auto parsed = config::parse_bulk_config(*text, path.parent_path());
  Secret::wipe(*text);
  for (const auto& problem : parsed.problems) log.error(fmt::format("Invalid config: {}", problem));
  if (!parsed.problems.empty())
    return usage_error(fmt::format("{}: {} to mend", path.string(),
                                   parsed.problems.size() == 1
                                       ? std::string("1 mistake")
                                       : fmt::format("{} mistakes", parsed.problems.size())));
  for (const auto& note : parsed.config.notes) log.warning(fmt::format("{}: {}", path.string(), note));
  for (auto& account : parsed.config.accounts)
    for (auto* end : {&account.source, &account.target}) {
      end->account.allow_cleartext = command.allow_cleartext;
    }
  return std::move(parsed.config);
}

Result<BulkSetup> set_up_archives(config::BulkConfig config, const BulkCommand& command) {
  BulkSetup setup;
  std::vector<std::string> emails;
  for (const auto& account : config.accounts) emails.push_back(account.email);
  const auto names = config::archive_directory_names(emails);
  const bool reads = reads_archives(command.mode);
  setup.root = absolute(reads ? command.input_dir : command.output_dir);
  std::error_code error;
  if (reads && !fs::is_directory(setup.root, error))
    return usage_error(fmt::format("Input directory does not exist: {}", setup.root.string()));
  const std::set<std::string> taken(names.begin(), names.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    setup.archives.push_back(reads ? archive_to_read(setup.root, names[i], emails[i], taken)
                                   : setup.root / names[i]);
    if (reads && !fs::is_directory(setup.archives.back(), error)) setup.without_archive.push_back(i);
  }
  setup.config = std::move(config);
  return setup;
}

Result<std::uint64_t> free_space(const fs::path& directory) {
  PF_TRY(const auto opened, os::Directory::open(nearest_existing(directory)));
  return opened.free_bytes();
}

Status check_free_space(const fs::path& directory, double least) {
  if (least <= 0) return {};
  PF_TRY(const auto free, free_space(directory));
  const double there = static_cast<double>(free) / bytes_a_gib;
  if (there >= least) return {};
  return usage_error(
      fmt::format("Insufficient free disk space: {:.2f} GiB available, requires ≥ {:.2f} GiB", there, least),
      fmt::format("at {}; --min-free-gb sets the least", directory.string()));
}

void write_import_template(const config::BulkConfig& config, BulkLog& log) {
  const fs::path path = default_config(BulkMode::importing);
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error)))
    return log.info(fmt::format("Import config already exists, not overwriting: {}", path.string()));
  const auto text = config::import_template(config);
  if (const auto written = os::write_file_atomically(path, as_bytes(text.reveal())); !written)
    return log.warning(
        fmt::format("Failed to generate import config template: {}", written.error().describe()));
  log.info(fmt::format("Generated import config template at: {}", path.string()));
  log.warning(fmt::format("{} names the server the mail came from: change server.host before you import",
                          path.string()));
}

}  // namespace pf::cli
