#include "base/os/fd_io.h"

#include "base/os/disk_fault.h"
#include "base/os/file.h"

#include <sys/stat.h>
#include <unistd.h>

namespace pf::os {

Result<std::size_t> read_up_to(const Fd& fd, MutableBytes into, const std::filesystem::path& path) {
  std::size_t got = 0;
  while (got < into.size()) {
    const auto n = uninterrupted([&] { return ::read(fd.get(), into.data() + got, into.size() - got); });
    if (n < 0) return file_error("read", path, errno);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

Result<std::size_t> read_at(const Fd& fd, MutableBytes into, std::uint64_t offset,
                            const std::filesystem::path& path) {
  std::size_t got = 0;
  while (got < into.size()) {
    const auto from = static_cast<off_t>(offset + got);
    const auto n =
        uninterrupted([&] { return ::pread(fd.get(), into.data() + got, into.size() - got, from); });
    if (n < 0) return file_error("read", path, errno);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

Result<std::uint64_t> file_size(const Fd& fd, const std::filesystem::path& path) {
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return file_error("look at", path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Status cut_at(const Fd& fd, std::uint64_t size, const std::filesystem::path& path) {
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return file_error("cut", path, errno);
  return {};
}

Status write_all(const Fd& fd, Bytes bytes, const std::filesystem::path& path) {
  const bool full = PF_DISK_FULL();
  if (full) bytes = bytes.first(bytes.size() / 2);  // what a full disk takes still
  while (!bytes.empty()) {
    const auto n = uninterrupted([&] { return ::write(fd.get(), bytes.data(), bytes.size()); });
    if (n < 0) return file_error("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return full ? file_error("write", path, ENOSPC) : Status{};
}

}  // namespace pf::os
