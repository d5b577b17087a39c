#include "store/maildir/file_name.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pf::store::maildir {

namespace {

constexpr std::size_t time_octets = 8;
constexpr std::size_t longest_tail = 64 - time_octets;
// Year 5138; a name that begins with more digits tells no time.
constexpr std::size_t most_digits = 11;
constexpr std::uint64_t second = 1'000'000;

std::uint64_t leading_number(std::string_view text, std::size_t digits) {
  std::uint64_t value = 0;
  const Bytes number = as_bytes(text.substr(0, digits));
  std::from_chars(number.data(), number.data() + number.size(), value);
  return value;
}

std::size_t leading_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// "M123456P42" (Dovecot), "V801I1234M567890" (Postfix): the number behind an M that no other letters precede.
std::uint64_t microseconds(std::string_view delivery) {
  for (auto at = delivery.find('M'); at != std::string_view::npos; at = delivery.find('M', at + 1)) {
    if (at != 0 && !is_digit(delivery[at - 1])) continue;
    const auto number = delivery.substr(at + 1);
    const auto digits = leading_digits(number);
    if (digits >= 1 && digits <= 6) return leading_number(number, digits);
  }
  // "1234_17" (mbsync): the 17th of process 1234.  No time, but the order within the second.
  const auto process = leading_digits(delivery);
  if (process == 0 || process == delivery.size() || delivery[process] != '_') return 0;
  const auto count = delivery.substr(process + 1);
  const auto digits = leading_digits(count);
  return digits >= 1 && digits <= 6 && digits == count.size() ? leading_number(count, digits) : 0;
}

std::string tail_of_digest(std::string_view hashed) {
  const auto digest = sha256(hashed);
  std::string tail(1, '\0');  // in no name of a file
  tail.append(reinterpret_cast<const char*>(digest.data()), 16);
  return tail;
}

}  // namespace

std::optional<std::uint64_t> FileName::number(char key) const {
  for (auto at = fields.find(','); at != std::string_view::npos; at = fields.find(',', at + 1)) {
    const auto field = fields.substr(at + 1);
    if (field.size() < 3 || field[0] != key || field[1] != '=') continue;
    std::uint64_t value = 0;
    const char* const first = field.data() + 2;
    const char* const last = fields.data() + fields.size();
    const auto [end, error] = std::from_chars(first, last, value);
    if (error == std::errc{} && (end == last || *end == ',')) return value;
  }
  return std::nullopt;
}

FileName parse_file_name(std::string_view name) {
  FileName out;
  const auto colon = name.find(':');
  const auto base = name.substr(0, colon);
  // A name that begins with ',' would have nothing of its own.
  const auto comma = base.find(',', 1);
  out.unique = base.substr(0, comma);
  if (comma != std::string_view::npos) out.fields = base.substr(comma);
  if (colon == std::string_view::npos) return out;
  const auto info = name.substr(colon + 1);
  if (!info.starts_with("2,")) {
    out.rest = info;
    return out;
  }
  const auto end = info.find(',', 2);
  out.letters = info.substr(2, end == std::string_view::npos ? end : end - 2);
  if (end != std::string_view::npos) out.rest = info.substr(end);
  return out;
}

std::uint64_t time_of(std::string_view unique) {
  const auto digits = leading_digits(unique);
  if (digits == 0 || digits > most_digits) return 0;
  const auto seconds = leading_number(unique, digits);
  auto rest = unique.substr(digits);
  if (rest.empty()) return seconds * second;
  if (rest.front() != '.') return 0;
  rest.remove_prefix(1);
  return seconds * second + microseconds(rest.substr(0, rest.find('.')));
}

std::string border_at(std::uint64_t time) {
  std::string out(time_octets, '\0');
  for (std::size_t i = time_octets; i-- > 0; time >>= 8) out[i] = static_cast<char>(time & 0xFF);
  return out;
}

MessageRef ref_of(std::string_view unique) {
  std::string ref = border_at(time_of(unique));
  ref += unique.size() <= longest_tail ? std::string(unique) : tail_of_digest(unique);
  return MessageRef(std::move(ref));
}

MessageRef ref_of_twin(const FileName& name, std::uint32_t twin) {
  const auto hashed = fmt::format("{}:{}:{}", name.unique, name.fields, twin);
  return MessageRef(border_at(time_of(name.unique)) + tail_of_digest(hashed));
}

std::string text_of(const MessageRef& ref) {
  const auto bytes = ref.bytes();
  if (bytes.size() <= time_octets) return {};
  const auto tail = bytes.substr(time_octets);
  if (tail.front() != '\0') return std::string(tail);
  std::uint64_t time = 0;
  for (const char c : bytes.substr(0, time_octets)) time = time << 8 | static_cast<std::uint8_t>(c);
  return fmt::format("{}.M{}...", time / second, time % second);
}

}  // namespace pf::store::maildir
