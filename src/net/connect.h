// Which address of a host to talk to: RFC 8305 ("happy eyeballs").  For net/ and its tests only, like
// tcp_stream.h.
#pragma once

#include "async/cancel.h"
#include "async/task.h"
#include "base/clock.h"

#include <asio/ip/tcp.hpp>

#include <string>
#include <vector>

namespace pf::net {

// Alternates the families, beginning with that of the first; within a family the resolver's order (RFC 6724)
// stays.
std::vector<asio::ip::tcp::endpoint> interleave(const std::vector<asio::ip::tcp::endpoint>& resolved);

struct ConnectOptions {
  std::string target;  // "imap.example.com:993", for error texts
  TimePoint deadline;
  Duration stagger = std::chrono::milliseconds(250);  // RFC 8305 section 5
  std::size_t receive_buffer = 0;
  CancelSignal* cancel = nullptr;  // may be null
};

// The first of `addresses` that answers.  The next attempt starts when one fails or after `stagger`, and
// those already started go on.  Errors: refused, timeout, disconnected (a peer that accepted and
// reset at once); they name every address tried; cancelled.
Task<asio::ip::tcp::socket> connect_any(std::vector<asio::ip::tcp::endpoint> addresses,
                                        ConnectOptions options);

}  // namespace pf::net
