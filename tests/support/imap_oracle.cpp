#include "support/imap_oracle.h"

#include "support/socket.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <stdexcept>
#include <tuple>

namespace pf::test {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The size of the literal that `line` announces at its end.
std::optional<std::size_t> announced_literal(std::string_view line) {
  if (!line.ends_with('}')) return std::nullopt;
  const auto open = line.rfind('{');
  if (open == std::string_view::npos || open + 2 > line.size() - 1) return std::nullopt;
  return to_number(line.substr(open + 1));
}

// One untagged answer: text, and the literals it holds in order.  In the text a literal is left as its "{N}".
struct Answer {
  std::string text;
  std::vector<std::string> literals;
};

// Reads the tokens of an answer: atoms, quoted strings, literals, parentheses.
class Tokens {
 public:
  explicit Tokens(Answer& answer) : answer_(answer) {}

  [[nodiscard]] bool done() {
    skip_blanks();
    return at_ >= answer_.text.size();
  }
  [[nodiscard]] bool take(char c) {
    skip_blanks();
    if (at_ >= answer_.text.size() || answer_.text[at_] != c) return false;
    ++at_;
    return true;
  }
  // Atom, quoted string or literal; the literal's bytes are moved out.
  std::string word() {
    skip_blanks();
    if (at_ >= answer_.text.size()) throw std::runtime_error("oracle: answer ends early: " + answer_.text);
    if (answer_.text[at_] == '"') return quoted();
    if (answer_.text[at_] == '{') return literal();
    const auto begin = at_;
    int brackets = 0;  // "BODY[HEADER.FIELDS (DATE)]" is one word
    for (; at_ < answer_.text.size(); ++at_) {
      const char c = answer_.text[at_];
      if (c == '[') ++brackets;
      if (c == ']') --brackets;
      if (brackets == 0 && (c == ' ' || c == '(' || c == ')')) break;
    }
    return answer_.text.substr(begin, at_ - begin);
  }
  std::vector<std::string> words_in_parentheses() {
    std::vector<std::string> all;
    if (!take('(')) throw std::runtime_error("oracle: no list in: " + answer_.text);
    while (!take(')')) all.push_back(word());
    return all;
  }

 private:
  void skip_blanks() {
    while (at_ < answer_.text.size() && answer_.text[at_] == ' ') ++at_;
  }
  std::string quoted() {
    std::string value;
    for (++at_; at_ < answer_.text.size() && answer_.text[at_] != '"'; ++at_) {
      if (answer_.text[at_] == '\\') ++at_;
      value += answer_.text.at(at_);
    }
    ++at_;
    return value;
  }
  std::string literal() {
    at_ = answer_.text.find('}', at_) + 1;
    return std::move(answer_.literals.at(next_literal_++));
  }

  Answer& answer_;
  std::size_t at_ = 0;
  std::size_t next_literal_ = 0;
};

std::string one_line(const Answer& answer) {
  std::string out;
  std::size_t begin = 0;
  for (const auto& literal : answer.literals) {
    const auto end = answer.text.find('}', begin) + 1;
    out += answer.text.substr(begin, end - begin) + literal;
    begin = end;
  }
  return out + answer.text.substr(begin);
}

std::string append_arguments(const ToAppend& message) {
  std::string out;
  if (!message.flags.empty()) {
    out += "(";
    for (const auto& flag : message.flags) out += (out.size() > 1 ? " " : "") + flag;
    out += ") ";
  }
  if (!message.date.empty()) out += "\"" + message.date + "\" ";
  return out;
}

}  // namespace

struct ImapOracle::Impl {
  Socket socket;
  std::vector<char> buffer = std::vector<char>(256UL * 1024);
  std::size_t begin = 0;
  std::size_t end = 0;
  unsigned last_tag = 0;

  void fill() {
    begin = 0;
    end = socket.receive(buffer);
    if (end == 0) throw std::runtime_error("oracle: the server closed the connection");
  }

  std::string read_line() {
    std::string line;
    while (!line.ends_with("\r\n")) {
      if (begin == end) fill();
      const std::string_view have(buffer.data() + begin, end - begin);
      const auto newline = have.find('\n');
      const auto n = newline == std::string_view::npos ? have.size() : newline + 1;
      line.append(have.substr(0, n));
      begin += n;
    }
    line.resize(line.size() - 2);
    return line;
  }

  std::string read_bytes(std::size_t count) {
    std::string bytes;
    bytes.reserve(count);
    while (bytes.size() < count) {
      if (begin == end) fill();
      const auto n = std::min(end - begin, count - bytes.size());
      bytes.append(buffer.data() + begin, n);
      begin += n;
    }
    return bytes;
  }

