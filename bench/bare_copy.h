// The fastest honest way from one account to another that IMAP has for a program that remembers nothing and
// checks nothing: log in, list, fetch a mailbox whole, create it, one MULTIAPPEND for all of it.
#pragma once

#include "bare_connection.h"

#include <cstddef>
#include <cstdint>

namespace pf::bench {

struct Copied {
  std::size_t mailboxes = 0;
  std::size_t messages = 0;
  std::uint64_t bytes = 0;
};

// Throws std::runtime_error.
[[nodiscard]] Copied bare_copy(const Place& from, const Place& to);

}  // namespace pf::bench
