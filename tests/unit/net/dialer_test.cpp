#include "net/connect.h"
#include "unit/net/loop.h"

#include <asio/post.hpp>
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <sys/socket.h>

namespace pf::net {

namespace {

using namespace pf::test;
using asio::ip::tcp;
using namespace std::chrono_literals;

DialOptions to(std::string host, std::uint16_t port, Duration timeout = 100s) {
  DialOptions options;
  options.host = std::move(host);
  options.port = port;
  options.connect_timeout = timeout;
  return options;
}

tcp::endpoint at(const char* address, std::uint16_t port = 1) {
  return {asio::ip::make_address(address), port};
}

// A port where nobody listens.  It stays ours: a port given up would be free for a test that runs beside this
// one, and the kernel might dial from it, and so reach itself.
class DeadPort {
 public:
  explicit DeadPort(const asio::any_io_executor& executor) : socket_(executor, tcp::v4()) {
    socket_.bind({asio::ip::address_v4::any(), 0});
  }
  [[nodiscard]] std::uint16_t number() const { return socket_.local_endpoint().port(); }

 private:
  tcp::socket socket_;
};

// A port that answers no SYN any more: its backlog is full.
class BlackHole {
 public:
  explicit BlackHole(const asio::any_io_executor& executor) : acceptor_(executor) {
    acceptor_.open(tcp::v4());
    acceptor_.bind({asio::ip::address_v4::loopback(), 0});
    acceptor_.listen(0);
    for (int i = 0; i < 4; ++i) {
      auto& filler = fillers_.emplace_back(executor);
      filler.open(tcp::v4());
      filler.native_non_blocking(true);
      const tcp::endpoint to = endpoint();
      // asio's own connect waits, whatever the socket's mode.
      const int result = ::connect(filler.native_handle(), to.data(), static_cast<socklen_t>(to.size()));
      EXPECT_TRUE(result == 0 || errno == EINPROGRESS);
    }
  }
  [[nodiscard]] tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

 private:
  tcp::acceptor acceptor_;
  std::vector<tcp::socket> fillers_;
};

TEST(Interleave, AlternatesFamiliesAndKeepsTheOrderWithin) {
  const std::vector<tcp::endpoint> resolved{at("2001:db8::1"), at("2001:db8::2"), at("2001:db8::3"),
                                            at("192.0.2.1"), at("192.0.2.2")};
  const std::vector<tcp::endpoint> wanted{at("2001:db8::1"), at("192.0.2.1"), at("2001:db8::2"),
                                          at("192.0.2.2"), at("2001:db8::3")};
  EXPECT_EQ(interleave(resolved), wanted);
}

TEST(Interleave, BeginsWithTheFamilyTheResolverPrefers) {
  EXPECT_EQ(interleave({at("192.0.2.1"), at("2001:db8::1")}).front(), at("192.0.2.1"));
  EXPECT_TRUE(interleave({}).empty());
}

TEST(Dial, ReachesLocalhostByNameThoughOnlyIpv4Listens) {
  on_loop([]() -> asio::awaitable<void> {
    tcp::acceptor acceptor(co_await asio::this_coro::executor, {asio::ip::address_v4::loopback(), 0});
    const auto stream = co_await dial(to("localhost", acceptor.local_endpoint().port()));
    EXPECT_TRUE(stream.ok()) << stream.error().context;
  });
}

TEST(Dial, TakesLiteralIpv6InBrackets) {
  on_loop([]() -> asio::awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    tcp::acceptor acceptor(executor);
    asio::error_code no_ipv6;
    acceptor.open(tcp::v6(), no_ipv6);
    if (!no_ipv6) acceptor.bind({asio::ip::address_v6::loopback(), 0}, no_ipv6);
    const DeadPort nobody(executor);
    const std::uint16_t port = no_ipv6 ? nobody.number() : acceptor.local_endpoint().port();
    if (!no_ipv6) acceptor.listen();
    const auto stream = co_await dial(to("[::1]", port));
    // Without IPv6 the literal must still be understood: unreachable, not unknown.
    if (no_ipv6) {
      EXPECT_EQ(stream.error().code, Errc::refused);
    } else {
      EXPECT_EQ(stream.value()->peer_address(), "[::1]:" + std::to_string(port));
    }
  });
}

TEST(Dial, RefusedNamesTheAddressTried) {
  on_loop([]() -> asio::awaitable<void> {
    const DeadPort dead(co_await asio::this_coro::executor);
    const std::uint16_t port = dead.number();
    const auto stream = co_await dial(to("127.0.0.1", port));
    EXPECT_EQ(stream.error().code, Errc::refused);
    EXPECT_EQ(stream.error().scope, Scope::connection);
    EXPECT_NE(stream.error().context.find("127.0.0.1:" + std::to_string(port) + " Connection refused"),
              std::string::npos)
        << stream.error().context;
  });
}

TEST(Dial, UnknownHostIsAResolveError) {
  on_loop([]() -> asio::awaitable<void> {
    // An empty label: no resolver asks the network for it.
    const auto stream = co_await dial(to("imap..example", 993));
    EXPECT_EQ(stream.error().code, Errc::resolve);
    EXPECT_NE(stream.error().context.find("imap..example"), std::string::npos);
  });
}

TEST(Dial, SilentHostIsATimeoutWithTheAddressTried) {
  on_loop([]() -> asio::awaitable<void> {
    const BlackHole hole(co_await asio::this_coro::executor);
    const auto before = MonoClock::now();
    const auto stream = co_await dial(to("127.0.0.1", hole.endpoint().port(), 200ms));
    EXPECT_EQ(stream.error().code, Errc::timeout);
    EXPECT_NE(stream.error().context.find("127.0.0.1:"), std::string::npos);
    EXPECT_GE(MonoClock::now() - before, 200ms);
  });
}

// The reset may be there before we have looked at the connection.
TEST(Dial, APeerThatHangsUpAtOnceHasBeenReached) {
  on_loop([]() -> asio::awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    tcp::acceptor acceptor(executor, {asio::ip::address_v4::loopback(), 0});
    acceptor.non_blocking(true);
    bool reset = false;
    // In each turn of the loop, so also between the connect and its end.
    std::function<void()> lurk = [&] {
      asio::error_code ec;
      tcp::socket peer(executor);
      acceptor.accept(peer, ec);
      if (!ec) {
        peer.set_option(asio::socket_base::linger(true, 0));
        reset = true;
      } else {
        asio::post(executor, lurk);
      }
    };
    for (int round = 0; round < 50; ++round) {
      reset = false;
      asio::post(executor, lurk);
      const auto stream = co_await dial(to("127.0.0.1", acceptor.local_endpoint().port()));
      if (!stream) {
        EXPECT_EQ(stream.error().code, Errc::disconnected) << stream.error().describe();
        EXPECT_EQ(stream.error().retry, Retry::now);
      }
      while (!reset) co_await asio::post(executor, asio::use_awaitable);
    }
  });
}