  Answer read_answer() {
    Answer answer;
    while (true) {
      const auto line = read_line();
      answer.text += line;
      const auto size = announced_literal(line);
      if (!size) return answer;
      answer.literals.push_back(read_bytes(*size));
    }
  }

  std::string send(std::string_view text) {
    auto tag = "o" + std::to_string(++last_tag);
    socket.send_all(tag + " " + std::string(text) + "\r\n");
    return tag;
  }

  // Hands every untagged answer to `take`; the tagged one without its tag is returned.
  template <class Take>
  std::string read_until(const std::string& tag, Take take) {
    while (true) {
      auto answer = read_answer();
      if (answer.text.starts_with(tag + " ")) return answer.text.substr(tag.size() + 1);
      take(answer);
    }
  }

  template <class Take>
  void must(const std::string& text, Take take) {
    const auto result = read_until(send(text), take);
    if (!result.starts_with("OK")) throw std::runtime_error("oracle: " + text.substr(0, 200) + ": " + result);
  }
  void must(const std::string& text) {
    must(text, [](const Answer&) {});
  }
};

ImapOracle::ImapOracle(std::uint16_t port, const std::string& user, const std::string& password)
    : impl_(std::make_unique<Impl>()) {
  impl_->socket = Socket::connect(port);
  impl_->socket.set_read_timeout(std::chrono::minutes(3));
  const auto greeting = impl_->read_line();
  if (!greeting.starts_with("* OK")) throw std::runtime_error("oracle: greeting " + greeting);
  impl_->must("LOGIN " + quoted(user) + " " + quoted(password));
}

ImapOracle::~ImapOracle() = default;

std::string ImapOracle::quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::vector<ListedMailbox> ImapOracle::list(const std::string& pattern) {
  std::vector<ListedMailbox> all;
  impl_->must("LIST \"\" " + quoted(pattern), [&](Answer& answer) {
    if (!answer.text.starts_with("* LIST ") && !answer.text.starts_with("* LSUB ")) return;
    answer.text.erase(0, 7);
    Tokens tokens(answer);
    ListedMailbox mailbox;
    for (const auto& attribute : tokens.words_in_parentheses()) mailbox.attributes.insert(lower(attribute));
    mailbox.separator = tokens.word();
    mailbox.name = tokens.word();
    all.push_back(std::move(mailbox));
  });
  return all;
}

std::vector<std::string> ImapOracle::names() {
  std::vector<std::string> all;
  for (auto& mailbox : list()) {
    if (mailbox.selectable()) all.push_back(std::move(mailbox.name));
  }
  std::ranges::sort(all);
  return all;
}

std::vector<std::string> ImapOracle::lsub() {
  std::vector<std::string> all;
  impl_->must("LSUB \"\" \"*\"", [&](Answer& answer) {
    if (!answer.text.starts_with("* LSUB ")) return;
    answer.text.erase(0, 7);
    Tokens tokens(answer);
    const auto attributes = tokens.words_in_parentheses();
    static_cast<void>(tokens.word());
    if (std::ranges::find(attributes, "\\Noselect") == attributes.end()) all.push_back(tokens.word());
  });
  std::ranges::sort(all);
  return all;
}

void ImapOracle::create(const std::string& mailbox) {
  impl_->must("CREATE " + quoted(mailbox));
}
void ImapOracle::remove(const std::string& mailbox) {
  impl_->must("DELETE " + quoted(mailbox));
}
void ImapOracle::rename(const std::string& from, const std::string& to) {
  impl_->must("RENAME " + quoted(from) + " " + quoted(to));
}
void ImapOracle::subscribe(const std::string& mailbox) {
  impl_->must("SUBSCRIBE " + quoted(mailbox));
}
void ImapOracle::unsubscribe(const std::string& mailbox) {
  impl_->must("UNSUBSCRIBE " + quoted(mailbox));
}
void ImapOracle::expunge() {
  impl_->must("EXPUNGE");
}
void ImapOracle::store(const std::string& uids, const std::string& what, const std::string& flags) {
  impl_->must("UID STORE " + uids + " " + what + " (" + flags + ")");
}

// A synchronising literal: every server takes it, LITERAL+ or not.
void ImapOracle::append(const std::string& mailbox, const ToAppend& message) {
  const auto tag = impl_->send(
      fmt::format("APPEND {} {}{{{}}}", quoted(mailbox), append_arguments(message), message.bytes.size()));
  while (true) {
    const auto answer = impl_->read_answer();
    if (answer.text.starts_with(tag)) {
      if (answer.text.starts_with(tag + " OK")) return;
      throw std::runtime_error("oracle: APPEND " + mailbox + ": " + answer.text);
    }
    if (!answer.text.starts_with("+")) continue;
    impl_->socket.send_all(message.bytes);
    impl_->socket.send_all("\r\n");
  }
}

