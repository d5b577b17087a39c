// A directory held open.  What is below it is reached through it by single names, so nobody can put a link in
// the way while we work: symbolic links are never followed, and neither is a name with a '/' or a dot name.
// For mail on disk (archive, Maildir), where names and contents are input.
//
// Errors as in file.h, with the whole path.  Blocks: call it on a WorkerPool where a loop waits.
#pragma once

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace pf::os {

// What stands in a directory.
struct Entry {
  enum class Kind : std::uint8_t { file, directory, link, other };
  std::string name;
  Kind kind = Kind::other;
};

struct FileStatus {
  Entry::Kind kind = Entry::Kind::other;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // unix seconds
  std::uint64_t links = 1;    // more than one: the file has another name, too
  std::uint64_t inode = 0;
  // Nanoseconds since 1970: of the last change to content, names, owner or times.  Nobody can set it back.
  std::int64_t changed = 0;
  std::uint32_t mode = 0;  // who may do what: 0600 and such
};

class Directory {
 public:
  // As the user named it: here alone links are followed, for the path is the user's own.
  static Result<Directory> open(const std::filesystem::path& path);
  // The same, made with its missing parents (0700) when it is not there.
  static Result<Directory> open_or_make(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  [[nodiscard]] Result<Directory> open_below(std::string_view name) const;
  // mkdir 0700; what is there already must be a directory.
  [[nodiscard]] Result<Directory> open_or_make_below(std::string_view name) const;

  // Calls `found` for each entry but "." and "..", in no order; it may return an Error to end the walk.
  Status each(const std::function<Status(Entry entry)>& found) const;
  // Of the name itself, not of what a link points to.
  [[nodiscard]] Result<FileStatus> status(std::string_view name) const;
  // Of this directory.
  [[nodiscard]] Result<FileStatus> status() const;

  // A regular file with a single name; anything else is Errc::permission.
  [[nodiscard]] Result<Fd> open_file(std::string_view name) const;
  // The same, but it may have more names (a mail server copies messages so) when it belongs to the owner of
  // this directory: nobody can give another user's file a name that is his own.
  [[nodiscard]] Result<Fd> open_shared_file(std::string_view name) const;
  // The whole of a file as open_file() takes it.  Errc::limit when it is larger than `max_bytes`.
  [[nodiscard]] Result<std::string> read_file(std::string_view name, std::size_t max_bytes) const;
  // New, 0600; Errc::exists otherwise.
  [[nodiscard]] Result<Fd> create_file(std::string_view name) const;
  // New, 0600, without a name: nobody sees it before give_name(), and it is gone with its descriptor.
  // Errc::unsupported on file systems without such files.
  [[nodiscard]] Result<Fd> create_nameless_file() const;
  // To one of those, made in a directory of the same file system.  Replaces the file at `name`.
  Status give_name(const Fd& file, std::string_view name) const;
  // Errc::exists when there is something at `name`.
  Status give_new_name(const Fd& file, std::string_view name) const;
  // For writing at its end, made (0600) when missing; a regular file with a single name.
  [[nodiscard]] Result<Fd> open_to_append(std::string_view name) const;

  // Held while the descriptor is open, by one writer of all processes; leaves the file as it is. Errc::locked
  // at once when somebody else has it.
  [[nodiscard]] Result<Fd> lock_file(std::string_view name) const;
  // The same for a file that is open; `name` is for the error.
  Status lock_open_file(const Fd& file, std::string_view name) const;

  // Replaces what is at `to`.
  Status rename(std::string_view from, const Directory& target, std::string_view to) const;
  // Errc::exists when there is something at `to`.
  Status rename_to_new(std::string_view from, const Directory& target, std::string_view to) const;
  Status set_modified(std::string_view name, std::int64_t unix_seconds) const;
  // What is not there is fine.
  Status remove_file(std::string_view name) const;
  // Empty ones only.
  Status remove_directory(std::string_view name) const;

  // Names made, changed or removed in this directory reach the disk.
  Status sync() const;
  // Everything written to the file system this directory is on reaches the disk: one wait for a batch of
  // files.
  Status sync_file_system() const;
  // Octets a user may still write there.
  [[nodiscard]] Result<std::uint64_t> free_bytes() const;

 private:
  Directory(Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  std::filesystem::path path_;
};

Result<FileStatus> file_status(const Fd& fd, const std::filesystem::path& path);
// The file's octets so far reach the disk.
Status sync_file(const Fd& fd, const std::filesystem::path& path);

}  // namespace pf::os
