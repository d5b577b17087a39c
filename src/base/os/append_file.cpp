#include "base/os/append_file.h"

#include "base/os/fd_io.h"
#include "base/os/file.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace pf::os {

Result<AppendFile> AppendFile::open(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600));
  if (!fd.valid()) return file_error("open", path, errno);
  return AppendFile(std::move(fd), path);
}

Status AppendFile::append(Bytes bytes) {
  return write_all(fd_, bytes, path_);
}

}  // namespace pf::os
