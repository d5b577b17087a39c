// Builds one command.  Every string that came from outside passes through here and cannot become protocol: it
// goes out as an atom, a quoted string or a literal by what is in it.  CR, LF and 8-bit only in a literal;
// NUL nowhere. RFC 3501 4.3, 9 (astring, quoted, literal), RFC 7888 (LITERAL+, LITERAL-).
#pragma once

#include "base/result.h"
#include "imap/command/kind.h"
#include "imap/uid_set.h"
#include "mail/flag.h"
#include "mail/internal_date.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::imap {

enum class LiteralMode : std::uint8_t {
  synchronizing,  // {n}, then wait for "+"
  minus,          // {n+} up to 4096 octets (LITERAL-)
  plus,           // {n+} (LITERAL+)
};

// What the session lets us write.
struct WireOptions {
  LiteralMode literals = LiteralMode::synchronizing;
  bool utf8 = false;  // UTF8=ACCEPT is enabled: quoted strings may hold UTF-8 (RFC 9755)
};

// A run of octets to send.  All text between two waits may leave in one write.
struct Segment {
  enum class Kind : std::uint8_t { text, slot };
  Kind kind = Kind::text;
  bool wait_before = false;     // a synchronizing literal: send nothing from here on before "+" came
  std::string text;             // Kind::text
  std::uint64_t slot_size = 0;  // Kind::slot: the caller supplies exactly so many octets (an APPEND body)
  std::size_t slot_index = 0;   // 0, 1, 2... in order
};

// A complete command with its CRLF.  Move-only; wipes its text when there was a secret in it.
class Command {
 public:
  Command(CommandKind kind, std::vector<Segment> segments, std::string redacted, bool secret)
      : kind_(kind), segments_(std::move(segments)), redacted_(std::move(redacted)), secret_(secret) {}
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  Command(Command&&) noexcept = default;
  Command& operator=(Command&& other) noexcept;
  ~Command() { wipe(); }

  [[nodiscard]] CommandKind kind() const { return kind_; }
  // Never empty.  The tag and its blank are in the first once set_tag was called.
  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
  // Once, before sending: puts "A12 " in front.
  void set_tag(std::string_view tag);
  // One segment of text only: no literal, no waiting.
  [[nodiscard]] bool one_write() const { return segments_.size() == 1; }
  // Octets of all segments, slots included.
  [[nodiscard]] std::uint64_t octets() const;
  // For logs: no secret, literals as "[n bytes]", no CRLF.  Strings in it are as the user or a server gave
  // them: escape.
  [[nodiscard]] const std::string& redacted() const { return redacted_; }

 private:
  void wipe() noexcept;

  CommandKind kind_;
  std::vector<Segment> segments_;
  std::string redacted_;
  bool secret_;
};

// Writes from left to right; blanks are the caller's: encoder.raw(" ").  The first mistake is kept and
// finish() returns it: Errc::usage (NUL in a string, not an atom, CR or LF in raw text), Errc::invalid_flag.
class Encoder {
 public:
  explicit Encoder(CommandKind kind, WireOptions options = {});  // begins with name(kind)

  Encoder& raw(std::string_view text);  // protocol text of our own
  Encoder& number(std::uint64_t value);
  Encoder& atom(std::string_view text);                      // refused when it is none
  Encoder& astring(std::string_view text);                   // mailbox names, user names
  Encoder& string(std::string_view text);                    // quoted or literal, never an atom
  Encoder& nstring(const std::optional<std::string>& text);  // NIL for nothing
  Encoder& secret(std::string_view text);                    // astring, <hidden> in the log
  Encoder& secret_atom(std::string_view text);               // base64: no quoting, <hidden> in the log
  Encoder& flags(const FlagSet& flags);                      // "(\Seen $Forwarded)"
  Encoder& date_time(const InternalDate& date);              // quoted
  Encoder& uids(const UidSet& set);                          // refused when empty
  // Announces a literal the encoder never sees.  `wait`: synchronizing even where {n+} is allowed.
  Encoder& slot(std::uint64_t size, bool wait = false);

  Result<Command> finish();

 private:
  Segment& open_text();
  void put(std::string_view wire, std::string_view shown);
  void literal(std::string_view text, bool hidden);
  void announce(std::uint64_t size, bool wait);
  void text_string(std::string_view text, bool may_be_atom, bool hidden);
  void fail(Errc code, std::string what);

  CommandKind kind_;
  WireOptions options_;
  std::vector<Segment> segments_;
  std::string redacted_;
  std::size_t slots_ = 0;
  bool secret_ = false;
  bool wait_next_ = false;
  std::optional<Error> error_;
};

// A flag that can go over the wire: an atom, or a backslash and an atom.  ']' is let through: Gmail hands out
// such.
[[nodiscard]] bool is_wire_flag(std::string_view flag);

}  // namespace pf::imap
