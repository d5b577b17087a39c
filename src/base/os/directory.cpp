#include "base/os/directory.h"

#include "base/os/disk_fault.h"
#include "base/os/fd_io.h"
#include "base/os/file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace pf::os {

namespace {

constexpr int always = O_CLOEXEC | O_NOCTTY;
constexpr const char* own_descriptors = "/proc/self/fd";

bool single_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

Error not_plain(const Path& path, std::string_view what) {
  return {Errc::permission, Scope::run, Retry::never, fmt::format("{} is {}", path.native(), what)};
}

// `directory`: for the error.
Status check_name(std::string_view name, const Path& directory) {
  if (single_name(name)) return {};
  return not_plain(directory / name, "no name of a file in this directory");
}

Entry::Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Entry::Kind::file;
  if (S_ISDIR(mode)) return Entry::Kind::directory;
  if (S_ISLNK(mode)) return Entry::Kind::link;
  return Entry::Kind::other;
}

// `path`: of the directory, for the error.
Result<Fd> open_at(const Fd& directory, const Path& path, std::string_view name, int flags, mode_t mode = 0) {
  PF_TRYV(check_name(name, path));
  const std::string text(name);
  Fd fd(uninterrupted(
      [&] { return ::openat(directory.get(), text.c_str(), flags | always | O_NOFOLLOW, mode); }));
  if (fd.valid()) return fd;
  if (errno == ELOOP) return not_plain(path / name, "a symbolic link, which is not followed");
  return file_error("open", path / name, errno);
}

// 0, or what is wrong.
int link_to(const Fd& file, const Fd& directory, const std::string& name) {
#ifdef AT_EMPTY_PATH
  if (::linkat(file.get(), "", directory.get(), name.c_str(), AT_EMPTY_PATH) == 0) return 0;
  if (errno != ENOENT) return errno;
#endif
  // Before Linux 6.10 that was for root only.
  const std::string link = fmt::format("{}/{}", own_descriptors, file.get());
  const int linked = ::linkat(AT_FDCWD, link.c_str(), directory.get(), name.c_str(), AT_SYMLINK_FOLLOW);
  return linked == 0 ? 0 : errno;
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileStatus status_from(const struct stat& found) {
  return {kind_of(found.st_mode), static_cast<std::uint64_t>(found.st_size),
          found.st_mtime,         found.st_nlink,
          found.st_ino,           nanoseconds(found.st_ctim),
          found.st_mode & 07777U};
}

// Somebody may have put a device or a second name for a file of another user there.  A file without any name
// was replaced or removed since it was opened: whole, good to read, and no good to write to.
enum class Wanted : std::uint8_t { to_read, to_change };
Status check_plain(const Fd& fd, const Path& path, Wanted wanted) {
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return file_error("look at", path, errno);
  if (!S_ISREG(status.st_mode)) return not_plain(path, "no regular file");
  if (status.st_nlink == 0 && wanted == Wanted::to_change) return file_error("open", path, ENOENT);
  if (status.st_nlink > 1) return not_plain(path, "a hard link, which is not followed");
  return {};
}

}  // namespace

Result<Directory> Directory::open(const Path& path) {
  Fd fd(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | always); }));
  if (!fd.valid()) return file_error("open the directory", path, errno);
  return Directory(std::move(fd), path);
}

Result<Directory> Directory::open_or_make(const Path& path) {
  PF_TRYV(make_private_dir(path));
  return open(path);
}

Result<Directory> Directory::open_below(std::string_view name) const {
  PF_TRY(Fd fd, open_at(fd_, path_, name, O_RDONLY | O_DIRECTORY));
  return Directory(std::move(fd), path_ / name);
}

Result<Directory> Directory::open_or_make_below(std::string_view name) const {
  const Path whole = path_ / name;
  PF_TRYV(check_name(name, path_));
  if (PF_DISK_FULL()) return file_error("make the directory", whole, ENOSPC);
  if (::mkdirat(fd_.get(), std::string(name).c_str(), 0700) != 0 && errno != EEXIST)
    return file_error("make the directory", whole, errno);
  return open_below(name);
}

Status Directory::each(const std::function<Status(Entry entry)>& found) const {
  // A description of its own: the position in a directory belongs to the description, and walks may nest.
  Fd own(uninterrupted([&] { return ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | always); }));
  if (!own.valid()) return file_error("open the directory", path_, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> walk(::fdopendir(own.get()), &::closedir);
  if (!walk) return file_error("list", path_, errno);
  own.release();
  for (;;) {
    errno = 0;
    const dirent* at = ::readdir(walk.get());
    if (at == nullptr) return errno == 0 ? Status{} : file_error("list", path_, errno);
    const std::string_view name = at->d_name;
    if (name == "." || name == "..") continue;
    Entry entry{std::string(name), Entry::Kind::other};
    switch (at->d_type) {
      case DT_REG:
        entry.kind = Entry::Kind::file;
        break;
      case DT_DIR:
        entry.kind = Entry::Kind::directory;
        break;
      case DT_LNK:
        entry.kind = Entry::Kind::link;
        break;
      case DT_UNKNOWN: {  // file systems that do not tell
        PF_TRY(const FileStatus known, status(name));
        entry.kind = known.kind;
        break;
      }
      default:
        break;
    }
    PF_TRYV(found(std::move(entry)));
  }
}

