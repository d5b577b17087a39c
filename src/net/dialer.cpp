#include "net/connect.h"
#include "net/lookup.h"
#include "net/stream.h"
#include "net/tcp_stream.h"

#include <asio/ip/tcp.hpp>
#include <fmt/format.h>

namespace pf::net {

namespace {

using asio::ip::tcp;

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

  PF_CO_TRY(const auto found, co_await look_up(host, deadline, cancel));
  std::vector<tcp::endpoint> endpoints;
  for (const auto& address : found) endpoints.emplace_back(address, port);
  co_return interleave(endpoints);
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
