// How many files this process may have open.
#pragma once

#include <cstddef>

namespace pf::os {

// What fails above it is everything that needs a descriptor, connections too.
std::size_t open_files_allowed();
// As many as the system lets us have without asking anybody, up to what we can use.  Shells begin with 1024.
void allow_more_open_files();

}  // namespace pf::os
