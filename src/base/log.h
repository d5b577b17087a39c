// Where diagnostics go.  A plain callable, so that no layer below app/ depends on a logging library.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace pf {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// Text is free of secrets (Secret cannot be formatted) and escaped by the sink before it meets a terminal.
using Log = std::function<void(LogLevel, std::string_view)>;

}  // namespace pf
