// When a message arrived (RFC 3501 2.3.3).  Two dates are the same when they name the same instant, whatever
// the zone.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pf {

class InternalDate {
 public:
  InternalDate() = default;
  InternalDate(std::int64_t unix_seconds, std::int16_t zone_minutes)
      : seconds_(unix_seconds), zone_(zone_minutes) {}

  // RFC 3501 date-time without the quotes: " 1-Feb-2003 04:05:06 -0700".  Tolerates a missing leading blank,
  // any case of the month and surrounding blanks.  A leap second (":60") is the second after ":59".  A zone
  // that cannot be (over 23 hours or 59 minutes) is read as +0000: a date that is off by hours is better than
  // none.  Nothing for what is no date ("00-Jan-0000 ...", Domino).
  static std::optional<InternalDate> parse(std::string_view text);
  // Always 26 characters: " 1-Feb-2003 04:05:06 -0700", day padded with a blank as RFC 3501 wants.  parse()
  // is its inverse.  Years outside 1..9999 in the message's own zone fall back to UTC, as does a zone of a
  // day or more; then to the nearest instant that can be written.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] std::int64_t unix_seconds() const { return seconds_; }
  [[nodiscard]] std::int16_t zone_minutes() const { return zone_; }

  friend bool operator==(const InternalDate& a, const InternalDate& b) { return a.seconds_ == b.seconds_; }
  friend std::strong_ordering operator<=>(const InternalDate& a, const InternalDate& b) {
    return a.seconds_ <=> b.seconds_;
  }

 private:
  std::int64_t seconds_ = 0;
  std::int16_t zone_ = 0;
};

// "2024-01-31" or "2024-01-31T12:00:00Z" as people write for --since and --before; midnight when there is no
// time, UTC when there is no zone ("Z", "+02:00" or "+0200").  Seconds may be left out.
std::optional<InternalDate> parse_iso_date(std::string_view text);

}  // namespace pf
