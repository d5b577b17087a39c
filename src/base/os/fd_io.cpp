#include "base/os/fd_io.h"

#include "base/os/file.h"

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

Status write_all(const Fd& fd, Bytes bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto n = uninterrupted([&] { return ::write(fd.get(), bytes.data(), bytes.size()); });
    if (n < 0) return file_error("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace pf::os
