#include "config/sizes.h"

#include "config/usage.h"
#include "mail/internal_date.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>

namespace pf::config {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t max_uint64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t longest_duration_ms = 10ULL * 366 * 24 * 3600 * 1000;

// Takes the decimal digits at the front of `text`.  Nothing when there are none or they do not fit.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::uint64_t> size_unit(std::string_view unit) {
  if (unit.empty() || unit == "B" || unit == "b") return 1;
  std::uint64_t factor = 0;
  switch (unit.front()) {
    case 'k':
    case 'K':
      factor = 1ULL << 10U;
      break;
    case 'm':
    case 'M':
      factor = 1ULL << 20U;
      break;
    case 'g':
    case 'G':
      factor = 1ULL << 30U;
      break;
    case 't':
    case 'T':
      factor = 1ULL << 40U;
      break;
    default:
      return std::nullopt;
  }
  const auto rest = unit.substr(1);
  if (rest.empty() || rest == "B" || rest == "iB") return factor;
  return std::nullopt;
}

// One "1.5h" at the front of `text`, in milliseconds.
std::optional<std::uint64_t> take_span(std::string_view& text) {
  const auto whole = take_number(text);
  if (!whole || *whole > longest_duration_ms) return std::nullopt;
  std::uint64_t thousandths = *whole * 1000;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const auto before = text.size();
    const auto fraction = take_number(text);
    const auto digits = before - text.size();
    if (!fraction || digits > 3) return std::nullopt;
    thousandths += *fraction * (digits == 1 ? 100 : digits == 2 ? 10 : 1);
  }
  const auto unit = text.substr(0, text.find_first_of("0123456789"));
  text.remove_prefix(unit.size());
  if (unit == "ms") return thousandths / 1000;
  std::uint64_t seconds = 1;
  if (unit == "m")
    seconds = 60;
  else if (unit == "h")
    seconds = 3600;
  else if (unit == "d")
    seconds = 86400;
  else if (unit != "s" && !unit.empty())
    return std::nullopt;
  if (thousandths > longest_duration_ms) return std::nullopt;
  return thousandths * seconds;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  auto rest = text;
  const auto number = take_number(rest);
  const auto factor = size_unit(rest);
  if (!number || !factor || *number == 0)
    return usage_error(
        fmt::format("'{}' is no size: write a positive number with K, M or G, such as 25M", text));
  if (*number > max_uint64 / *factor) return usage_error(fmt::format("the size '{}' is too large", text));
  return *number * *factor;
}

Result<milliseconds> parse_duration(std::string_view text) {
  auto rest = text;
  std::uint64_t total = 0;
  do {
    const auto span = take_span(rest);
    if (!span) return usage_error(fmt::format("'{}' is no span of time: write 90s, 15m, 1h30m or 2d", text));
    total += *span;
    if (total > longest_duration_ms) return usage_error(fmt::format("'{}' is longer than ten years", text));
  } while (!rest.empty());
  return milliseconds(static_cast<milliseconds::rep>(total));
}

Result<std::int64_t> parse_date(std::string_view text) {
  const auto date = parse_iso_date(text);
  if (!date)
    return usage_error(fmt::format("'{}' is no date: write 2024-01-31 or 2024-01-31T12:00:00Z", text));
  return date->unix_seconds();
}

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t low, std::uint64_t high) {
  auto rest = text;
  const auto number = take_number(rest);
  if (!number || !rest.empty() || *number < low || *number > high)
    return usage_error(fmt::format("'{}' is no whole number from {} to {}", text, low, high));
  return *number;
}

Result<std::pair<std::string, std::string>> parse_map(std::string_view text) {
  const auto at = text.find('=');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size())
    return usage_error(
        fmt::format("'{}' maps nothing: write SOURCE=TARGET, such as \"Sent Items=Sent\"", text));
  return std::pair{std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

}  // namespace pf::config
