// Memory of this process.
#pragma once

#include <cstdint>

namespace pf::os {

// The most that was resident at any time, in bytes.
std::uint64_t peak_resident_bytes();

// A core file or a debugger of the same user would show passwords: no core files, not dumpable.
void disable_core_dumps();

}  // namespace pf::os
