#include "base/os/open_files.h"

#include <algorithm>
#include <sys/resource.h>

namespace pf::os {

namespace {

constexpr rlim_t useful = 16384;
constexpr rlim_t least = 256;  // POSIX shells

}  // namespace

std::size_t open_files_allowed() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return least;
  return std::min(limit.rlim_cur, useful);
}

void allow_more_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= useful) return;
  limit.rlim_cur = std::min(limit.rlim_max, useful);
  ::setrlimit(RLIMIT_NOFILE, &limit);  // if it fails, it stays as it is
}

}  // namespace pf::os
