// How many octets of messages a run may still take (--max-bytes).
#pragma once

#include <cstdint>
#include <optional>

namespace pf::sync {

struct Allowance {
  std::optional<std::uint64_t> most;
  std::uint64_t taken = 0;

  // The first is never refused: what is larger than all there is would never go.
  [[nodiscard]] bool refuses(std::uint64_t octets) const {
    return most && taken != 0 && (taken >= *most || octets > *most - taken);
  }
};

}  // namespace pf::sync
