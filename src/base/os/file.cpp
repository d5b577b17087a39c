#include "base/os/file.h"

#include "base/os/fd_io.h"
#include "base/random.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pf::os {

namespace {

Errc code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return Errc::not_found;
    case EEXIST:
      return Errc::exists;
    case EACCES:
    case EPERM:
      return Errc::permission;
    case ENOSPC:
    case EDQUOT:
      return Errc::over_quota;
    default:
      return Errc::io;
  }
}

Fd open_fd(const Path& path, int flags, mode_t mode = 0) {
  return Fd(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode); }));
}

Path directory_of(const Path& path) {
  return path.has_parent_path() ? path.parent_path() : Path(".");
}

Status write_and_sync(const Path& path, Bytes bytes, unsigned mode) {
  const Fd fd = open_fd(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!fd.valid()) return file_error("create", path, errno);
  if (::fchmod(fd.get(), mode) != 0) return file_error("set the mode of", path, errno);
  PF_TRYV(write_all(fd, bytes, path));
  if (::fsync(fd.get()) != 0) return file_error("sync", path, errno);
  return {};
}

Status rename_and_sync(const Path& from, const Path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return file_error("replace", to, errno);
  const Path directory = directory_of(to);
  const Fd fd = open_fd(directory, O_RDONLY | O_DIRECTORY);
  if (!fd.valid()) return file_error("open", directory, errno);
  // Some file systems cannot sync a directory; then the rename is as durable as they make it.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return file_error("sync", directory, errno);
  return {};
}

}  // namespace

Error file_error(std::string_view what, const Path& path, int error_number) {
  return {
      code_of(error_number), Scope::run, Retry::never,
      fmt::format("cannot {} {} ({})", what, path.native(), std::generic_category().message(error_number))};
}

Result<std::string> read_file(const Path& path, std::size_t max_bytes) {
  const Fd fd = open_fd(path, O_RDONLY);
  if (!fd.valid()) return file_error("open", path, errno);
  std::string content;
  for (std::size_t step = 4096;; step = content.size()) {
    // One more than allowed, so that a file of exactly the limit is told from a larger one.
    const std::size_t before = content.size();
    content.resize(before + std::min(step, max_bytes + 1 - before));
    PF_TRY(const std::size_t got, read_up_to(fd, MutableBytes(content).subspan(before), path));
    const bool at_end = before + got < content.size();
    content.resize(before + got);
    if (content.size() > max_bytes) {
      return Error{Errc::limit, Scope::run, Retry::never,
                   fmt::format("{} is larger than {} bytes", path.native(), max_bytes)};
    }
    if (at_end) return content;
  }
}

Status write_file_atomically(const Path& path, Bytes bytes, unsigned mode) {
  const Path temporary = directory_of(path) / fmt::format(".{}.{}", path.filename().native(), random_hex(8));
  auto done = write_and_sync(temporary, bytes, mode);
  if (done) done = rename_and_sync(temporary, path);
  if (!done) ::unlink(temporary.c_str());
  return done;
}

Status make_private_dir(const Path& path) {
  Path made;
  for (const auto& part : path) {
    made /= part;
    if (::mkdir(made.c_str(), 0700) == 0) continue;
    const int why = errno;
    struct stat status{};
    if (::stat(made.c_str(), &status) != 0) return file_error("make the directory", made, why);
    if (!S_ISDIR(status.st_mode)) return file_error("make the directory", made, ENOTDIR);
  }
  return {};
}

Result<bool> open_to_others(const Path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return file_error("look at", path, errno);
  return (status.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) != 0;
}

Result<FileLock> FileLock::acquire(const Path& path) {
  Fd fd = open_fd(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!fd.valid()) return file_error("open", path, errno);
  if (uninterrupted([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno != EWOULDBLOCK) return file_error("lock", path, errno);
    std::string holder(16, '\0');
    PF_TRY(const std::size_t got, read_up_to(fd, holder, path));
    holder.resize(std::min(got, holder.find('\n')));
    return Error{Errc::locked, Scope::run, Retry::later,
                 fmt::format("{} is held by process {}", path.native(), holder)};
  }
  if (::ftruncate(fd.get(), 0) != 0) return file_error("write", path, errno);
  PF_TRYV(write_all(fd, as_bytes(fmt::format("{}\n", ::getpid())), path));
  return FileLock(std::move(fd));
}

}  // namespace pf::os
