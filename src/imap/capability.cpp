#include "imap/capability.h"

#include "base/ascii.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace pf::imap {
namespace {

std::string upper(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), ascii_upper);
  return out;
}

}  // namespace

Capabilities Capabilities::parse(std::string_view text) {
  Capabilities result;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" \t\r\n"), text.size());
    if (end > 0) result.add(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

void Capabilities::add(std::string_view name) {
  constexpr std::size_t plenty = 1000;  // honest servers list about a hundred
  if (name.empty() || names_.size() >= plenty || has(name)) return;
  names_.push_back(upper(name));
}

bool Capabilities::has(std::string_view name) const {
  return std::ranges::any_of(names_, [&](const auto& each) { return iequals(each, name); });
}

std::vector<std::string> Capabilities::auth_mechanisms() const {
  constexpr std::string_view prefix = "AUTH=";
  std::vector<std::string> mechanisms;
  for (const auto& each : names_) {
    if (each.starts_with(prefix) && each.size() > prefix.size())
      mechanisms.push_back(each.substr(prefix.size()));
  }
  return mechanisms;
}

std::optional<std::uint64_t> Capabilities::value_of(std::string_view key) const {
  for (const auto& each : names_) {
    const std::string_view text{each};
    if (!text.starts_with(key) || text.size() <= key.size() || text[key.size()] != '=') continue;
    const auto digits = text.substr(key.size() + 1);
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc{} && stop == digits.data() + digits.size()) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Capabilities::append_limit() const {
  return value_of("APPENDLIMIT");
}
std::optional<std::uint64_t> Capabilities::message_limit() const {
  return value_of("MESSAGELIMIT");
}

LiteralMode Capabilities::literal_mode() const {
  if (has("LITERAL+")) return LiteralMode::plus;
  // IMAP4rev2 contains LITERAL- (RFC 9051 appendix E), and it is about what the server reads, enabled or not.
  if (has("LITERAL-") || has("IMAP4REV2")) return LiteralMode::minus;
  return LiteralMode::synchronizing;
}

std::string Capabilities::to_string() const {
  return fmt::format("{}", fmt::join(names_, " "));
}

}  // namespace pf::imap
