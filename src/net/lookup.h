// Names to addresses, for all event loops of the process.  getaddrinfo() blocks and cannot be stopped, for as
// long as a name server is silent; each name is looked up on a thread of its own, so that nobody waits for
// the name of another.  Those who ask for the same name at once share one lookup, and a short memory spares
// many accounts of one server the same question.
#pragma once

#include "async/cancel.h"
#include "async/task.h"
#include "base/clock.h"

#include <asio/ip/address.hpp>

#include <functional>
#include <string>
#include <vector>

namespace pf::net {

// In the order of the system's preference, at least one.  Errors: resolve; timeout and cancelled of scope
// connection.  `cancel` may be null.
Task<std::vector<asio::ip::address>> look_up(std::string host, TimePoint deadline, CancelSignal* cancel);

// How long an answer is believed, without asking what its name server thinks of that.
constexpr auto lookup_memory = std::chrono::seconds(30);

// For tests: answers instead of the system, on threads; it may block.  Null: the system again.
using SystemLookup = std::function<Result<std::vector<asio::ip::address>>(const std::string& host)>;
void replace_lookup(SystemLookup lookup);

}  // namespace pf::net
