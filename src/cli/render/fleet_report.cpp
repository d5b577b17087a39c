#include "cli/render/fleet_report.h"

#include "base/printable.h"
#include "cli/render/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pf::cli {
namespace {

using sync::Summary;

constexpr std::array counters = {
    &Summary::mailboxes, &Summary::source_messages, &Summary::copied,        &Summary::matched,
    &Summary::restored,  &Summary::deleted,         &Summary::flags_changed, &Summary::vanished,
    &Summary::failed,    &Summary::bytes_copied,    &Summary::bytes_sent,    &Summary::bytes_received,
    &Summary::withheld,  &Summary::moved,           &Summary::copied_back,   &Summary::missing,
    &Summary::extra,     &Summary::different,       &Summary::normalised,    &Summary::left};

}  // namespace

Summary sum_of(const std::vector<AccountRow>& accounts) {
  Summary sum;
  for (const auto& account : accounts)
    for (const auto counter : counters) sum.*counter += account.summary.*counter;
  return sum;
}

std::string headline(const FleetReport& report) {
  const auto& t = report.totals;
  const auto all = counted(t.accounts, "account", "accounts");
  if (!report.exit_status) {
    auto text = fmt::format("{} of {} done", grouped(t.done), all);
    if (t.running > 0) text += fmt::format(", {} running", grouped(t.running));
    return t.failed > 0 ? text + fmt::format(", {} failed", grouped(t.failed)) : text;
  }
  if (!report.fatal.empty()) return "Failed: nothing was begun";
  const auto of_all = [&](std::size_t count) { return fmt::format("{} of {}", grouped(count), all); };
  std::string text;
  if (t.failed > 0) text = of_all(t.failed) + " failed";
  if (t.not_done > 0)
    text +=
        text.empty() ? of_all(t.not_done) + " not done" : fmt::format(", {} not done", grouped(t.not_done));
  if (!text.empty()) return text;
  if (t.skipped == t.accounts) return fmt::format("Nothing to do: none of {} had failed", all);
  const auto what = report.check     ? "logged in at both ends"
                    : report.dry_run ? "looked at, nothing was changed"
                                     : "done";
  return t.skipped > 0 ? fmt::format("{} of {} {}", grouped(t.done), all, what)
                       : fmt::format("All of {} {}", all, what);
}

}  // namespace pf::cli
