// The fastest way to read a whole account, for a program that remembers nothing and checks nothing: one FETCH
// a mailbox, a mailbox a connection.
#pragma once

#include "bare_connection.h"

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace pf::bench {

struct Fetched {
  std::atomic<std::uint64_t> messages = 0;
  std::atomic<std::uint64_t> bytes = 0;
};

// `into`: empty, and the messages are thrown away; else each becomes a file in a folder a mailbox, and one
// syncfs ends it.  Returns the seconds.  Throws std::runtime_error, std::system_error.
double bare_fetch(const Place& from, std::size_t connections, const std::filesystem::path& into,
                  Fetched& fetched);

}  // namespace pf::bench
