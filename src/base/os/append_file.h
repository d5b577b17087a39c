// A file that only grows: logs and transcripts.
#pragma once

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/result.h"

#include <filesystem>

namespace pf::os {

class AppendFile {
 public:
  // Mode 0600 when it is made; a symbolic link is refused (in /tmp it may be somebody else's).  Errors as in
  // file.h.
  static Result<AppendFile> open(const std::filesystem::path& path);
  // In one system call where the kernel takes it whole, so that lines of several processes do not mix.
  Status append(Bytes bytes);

 private:
  AppendFile(Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  std::filesystem::path path_;
};

}  // namespace pf::os
