#include "fleet/fleet.h"

namespace pf::fleet {

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::waiting:
      return "waiting";
    case Phase::running:
      return "running";
    case Phase::done:
      return "done";
    case Phase::failed:
      return "failed";
    case Phase::not_done:
      return "not-done";
    case Phase::skipped:
      return "skipped";
  }
  return "failed";
}

std::string AccountResult::reason() const {
  if (summary.fatal) return summary.fatal->describe();
  if (phase == Phase::not_done) return "the run ended before it";
  if (phase != Phase::failed) return {};
  const std::size_t failures = summary.failures.size();
  if (failures == 1) return summary.failures.front().message;
  if (failures > 1)
    return summary.failures.front().message + " (and " + std::to_string(failures - 1) + " more)";
  if (summary.withheld != 0) return "a guard withheld " + std::to_string(summary.withheld) + " removals";
  return "some of it was not done";
}

}  // namespace pf::fleet
