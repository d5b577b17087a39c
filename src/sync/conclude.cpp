#include "sync/conclude.h"

#include "mail/mailbox_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

void conclude(RunContext& run) {
  Summary& sum = run.summary;
  for (const auto& [what, count] : run.lost_flags) {
    run.warn(fmt::format("{}: the target cannot keep the flag {} ({} message{})", printable(what.first),
                         printable(what.second), count, count == 1 ? "" : "s"));
  }
  if (sum.left != 0) {
    run.warn(fmt::format("stopped after {} bytes as asked; {} message{} left: run again to go on",
                         run.allowance->taken, sum.left, sum.left == 1 ? " is" : "s are"));
  }
  const auto from = run.source.traffic();
  const auto to = run.target.traffic();
  sum.bytes_received = from.received + to.received;
  sum.bytes_sent = from.sent + to.sent;
  sum.seconds = run.meter.seconds();
  const bool guarded = std::ranges::any_of(
      sum.failures, [](const Failure& failure) { return failure.reason == name(Errc::guard); });
  if (run.stop.load() != 0) {
    sum.outcome = Outcome::interrupted;
  } else if (sum.fatal) {
    sum.outcome = Outcome::failed;
  } else if (sum.withheld != 0 || guarded) {
    sum.outcome = Outcome::refused;
  } else if (sum.failed != 0 || !sum.failures.empty()) {
    sum.outcome = Outcome::partial;
  }
}

}  // namespace pf::sync
