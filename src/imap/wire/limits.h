// Every bound on what a server may send, in one place.  Exceeding one is Errc::limit and costs the
// connection, because nobody knows where the next response begins; only the grammar's bounds give an unknown
// response instead.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pf::imap {

struct Limits {
  // Text of one response, all its lines together, literals not counted.  The longest honest ones are LIST,
  // CAPABILITY and FETCH of keywords (kilobytes); "* SEARCH" of 130,000 uids just fits, so searches go by uid
  // windows or ESEARCH.
  std::size_t max_text = std::size_t{1024} * 1024;
  // Octets of all buffered literals of one response: names, header fields.  Bodies are streamed.
  std::uint64_t max_buffered_literals = std::uint64_t{16} * 1024 * 1024;
  // One streamed literal.
  std::uint64_t max_streamed_literal = std::uint64_t{1} << 40;
  // Number of literals in one response ("10^6 empty literals").
  std::size_t max_literals = 4096;
  // Parentheses inside one another: BODYSTRUCTURE of mail within mail.
  unsigned max_nesting = 64;
  // Flags of one message or mailbox; real ones have a few hundred keywords at most.
  std::size_t max_flags = 4096;
  // Kept of a response nobody understands.
  std::size_t max_unknown_text = 1024;
  // Of one answer to "what changed since": messages, and intervals of uids that vanished.  Whoever has more
  // changes than that reads the mailbox page by page instead.
  std::size_t max_changed_messages = 100'000;
  std::size_t max_vanished_ranges = 100'000;
  // For the client: responses and octets without a tagged one in between, per command, literals streamed not
  // counted.
  std::uint64_t max_untagged_responses = 20'000'000;
  std::uint64_t max_untagged_octets = std::uint64_t{4} << 30;
  // What the framer keeps allocated between responses.
  std::size_t keep_capacity = std::size_t{64} * 1024;
};

// RFC 7888: a LITERAL- server takes non-synchronizing literals up to this size.
inline constexpr std::uint64_t literal_minus_max = 4096;
// For commands of ours when the server's profile says nothing else.
inline constexpr std::size_t default_command_octets = 8000;

}  // namespace pf::imap
