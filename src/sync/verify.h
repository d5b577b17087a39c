// Compares two accounts without changing either.
#pragma once

#include "sync/context.h"

namespace pf::sync {

// Fills run.summary (missing, extra, different, normalised; verify_differs) and reports each difference.
// `content`: compare the SHA-256 of the octets of every message, not only of those whose sizes differ.
asio::awaitable<void> run_verify(RunContext& run, bool content);

}  // namespace pf::sync
