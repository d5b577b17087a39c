#include "cli/render/progress.h"

#include "base/printable.h"
#include "cli/render/numbers.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::cli {
namespace {

constexpr double window_seconds = 10;
constexpr double shortest_base = 0.5;  // less says nothing about a rate

}  // namespace

void Pace::feed(const sync::Progress& progress) {
  last_ = progress;
  if (samples_.empty()) samples_.push_back({0, 0, 0});
  samples_.push_back({progress.seconds, progress.bytes_done, progress.messages_done});
  // The oldest sample stays until the one after it is as old as the window.
  while (samples_.size() > 2 && progress.seconds - samples_[1].seconds >= window_seconds)
    samples_.pop_front();
}

double Pace::rate(std::uint64_t Sample::* what) const {
  if (samples_.empty()) return 0;
  const auto& first = samples_.front();
  const auto& last = samples_.back();
  const double base = last.seconds - first.seconds;
  if (base < shortest_base || last.*what < first.*what) return 0;
  return static_cast<double>(last.*what - first.*what) / base;
}

double Pace::bytes_per_second() const {
  return rate(&Sample::bytes);
}

std::optional<double> Pace::to_go() const {
  std::optional<double> longest;
  const auto consider = [&](std::uint64_t done, std::uint64_t total, double per_second) {
    if (total > done && per_second > 0)
      longest = std::max(longest.value_or(0), static_cast<double>(total - done) / per_second);
  };
  consider(last_.bytes_done, last_.bytes_total, rate(&Sample::bytes));
  consider(last_.messages_done, last_.messages_total, rate(&Sample::messages));
  return longest;
}

std::string progress_line(const sync::Progress& progress, const Pace& pace) {
  auto line = fmt::format("{}/{} mailboxes  {}/{} messages  {}/{}  {}", grouped(progress.mailboxes_done),
                          grouped(progress.mailboxes_total), grouped(progress.messages_done),
                          grouped(progress.messages_total), bytes_text(progress.bytes_done),
                          bytes_text(progress.bytes_total), rate_text(pace.bytes_per_second()));
  if (const auto seconds = pace.to_go()) line += fmt::format("  ETA {}", clock_text(*seconds));
  // Last, so that the numbers stay in place and only the name is cut.
  if (!progress.mailbox.empty()) line += "  " + printable(progress.mailbox);
  return line;
}

void ProgressView::show(const sync::Progress& progress) {
  pace_.feed(progress);
  if (line_.due()) line_.draw(progress_line(progress, pace_));
}

}  // namespace pf::cli
