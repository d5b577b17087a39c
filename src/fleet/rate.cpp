#include "fleet/rate.h"

#include <algorithm>

namespace pf::fleet {

namespace {

// Below this a guess says more about the first account than about the rest.
constexpr double seconds_to_go_by = 2;

double seconds_between(TimePoint a, TimePoint b) {
  return to_seconds(b - a);
}

// Accounts that have begun count by what is copied of them, so that few large ones do not stand still.
std::optional<double> seconds_left(const Totals& t) {
  const auto ended = static_cast<double>(t.done + t.failed);
  const double all = ended + static_cast<double>(t.waiting + t.running);
  double share = ended;
  if (t.running != 0 && t.bytes_expected != 0) {
    const double copied = static_cast<double>(t.bytes) / static_cast<double>(t.bytes_expected);
    share += static_cast<double>(t.running) * std::min(copied, 1.0) / 2;
  }
  if (all <= 0 || share <= 0 || t.seconds < seconds_to_go_by) return {};
  return t.seconds * std::max(all - share, 0.0) / share;
}

}  // namespace

void Rate::update(Totals& totals, TimePoint now) {
  samples_.push_back({now, totals.messages, totals.bytes});
  while (samples_.size() > 2 && now - samples_.front().at > window) samples_.pop_front();
  const Sample& then = samples_.front();
  const double seconds = seconds_between(then.at, now);
  const auto rate = [&](std::uint64_t before, std::uint64_t after) {
    return seconds > 0 && after > before ? static_cast<double>(after - before) / seconds : 0.0;
  };
  totals.messages_per_second = rate(then.messages, totals.messages);
  totals.bytes_per_second = rate(then.bytes, totals.bytes);
  totals.seconds_left = seconds_left(totals);
}

}  // namespace pf::fleet