TEST(Dial, ACancelledDialEndsAtOnce) {
  on_loop([]() -> asio::awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    const BlackHole hole(executor);
    DialOptions dialled = to("127.0.0.1", hole.endpoint().port(), 50s);
    dialled.cancel = std::make_shared<CancelSignal>();
    // Runs when the dial waits for an answer.
    asio::post(executor, [cancel = dialled.cancel] { cancel->cancel(); });
    const auto stream = co_await dial(dialled);
    EXPECT_EQ(stream.error().code, Errc::cancelled);
    const auto again = co_await dial(dialled);
    EXPECT_EQ(again.error().code, Errc::cancelled);
  });
}

TEST(Dial, ACancelledLookupEndsAtOnce) {
  on_loop([]() -> asio::awaitable<void> {
    DialOptions dialled = to("localhost", 1, 50s);
    dialled.cancel = std::make_shared<CancelSignal>();
    dialled.cancel->cancel();
    const auto stream = co_await dial(dialled);
    EXPECT_EQ(stream.error().code, Errc::cancelled);
  });
}

ConnectOptions options(Duration timeout, Duration stagger) {
  ConnectOptions o;
  o.target = "test:1";
  o.deadline = MonoClock::now() + timeout;
  o.stagger = stagger;
  return o;
}

TEST(ConnectAny, DoesNotWaitForADeadAddressBeforeTryingTheNext) {
  on_loop([]() -> asio::awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    const BlackHole hole(executor);
    tcp::acceptor good(executor, {asio::ip::address_v4::loopback(), 0});
    const std::vector addresses{hole.endpoint(), good.local_endpoint()};
    const auto socket = co_await connect_any(addresses, options(100s, 10ms));
    EXPECT_TRUE(socket.ok());
    EXPECT_EQ(socket.value().remote_endpoint(), good.local_endpoint());
  });
}

TEST(ConnectAny, GoesOnAtOnceWhenAnAddressRefuses) {
  on_loop([]() -> asio::awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    const DeadPort nobody(executor);
    const tcp::endpoint dead = at("127.0.0.1", nobody.number());
    tcp::acceptor good(executor, {asio::ip::address_v4::loopback(), 0});
    const std::vector addresses{dead, dead, dead, good.local_endpoint()};
    // With a stagger this long only an early start can win.
    const auto socket = co_await connect_any(addresses, options(100s, 1h));
    EXPECT_TRUE(socket.ok());
  });
}

TEST(ConnectAny, NamesEveryAddressWhenAllFail) {
  on_loop([]() -> asio::awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    const DeadPort nobody(executor);
    const std::uint16_t port = nobody.number();
    const std::vector addresses{at("127.0.0.1", port), at("127.0.0.2", port)};
    const auto socket = co_await connect_any(addresses, options(100s, 1h));
    EXPECT_EQ(socket.error().code, Errc::refused);
    EXPECT_NE(socket.error().context.find("127.0.0.1:"), std::string::npos);
    EXPECT_NE(socket.error().context.find("127.0.0.2:"), std::string::npos);
  });
}

}  // namespace

}  // namespace pf::net
