// Who we are among the programs of this and other machines.
#pragma once

#include <cstdint>
#include <string>

namespace pf::os {

// As the system calls itself; "localhost" when it does not say.
std::string host_name();
std::int64_t process_id();

}  // namespace pf::os
