#include "net/socket_error.h"

#include <asio/error.hpp>
#include <fmt/format.h>

namespace pf::net {

namespace {

Errc classify(const asio::error_code& code) {
  if (code == asio::error::operation_aborted || code == asio::error::bad_descriptor) return Errc::cancelled;
  if (code == asio::error::timed_out) return Errc::timeout;
  if (code == asio::error::connection_refused || code == asio::error::host_unreachable ||
      code == asio::error::network_unreachable || code == asio::error::network_down) {
    return Errc::refused;
  }
  return Errc::disconnected;
}

}  // namespace

Error socket_error(const asio::error_code& code, std::string context) {
  const Errc errc = classify(code);
  if (errc == Errc::cancelled) return {errc, Scope::connection, Retry::never, std::move(context)};
  const std::string reason = code == asio::error::eof ? "the peer closed the connection" : code.message();
  return {errc, Scope::connection, Retry::now, fmt::format("{}: {}", context, reason)};
}

}  // namespace pf::net
