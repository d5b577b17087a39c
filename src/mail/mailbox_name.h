// Mailbox names: what people read (a path of UTF-8 parts) and what goes over the wire (modified UTF-7, RFC
// 3501 5.1.3, with the server's separator and prefix).  The wire name a server gave is kept byte for byte;
// paths are for show, choice and mapping.
#pragma once

#include "base/printable.h"
#include "base/utf8.h"

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf {

// UTF-8 parts, outermost first.  {"INBOX"} is the inbox, whatever its spelling on the wire.
struct MailboxPath {
  std::vector<std::string> parts;

  [[nodiscard]] bool is_inbox() const { return parts.size() == 1 && parts.front() == "INBOX"; }
  // Parts joined by '/', for people and for globs.  Control characters are left alone: escape before
  // printing.  A part that holds a '/' itself (possible where the separator is another) looks like two.
  [[nodiscard]] std::string display() const;
  // Split at each '/'.  "inbox" alone, in any case, is the inbox.
  static MailboxPath from_display(std::string_view text);
  friend bool operator==(const MailboxPath&, const MailboxPath&) = default;
  friend auto operator<=>(const MailboxPath&, const MailboxPath&) = default;
};

// How one account writes names.
struct NameRules {
  char separator = '\0';       // hierarchy separator; NUL: flat
  std::string prefix{};        // of the personal namespace, wire form, with its separator: "INBOX."
  bool utf8 = false;           // the session speaks UTF-8 names (UTF8=ACCEPT), not modified UTF-7
  std::string forbidden{};     // further characters the server refuses in a part, from its profile
  bool case_sensitive = true;  // "Trash" and "trash" may live side by side
  std::size_t max_bytes = 0;   // of the wire name; 0: unknown
  // Any name is kept as it is, as stores of our own do: the separator is '/', and of a part the octets that
  // would be in the way ('/', '%', control characters, what is no UTF-8) are written as %XX.  Nothing else
  // here but `case_sensitive` counts.
  bool exact = false;
};

// Modified UTF-7.  decode gives nothing for what is not valid (bad base64, unpaired surrogate, 8-bit or
// control characters in the open, needless shift), so that encode_mutf7(*decode_mutf7(x)) == x.  encode takes
// any bytes; those that are no UTF-8 become U+FFFD.
std::optional<std::string> decode_mutf7(std::string_view wire);
std::string encode_mutf7(std::string_view utf8);

// Wire name to path: prefix stripped, split, decoded.  A part that does not decode is taken as it is.  INBOX
// in any case is {"INBOX"}.  A mailbox INBOX below the prefix ("INBOX.INBOX") is another one and keeps its
// prefix in the path.
MailboxPath path_from_wire(std::string_view wire, const NameRules& rules);

struct WireName {
  std::string wire;
  bool altered = false;  // a character the target cannot hold became '_'
};
// Path to wire name under `rules`; path_from_wire() is its inverse where nothing was altered.  {"INBOX"} is
// "INBOX" without the prefix.  Separator and forbidden (ASCII) characters inside a part become '_', as do
// control characters, bytes that are no UTF-8, the separators of a path with several parts where the server
// is flat, and non-ASCII characters whose modified UTF-7 would hold the separator.  Empty parts become "_";
// blanks at the ends are kept. Neither max_bytes nor uniqueness is looked after here.
WireName wire_from_path(const MailboxPath& path, const NameRules& rules);

// '*' any run, '?' one character, both across '/'; exact, but for the letters of a first part INBOX, whose
// case does not count.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace pf
