// Names for the messages we deliver: "1700000000.M123456Q1P42R0a1b2c3d.host", as Dovecot makes them, with
// some randomness, because containers share the name of the host and the numbers of processes.
#pragma once

#include <cstdint>
#include <string>

namespace pf::store::maildir {

// The time in it is that of the clock, which in this process never steps back, but later than `after`
// (microseconds since 1970).  From any thread.
std::string unique_name(std::uint64_t after);

}  // namespace pf::store::maildir
