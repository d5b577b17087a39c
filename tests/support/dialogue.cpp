#include "support/dialogue.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <stdexcept>

namespace pf::test {

namespace {

[[noreturn]] void fail(int line, std::string_view why) {
  throw std::runtime_error(fmt::format("dialogue line {}: {}", line, why));
}

std::uint64_t number(std::string_view text, int line) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) fail(line, "not a number");
  return value;
}

char hex_octet(std::string_view text, int line) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 2 || error != std::errc() || end != text.data() + 2)
    fail(line, "\\x needs two hex digits");
  return static_cast<char>(value);
}

std::string unescape(std::string_view text, int line) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) fail(line, "a backslash at the end");
    switch (text[i]) {
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case '0':
        out += '\0';
        break;
      case '\\':
        out += '\\';
        break;
      case 'x':
        out += hex_octet(text.substr(i + 1, 2), line);
        i += 2;
        break;
      default:
        fail(line, "unknown escape");
    }
  }
  return out;
}

std::string filling(std::string_view text, int line) {
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos || blank + 2 != text.size()) fail(line, "S-fill: COUNT CHARACTER");
  return std::string(number(text.substr(0, blank), line), text.back());
}

std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  if (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

Step parse_step(std::string_view text, int line) {
  using Kind = Step::Kind;
  if (const auto rest = after(text, "S:"))
    return {.kind = Kind::send, .text = std::string(*rest) + "\r\n", .line = line};
  if (const auto rest = after(text, "S-raw:"))
    return {.kind = Kind::send, .text = unescape(*rest, line), .line = line};
  if (const auto rest = after(text, "S-fill:"))
    return {.kind = Kind::send_raw, .text = filling(*rest, line), .line = line};
  if (const auto rest = after(text, "C:"))
    return {.kind = Kind::expect_line, .text = std::string(*rest), .line = line};
  if (const auto rest = after(text, "C-raw:")) {
    return {.kind = Kind::expect_raw, .text = unescape(*rest, line), .line = line};
  }
  if (const auto rest = after(text, "C-skip:"))
    return {.kind = Kind::skip, .count = number(*rest, line), .line = line};
  if (text == "C-eof") return {.kind = Kind::expect_end, .line = line};
  if (text == "T") return {.kind = Kind::tls, .line = line};
  if (text == "X") return {.kind = Kind::close, .line = line};
  if (text == "R") return {.kind = Kind::reset, .line = line};
  if (const auto rest = after(text, "W"))
    return {.kind = Kind::wait, .count = number(*rest, line), .line = line};
  fail(line, "unknown step");
}

bool is_tag_place(std::string_view text) {
  return text.size() >= 2 && text[0] == '$' && text[1] >= '1' && text[1] <= '9';
}

bool matches_from(std::string_view pattern, std::string_view line, Tags& tags);

// Plain backtracking: dialogues are short and written by us.
bool matches_star(std::string_view pattern, std::string_view line, Tags& tags) {
  if (pattern.empty()) return true;
  for (std::size_t n = 0; n <= line.size(); ++n) {
    auto attempt = tags;
    if (!matches_from(pattern, line.substr(n), attempt)) continue;
    tags = attempt;
    return true;
  }
  return false;
}

bool matches_from(std::string_view pattern, std::string_view line, Tags& tags) {
  while (!pattern.empty()) {
    if (pattern.front() == '*') return matches_star(pattern.substr(1), line, tags);
    if (is_tag_place(pattern)) {
      auto& tag = tags[static_cast<std::size_t>(pattern[1] - '0')];
      if (tag.empty()) tag = std::string(line.substr(0, line.find(' ')));
      if (tag.empty() || !line.starts_with(tag)) return false;
      pattern.remove_prefix(2);
      line.remove_prefix(tag.size());
      continue;
    }
    if (pattern.starts_with("\\*")) pattern.remove_prefix(1);
    if (line.empty() || line.front() != pattern.front()) return false;
    pattern.remove_prefix(1);
    line.remove_prefix(1);
  }
  return line.empty();
}

}  // namespace

std::vector<Steps> parse_dialogue(std::string_view text) {
  std::vector<Steps> connections(1);
  int number_of_line = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number_of_line;
    while (line.starts_with(' ')) line.remove_prefix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("---")) {
      if (!connections.back().empty()) connections.emplace_back();
      continue;
    }
    connections.back().push_back(parse_step(line, number_of_line));
  }
  return connections;
}

bool matches(std::string_view pattern, std::string_view line, Tags& tags) {
  auto attempt = tags;
  if (!matches_from(pattern, line, attempt)) return false;
  tags = attempt;
  return true;
}

std::string fill_in(std::string_view text, const Tags& tags) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_tag_place(text.substr(i))) {
      out += tags[static_cast<std::size_t>(text[++i] - '0')];
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string visible(std::string_view bytes) {
  constexpr std::size_t most = 300;
  std::string out;
  for (const char c : bytes.substr(0, most)) {
    const auto octet = static_cast<unsigned char>(c);
    out += octet < 0x20 || octet >= 0x7F ? fmt::format("\\x{:02x}", octet) : std::string(1, c);
  }
  return bytes.size() > most ? fmt::format("{}... ({} octets)", out, bytes.size()) : out;
}

}  // namespace pf::test
