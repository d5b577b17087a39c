#include "cli/render/fleet_text.h"

#include "base/printable.h"
#include "cli/render/numbers.h"
#include "cli/render/summary_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::cli {
namespace {

using fleet::Phase;

constexpr std::size_t most_named = 20;  // accounts in the summary; a report names all

bool needs_a_look(const AccountRow& account) {
  return account.phase == Phase::failed || account.phase == Phase::not_done;
}

std::string account_line(const AccountRow& account) {
  return fmt::format("{}: {}", printable(account.name), printable(account.reason));
}

// "12,345 messages copied (1.9 GB, 4.3 MB/s), 120 already there, 3 removed"
std::string what_was_done(const FleetReport& report) {
  const auto sum = sum_of(report.accounts);
  const double seconds = report.totals.seconds;
  auto text = fmt::format("{} copied", counted(sum.copied, "message", "messages"));
  if (sum.copied > 0)
    text += fmt::format(" ({}, {})", bytes_text(sum.bytes_copied),
                        rate_text(seconds > 0 ? static_cast<double>(sum.bytes_copied) / seconds : 0));
  text += fmt::format(", {} already there", grouped(sum.matched));
  for (const auto& [count, what] :
       {std::pair{sum.restored, "restored"}, std::pair{sum.flags_changed, "with changed flags"},
        std::pair{sum.copied_back, "copied back"}, std::pair{sum.deleted, "removed"},
        std::pair{sum.withheld, "not removed"}, std::pair{sum.vanished, "vanished meanwhile"},
        std::pair{sum.failed, "failed"}, std::pair{sum.missing, "missing"},
        std::pair{sum.different, "different"}})
    if (count > 0) text += fmt::format(", {} {}", grouped(count), what);
  return text;
}

}  // namespace

std::string fleet_line(const fleet::Totals& totals) {
  const auto accounts = fmt::format("{}/{} accounts", grouped(totals.done + totals.failed + totals.not_done),
                                    grouped(totals.accounts - std::min(totals.skipped, totals.accounts)));
  auto line = totals.checking ? "checking logins  " + accounts : accounts;
  for (const auto& [count, what] : {std::pair{totals.running, "running"},
                                    std::pair{totals.stalled, "stalled"}, std::pair{totals.failed, "failed"}})
    if (count > 0) line += fmt::format("  {} {}", grouped(count), what);
  if (totals.checking) return line;
  line += fmt::format("  {} messages  {}  {}", grouped(totals.messages), bytes_text(totals.bytes),
                      rate_text(totals.bytes_per_second));
  if (totals.seconds_left) line += fmt::format("  ETA {}", clock_text(*totals.seconds_left));
  return line;
}

FleetTextRenderer::FleetTextRenderer(FleetStyle style, const AccountBoard& board,
                                     std::function<void(std::string_view)> out, LiveLine::Screen err)
    : style_(style), board_(board), out_(std::move(out)), line_(std::move(err)) {}

void FleetTextRenderer::out(std::string_view text) {
  line_.clear();
  out_(text);
}

void FleetTextRenderer::finished(const fleet::AccountResult& result) {
  const auto row = board_.row(result.pair);
  if (result.phase == Phase::failed) return line_.write(fmt::format("failed: {}\n", account_line(row)));
  if (style_.verbose == 0) return;
  if (style_.check) return line_.write(fmt::format("ok: {}\n", printable(row.name)));
  line_.write(fmt::format("{}: {}: {} copied, {} already there ({})\n", fleet::name(result.phase),
                          printable(row.name), grouped(row.summary.copied), grouped(row.summary.matched),
                          span_text(row.seconds)));
  for (const auto& warning : row.summary.warnings)
    line_.write(fmt::format("  {}: {}\n", printable(row.name), printable(warning)));
}

void FleetTextRenderer::of_account(const fleet::AccountEvent& told) {
  const auto name = printable(board_.name(told.pair));
  if (const auto* plan = std::get_if<sync::Planned>(&told.event))
    out(fmt::format("{}: {}\n", name, printable(plan->text)));
  else if (const auto* difference = std::get_if<sync::Difference>(&told.event))
    out(fmt::format("{}: {}, {}{}: {}\n", name, printable(difference->kind), printable(difference->mailbox),
                    difference->ref.empty() ? "" : ", uid " + printable(difference->ref),
                    printable(difference->detail)));
  else if (const auto* failed = std::get_if<sync::MessageFailed>(&told.event);
           failed != nullptr && style_.verbose > 0)
    line_.write(fmt::format("failed: {}: {}\n", name, failure_text(failed->failure)));
  else if (const auto* notice = std::get_if<sync::Notice>(&told.event);
           notice != nullptr && style_.verbose > 0)
    line_.write(fmt::format("{}: {}\n", name, printable(notice->text)));
}

void FleetTextRenderer::event(const fleet::Event& event) {
  if (const auto* end = std::get_if<fleet::AccountFinished>(&event)) {
    finished(*end->result);
  } else if (const auto* progress = std::get_if<fleet::Progress>(&event)) {
    if (line_.due()) line_.draw(fleet_line(progress->totals));
  } else if (const auto* notice = std::get_if<fleet::Notice>(&event)) {
    style_.verbose > 0 ? line_.write(printable(notice->text) + "\n") : line_.note(notice->text);
  } else if (const auto* told = std::get_if<fleet::AccountEvent>(&event)) {
    of_account(*told);
  }
}

void FleetTextRenderer::summary(const FleetReport& report, int /*exit_status*/) {
  auto text = fmt::format("{} ({}).", headline(report), span_text(report.totals.seconds));
  if (!style_.check && report.fatal.empty()) text += fmt::format(" {}.", what_was_done(report));
  text += "\n";
  std::size_t named = 0;
  const auto to_name = std::ranges::count_if(report.accounts, needs_a_look);
  for (const auto& account : report.accounts)
    if (needs_a_look(account) && named < most_named) {
      text += fmt::format("  {}\n", account_line(account));
      ++named;
    }
  if (const auto more = static_cast<std::size_t>(to_name) - named; more > 0)
    text += fmt::format("  and {} more{}\n", grouped(more),
                        style_.reported ? ": see the report" : "; --report DIR names all");
  const auto warned = std::ranges::count_if(
      report.accounts, [](const AccountRow& row) { return !row.summary.warnings.empty(); });
  if (warned > 0)
    text += fmt::format("{} with warnings: {} tells them.\n",
                        counted(static_cast<std::uint64_t>(warned), "account", "accounts"),
                        style_.reported ? "the report" : "--report DIR or -v");
  for (const auto& warning : report.warnings) text += fmt::format("Warning: {}\n", printable(warning));
  out(text);
  if (!report.fatal.empty()) line_.write(fmt::format("postferry: {}\n", printable(report.fatal)));
}

void FleetTextRenderer::log(std::string_view text) {
  line_.write(printable(text) + "\n");
}

void FleetQuietRenderer::summary(const FleetReport& report, int /*exit_status*/) {
  for (const auto& account : report.accounts)
    if (needs_a_look(account)) err_(fmt::format("postferry: {}\n", account_line(account)));
  if (!report.fatal.empty()) err_(fmt::format("postferry: {}\n", printable(report.fatal)));
}

}  // namespace pf::cli
