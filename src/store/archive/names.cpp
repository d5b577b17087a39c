#include "store/archive/names.h"

#include "base/ascii.h"
#include "base/encoding.h"
#include "base/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace pf::store {

namespace {

constexpr std::size_t readable_length = 60;
constexpr std::size_t digest_octets = 6;
constexpr std::size_t date_length = 16;    // "20240131T120000Z"
constexpr std::size_t prefix_length = 16;  // hexadecimal digits

bool is_plain(char c) {
  return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_' || c == '@' ||
         c == '+' || c == '-';
}

std::string readable(std::string_view id) {
  std::string out;
  for (const char c : id.substr(0, 4 * readable_length)) {
    const bool plain = is_plain(c);
    if (!plain && out.ends_with('_')) continue;
    out += plain ? c : '_';
  }
  out.resize(std::min(out.size(), readable_length));
  while (out.ends_with('_')) out.pop_back();
  // A '-' in front looks like an option to other programs.
  const auto first = out.find_first_not_of("_-");
  return first == std::string::npos ? "mailbox" : out.substr(first);
}

template <class Number>
bool read_digits(std::string_view text, Number& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size() && !text.starts_with('-');
}

void put_digits(char* at, std::uint64_t number, std::size_t width, unsigned base = 10) {
  while (width > 0) {
    at[--width] = "0123456789abcdef"[number % base];
    number /= base;
  }
}

// date_length characters.  By hand: names of messages are made several times for each, and it showed in the
// time of an export.
void put_date(char* at, std::int64_t seconds) {
  namespace chrono = std::chrono;
  const chrono::sys_seconds moment{chrono::seconds(seconds)};
  const auto midnight = chrono::floor<chrono::days>(moment);
  const chrono::year_month_day day(midnight);
  const auto second = static_cast<std::uint64_t>((moment - midnight).count());
  put_digits(at, static_cast<std::uint64_t>(static_cast<int>(day.year())), 4);
  put_digits(at + 4, static_cast<unsigned>(day.month()), 2);
  put_digits(at + 6, static_cast<unsigned>(day.day()), 2);
  at[8] = 'T';
  put_digits(at + 9, second / 3600, 2);
  put_digits(at + 11, second / 60 % 60, 2);
  put_digits(at + 13, second % 60, 2);
  at[15] = 'Z';
}

// Also of some texts that put_date() does not give.
std::optional<std::int64_t> parse_date(std::string_view text) {
  namespace chrono = std::chrono;
  if (text.size() != date_length) return std::nullopt;
  int year = 0, hour = 0, minute = 0, second = 0;
  unsigned month = 0, day = 0;
  const bool numbers = read_digits(text.substr(0, 4), year) && read_digits(text.substr(4, 2), month) &&
                       read_digits(text.substr(6, 2), day) && read_digits(text.substr(9, 2), hour) &&
                       read_digits(text.substr(11, 2), minute) && read_digits(text.substr(13, 2), second);
  const chrono::year_month_day date{chrono::year(year), chrono::month(month), chrono::day(day)};
  if (!numbers || !date.ok()) return std::nullopt;
  const auto at = chrono::sys_seconds(chrono::sys_days(date)) + chrono::hours(hour) +
                  chrono::minutes(minute) + chrono::seconds(second);
  return at.time_since_epoch().count();
}

}  // namespace

std::string folder_name(std::string_view mailbox_id) {
  if (mailbox_id == "INBOX") return std::string(mailbox_id);
  const std::string digest = hex(sha256(mailbox_id));
  return fmt::format("{}-{}", readable(mailbox_id), std::string_view(digest).substr(0, 2 * digest_octets));
}

std::string list_name(const MailboxPath& path) {
  std::string out;
  for (const auto& part : path.parts) {
    if (&part != &path.parts.front()) out += '/';
    out += encode_mutf7(part);
  }
  return out;
}

std::string Stem::to_string() const {
  std::string out(date_length + 1 + prefix_length, '-');
  put_date(out.data(), seconds);
  put_digits(out.data() + date_length + 1, prefix, prefix_length, 16);
  if (ordinal > 1) out += fmt::format("-{}", ordinal);
  return out;
}

std::optional<Stem> Stem::parse(std::string_view text) {
  Stem stem;
  if (text.size() < date_length + 1 + prefix_length) return std::nullopt;
  const auto date = parse_date(text.substr(0, date_length));
  if (!date || !read_digits(text.substr(date_length + 1, prefix_length), stem.prefix, 16))
    return std::nullopt;
  stem.seconds = *date;
  const auto rest = text.substr(date_length + 1 + prefix_length);
  if (!rest.empty() && !read_digits(rest.substr(1), stem.ordinal)) return std::nullopt;
  if (stem.to_string() != text) return std::nullopt;
  return stem;
}

std::uint64_t digest_prefix(const Digest256& digest) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out = out << 8 | digest[i];
  return out;
}

InternalDate storable(const InternalDate& date) {
  return InternalDate::parse(date.to_string()).value_or(InternalDate());
}

std::string temporary_name() {
  return std::string(temporary_prefix) + random_hex(12);
}

}  // namespace pf::store
