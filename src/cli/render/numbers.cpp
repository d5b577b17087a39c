#include "cli/render/numbers.h"

#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace pf::cli {
namespace {

constexpr std::array<std::string_view, 6> units = {"B", "KB", "MB", "GB", "TB", "PB"};

std::string scaled(double bytes) {
  std::size_t unit = 0;
  // 999,950 would be shown as "1000.0 KB".
  while (unit + 1 < units.size() && bytes >= (unit == 0 ? 1000 : 999.95)) {
    bytes /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::uint64_t whole(double seconds) {
  constexpr double longest = 1e12;
  return std::isfinite(seconds) ? static_cast<std::uint64_t>(std::llround(std::clamp(seconds, 0.0, longest)))
                                : 0;
}

struct Range {
  char32_t first, last;
};

// Wide in terminals (Unicode East Asian Width W and F), roughly by block: a column too few misaligns a table,
// no more.
constexpr std::array<Range, 11> wide = {{{0x1100, 0x115f},
                                         {0x2e80, 0x303e},
                                         {0x3041, 0xa4cf},
                                         {0xac00, 0xd7a3},
                                         {0xf900, 0xfaff},
                                         {0xfe30, 0xfe6f},
                                         {0xff00, 0xff60},
                                         {0xffe0, 0xffe6},
                                         {0x1f300, 0x1f64f},
                                         {0x1f900, 0x1f9ff},
                                         {0x20000, 0x3fffd}}};
constexpr Range combining = {0x0300, 0x036f};

struct Step {
  std::size_t bytes = 1, columns = 1;
};

Step step(std::string_view text) {
  const auto point = first_code_point(text);
  if (!point) return {};
  const auto in = [value = point->value](const Range& range) {
    return value >= range.first && value <= range.last;
  };
  return {point->length, in(combining) ? 0U : std::ranges::any_of(wide, in) ? 2U : 1U};
}

}  // namespace

std::string grouped(std::uint64_t number) {
  auto digits = fmt::format("{}", number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string bytes_text(std::uint64_t bytes) {
  return scaled(static_cast<double>(bytes));
}

std::string rate_text(double bytes_per_second) {
  return scaled(std::isfinite(bytes_per_second) ? std::max(0.0, bytes_per_second) : 0) + "/s";
}

std::string span_text(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f} s", std::max(0.0, seconds));
  const auto all = whole(seconds);
  if (all < 3600) return fmt::format("{} min {:02} s", all / 60, all % 60);
  if (all < 86400) return fmt::format("{} h {:02} min", all / 3600, all / 60 % 60);
  return fmt::format("{} d {} h", all / 86400, all / 3600 % 24);
}

std::string clock_text(double seconds) {
  const auto all = whole(seconds);
  if (all < 3600) return fmt::format("{}:{:02}", all / 60, all % 60);
  return fmt::format("{}:{:02}:{:02}", all / 3600, all / 60 % 60, all % 60);
}

std::string time_text(std::int64_t unix_seconds) {
  using namespace std::chrono;
  constexpr std::int64_t last = 253'402'300'799;  // of the year 9999
  const sys_seconds at{seconds(std::clamp<std::int64_t>(unix_seconds, 0, last))};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(number), number == 1 ? one : many);
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto next = step(text);
    columns += next.columns;
    text.remove_prefix(next.bytes);
  }
  return columns;
}

std::string_view cut_to(std::string_view text, std::size_t columns) {
  auto rest = text;
  while (!rest.empty()) {
    const auto next = step(rest);
    if (next.columns > columns) break;
    columns -= next.columns;
    rest.remove_prefix(next.bytes);
  }
  return text.substr(0, text.size() - rest.size());
}

}  // namespace pf::cli
