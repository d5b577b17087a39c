// Small files, private directories, locks.  Errors: Errc::io (or permission, not_found, exists, limit, and
// over_quota when the disk is full) with the path.
#pragma once

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/result.h"

#include <filesystem>
#include <string>

namespace pf::os {

using Path = std::filesystem::path;

// The Error for a failed system call: `what` ("open"), the path and the system's own words for
// `error_number`.
Error file_error(std::string_view what, const Path& path, int error_number);

// The whole file.  Errc::limit when it is larger than `max_bytes`.
Result<std::string> read_file(const Path& path, std::size_t max_bytes);

// Either the old content or all of the new one is there, even after a power cut: temporary file in the same
// directory, fsync, rename, fsync of the directory.  `mode` is exact, whatever the umask.
Status write_file_atomically(const Path& path, Bytes bytes, unsigned mode = 0600);

// Makes the directory and its missing parents, each with mode 0700.  What exists is left as it is: it may be
// the user's home.
Status make_private_dir(const Path& path);

// True when group or others may read or write the file: a secret in it is none.
Result<bool> open_to_others(const Path& path);

// Held while the object lives; the kernel releases it when the process dies, however it dies.  The file
// stays: removing it would let two runs hold "the" lock.
class FileLock {
 public:
  // Errc::locked at once when another process (or another FileLock of this one) holds it, naming its process
  // id.
  static Result<FileLock> acquire(const Path& path);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace pf::os
