// The directory an archive is in: whether it is one, making one, and who may write to it.  Blocks.
#pragma once

#include "base/os/directory.h"
#include "base/result.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace pf::store {

// One process at a time writes to an archive; inside it, one thread.  Shared by all stores of this process
// that have the same archive.
class ArchiveLock {
 public:
  // Errc::locked, scope account, when another process has it.
  static Result<std::shared_ptr<ArchiveLock>> acquire(const os::Directory& root);
  // Held around each change.
  std::mutex writing;

 private:
  explicit ArchiveLock(os::Fd fd) : fd_(std::move(fd)) {}
  os::Fd fd_;
};

// Nothing when there is no such directory, or an empty one.  An Error of scope account when there is
// something else in it than an archive, or an archive of a newer version.
Result<std::optional<os::Directory>> open_archive(const std::filesystem::path& directory);
// Makes it in a directory that is missing or empty; what is an archive already is only opened.
Result<os::Directory> make_archive(const std::filesystem::path& directory);

// Whether the file that says so is as we write it.
Result<bool> archive_description_is_intact(const os::Directory& root);

// The names of what may be folders of mailboxes.
Result<std::vector<std::string>> folder_names(const os::Directory& root);

// What a writer that was killed left behind.  Only for who holds the lock.
Status sweep_archive(const os::Directory& root);

// Takes the folder away with all that is in it; not found is fine.
Status remove_folder(const os::Directory& root, std::string_view name);

}  // namespace pf::store
