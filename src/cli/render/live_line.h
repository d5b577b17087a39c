// Where a run is, on standard error: on a terminal one line drawn over, at most five times a second;
// otherwise a line every ten seconds.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace pf::cli {

class LiveLine {
 public:
  struct Screen {
    std::function<void(std::string_view)> write;
    bool terminal = false;
    std::function<std::size_t()> width;  // asked only on a terminal
  };
  explicit LiveLine(Screen screen);

  // Whether it is time for another line; asked before the work of making one.
  [[nodiscard]] bool due() const;
  void draw(std::string_view line);
  // A word in between, in place of the line; only on a terminal.
  void note(std::string_view text);
  // Takes the line away; called before anything else is printed.
  void clear();
  void write(std::string_view text);

 private:
  Screen screen_;
  std::optional<TimePoint> last_drawn_;
  TimePoint started_;
  bool visible_ = false;
};

}  // namespace pf::cli
