#include "base/os/memory.h"

#include <sys/resource.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace pf::os {

std::uint64_t peak_resident_bytes() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  const auto peak = static_cast<std::uint64_t>(usage.ru_maxrss);
#ifdef __APPLE__
  return peak;
#else
  return peak * 1024;  // Linux and the BSDs count in KiB
#endif
}

void disable_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace pf::os
