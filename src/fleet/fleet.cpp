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

Phase phase_of(const sync::Summary& ended) {
  using sync::Outcome;
  if (ended.outcome == Outcome::interrupted) return Phase::not_done;
  const bool some = ended.failed != 0 || !ended.failures.empty() || ended.withheld != 0;
  const bool partly = ended.outcome == Outcome::partial && !ended.verify_differs;
  const bool broken = ended.outcome == Outcome::failed || ended.outcome == Outcome::refused;
  return ended.fatal || some || partly || broken ? Phase::failed : Phase::done;
}

std::string AccountResult::reason() const {
  if (phase == Phase::not_done) return "the run ended before it";
  if (phase != Phase::failed) return {};
  if (summary.fatal) return summary.fatal->describe();
  const std::size_t failures = summary.failures.size();
  if (failures == 1) return summary.failures.front().message;
  if (failures > 1)
    return summary.failures.front().message + " (and " + std::to_string(failures - 1) + " more)";
  if (summary.withheld != 0) return "a guard withheld " + std::to_string(summary.withheld) + " removals";
  return "some of it was not done";
}

}  // namespace pf::fleet
