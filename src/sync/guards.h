// How much a run may remove before somebody has to say so.  Pure.  DESIGN: "guards".
#pragma once

#include "sync/policy.h"

#include <cstdint>
#include <optional>
#include <string>

namespace pf::sync {

// What one mailbox, or all of a run, would lose on one side.
struct Loss {
  std::uint64_t removals = 0;  // messages seen elsewhere (moves) are not counted
  std::uint64_t present = 0;   // messages there before
};

// Why the removals are withheld, in numbers and with the option that would allow them; nothing: they may go.
// A mailbox may lose 10 messages or 10 %, whichever is more; a run 50 messages or 10 %.
std::optional<std::string> mailbox_guard(const Loss& loss, const RemovalPolicy& policy);
std::optional<std::string> run_guard(const Loss& loss, const RemovalPolicy& policy);
// The other side has no messages at all: no option allows it.
std::optional<std::string> emptied_guard(const Loss& loss, std::uint64_t other_side_messages);

}  // namespace pf::sync
