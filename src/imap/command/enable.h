// ENABLE (RFC 5161).
#pragma once

#include "base/result.h"
#include "imap/wire/encoder.h"

#include <span>
#include <string_view>

namespace pf::imap::command {

Result<Command> enable(std::span<const std::string_view> extensions);

}  // namespace pf::imap::command
