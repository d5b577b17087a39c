#include "imap/wire/encoder.h"

#include "base/ascii.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "imap/wire/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::imap {
namespace {

// Longer strings go as literals: servers bound their quoted strings and their command lines.
constexpr std::size_t longest_quoted = 1000;

// ATOM-CHAR and ']' (RFC 3501 9).
bool is_atom_char(char c) {
  return c > ' ' && c < '\x7f' && std::string_view{"(){%*\"\\"}.find(c) == std::string_view::npos;
}

// Narrower than astring allows: what every parser takes for an atom.
bool is_plain_atom(std::string_view text) {
  const auto plain = [](char c) {
    return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' || c == '_' ||
           c == '.' || c == '/';
  };
  return !text.empty() && std::ranges::all_of(text, plain);
}

bool quotable(std::string_view text, bool utf8) {
  if (text.size() > longest_quoted) return false;
  const auto fits = [&](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet >= 0x80 ? utf8 : octet >= 0x20 && octet != 0x7f;
  };
  return std::ranges::all_of(text, fits) && (!utf8 || is_valid_utf8(text));
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
  return out;
}

constexpr std::string_view hidden_text = "<hidden>";

}  // namespace

bool is_wire_flag(std::string_view flag) {
  if (flag.starts_with('\\')) flag.remove_prefix(1);
  return !flag.empty() && std::ranges::all_of(flag, is_atom_char);
}

Command& Command::operator=(Command&& other) noexcept {
  if (this != &other) {
    wipe();
    kind_ = other.kind_;
    segments_ = std::move(other.segments_);
    redacted_ = std::move(other.redacted_);
    secret_ = other.secret_;
  }
  return *this;
}

void Command::wipe() noexcept {
  if (!secret_) return;
  for (auto& segment : segments_) Secret::wipe(segment.text);
}

void Command::set_tag(std::string_view tag) {
  auto& first = segments_.front().text;
  std::string tagged;
  tagged.reserve(tag.size() + 1 + first.size());
  tagged.append(tag).append(" ").append(first);
  std::swap(first, tagged);
  if (secret_) Secret::wipe(tagged);
}

std::uint64_t Command::octets() const {
  std::uint64_t sum = 0;
  for (const auto& segment : segments_) sum += segment.text.size() + segment.slot_size;
  return sum;
}

Encoder::Encoder(CommandKind kind, WireOptions options) : kind_(kind), options_(options) {
  put(name(kind), name(kind));
}

Segment& Encoder::open_text() {
  if (segments_.empty() || segments_.back().kind != Segment::Kind::text || wait_next_) {
    segments_.emplace_back();
    segments_.back().wait_before = std::exchange(wait_next_, false);
  }
  return segments_.back();
}

void Encoder::put(std::string_view wire, std::string_view shown) {
  auto& text = open_text().text;
  // Growing would leave a copy of a secret behind in freed memory.
  if (secret_ && text.capacity() - text.size() < wire.size()) {
    std::string larger;
    larger.reserve(text.size() + wire.size() + 256);
    larger.append(text);
    std::swap(text, larger);
    Secret::wipe(larger);
  }
  text.append(wire);
  redacted_.append(shown);
}

void Encoder::fail(Errc code, std::string what) {
  if (error_) return;
  const auto scope = code == Errc::invalid_flag ? Scope::message : Scope::mailbox;
  error_ = Error{code, scope, Retry::never, fmt::format("{}: {}", name(kind_), what)};
}

Encoder& Encoder::raw(std::string_view text) {
  if (text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos) {
    fail(Errc::usage, "a line end or NUL in protocol text");
    return *this;
  }
  put(text, text);
  return *this;
}

Encoder& Encoder::number(std::uint64_t value) {
  return raw(fmt::format("{}", value));
}

Encoder& Encoder::atom(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, is_atom_char)) {
    fail(Errc::usage, "a word with characters that no atom may have");
    return *this;
  }
  put(text, text);
  return *this;
}

void Encoder::announce(std::uint64_t size, bool wait) {
  const bool at_once = !wait && (options_.literals == LiteralMode::plus ||
                                 (options_.literals == LiteralMode::minus && size <= literal_minus_max));
  put(fmt::format("{{{}{}}}\r\n", size, at_once ? "+" : ""), "");
  wait_next_ = !at_once;
}

void Encoder::literal(std::string_view text, bool hidden) {
  announce(text.size(), false);
  put(text, hidden ? std::string{hidden_text} : fmt::format("[{} bytes]", text.size()));
}

void Encoder::text_string(std::string_view text, bool may_be_atom, bool hidden) {
  if (hidden) secret_ = true;
  if (text.find('\0') != std::string_view::npos) {
    fail(Errc::usage, "a NUL octet in a string");
    return;
  }
  if (may_be_atom && is_plain_atom(text) && !iequals(text, "NIL")) {
    put(text, hidden ? hidden_text : text);
  } else if (quotable(text, options_.utf8)) {
    auto wire = quoted(text);
    put(wire, hidden ? hidden_text : std::string_view{wire});
    if (hidden) Secret::wipe(wire);
  } else {
    literal(text, hidden);
  }
}

Encoder& Encoder::astring(std::string_view text) {
  text_string(text, true, false);
  return *this;
}

Encoder& Encoder::string(std::string_view text) {
  text_string(text, false, false);
  return *this;
}

Encoder& Encoder::nstring(const std::optional<std::string>& text) {
  return text ? string(*text) : raw("NIL");
}

Encoder& Encoder::secret(std::string_view text) {
  // Quoted even where an atom would do: a password is not to be told by its form.
  text_string(text, false, true);
  return *this;
}

Encoder& Encoder::secret_atom(std::string_view text) {
  secret_ = true;
  if (text.empty() || !std::ranges::all_of(text, is_atom_char)) {
    fail(Errc::usage, "a secret with characters that no atom may have");
    return *this;
  }
  put(text, hidden_text);
  return *this;
}

Encoder& Encoder::flags(const FlagSet& flags) {
  for (const auto& keyword : flags.keywords()) {
    if (!is_wire_flag(keyword)) fail(Errc::invalid_flag, "a flag that cannot be written");
  }
  if (error_) return *this;
  const auto list = fmt::format("({})", flags.to_string());
  put(list, list);
  return *this;
}

Encoder& Encoder::date_time(const InternalDate& date) {
  return raw(quoted(date.to_string()));
}

Encoder& Encoder::uids(const UidSet& set) {
  if (set.empty()) {
    fail(Errc::usage, "an empty set of messages");
    return *this;
  }
  return raw(set.to_string());
}

Encoder& Encoder::slot(std::uint64_t size, bool wait) {
  announce(size, wait);
  Segment segment;
  segment.kind = Segment::Kind::slot;
  segment.wait_before = std::exchange(wait_next_, false);
  segment.slot_size = size;
  segment.slot_index = slots_++;
  segments_.push_back(std::move(segment));
  redacted_ += fmt::format("[{} bytes]", size);
  return *this;
}

Result<Command> Encoder::finish() {
  if (error_) {
    if (secret_) {
      for (auto& segment : segments_) Secret::wipe(segment.text);
    }
    return *std::move(error_);
  }
  put("\r\n", "");
  return Command{kind_, std::move(segments_), std::move(redacted_), secret_};
}

}  // namespace pf::imap
