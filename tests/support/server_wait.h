// Waiting for a server that was just started.
#pragma once

#include "support/process.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace pf::test {

// Until 127.0.0.1:port sends a line that starts with "* OK".  Throws std::runtime_error with log() when the
// process ends first or the deadline passes.
void wait_for_greeting(std::uint16_t port, const Process& process, const std::function<std::string()>& log,
                       std::chrono::seconds deadline = std::chrono::seconds(180));

// SIGTERM, then SIGKILL for the group when that takes too long.
void stop_process(Process& process, std::chrono::seconds patience = std::chrono::seconds(60));

// Where script/bootstrap --servers unpacks what cannot be installed next to Dovecot.
[[nodiscard]] std::string server_prefix(const std::string& name);

}  // namespace pf::test
