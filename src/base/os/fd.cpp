#include "base/os/fd.h"

#include <unistd.h>

namespace pf::os {

void Fd::reset() noexcept {
  const int fd = release();
  if (fd >= 0) ::close(fd);
}

}  // namespace pf::os
