// What a server says it can do (RFC 3501 7.2.1).
#pragma once

#include "imap/wire/encoder.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::imap {

class Capabilities {
 public:
  Capabilities() = default;
  // Names separated by any blanks, any case.
  static Capabilities parse(std::string_view text);

  void add(std::string_view name);
  // Any case.  IMAP4rev2 brings what RFC 9051 Appendix E folded into it (UIDPLUS, MOVE, ...) only once it is
  // enabled, so has() looks at the words the server said and at nothing else.
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] bool empty() const { return names_.empty(); }
  // "PLAIN", "XOAUTH2"... in the server's order, upper case.
  [[nodiscard]] std::vector<std::string> auth_mechanisms() const;
  // "APPENDLIMIT=35651584" (RFC 7889); nothing without a number: then each mailbox has its own.
  [[nodiscard]] std::optional<std::uint64_t> append_limit() const;
  // "MESSAGELIMIT=1000" (RFC 9738).
  [[nodiscard]] std::optional<std::uint64_t> message_limit() const;
  [[nodiscard]] LiteralMode literal_mode() const;
  [[nodiscard]] const std::vector<std::string>& names() const {
    return names_;
  }  // upper case, server's order
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Capabilities&, const Capabilities&) = default;

 private:
  [[nodiscard]] std::optional<std::uint64_t> value_of(std::string_view key) const;

  std::vector<std::string> names_;
};

}  // namespace pf::imap