// Twenty at a time: enough to hide the commit time, few enough that both sides' socket buffers hold the
// answers.
void ImapOracle::append_all(const std::string& mailbox, std::span<const ToAppend> messages) {
  constexpr std::size_t window = 20;
  std::vector<std::string> tags;
  const auto finish_one = [&] {
    const auto result = impl_->read_until(tags.front(), [](const Answer&) {});
    if (!result.starts_with("OK")) throw std::runtime_error("oracle: APPEND " + mailbox + ": " + result);
    tags.erase(tags.begin());
  };
  for (const auto& message : messages) {
    tags.push_back("o" + std::to_string(++impl_->last_tag));
    impl_->socket.send_all(fmt::format("{} APPEND {} {}{{{}+}}\r\n", tags.back(), quoted(mailbox),
                                       append_arguments(message), message.bytes.size()));
    impl_->socket.send_all(message.bytes);
    impl_->socket.send_all("\r\n");
    if (tags.size() == window) finish_one();
  }
  while (!tags.empty()) finish_one();
}

SelectedState ImapOracle::select(const std::string& mailbox, bool read_only) {
  SelectedState state;
  impl_->must((read_only ? "EXAMINE " : "SELECT ") + quoted(mailbox), [&](Answer& answer) {
    const auto& text = answer.text;
    const auto code = [&](std::string_view name) -> std::optional<std::uint64_t> {
      const auto at = text.find("[" + std::string(name) + " ");
      if (at == std::string::npos) return std::nullopt;
      return to_number(std::string_view(text).substr(at + name.size() + 2));
    };
    if (const auto v = code("UIDVALIDITY")) state.uidvalidity = static_cast<std::uint32_t>(*v);
    if (const auto v = code("UIDNEXT")) state.uidnext = static_cast<std::uint32_t>(*v);
    if (const auto v = code("HIGHESTMODSEQ")) state.highestmodseq = *v;
    if (text.ends_with(" EXISTS"))
      state.exists = static_cast<std::uint32_t>(to_number(std::string_view(text).substr(2)));
    if (const auto at = text.find("[PERMANENTFLAGS ("); at != std::string::npos) {
      Answer flags{.text = text.substr(at + 16, text.find(')', at) - at - 15), .literals = {}};
      state.permanent_flags = Tokens(flags).words_in_parentheses();
    }
  });
  return state;
}

namespace {

std::optional<StoredMessage> parse_fetch(Answer& answer) {
  Tokens tokens(answer);
  static_cast<void>(tokens.word());  // *
  static_cast<void>(tokens.word());  // sequence number
  if (tokens.word() != "FETCH" || !tokens.take('(')) return std::nullopt;
  StoredMessage message;
  bool has_body = false;
  while (!tokens.take(')')) {
    const auto item = tokens.word();
    if (item == "UID") {
      message.uid = static_cast<std::uint32_t>(to_number(tokens.word()));
    } else if (item == "FLAGS") {
      for (const auto& flag : tokens.words_in_parentheses()) message.flags.insert(lower(flag));
      message.flags.erase("\\recent");
    } else if (item == "INTERNALDATE") {
      message.date = parse_date_time(tokens.word());
    } else if (item == "BODY[]") {
      message.bytes = tokens.word();
      has_body = true;
    } else if (item == "MODSEQ") {
      static_cast<void>(tokens.words_in_parentheses());
    } else {
      throw std::runtime_error("oracle: FETCH item " + item);
    }
  }
  if (!has_body) return std::nullopt;
  return message;
}

}  // namespace

std::vector<StoredMessage> ImapOracle::fetch_all(const std::string& mailbox) {
  std::vector<StoredMessage> all;
  if (select(mailbox, true).exists == 0) return all;
  impl_->must("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])", [&](Answer& answer) {
    if (answer.text.find(" FETCH (") == std::string::npos) return;
    if (auto message = parse_fetch(answer)) all.push_back(std::move(*message));
  });
  std::ranges::sort(all, {}, &StoredMessage::uid);
  return all;
}

std::vector<std::string> ImapOracle::command(const std::string& text) {
  std::vector<std::string> answers;
  impl_->must(text, [&](const Answer& answer) { answers.push_back(one_line(answer)); });
  return answers;
}

std::string ImapOracle::try_command(const std::string& text) {
  return impl_->read_until(impl_->send(text), [](const Answer&) {});
}

