// Whole reads and writes on an open file.  Errors as in file.h; `path` is for their text.
#pragma once

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/result.h"

#include <cerrno>
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
Status write_all(const Fd& fd, Bytes bytes, const std::filesystem::path& path);

}  // namespace pf::os
