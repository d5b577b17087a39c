#include "cli/render/account_board.h"

#include "base/clock.h"

#include <algorithm>

namespace pf::cli {
namespace {

// Of one account: whoever needs more runs it alone.
constexpr std::size_t max_failures = 1000;
constexpr std::size_t max_warnings = 200;

template <class T>
void cut(std::vector<T>& all, std::size_t most) {
  if (all.size() > most) all.erase(all.begin() + static_cast<std::ptrdiff_t>(most), all.end());
}

}  // namespace

AccountBoard::AccountBoard(const std::vector<fleet::Pair>& pairs, bool dry_run, bool check) {
  report_.dry_run = dry_run;
  report_.check = check;
  report_.began = wall_seconds();
  report_.totals.accounts = report_.totals.waiting = pairs.size();
  names_.reserve(pairs.size());
  for (const auto& pair : pairs) {
    names_.push_back(pair.name);
    AccountRow row;
    row.name = pair.name;
    row.row = pair.row;
    row.from = pair.from.label();
    row.to = pair.to.label();
    report_.accounts.push_back(std::move(row));
  }
}

void AccountBoard::take(const fleet::AccountResult& result) {
  auto& row = report_.accounts[result.pair];
  row.phase = result.phase;
  row.reason = result.reason();
  row.seconds = result.seconds;
  row.summary = result.summary;
  row.summary.per_mailbox = {};
  cut(row.summary.failures, max_failures);
  cut(row.summary.warnings, max_warnings);
  cut(row.summary.conflicts, max_warnings);
}

void AccountBoard::event(const fleet::Event& event) {
  const std::lock_guard lock(mutex_);
  if (const auto* started = std::get_if<fleet::AccountStarted>(&event)) {
    report_.accounts[started->pair].phase = fleet::Phase::running;
  } else if (const auto* finished = std::get_if<fleet::AccountFinished>(&event)) {
    take(*finished->result);
  } else if (const auto* progress = std::get_if<fleet::Progress>(&event)) {
    report_.totals = progress->totals;
  } else if (const auto* told = std::get_if<fleet::AccountEvent>(&event)) {
    if (const auto* now = std::get_if<sync::Progress>(&told->event)) {
      auto& row = report_.accounts[told->pair];
      row.messages_done = now->messages_done;
      row.messages_expected = now->messages_total;
    }
  }
}

void AccountBoard::finish(const fleet::Summary& summary, int exit_status) {
  const std::lock_guard lock(mutex_);
  for (const auto& account : summary.accounts) take(account);
  report_.totals = summary.totals;
  report_.totals.accounts = names_.size();
  report_.warnings = summary.warnings;
  if (summary.fatal) report_.fatal = summary.fatal->describe();
  report_.exit_status = exit_status;
}

FleetReport AccountBoard::report() const {
  const std::lock_guard lock(mutex_);
  auto copy = report_;
  copy.written = wall_seconds();
  return copy;
}

AccountRow AccountBoard::row(std::size_t pair) const {
  const std::lock_guard lock(mutex_);
  return report_.accounts[pair];
}

}  // namespace pf::cli
