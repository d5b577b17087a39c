// Numbers as people read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pf::cli {

std::string grouped(std::uint64_t number);         // 1234567 -> "1,234,567"
std::string bytes_text(std::uint64_t bytes);       // "512 B", "12.3 KB", "1.5 GB": powers of 1000
std::string rate_text(double bytes_per_second);    // "4.5 MB/s"
std::string span_text(double seconds);             // "0.4 s", "2 min 05 s", "1 h 02 min", "3 d 4 h"
std::string clock_text(double seconds);            // "0:12", "12:05", "1:02:03"
std::string time_text(std::int64_t unix_seconds);  // "2024-01-31T12:00:00Z"; years 1970 to 9999
// "1 message", "2 messages".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);

// Columns a text takes on a terminal: two for East Asian letters, none for combining marks, one for a byte
// that is no UTF-8.
std::size_t columns_of(std::string_view text);
// The beginning of `text` that fits into `columns`, never half a code point.
std::string_view cut_to(std::string_view text, std::size_t columns);

}  // namespace pf::cli
