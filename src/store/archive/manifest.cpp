#include "store/archive/manifest.h"

#include "base/encoding.h"
#include "store/archive/flat_json.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <tuple>
#include <utility>

namespace pf::store {

namespace {

constexpr std::string_view format_name = "postferry-mailbox";
constexpr std::uint64_t format_version = 1;

// Hexadecimal digits of exactly `out`.
template <class Octets>
bool read_hex(std::string_view text, Octets& out) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  if (text.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

// 'm' (from the Message-ID) or 'h' (from the header), then both digests.
bool read_key(std::string_view text, MessageKey& key) {
  constexpr std::size_t digits = 2 * std::tuple_size_v<Digest128>;
  if (text.size() != 1 + 2 * digits || (text.front() != 'm' && text.front() != 'h')) return false;
  key.from_message_id = text.front() == 'm';
  return read_hex(text.substr(1, digits), key.id) && read_hex(text.substr(1 + digits), key.headers);
}

std::string key_text(const MessageKey& key) {
  return (key.from_message_id ? "m" : "h") + hex_encode(key.id) + hex_encode(key.headers);
}

bool narrow(std::uint64_t number, std::uint32_t& out) {
  out = static_cast<std::uint32_t>(number);
  return number <= std::numeric_limits<std::uint32_t>::max();
}

// Which members a line has.
enum Seen : std::uint32_t {
  n = 1,
  file = 2,
  digest = 4,
  size = 8,
  flags = 16,
  date = 32,
  key = 64,
  uid = 128,
  validity = 256,
  gone = 512,
  format = 1024,
  version = 2048,
  epoch = 4096,
  mailbox = 8192,
  use = 16384,
  subscribed = 32768,
};

// One member into its place.  0: it is none of ours, and not looked at; nothing: it is not what it must be.
std::optional<std::uint32_t> take_member(const JsonMember& m, ManifestLine& out, std::string& flag_text,
                                         std::optional<Stem>& stem) {
  using Kind = JsonMember::Kind;
  const auto when = [](bool fine, Seen which) {
    return fine ? std::optional<std::uint32_t>(which) : std::nullopt;
  };
  const bool text = m.kind == Kind::text, number = m.kind == Kind::number;
  MessageRecord& message = out.message;
  if (m.key == "n") return when(number && narrow(m.number, message.n), n);
  if (m.key == "file") {
    stem = text ? Stem::parse(m.text) : std::nullopt;
    return when(stem.has_value(), file);
  }
  if (m.key == "sha256") return when(text && read_hex(m.text, message.sha256), digest);
  if (m.key == "size") {
    message.size = m.number;
    return when(number, size);
  }
  if (m.key == "flags") {
    if (text) flag_text.assign(m.text);
    return when(text && m.text.size() <= archive_flags_limit, flags);
  }
  if (m.key == "internaldate") {
    const auto parsed = text ? InternalDate::parse(m.text) : std::nullopt;
    if (parsed) message.date = *parsed;
    return when(parsed.has_value(), date);
  }
  if (m.key == "key") return when(text && read_key(m.text, message.key), key);
  if (m.key == "uid") return when(number && narrow(m.number, message.uid), uid);
  if (m.key == "uidvalidity") return when(number && narrow(m.number, message.uid_validity), validity);
  if (m.key == "gone") return when(m.kind == Kind::truth && m.truth, gone);
  if (m.key == "format") return when(text && m.text == format_name, format);
  if (m.key == "version") return when(number && m.number == format_version, version);
  if (m.key == "epoch") {
    out.header.epoch = m.text;
    return when(text && !m.text.empty() && m.text.size() <= epoch_limit, epoch);
  }
  if (m.key == "mailbox") {
    out.header.mailbox = m.text;
    return when(text && !m.text.empty() && m.text.size() <= mailbox_name_limit, mailbox);
  }
  if (m.key == "special_use") {
    out.header.special_use = parse_special_use(m.text);
    return when(text, use);
  }
  if (m.key == "subscribed") {
    out.header.subscribed = m.truth;
    return when(m.kind == Kind::truth, subscribed);
  }
  return 0;
}

}  // namespace

bool ManifestParser::fail(std::string reason) {
  reason_ = std::move(reason);
  return false;
}

bool ManifestParser::parse(std::string_view line, ManifestLine& out) {
  out.header = {};
  out.message = {};
  std::optional<Stem> stem;
  std::uint32_t seen = 0;
  FlatJsonReader reader(line);
  JsonMember member;
  while (reader.next(member)) {
    const auto which = take_member(member, out, flags_, stem);
    if (!which) return fail(fmt::format("\"{}\" has no sense", member.key));
    if ((seen & *which) != 0) return fail(fmt::format("\"{}\" stands there twice", member.key));
    seen |= *which;
  }
  if (!reader.ok()) return fail("this is no line of a manifest");
  out.flags = flags_;
  constexpr std::uint32_t whole_message = n | file | digest | size | flags | date | key;
  constexpr std::uint32_t whole_header = format | version | epoch | mailbox;
  if ((seen & ~std::uint32_t{use | subscribed}) == whole_header) {
    out.kind = ManifestLine::Kind::mailbox;
    return true;
  }
  if ((seen & ~std::uint32_t{uid | validity}) == whole_message) {
    out.kind = ManifestLine::Kind::message;
    out.message.ordinal = stem->ordinal;
    // Whatever else the name says, the file is one of these octets and this date.
    return out.message.stem() == *stem || fail("the file is not called after its message");
  }
  if (seen != (n | flags) && seen != (n | gone)) return fail("members are missing");
  out.kind = (seen & gone) != 0 ? ManifestLine::Kind::gone : ManifestLine::Kind::flags;
  return true;
}

void append_line(std::string& out, const MailboxHeader& header) {
  FlatJsonWriter writer(out);
  writer.text("format", format_name).number("version", format_version).text("epoch", header.epoch);
  writer.text("mailbox", header.mailbox);
  if (header.special_use != SpecialUse::none) writer.text("special_use", to_wire(header.special_use));
  writer.truth("subscribed", header.subscribed).end();
  out += '\n';
}

void append_line(std::string& out, const MessageRecord& message, std::string_view flag_text) {
  FlatJsonWriter writer(out);
  writer.number("n", message.n).text("file", message.stem().to_string()).text("sha256", hex(message.sha256));
  writer.number("size", message.size).text("flags", flag_text);
  writer.text("internaldate", archive_date(message.date)).text("key", key_text(message.key));
  if (message.uid != 0) writer.number("uid", message.uid);
  if (message.uid_validity != 0) writer.number("uidvalidity", message.uid_validity);
  writer.end();
  out += '\n';
}

void append_flags_line(std::string& out, std::uint32_t number, std::string_view flag_text) {
  FlatJsonWriter(out).number("n", number).text("flags", flag_text).end();
  out += '\n';
}

void append_gone_line(std::string& out, std::uint32_t number) {
  FlatJsonWriter(out).number("n", number).truth("gone", true).end();
  out += '\n';
}

std::string archive_date(const InternalDate& date) {
  std::string text = date.to_string();
  if (text.starts_with(' ')) text.front() = '0';
  return text;
}

}  // namespace pf::store
