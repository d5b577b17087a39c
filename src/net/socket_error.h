// What the kernel says about a socket, as one of our errors.
#pragma once

#include "base/error.h"

#include <asio/error_code.hpp>

#include <string>

namespace pf::net {

// Codes: disconnected (closed or reset by the peer), cancelled (we closed it), refused (refused or
// unreachable), timeout. Scope is the connection; a new connection may work at once.
Error socket_error(const asio::error_code& code, std::string context);

}  // namespace pf::net
