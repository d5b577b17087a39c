// ID (RFC 2971).  Never empty: GMX and Exchange refuse "ID ()" and NetEase lets nobody SELECT without one.
#pragma once

#include "base/result.h"
#include "imap/wire/encoder.h"

#include <optional>
#include <span>
#include <string>
#include <utility>

namespace pf::imap::command {

using IdField = std::pair<std::string, std::optional<std::string>>;

// At most 30 fields, names of at most 30 octets, values of at most 1024 (RFC 2971 3.3); Errc::usage otherwise
// or when there are none.
Result<Command> id(std::span<const IdField> fields, WireOptions options);

}  // namespace pf::imap::command
