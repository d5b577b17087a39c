#include "store/archive/line_file.h"

#include "base/os/fd_io.h"
#include "base/step.h"
#include "store/archive/manifest.h"

#include <fmt/format.h>

namespace pf::store {

namespace {

constexpr std::size_t read_octets = std::size_t{1} << 20;

}  // namespace

Status LineFile::read(const os::Directory& directory, const Take& take) {
  const auto path = directory.path() / name_;
  PF_TRY(const os::FileStatus status, directory.status(name_));
  if (inode_ != 0 && (status.inode != inode_ || status.size < end_))
    return Error{Errc::disconnected, Scope::connection, Retry::now,
                 fmt::format("{} was replaced by another", path.native())};
  inode_ = status.inode;
  seen_ = status.size;
  if (status.size == end_) return {};
  if (status.size > most_octets_)
    return Error{Errc::limit, Scope::mailbox, Retry::never, fmt::format("{} is too large", path.native())};
  PF_TRY(const os::Fd fd, directory.open_file(name_));
  std::string text;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + read_octets);
    PF_TRY(const std::size_t got, os::read_at(fd, MutableBytes(text).subspan(before), end_ + before, path));
    text.resize(before + got);
    const auto whole = text.rfind('\n') + 1;  // what is behind is torn, or being written
    PF_TRYV(take(std::string_view(text).substr(0, whole)));
    text.erase(0, whole);
    end_ += whole;
    seen_ = end_ + text.size();
    if (got < read_octets) return {};
    if (text.size() > manifest_line_limit)
      return Error{Errc::limit, Scope::mailbox, Retry::never,
                   fmt::format("{} has a line that is too long", path.native())};
  }
}

Status LineFile::append(const os::Directory& directory, std::string_view lines, const Take& take) {
  const auto path = directory.path() / name_;
  PF_TRY(const os::Fd fd, directory.open_to_append(name_));
  PF_TRY(const std::uint64_t size, os::file_size(fd, path));
  if (size != seen_)
    return Error{Errc::disconnected, Scope::connection, Retry::now,
                 fmt::format("{} was written to by another", path.native())};
  // A line that a crash has cut off was never promised to anybody.
  if (size > end_) PF_TRYV(os::cut_at(fd, end_, path));
  seen_ = end_;
  PF_STEP(file);
  auto written = os::write_all(fd, as_bytes(lines), path);
  PF_STEP(file);
  if (written) written = os::sync_file(fd, path);
  if (!written) {
    if (os::cut_at(fd, end_, path)) return written;
    Error unknown = std::move(written).error();
    unknown.scope = Scope::connection;
    return unknown;
  }
  end_ += lines.size();
  seen_ = end_;
  return take(lines);
}

Result<std::uint64_t> LineFile::torn_octets(const os::Directory& directory) const {
  PF_TRY(const os::FileStatus status, directory.status(name_));
  return status.size > end_ ? status.size - end_ : 0;
}

}  // namespace pf::store