Result<FileStatus> Directory::status(std::string_view name) const {
  const Path whole = path_ / name;
  PF_TRYV(check_name(name, path_));
  struct stat found{};
  if (::fstatat(fd_.get(), std::string(name).c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0)
    return file_error("look at", whole, errno);
  return status_from(found);
}

Result<FileStatus> Directory::status() const {
  struct stat found{};
  if (::fstat(fd_.get(), &found) != 0) return file_error("look at", path_, errno);
  return status_from(found);
}

Result<Fd> Directory::open_file(std::string_view name) const {
  const Path whole = path_ / name;
  // Not blocking: to open a pipe would wait for somebody to write.
  PF_TRY(Fd fd, open_at(fd_, path_, name, O_RDONLY | O_NONBLOCK));
  PF_TRYV(check_plain(fd, whole, Wanted::to_read));
  return fd;
}

Result<Fd> Directory::open_shared_file(std::string_view name) const {
  const Path whole = path_ / name;
  PF_TRY(Fd fd, open_at(fd_, path_, name, O_RDONLY | O_NONBLOCK));
  struct stat file{}, here{};
  if (::fstat(fd.get(), &file) != 0 || ::fstat(fd_.get(), &here) != 0)
    return file_error("look at", whole, errno);
  if (!S_ISREG(file.st_mode)) return not_plain(whole, "no regular file");
  if (file.st_nlink > 1 && file.st_uid != here.st_uid)
    return not_plain(whole, "a hard link to a file of somebody else, which is not followed");
  return fd;
}

Result<std::string> Directory::read_file(std::string_view name, std::size_t max_bytes) const {
  PF_TRY(const Fd fd, open_file(name));
  const Path whole = path_ / name;
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return file_error("look at", whole, errno);
  const Error too_large{Errc::limit, Scope::run, Retry::never,
                        fmt::format("{} is larger than {} bytes", whole.native(), max_bytes)};
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes) return too_large;
  // One octet more, so that a file that grows meanwhile is not cut in silence.
  std::string content(static_cast<std::size_t>(status.st_size) + 1, '\0');
  for (std::size_t have = 0;;) {
    PF_TRY(const std::size_t got, read_up_to(fd, MutableBytes(content).subspan(have), whole));
    have += got;
    if (have < content.size()) {
      content.resize(have);
      return content;
    }
    if (have > max_bytes) return too_large;
    content.resize(std::min(have * 2, max_bytes + 1));
  }
}

Result<Fd> Directory::create_file(std::string_view name) const {
  if (PF_DISK_FULL()) return file_error("create", path_ / name, ENOSPC);
  return open_at(fd_, path_, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
}

Result<Fd> Directory::create_nameless_file() const {
#ifdef O_TMPFILE
  static const bool can_be_named = ::access(own_descriptors, X_OK) == 0;
  if (can_be_named) {
    if (PF_DISK_FULL()) return file_error("create a file in", path_, ENOSPC);
    Fd fd(uninterrupted([&] { return ::openat(fd_.get(), ".", O_WRONLY | O_TMPFILE | always, 0600); }));
    if (fd.valid()) return fd;
    // EISDIR: a kernel that has never heard of it.
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
      return file_error("create a file in", path_, errno);
  }
#endif
  return Error{Errc::unsupported, Scope::run, Retry::never,
               fmt::format("the file system of {} has no files without a name", path_.native())};
}

Status Directory::give_name(const Fd& file, std::string_view name) const {
  PF_TRYV(check_name(name, path_));
  if (PF_DISK_FULL()) return file_error("make the file", path_ / name, ENOSPC);
  const std::string text(name);
  int why = link_to(file, fd_, text);
  if (why == EEXIST) {
    PF_TRYV(remove_file(name));
    why = link_to(file, fd_, text);
  }
  if (why != 0) return file_error("make the file", path_ / name, why);
  return {};
}

Status Directory::give_new_name(const Fd& file, std::string_view name) const {
  PF_TRYV(check_name(name, path_));
  if (PF_DISK_FULL()) return file_error("make the file", path_ / name, ENOSPC);
  const int why = link_to(file, fd_, std::string(name));
  if (why != 0) return file_error("make the file", path_ / name, why);
  return {};
}

Result<Fd> Directory::open_to_append(std::string_view name) const {
  const Path whole = path_ / name;
  PF_TRY(Fd fd, open_at(fd_, path_, name, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, 0600));
  PF_TRYV(check_plain(fd, whole, Wanted::to_change));
  return fd;
}

Result<Fd> Directory::lock_file(std::string_view name) const {
  const Path whole = path_ / name;
  PF_TRY(Fd fd, open_at(fd_, path_, name, O_RDWR | O_NONBLOCK));
  PF_TRYV(check_plain(fd, whole, Wanted::to_change));
  PF_TRYV(lock_open_file(fd, name));
  return fd;
}

Status Directory::lock_open_file(const Fd& file, std::string_view name) const {
  if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) == 0) return {};
  if (errno != EWOULDBLOCK) return file_error("lock", path_ / name, errno);
  return Error{Errc::locked, Scope::run, Retry::later,
               fmt::format("{} is in use by another run", path_.native())};
}

