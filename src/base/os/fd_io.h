// Whole reads and writes on an open file.  Errors as in file.h; `path` is for their text.
#pragma once

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/result.h"

#include <cerrno>
#include <cstdint>
#include <filesystem>

namespace pf::os {

// A call that a signal interrupts is simply made again.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// Less than asked for only at the end of the file.
Result<std::size_t> read_up_to(const Fd& fd, MutableBytes into, const std::filesystem::path& path);
// From `offset` on, whatever was read before.
Result<std::size_t> read_at(const Fd& fd, MutableBytes into, std::uint64_t offset,
                            const std::filesystem::path& path);
Status write_all(const Fd& fd, Bytes bytes, const std::filesystem::path& path);
Result<std::uint64_t> file_size(const Fd& fd, const std::filesystem::path& path);
// The file ends there from now on.
Status cut_at(const Fd& fd, std::uint64_t size, const std::filesystem::path& path);

}  // namespace pf::os
