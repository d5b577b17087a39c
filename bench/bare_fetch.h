// The fastest way to read a whole account, for a program that remembers nothing and checks nothing: one FETCH
// a mailbox, a mailbox a connection.
#pragma once

#include "bare_connection.h"
#include "bare_folder.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

namespace pf::bench {

struct Fetched {
  std::atomic<std::uint64_t> messages = 0;
  std::atomic<std::uint64_t> bytes = 0;
};

// `into`: empty, and the messages are thrown away; else there is a folder a mailbox, made by `make`, and one
// syncfs ends it.  Returns the seconds.  Throws std::runtime_error, std::system_error.
using MakeFolder = std::function<std::unique_ptr<BareFolder>(const std::filesystem::path&)>;
double bare_fetch(const Place& from, std::size_t connections, const std::filesystem::path& into,
                  const MakeFolder& make, Fetched& fetched);

}  // namespace pf::bench