Status Directory::rename(std::string_view from, const Directory& target, std::string_view to) const {
  PF_TRYV(check_name(from, path_));
  PF_TRYV(check_name(to, target.path_));
  if (PF_DISK_FULL()) return file_error("rename a file to", target.path_ / to, ENOSPC);
  if (::renameat(fd_.get(), std::string(from).c_str(), target.fd_.get(), std::string(to).c_str()) != 0)
    return file_error("rename a file to", target.path_ / to, errno);
  return {};
}

Status Directory::rename_to_new(std::string_view from, const Directory& target, std::string_view to) const {
  PF_TRYV(check_name(from, path_));
  PF_TRYV(check_name(to, target.path_));
  const std::string old_name(from), new_name(to);
  const auto failed = [&](int number) { return file_error("rename a file to", target.path_ / to, number); };
  if (PF_DISK_FULL()) return failed(ENOSPC);
  if (::renameat2(fd_.get(), old_name.c_str(), target.fd_.get(), new_name.c_str(), RENAME_NOREPLACE) == 0)
    return {};
  if (errno != EINVAL && errno != ENOSYS) return failed(errno);
  // File systems that cannot (NFS): a second name in between does the same, and fails if there is one.
  if (::linkat(fd_.get(), old_name.c_str(), target.fd_.get(), new_name.c_str(), 0) != 0) return failed(errno);
  return remove_file(from);
}

Status Directory::set_modified(std::string_view name, std::int64_t unix_seconds) const {
  const Path whole = path_ / name;
  PF_TRYV(check_name(name, path_));
  const timespec times[2] = {{.tv_sec = unix_seconds, .tv_nsec = 0}, {.tv_sec = unix_seconds, .tv_nsec = 0}};
  if (::utimensat(fd_.get(), std::string(name).c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return file_error("set the date of", whole, errno);
  return {};
}

Status Directory::remove_file(std::string_view name) const {
  PF_TRYV(check_name(name, path_));
  if (::unlinkat(fd_.get(), std::string(name).c_str(), 0) != 0 && errno != ENOENT)
    return file_error("remove", path_ / name, errno);
  return {};
}

Status Directory::remove_directory(std::string_view name) const {
  const Path whole = path_ / name;
  PF_TRYV(check_name(name, path_));
  if (::unlinkat(fd_.get(), std::string(name).c_str(), AT_REMOVEDIR) != 0)
    return file_error("remove the directory", whole, errno);
  return {};
}

Status Directory::sync() const {
  if (PF_DISK_FULL()) return file_error("sync", path_, ENOSPC);
  // Some file systems cannot sync a directory; then its names are as durable as they make them.
  if (::fsync(fd_.get()) != 0 && errno != EINVAL) return file_error("sync", path_, errno);
  return {};
}

Status Directory::sync_file_system() const {
  if (PF_DISK_FULL()) return file_error("sync the file system of", path_, ENOSPC);
  if (::syncfs(fd_.get()) != 0) return file_error("sync the file system of", path_, errno);
  return {};
}

Result<std::uint64_t> Directory::free_bytes() const {
  struct statvfs found{};
  if (::fstatvfs(fd_.get(), &found) != 0) return file_error("look at the file system of", path_, errno);
  return std::uint64_t{found.f_bavail} * found.f_frsize;
}

Result<FileStatus> file_status(const Fd& fd, const Path& path) {
  struct stat found{};
  if (::fstat(fd.get(), &found) != 0) return file_error("look at", path, errno);
  return status_from(found);
}

Status sync_file(const Fd& fd, const Path& path) {
  if (PF_DISK_FULL()) return file_error("sync", path, ENOSPC);
  if (::fdatasync(fd.get()) != 0) return file_error("sync", path, errno);
  return {};
}

}  // namespace pf::os
