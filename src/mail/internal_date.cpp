#include "mail/internal_date.h"

#include "base/ascii.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdlib>

namespace pf {

namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t seconds_a_day = 86400;
constexpr std::int64_t seconds_an_hour = 3600;
constexpr std::int64_t seconds_a_minute = 60;
constexpr int minutes_a_day = 1440;

struct Fields {
  int year = 0, month = 0, day = 0;
  int hour = 0, minute = 0, second = 0;
  int zone = 0;  // minutes east
};

// Takes a date apart from the left; remembers whether everything was there.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (i >= rest_.size() || !is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  int month_name() {
    for (std::size_t i = 0; i < months.size(); ++i) {
      if (!iequals(rest_.substr(0, 3), months[i])) continue;
      rest_.remove_prefix(3);
      return static_cast<int>(i) + 1;
    }
    return fail();
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }

  [[nodiscard]] bool next_is_digit(std::size_t offset) const {
    return rest_.size() > offset && is_digit(rest_[offset]);
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  int fail() {
    ok_ = false;
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

// "+hhmm", or "+hh:mm" as ISO 8601 has it.
int read_zone(Reader& in) {
  const bool west = in.take('-');
  if (!west) in.expect('+');
  const int hours = in.number(2);
  in.take(':');
  const int minutes = in.number(2);
  if (hours > 23 || minutes > 59) return 0;
  return (west ? -1 : 1) * (hours * 60 + minutes);
}

std::optional<InternalDate> from_fields(const Fields& f) {
  namespace chrono = std::chrono;
  const chrono::year_month_day day{chrono::year(f.year), chrono::month(static_cast<unsigned>(f.month)),
                                   chrono::day(static_cast<unsigned>(f.day))};
  if (f.year < 1 || !day.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
  const std::int64_t days = chrono::sys_days(day).time_since_epoch().count();
  const std::int64_t local =
      days * seconds_a_day + f.hour * seconds_an_hour + f.minute * seconds_a_minute + f.second;
  return InternalDate(local - f.zone * seconds_a_minute, static_cast<std::int16_t>(f.zone));
}

constexpr std::int64_t seconds_at(int year, unsigned month, unsigned day) {
  using namespace std::chrono;
  return sys_days(year_month_day{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)})
             .time_since_epoch()
             .count() *
         seconds_a_day;
}

// The instants that four digits of year can name.
constexpr std::int64_t earliest = seconds_at(1, 1, 1);
constexpr std::int64_t latest = seconds_at(9999, 12, 31) + seconds_a_day - 1;

bool can_be_written(std::int64_t local_seconds) {
  return local_seconds >= earliest && local_seconds <= latest;
}

}  // namespace

std::optional<InternalDate> InternalDate::parse(std::string_view text) {
  Reader in(trim_blanks(text));
  Fields f;
  f.day = in.number(in.next_is_digit(1) ? 2 : 1);
  in.expect('-');
  f.month = in.month_name();
  in.expect('-');
  f.year = in.number(4);
  in.expect(' ');
  f.hour = in.number(2);
  in.expect(':');
  f.minute = in.number(2);
  in.expect(':');
  f.second = in.number(2);
  in.expect(' ');
  f.zone = read_zone(in);
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return from_fields(f);
}

std::string InternalDate::to_string() const {
  const std::int64_t utc = std::clamp(seconds_, earliest, latest);
  const bool zone_fits = std::abs(zone_) < minutes_a_day && can_be_written(utc + zone_ * seconds_a_minute);
  const int zone = zone_fits && utc == seconds_ ? zone_ : 0;

  namespace chrono = std::chrono;
  const chrono::sys_seconds local{chrono::seconds(utc + zone * seconds_a_minute)};
  const auto midnight = chrono::floor<chrono::days>(local);
  const chrono::year_month_day day(midnight);
  const chrono::hh_mm_ss time(local - midnight);
  return fmt::format("{:2}-{}-{:04} {:02}:{:02}:{:02} {}{:02}{:02}", static_cast<unsigned>(day.day()),
                     months[static_cast<unsigned>(day.month()) - 1], static_cast<int>(day.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     zone < 0 ? '-' : '+', std::abs(zone) / 60, std::abs(zone) % 60);
}

std::optional<InternalDate> parse_iso_date(std::string_view text) {
  Reader in(trim_blanks(text));
  Fields f;
  f.year = in.number(4);
  in.expect('-');
  f.month = in.number(2);
  in.expect('-');
  f.day = in.number(2);
  if (in.take('T') || in.take(' ')) {
    f.hour = in.number(2);
    in.expect(':');
    f.minute = in.number(2);
    if (in.take(':')) f.second = in.number(2);
    if (!in.take('Z') && !in.at_end()) f.zone = read_zone(in);
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return from_fields(f);
}

}  // namespace pf
