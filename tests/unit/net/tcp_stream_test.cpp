#include "net/tcp_stream.h"

#include "async/group.h"
#include "unit/net/loop.h"

#include <asio/experimental/as_tuple.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <gtest/gtest.h>

namespace pf::net {

namespace {

using namespace pf::test;

constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);

asio::awaitable<std::string> receive(asio::ip::tcp::socket& socket, std::size_t size) {
  std::string out(size, '\0');
  const auto buffer = asio::buffer(out);
  auto [ec, n] = co_await asio::async_read(socket, buffer, as_result);
  out.resize(n);
  co_return out;
}

TEST(TcpStream, WritesManyPiecesInOrderAndLeavesOutEmptyOnes) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    std::vector<std::string> texts;
    std::string all;
    for (int i = 0; i < 300; ++i) {
      texts.push_back(i % 7 == 0 ? std::string() : std::to_string(i) + ";");
      all += texts.back();
    }
    std::vector<Bytes> pieces(texts.begin(), texts.end());
    const auto written = co_await pair.client->write(pieces);
    EXPECT_TRUE(written.ok());
    const std::string got = co_await receive(pair.server, all.size());
    EXPECT_EQ(got, all);
    EXPECT_EQ(pair.client->wire_sent(), all.size());
  });
}

TEST(TcpStream, WritesMoreThanTheKernelBuffers) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    const std::string first = noise(9'000'001, 1);
    const std::string second = noise(5'000'003, 2);
    TaskGroup group;
    auto write = [&]() -> Task<void> {
      const std::vector<Bytes> pieces{as_bytes(first), as_bytes(second)};
      co_return co_await pair.client->write(pieces);
    };
    co_await group.spawn(write());
    const std::string got = co_await receive(pair.server, first.size() + second.size());
    const auto joined = co_await group.join();
    EXPECT_TRUE(joined.ok());
    EXPECT_TRUE(got == first + second);
  });
}

TEST(TcpStream, ReportsTheEndOfTheStreamAsDisconnectedAfterTheLastOctet) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    const std::string bye = "* BYE\r\n";
    const auto buffer = asio::buffer(bye);
    (void)co_await asio::async_write(pair.server, buffer, as_result);
    pair.server.close();
    const std::string got = co_await read_exactly(*pair.client, bye.size());
    EXPECT_EQ(got, bye);
    EXPECT_EQ(pair.client->wire_received(), bye.size());
    const Error e = co_await read_error(*pair.client);
    EXPECT_EQ(e.code, Errc::disconnected);
    EXPECT_EQ(e.retry, Retry::now);
  });
}

TEST(TcpStream, CloseEndsAPendingReadWithCancelled) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    TaskGroup group;
    Error seen;
    auto reader = [&]() -> Task<void> {
      seen = co_await read_error(*pair.client);
      co_return Status{};
    };
    co_await group.spawn(reader());
    co_await sleep_for(Duration::zero());
    pair.client->close();
    ignore(co_await group.join());
    EXPECT_EQ(seen.code, Errc::cancelled);
    const Error later = co_await read_error(*pair.client);
    EXPECT_EQ(later.code, Errc::cancelled);
  });
}

TEST(TcpStream, MayBeDestroyedUnderAPendingReadAndAPendingWrite) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    TaskGroup group;
    Error read_result;
    Status write_result;
    const std::string big = noise(50'000'000);
    auto reader = [&]() -> Task<void> {
      read_result = co_await read_error(*pair.client);
      co_return Status{};
    };
    auto writer = [&]() -> Task<void> {
      write_result = co_await send_text(*pair.client, big);
      co_return Status{};
    };
    co_await group.spawn(reader());
    co_await group.spawn(writer());
    while (pair.client->wire_sent() == 0) co_await sleep_for(Duration::zero());
    pair.client.reset();
    ignore(co_await group.join());
    EXPECT_EQ(read_result.code, Errc::cancelled);
    EXPECT_FALSE(write_result.ok());
    EXPECT_EQ(write_result.error().code, Errc::cancelled);
  });
}

asio::awaitable<asio::error_code> how_it_ends(asio::ip::tcp::socket& socket) {
  std::array<char, 16> buffer{};
  const auto b = asio::buffer(buffer);
  auto [ec, n] = co_await socket.async_read_some(b, as_result);
  co_return ec;
}

TEST(TcpStream, CloseSendsFinUnlessToldToAbort) {
  on_loop([]() -> asio::awaitable<void> {
    auto polite = co_await connected_pair();
    polite.client->close();
    const auto fin = co_await how_it_ends(polite.server);
    EXPECT_EQ(fin, asio::error::eof);

    auto abrupt = co_await connected_pair();
    abrupt.client->close(true);
    const auto rst = co_await how_it_ends(abrupt.server);
    EXPECT_EQ(rst, asio::error::connection_reset);

    auto prepared = co_await connected_pair();
    prepared.client->set_abort_on_close();
    prepared.client.reset();
    const auto also_rst = co_await how_it_ends(prepared.server);
    EXPECT_EQ(also_rst, asio::error::connection_reset);
  });
}

TEST(TcpStream, NamesItsPeer) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    EXPECT_EQ(pair.client->peer_address(), to_text(pair.server.local_endpoint()));
    EXPECT_EQ(pair.client->tls(), nullptr);
    EXPECT_EQ(to_text({asio::ip::make_address("2001:db8::1"), 993}), "[2001:db8::1]:993");
  });
}

}  // namespace

}  // namespace pf::net