std::int64_t parse_date_time(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto wrong = [&] { return std::runtime_error("oracle: date " + std::string(text)); };
  constexpr std::size_t length = 26;  // "17-Jul-1996 02:44:25 -0700"
  if (text.size() != length) throw wrong();
  const auto number = [&](std::size_t at, std::size_t count) {
    auto digits = text.substr(at, count);
    while (digits.starts_with(' ')) digits.remove_prefix(1);
    return static_cast<int>(to_number(digits));
  };
  const auto month = std::ranges::find(months, text.substr(3, 3));
  if (month == months.end()) throw wrong();
  const std::chrono::year_month_day day{std::chrono::year(number(7, 4)),
                                        std::chrono::month(static_cast<unsigned>(month - months.begin() + 1)),
                                        std::chrono::day(static_cast<unsigned>(number(0, 2)))};
  if (!day.ok()) throw wrong();
  const auto local = std::chrono::sys_days(day) + std::chrono::hours(number(12, 2)) +
                     std::chrono::minutes(number(15, 2)) + std::chrono::seconds(number(18, 2));
  const auto offset = std::chrono::hours(number(22, 2)) + std::chrono::minutes(number(24, 2));
  const auto instant = text[21] == '-' ? local + offset : local - offset;
  return std::chrono::duration_cast<std::chrono::seconds>(instant.time_since_epoch()).count();
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string hex;
  for (const auto byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

namespace {

using Identity = std::tuple<std::string, std::string, std::int64_t>;  // digest, flags, date

struct Seen {
  int balance = 0;  // in the source minus in the target
  const StoredMessage* example = nullptr;
};

std::string summary(const StoredMessage& message) {
  const auto find_subject = [&]() -> std::string {
    const auto at = lower(std::string_view(message.bytes).substr(0, 4096)).find("subject:");
    if (at == std::string::npos) return "no subject";
    return message.bytes.substr(at, std::min<std::size_t>(60, message.bytes.find('\n', at) - at));
  };
  std::string subject = find_subject();
  for (char& c : subject) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return fmt::format("uid {}, {} bytes, date {}, flags {{{}}}, {}", message.uid, message.bytes.size(),
                     message.date, fmt::join(message.flags, " "), subject);
}

}  // namespace

std::string compare(std::span<const StoredMessage> source, std::span<const StoredMessage> target) {
  std::map<Identity, Seen> seen;
  const auto count = [&](std::span<const StoredMessage> messages, int step) {
    for (const auto& message : messages) {
      auto& entry =
          seen[{sha256_hex(message.bytes), fmt::format("{}", fmt::join(message.flags, " ")), message.date}];
      entry.balance += step;
      entry.example = &message;
    }
  };
  count(source, 1);
  count(target, -1);
  constexpr int most = 20;
  int shown = 0;
  std::string text;
  for (const auto& [identity, entry] : seen) {
    if (entry.balance == 0 || ++shown > most) continue;
    text += fmt::format("{} {} x [{:.12}] {}\n",
                        entry.balance > 0 ? "missing at the target" : "extra at the target",
                        std::abs(entry.balance), std::get<0>(identity), summary(*entry.example));
  }
  if (shown > most) text += fmt::format("... and {} more\n", shown - most);
  if (shown > 0) text = fmt::format("source has {}, target has {}\n", source.size(), target.size()) + text;
  return text;
}

namespace {

// Base64 of UTF-16BE with "," for "/" and no padding.
std::string base64_utf16(const std::vector<char16_t>& units) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char16_t unit : units) {
    bits = (bits << 16U) | unit;
    have += 16;
    while (have >= 6) {
      have -= 6;
      out += alphabet[(bits >> static_cast<unsigned>(have)) & 63U];
      bits &= (1U << static_cast<unsigned>(have)) - 1U;
    }
  }
  if (have > 0) out += alphabet[(bits << static_cast<unsigned>(6 - have)) & 63U];
  return out;
}

// One code point of valid UTF-8, moving `at` behind it.
char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  char32_t value = first & (0x3FU >> static_cast<unsigned>(more));
  for (int i = 0; i < more; ++i) value = (value << 6U) | (static_cast<unsigned char>(text.at(at++)) & 0x3FU);
  return value;
}

}  // namespace

std::string modified_utf7(std::string_view utf8) {
  std::string out;
  std::vector<char16_t> pending;
  const auto flush = [&] {
    if (!pending.empty()) out += "&" + base64_utf16(pending) + "-";
    pending.clear();
  };
  for (std::size_t at = 0; at < utf8.size();) {
    const char32_t c = next_code_point(utf8, at);
    if (c >= 0x20 && c <= 0x7E) {
      flush();
      out += c == '&' ? std::string("&-") : std::string(1, static_cast<char>(c));
    } else if (c < 0x10000) {
      pending.push_back(static_cast<char16_t>(c));
    } else {
      pending.push_back(static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10U)));
      pending.push_back(static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FFU)));
    }
  }
  flush();
  return out;
}

}  // namespace pf::test
