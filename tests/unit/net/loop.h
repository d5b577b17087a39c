// Running coroutines in a test: one event loop, one deadline.
#pragma once

#include "net/tcp_stream.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace pf::test {

// Runs the coroutine `body()` to its end; fails when that takes more than five minutes.
template <class Body>
void on_loop(Body body) {
  asio::io_context io(1);
  bool ended = false;
  asio::co_spawn(io, body(), [&](const std::exception_ptr& failure) {
    ended = true;
    if (failure) std::rethrow_exception(failure);
  });
  io.run_for(std::chrono::minutes(5));
  EXPECT_TRUE(ended) << "the coroutine did not end";
}

struct StreamPair {
  std::unique_ptr<net::Stream> client;
  asio::ip::tcp::socket server;  // connected to client
};

inline asio::awaitable<StreamPair> connected_pair() {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::acceptor acceptor(executor, {asio::ip::address_v4::loopback(), 0});
  net::DialOptions options;
  options.host = "127.0.0.1";
  options.port = acceptor.local_endpoint().port();
  auto client = co_await net::dial(options);
  auto server = co_await acceptor.async_accept(asio::use_awaitable);
  co_return StreamPair{std::move(client).value(), std::move(server)};
}

inline Task<void> send_text(net::Stream& stream, std::string text) {
  const std::array<Bytes, 1> pieces{as_bytes(text)};
  co_return co_await stream.write(pieces);
}

// Reads until `size` octets are there or the stream fails; what came so far.
inline asio::awaitable<std::string> read_exactly(net::Stream& stream, std::size_t size) {
  std::string out(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const auto n = co_await stream.read_some(MutableBytes(out).subspan(got));
    if (!n) break;
    got += *n;
  }
  out.resize(got);
  co_return out;
}

inline asio::awaitable<Error> read_error(net::Stream& stream) {
  std::string buffer(1000, '\0');
  auto n = co_await stream.read_some(buffer);
  EXPECT_FALSE(n.ok());
  co_return n ? Error() : n.error();
}

// Octets that no compressor and no off-by-one likes: the same for the same seed.
inline std::string noise(std::size_t size, std::uint64_t seed = 1) {
  std::string out(size, '\0');
  for (char& c : out) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    c = static_cast<char>(seed >> 56U);
  }
  return out;
}

}  // namespace pf::test
