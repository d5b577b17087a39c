#include "store/maildir/subscriptions.h"

#include <algorithm>

namespace pf::store::maildir {

namespace {

constexpr std::string_view version = "V\t2\n\n";

// Dovecot's str_tabescape: what would break the file is \001 and a letter.
std::string unescape(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '\1' || i + 1 == part.size()) {
      out += part[i];
      continue;
    }
    switch (part[++i]) {
      case '0':
        out += '\0';
        break;
      case '1':
        out += '\1';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      default:
        out += part[i];
        break;
    }
  }
  return out;
}

std::string escape(std::string_view part) {
  std::string out;
  for (const char c : part) {
    if (c == '\1') {
      out +=
          "\1"
          "1";
    } else if (c == '\t') {
      out += "\1t";
    } else if (c == '\r') {
      out += "\1r";
    } else if (c == '\n') {
      out += "\1n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string name_of(std::string_view line, char separator) {
  std::string out;
  for (;;) {
    const auto tab = line.find('\t');
    out += unescape(line.substr(0, tab));
    if (tab == std::string_view::npos) return out;
    out += separator;
    line.remove_prefix(tab + 1);
  }
}

std::string line_of(std::string_view id, char separator) {
  std::string out;
  for (;;) {
    const auto end = id.find(separator);
    out += escape(id.substr(0, end));
    if (end == std::string_view::npos) return out + '\n';
    out += '\t';
    id.remove_prefix(end + 1);
  }
}

bool has_version(std::string_view text) {
  return text.starts_with("V\t2\n");
}

}  // namespace

std::vector<std::string> parse_subscriptions(std::string_view text, char separator) {
  const bool parts = has_version(text);
  if (parts) text.remove_prefix(text.find('\n') + 1);
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty()) out.push_back(parts ? name_of(line, separator) : std::string(line));
  }
  return out;
}

std::optional<std::string> with_subscription(std::string_view text, const std::string& id, char separator) {
  const auto known = parse_subscriptions(text, separator);
  if (std::ranges::find(known, id) != known.end()) return std::nullopt;
  std::string out(text.empty() ? version : text);
  if (out.back() != '\n') out += '\n';
  out += has_version(out) ? line_of(id, separator) : id + '\n';
  return out;
}

}  // namespace pf::store::maildir
