// The look before any work: can both accounts be reached and logged in to, and what is there?
#pragma once

#include "sync/context.h"

namespace pf::sync {

enum class CheckDepth : std::uint8_t {
  list,     // log in and list
  count,    // and ask for the number of messages where the listing does not bring it
  measure,  // and for the size of each message at the source, and the room at the target
};

// Fills run.summary: mailboxes and source_messages are those of the source.  Changes nothing at either side.
// When neither account can be had, the target's reason is a failure besides the fatal one.
asio::awaitable<void> run_check(RunContext& run, CheckDepth depth);

}  // namespace pf::sync
