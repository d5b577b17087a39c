// How far a run is: rate, time to go, and the line that shows it.
#pragma once

#include "cli/render/live_line.h"
#include "sync/report.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pf::cli {

// Rate and time to go, from what the last ten seconds brought.
class Pace {
 public:
  void feed(const sync::Progress& progress);
  [[nodiscard]] double bytes_per_second() const;
  // Seconds; the longer of what bytes and messages tell.  Nothing before there is a rate, or at the end.
  [[nodiscard]] std::optional<double> to_go() const;

 private:
  struct Sample {
    double seconds = 0;
    std::uint64_t bytes = 0, messages = 0;
  };
  [[nodiscard]] double rate(std::uint64_t Sample::* what) const;

  std::deque<Sample> samples_;
  sync::Progress last_;
};

// "3/12 mailboxes  1,234/5,000 messages  12.3 MB/50.0 MB  4.5 MB/s  ETA 0:12  INBOX/2019"
std::string progress_line(const sync::Progress& progress, const Pace& pace);

// Shows where we are.
class ProgressView {
 public:
  using Screen = LiveLine::Screen;
  explicit ProgressView(Screen screen) : line_(std::move(screen)) {}

  void show(const sync::Progress& progress);
  void note(std::string_view text) { line_.note(text); }
  void clear() { line_.clear(); }

 private:
  LiveLine line_;
  Pace pace_;
};

}  // namespace pf::cli
