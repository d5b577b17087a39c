#include "state/set_aside.h"

#include "base/clock.h"
#include "base/os/file.h"

#include <fmt/format.h>

#include <filesystem>

namespace pf::state {
namespace {

namespace fs = std::filesystem;

std::string mark_of(const std::string& path) {
  return path + ".suspect";
}

bool present(const std::string& path) {
  std::error_code unknown;
  return fs::exists(fs::symlink_status(path, unknown));
}

Status move_if_there(const std::string& from, const std::string& to) {
  std::error_code failure;
  fs::rename(from, to, failure);
  if (failure && failure != std::errc::no_such_file_or_directory)
    return os::file_error("rename", from, failure.value());
  return {};
}

}  // namespace

Status mark_suspect(const std::string& database_path) {
  return os::write_file_atomically(mark_of(database_path), {});
}

bool is_suspect(const std::string& database_path) {
  return present(mark_of(database_path));
}

Result<std::string> set_aside(const std::string& database_path) {
  std::string aside = fmt::format("{}.damaged-{}", database_path, wall_seconds());
  while (present(aside)) aside += "x";
  // The file before its log: SQLite throws away a log without a file, but would replay one into a new file.
  PF_TRYV(move_if_there(database_path, aside));
  PF_TRYV(move_if_there(database_path + "-wal", aside + "-wal"));
  std::error_code failure;
  fs::remove(database_path + "-shm", failure);  // an index of the log, made again when needed
  fs::remove(mark_of(database_path), failure);
  if (failure) return os::file_error("remove", mark_of(database_path), failure.value());
  return aside;
}

}  // namespace pf::state
