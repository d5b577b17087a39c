// How far a run is: rate, time to go, and the line that shows it.
#pragma once

#include "base/clock.h"
#include "sync/report.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

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

// Shows where we are: on a terminal one line drawn over, at most five times a second; otherwise a line every
// ten seconds.
class ProgressView {
 public:
  struct Screen {
    std::function<void(std::string_view)> write;
    bool terminal = false;
    std::function<std::size_t()> width;  // asked only on a terminal
  };
  explicit ProgressView(Screen screen);

  void show(const sync::Progress& progress);
  // A word in between, in place of the progress; only on a terminal.
  void note(std::string_view text);
  // Takes the line away; called before anything else is printed.
  void clear();

 private:
  void draw(std::string_view line);

  Screen screen_;
  Pace pace_;
  std::optional<TimePoint> last_drawn_;
  TimePoint started_;
  bool visible_ = false;
};

}  // namespace pf::cli
