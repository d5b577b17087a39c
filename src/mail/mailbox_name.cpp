#include "mail/mailbox_name.h"

#include "base/ascii.h"
#include "base/encoding.h"

#include <algorithm>

namespace pf {

namespace {

constexpr std::string_view inbox = "INBOX";

bool is_inbox_name(std::string_view name) {
  return iequals(name, inbox);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// The prefix may be written "inbox." by a server that says "INBOX." elsewhere.
bool starts_with_prefix(std::string_view wire, std::string_view prefix) {
  if (wire.size() <= prefix.size()) return false;
  if (wire.starts_with(prefix)) return true;
  const auto head = prefix.substr(0, inbox.size());
  return is_inbox_name(head) && is_inbox_name(wire.substr(0, head.size())) &&
         wire.substr(head.size()).starts_with(prefix.substr(head.size()));
}

std::string_view without_prefix(std::string_view wire, std::string_view prefix) {
  if (!starts_with_prefix(wire, prefix)) return wire;
  const auto rest = wire.substr(prefix.size());
  return is_inbox_name(rest) ? wire : rest;
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

// Writes the parts of one path under one account's rules, noting what had to give way.
class PartWriter {
 public:
  explicit PartWriter(const NameRules& rules) : rules_(rules) {}

  std::string write(std::string_view part) {
    std::string clean = replace_if(part, [&](char32_t c) { return is_control(c) || is_refused(c); });
    std::string wire = encode(clean);
    if (holds_separator(wire)) {
      clean = replace_if(clean, [](char32_t c) { return c >= 0x80 || c == U'&'; });
      wire = encode(clean);
    }
    if (!wire.empty()) return wire;
    altered_ = true;
    return std::string(1, stand_in());
  }
  // Where a flat server needs one name for several parts.
  char join() {
    if (rules_.separator != '\0') return rules_.separator;
    altered_ = true;
    return stand_in();
  }
  [[nodiscard]] bool altered() const { return altered_; }
  void set_altered() { altered_ = true; }

 private:
  [[nodiscard]] char stand_in() const { return rules_.separator == '_' ? '-' : '_'; }
  [[nodiscard]] bool is_refused(char32_t c) const {
    if (c >= 0x80) return false;
    const char ascii = static_cast<char>(c);
    return ascii == rules_.separator || rules_.forbidden.find(ascii) != std::string::npos;
  }
  [[nodiscard]] bool holds_separator(std::string_view wire) const {
    return rules_.separator != '\0' && wire.find(rules_.separator) != std::string_view::npos;
  }
  [[nodiscard]] std::string encode(const std::string& part) const {
    return rules_.utf8 ? part : encode_mutf7(part);
  }

  template <class Predicate>
  std::string replace_if(std::string_view part, Predicate unwanted) {
    std::string out;
    while (!part.empty()) {
      const auto point = first_code_point(part);
      const std::size_t length = point ? point->length : 1;
      if (point && !unwanted(point->value)) {
        out += part.substr(0, length);
      } else {
        out += stand_in();
        altered_ = true;
      }
      part.remove_prefix(length);
    }
    return out;
  }

  const NameRules& rules_;
  bool altered_ = false;
};

constexpr char exact_separator = '/';

std::string exact_part(std::string_view part) {
  std::string out;
  while (!part.empty()) {
    const auto point = first_code_point(part);
    const std::string_view piece = part.substr(0, point ? point->length : 1);
    const bool plain = point && !is_control(point->value) && piece != "/" && piece != "%";
    for (const char c : piece) {
      if (plain) {
        out += c;
      } else {
        out += '%';
        out += hex_encode(std::string_view(&c, 1));
      }
    }
    part.remove_prefix(piece.size());
  }
  return out;
}

std::string exact_name(const MailboxPath& path) {
  std::string out;
  for (const auto& part : path.parts) {
    if (&part != &path.parts.front()) out += exact_separator;
    out += exact_part(part);
  }
  return out;
}

MailboxPath path_from_exact(std::string_view name) {
  MailboxPath path;
  for (const auto piece : split(name, exact_separator)) {
    std::string part;
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const auto octet = piece[i] == '%' ? hex_decode(piece.substr(i + 1, 2)) : std::nullopt;
      if (octet && octet->size() == 1) {
        part += *octet;
        i += 2;
      } else {
        part += piece[i];
      }
    }
    path.parts.push_back(std::move(part));
  }
  return path;
}

// Length of the first character, an invalid byte being one.
std::size_t first_length(std::string_view text) {
  const auto point = first_code_point(text);
  return point ? point->length : 1;
}

}  // namespace

std::string MailboxPath::display() const {
  std::string out;
  for (const auto& part : parts) {
    if (&part != &parts.front()) out += '/';
    out += part;
  }
  return out;
}

MailboxPath MailboxPath::from_display(std::string_view text) {
  if (is_inbox_name(text)) return {{std::string(inbox)}};
  MailboxPath path;
  if (text.empty()) return path;
  for (const auto part : split(text, '/')) path.parts.emplace_back(part);
  return path;
}

MailboxPath path_from_wire(std::string_view wire, const NameRules& rules) {
  if (is_inbox_name(wire)) return {{std::string(inbox)}};
  if (rules.exact) return path_from_exact(wire);
  const auto name = without_prefix(wire, rules.prefix);
  const auto pieces =
      rules.separator == '\0' ? std::vector<std::string_view>{name} : split(name, rules.separator);
  MailboxPath path;
  for (const auto piece : pieces) {
    auto decoded = rules.utf8 ? std::nullopt : decode_mutf7(piece);
    path.parts.push_back(decoded ? *std::move(decoded) : std::string(piece));
  }
  return path;
}

WireName wire_from_path(const MailboxPath& path, const NameRules& rules) {
  if (path.parts.size() == 1 && is_inbox_name(path.parts.front())) {
    return {std::string(inbox), path.parts.front() != inbox};
  }
  if (rules.exact) return {exact_name(path), false};
  PartWriter writer(rules);
  std::string wire = rules.prefix;
  for (const auto& part : path.parts) {
    if (&part != &path.parts.front()) wire += writer.join();
    wire += writer.write(part);
  }
  if (path.parts.empty()) wire += writer.write("");
  return {std::move(wire), writer.altered()};
}

bool glob_match(std::string_view pattern, std::string_view text) {
  const auto first_part = text.substr(0, text.find('/'));
  const std::size_t folded = is_inbox_name(first_part) ? first_part.size() : 0;
  const auto same = [&](std::size_t p, std::size_t t) {
    return pattern[p] == text[t] || (t < folded && ascii_lower(pattern[p]) == ascii_lower(text[t]));
  };
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos,
              resume = 0;  // the last '*', and the text it was last tried to end before
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += first_length(text.substr(t));
    } else if (p < pattern.size() && same(p, t)) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      resume += first_length(text.substr(resume));
      t = resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace pf
