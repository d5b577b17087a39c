// A connected TCP socket as a Stream.  Includes asio's sockets, which are slow to compile: for net/ and its
// tests only.
#pragma once

#include "net/stream.h"

#include <asio/ip/tcp.hpp>

namespace pf::net {

// Takes a connected socket; sets TCP_NODELAY and keepalive (60 s idle, then 4 probes 15 s apart).
std::unique_ptr<Stream> make_tcp_stream(asio::ip::tcp::socket socket);

// "192.0.2.1:993", "[2001:db8::1]:993"
std::string to_text(const asio::ip::tcp::endpoint& endpoint);

}  // namespace pf::net
