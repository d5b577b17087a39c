#include "async/event.h"
#include "net/connect.h"
#include "net/stream.h"
#include "net/tcp_stream.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace pf::net {

namespace {

using asio::ip::tcp;
constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);

// Shared with the lookup: getaddrinfo cannot be stopped, so a dial that timed out leaves it behind.
struct Lookup {
  tcp::resolver resolver;
  std::vector<tcp::endpoint> found;
  asio::error_code failure;
  bool ended = false;
  Event changed;

  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor) {}
};

asio::awaitable<void> look_up(std::shared_ptr<Lookup> lookup, std::string host, std::uint16_t port) {
  // No AI_ADDRCONFIG: it hides ::1 and 127.0.0.1 on a machine that has nothing but loopback.
  const auto flags = tcp::resolver::numeric_service;
  auto [ec, results] = co_await lookup->resolver.async_resolve(host, std::to_string(port), flags, as_result);
  lookup->failure = ec;
  for (const auto& entry : results) lookup->found.push_back(entry.endpoint());
  lookup->ended = true;
  lookup->changed.notify_all();
}

Error resolve_error(const std::string& host, const asio::error_code& ec) {
  const bool temporary = ec == asio::error::host_not_found_try_again;
  return {Errc::resolve,
          Scope::account,
          temporary ? Retry::later : Retry::never,
          fmt::format("looking up {}: {}", host, ec.message()),
          {},
          "check the host name"};
}

std::string without_brackets(std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

Task<std::vector<tcp::endpoint>> resolve(const std::string& name, std::uint16_t port, TimePoint deadline,
                                         CancelSignal* cancel) {
  const std::string host = without_brackets(name);
  asio::error_code not_literal;
  const auto literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) co_return std::vector{tcp::endpoint(literal, port)};

  const auto executor = co_await asio::this_coro::executor;
  auto lookup = std::make_shared<Lookup>(executor);
  asio::co_spawn(executor, look_up(lookup, host, port), asio::detached);
  CancelSignal::Hook hook;
  if (cancel != nullptr) hook = cancel->on_cancel([&lookup] { lookup->changed.notify_all(); });
  while (!lookup->ended) {
    if (cancel != nullptr && cancel->cancelled()) {
      co_return Error(Errc::cancelled, Scope::connection, Retry::never, fmt::format("looking up {}", host));
    }
    if (MonoClock::now() >= deadline) {
      co_return Error(Errc::timeout, Scope::connection, Retry::later,
                      fmt::format("looking up {} took too long", host));
    }
    (void)co_await lookup->changed.wait_until(deadline);
  }
  if (lookup->failure) co_return resolve_error(host, lookup->failure);
  co_return interleave(lookup->found);
}

}  // namespace

Task<std::unique_ptr<Stream>> dial(DialOptions options) {
  const TimePoint deadline = MonoClock::now() + options.connect_timeout;
  PF_CO_TRY(auto addresses, co_await resolve(options.host, options.port, deadline, options.cancel.get()));
  ConnectOptions connect;
  connect.target = fmt::format("{}:{}", options.host, options.port);
  connect.deadline = deadline;
  connect.receive_buffer = options.receive_buffer;
  connect.cancel = options.cancel.get();
  PF_CO_TRY(auto socket, co_await connect_any(std::move(addresses), std::move(connect)));
  co_return make_tcp_stream(std::move(socket));
}

}  // namespace pf::net
