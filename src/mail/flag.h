// Flags of a message: the five system flags of RFC 3501 2.3.2 and keywords.  \Recent is never part of a set:
// it belongs to a session, not to a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf {

enum class SystemFlag : std::uint8_t { answered = 1, flagged = 2, deleted = 4, seen = 8, draft = 16 };

class FlagSet {
 public:
  FlagSet() = default;

  // More keywords than any server keeps on a message; what goes beyond comes from a hostile one and is
  // dropped.
  static constexpr std::size_t max_keywords = 1024;

  // Adds by wire spelling ("\\Seen", "$Forwarded").  \Recent is ignored, and so is what is no flag: "\\*",
  // empty text, text with blanks or control characters.  Other backslash flags (some servers invent them) are
  // kept as keywords so that they can be reported.
  void add(std::string_view flag);
  void add(SystemFlag flag) { system_ |= static_cast<std::uint8_t>(flag); }
  void remove(std::string_view flag);
  void remove(SystemFlag flag) { system_ &= static_cast<std::uint8_t>(~static_cast<std::uint8_t>(flag)); }

  [[nodiscard]] bool has(SystemFlag flag) const { return (system_ & static_cast<std::uint8_t>(flag)) != 0; }
  [[nodiscard]] bool has(std::string_view flag) const;
  [[nodiscard]] bool empty() const { return system_ == 0 && keywords_.empty(); }
  // Sorted without regard to case (RFC 9051 2.3.2); the spelling first seen is kept.
  [[nodiscard]] const std::vector<std::string>& keywords() const { return keywords_; }
  [[nodiscard]] std::uint8_t system_bits() const { return system_; }

  // Space separated wire form, system flags first: "\\Seen \\Draft $Forwarded".  parse() is its inverse.
  [[nodiscard]] std::string to_string() const;
  static FlagSet parse(std::string_view text);

  [[nodiscard]] FlagSet without(const FlagSet& other) const;  // set difference
  [[nodiscard]] FlagSet intersect(const FlagSet& other) const;
  [[nodiscard]] FlagSet unite(const FlagSet& other) const;

  friend bool operator==(const FlagSet& a, const FlagSet& b);  // keywords compared without regard to case

 private:
  std::uint8_t system_ = 0;
  std::vector<std::string> keywords_;
};

// What a mailbox can keep (PERMANENTFLAGS).
struct FlagRules {
  FlagSet permanent{};
  bool new_keywords = true;  // "\*" was listed
  bool known = false;        // false: the server did not say; assume everything is kept (RFC 3501 7.1)

  // Backslash keywords only where listed: "\\*" promises keywords, not new system flags.
  [[nodiscard]] FlagSet kept(const FlagSet& flags) const;  // the part of `flags` that will survive
};

}  // namespace pf
