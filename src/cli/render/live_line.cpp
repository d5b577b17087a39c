#include "cli/render/live_line.h"

#include "base/printable.h"
#include "cli/render/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::cli {
namespace {

constexpr auto redraw_every = std::chrono::milliseconds(200);
constexpr auto print_every = std::chrono::seconds(10);

}  // namespace

LiveLine::LiveLine(Screen screen) : screen_(std::move(screen)), started_(MonoClock::now()) {}

bool LiveLine::due() const {
  const Duration wait = screen_.terminal ? Duration(redraw_every) : Duration(print_every);
  if (!last_drawn_ && screen_.terminal) return true;
  return MonoClock::now() - last_drawn_.value_or(started_) >= wait;
}

void LiveLine::draw(std::string_view line) {
  last_drawn_ = MonoClock::now();
  if (!screen_.terminal) {
    screen_.write(std::string(line) + "\n");
    return;
  }
  // One column stays free: a full line would wrap on some terminals.
  const auto width = std::max<std::size_t>(screen_.width(), 2) - 1;
  screen_.write(fmt::format("\r{}\x1b[K", cut_to(line, width)));
  visible_ = true;
}

void LiveLine::note(std::string_view text) {
  if (screen_.terminal) draw(printable(text));
}

void LiveLine::clear() {
  if (visible_) screen_.write("\r\x1b[K");
  visible_ = false;
}

void LiveLine::write(std::string_view text) {
  clear();
  screen_.write(text);
}

}  // namespace pf::cli
