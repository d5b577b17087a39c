// The fastest way into an IMAP server that its protocol has: several connections, each with MULTIAPPEND
// commands one after the other, none waiting for the answer of the one before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pf::bench {

// One MULTIAPPEND, ready to be sent: everything behind the tag.
struct Batch {
  std::size_t mailbox = 0;
  std::string command;
  std::size_t messages = 0;
};

struct Load {
  std::vector<std::string> mailboxes;
  std::vector<Batch> batches;
  std::uint64_t bytes = 0;  // of messages
};

struct LoadOptions {
  std::size_t messages = 10000;
  std::size_t mailboxes = 10;
  std::size_t batch = 50;  // messages a command
  std::uint64_t batch_bytes = 4UL * 1024 * 1024;
  std::uint64_t seed = 1;
};

// `messages` ordinary messages over mailboxes m01, m02, ...; the same for the same options.
[[nodiscard]] Load make_load(const LoadOptions& options);
// One message of `size` octets in INBOX.
[[nodiscard]] Load make_single(std::size_t size);

struct Target {
  std::uint16_t port = 0;
  std::string user;
  std::string password;
  std::size_t connections = 4;
  std::size_t window = 2;  // commands under way on a connection
};

// Logs in, creates the mailboxes, appends all, waits for every OK, logs out; returns the seconds all of that
// took. Throws std::runtime_error.
double append_all(const Load& load, const Target& target);

}  // namespace pf::bench
