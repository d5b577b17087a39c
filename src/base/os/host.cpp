#include "base/os/host.h"

#include <array>
#include <unistd.h>

namespace pf::os {

std::string host_name() {
  std::array<char, 256> name{};
  // Cut names may lack their end; the last octet stays zero.
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "localhost";
  return name.data();
}

std::int64_t process_id() {
  return ::getpid();
}

}  // namespace pf::os
