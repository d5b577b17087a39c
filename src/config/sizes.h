// Sizes, spans of time and dates as people write them.  Errors: usage, one exact sentence that quotes the
// input.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace pf::config {

// "25M": a positive number of octets; K, M, G, T are powers of 1024, in any case.
Result<std::uint64_t> parse_size(std::string_view text);

// "90", "0.5", "90s", "15m", "1h30m", "2d", "250ms": seconds when there is no unit.  At most ten years.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// "2024-01-31" (midnight UTC) or "2024-01-31T12:00:00Z": unix seconds.
Result<std::int64_t> parse_date(std::string_view text);

// A whole decimal number within the bounds, both inclusive.
Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t low, std::uint64_t high);

// "Sent Items=Sent": both sides non-empty; the first '=' divides.
Result<std::pair<std::string, std::string>> parse_map(std::string_view text);

}  // namespace pf::config
