// UID STORE (RFC 3501 6.4.6), UNCHANGEDSINCE (RFC 7162 3.1.3).
#pragma once

#include "base/result.h"
#include "imap/types.h"
#include "imap/uid_set.h"
#include "imap/wire/encoder.h"
#include "mail/flag.h"

#include <cstdint>
#include <optional>

namespace pf::imap::command {

enum class StoreMode : std::uint8_t { add, remove, replace };

struct StoreOptions {
  bool silent = true;  // with UNCHANGEDSINCE the server still tells the new MODSEQ
  std::optional<ModSeq> unchanged_since{};
};

// Errc::usage for an empty set, or for no flags with add and remove.
Result<Command> uid_store(const UidSet& uids, StoreMode mode, const FlagSet& flags,
                          const StoreOptions& options);

}  // namespace pf::imap::command
