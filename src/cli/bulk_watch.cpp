#include "cli/bulk_watch.h"

#include "cli/render/summary_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::cli {

void BulkWatch::event(const fleet::Event& event) {
  if (const auto* begun = std::get_if<fleet::AccountStarted>(&event))
    started(begun->pair);
  else if (const auto* tells = std::get_if<fleet::AccountEvent>(&event))
    told(tells->pair, tells->event);
  else if (const auto* ended = std::get_if<fleet::AccountFinished>(&event))
    finished(*ended->result);
  else if (const auto* notice = std::get_if<fleet::Notice>(&event))
    log_.info(notice->text);
}

void BulkWatch::started(std::size_t pair) {
  std::set<std::size_t> taken;
  for (const auto& [running, place] : places_) taken.insert(place);
  std::size_t place = 0;
  while (taken.contains(place)) ++place;
  places_[pair] = place;
  if (!label_.terse) log_.info(line(pair, "starting"), thread(pair));
}

void BulkWatch::told(std::size_t pair, const sync::Event& event) {
  if (const auto* done = std::get_if<sync::MailboxDone>(&event)) {
    mailbox_done(pair, done->report);
  } else if (const auto* failed = std::get_if<sync::MessageFailed>(&event)) {
    log_.error(line(pair, failure_text(failed->failure)), thread(pair));
  } else if (const auto* warning = std::get_if<sync::Warning>(&event)) {
    log_.warning(line(pair, warning->text), thread(pair));
  } else if (const auto* differs = std::get_if<sync::Difference>(&event)) {
    if (kept_[pair] < most_differences) {
      ++kept_[pair];
      differences.push_back({pair, *differs});
    } else {
      ++differences_left_out[pair];
    }
  }
}

void BulkWatch::mailbox_done(std::size_t pair, const sync::MailboxReport& report) {
  if (label_.arrow.empty()) return;
  auto text = fmt::format("{} {} {} messages, {} new", report.source, label_.arrow, report.source_messages,
                          report.copied + report.restored);
  if (report.flags_changed > 0) text += fmt::format(", {} flags changed", report.flags_changed);
  if (report.failed > 0) text += fmt::format(", {} failed", report.failed);
  log_.info(line(pair, text), thread(pair));
}

void BulkWatch::finished(const fleet::AccountResult& result) {
  const auto pair = result.pair;
  switch (result.phase) {
    case fleet::Phase::done:
      log_.info(line(pair, label_.terse ? "OK" : "completed"), thread(pair));
      break;
    case fleet::Phase::failed:
      log_.error(line(pair, fmt::format("FAILED: {}", result.reason())), thread(pair));
      break;
    default:  // told at the end, all together
      break;
  }
  places_.erase(pair);
}

std::string BulkWatch::line(std::size_t pair, std::string_view text) const {
  return fmt::format("[{}] {}: {}", label_.name, pairs_[pair].name, text);
}

std::string BulkWatch::thread(std::size_t pair) const {
  const auto place = places_.find(pair);
  return place == places_.end() ? std::string("MainThread")
                                : fmt::format("{}_{}", label_.name, place->second);
}

}  // namespace pf::cli
