#include "async/group.h"
#include "unit/net/loop.h"

#include <asio/write.hpp>
#include <gtest/gtest.h>
#include <zlib.h>

namespace pf::net {

namespace {

using namespace pf::test;

// Raw DEFLATE with a full flush at the end, by zlib itself.
std::string dull_text(std::size_t octets) {
  std::string out;
  out.resize(octets, 'A');
  return out;
}

std::string deflated(std::string_view text) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()) + 100, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_SYNC_FLUSH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

asio::awaitable<void> send_raw(asio::ip::tcp::socket& socket, std::string bytes) {
  const auto buffer = asio::buffer(bytes);
  (void)co_await asio::async_write(socket, buffer, asio::use_awaitable);
}

TEST(Deflate, EveryWriteArrivesWholeBeforeTheNext) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    auto near = start_deflate(std::move(pair.client));
    auto far = start_deflate(make_tcp_stream(std::move(pair.server)));
    for (int i = 1; i <= 100; ++i) {
      const std::string line = "a" + std::to_string(i) + " UID FETCH 1:* (FLAGS)\r\n";
      const auto sent = co_await send_text(*near, line);
      EXPECT_TRUE(sent.ok());
      const std::string got = co_await read_exactly(*far, line.size());
      EXPECT_EQ(got, line);
      const auto answered = co_await send_text(*far, "* OK " + line);
      EXPECT_TRUE(answered.ok());
      const std::string answer = co_await read_exactly(*near, line.size() + 5);
      EXPECT_EQ(answer, "* OK " + line);
    }
    EXPECT_LT(near->wire_sent(), 1500U) << "the window must carry over from write to write";
  });
}

TEST(Deflate, CarriesMegabytesThatDoNotCompress) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    auto near = start_deflate(std::move(pair.client));
    auto far = start_deflate(make_tcp_stream(std::move(pair.server)));
    const std::string big = noise(3'000'000);
    TaskGroup group;
    auto write = [&]() -> Task<void> {
      const std::vector<Bytes> pieces{
          Bytes(big).first(1), Bytes(big).subspan(1, 2'000'000), {}, Bytes(big).subspan(2'000'001)};
      co_return co_await near->write(pieces);
    };
    co_await group.spawn(write());
    const std::string got = co_await read_exactly(*far, big.size());
    const auto joined = co_await group.join();
    EXPECT_TRUE(joined.ok());
    EXPECT_TRUE(got == big);
  });
}

TEST(Deflate, ReadsFirstWhatCameWithTheAnswerToCompress) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    const std::string stream = deflated("* 1 EXISTS\r\n* 2 EXISTS\r\n");
    auto near = start_deflate(std::move(pair.client), 1000, stream.substr(0, 5));
    co_await send_raw(pair.server, stream.substr(5));
    const std::string got = co_await read_exactly(*near, 24);
    EXPECT_EQ(got, "* 1 EXISTS\r\n* 2 EXISTS\r\n");
  });
}

TEST(Deflate, StopsABomb) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    auto near = start_deflate(std::move(pair.client), 100);
    co_await send_raw(pair.server, deflated(dull_text(100'000'000)));
    std::vector<char> buffer(std::size_t{256} * 1024);
    std::size_t total = 0;
    auto n = co_await near->read_some(buffer);
    for (; n; n = co_await near->read_some(buffer)) total += *n;
    EXPECT_EQ(n.error().code, Errc::limit);
    EXPECT_LT(total, 70'000'000U);
  });
}

TEST(Deflate, LetsADullAttachmentThrough) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    auto near = start_deflate(std::move(pair.client));
    const auto dull = dull_text(30'000'000);
    co_await send_raw(pair.server, deflated(dull));
    const std::string got = co_await read_exactly(*near, dull.size());
    EXPECT_TRUE(got == dull);
  });
}

TEST(Deflate, DamageIsAProtocolErrorAndTheEndOfTheStreamADisconnect) {
  on_loop([]() -> asio::awaitable<void> {
    auto damaged = co_await connected_pair();
    auto near = start_deflate(std::move(damaged.client));
    co_await send_raw(damaged.server, "* OK this is no DEFLATE at all\r\n\xff\xff\xff\xff");
    std::vector<char> buffer(1000);
    auto n = co_await near->read_some(buffer);
    while (n) n = co_await near->read_some(buffer);
    EXPECT_EQ(n.error().code, Errc::protocol);

    auto ended = co_await connected_pair();
    auto other = start_deflate(std::move(ended.client));
    co_await send_raw(ended.server, std::string("\x03\x00", 2));  // an empty last block
    const Error e = co_await read_error(*other);
    EXPECT_EQ(e.code, Errc::disconnected);
  });
}

TEST(Deflate, CloseEndsAPendingRead) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    auto near = start_deflate(std::move(pair.client));
    TaskGroup group;
    Error seen;
    auto reader = [&]() -> Task<void> {
      seen = co_await read_error(*near);
      co_return Status{};
    };
    co_await group.spawn(reader());
    co_await sleep_for(Duration::zero());
    near.reset();
    ignore(co_await group.join());
    EXPECT_EQ(seen.code, Errc::cancelled);
  });
}

}  // namespace

}  // namespace pf::net
