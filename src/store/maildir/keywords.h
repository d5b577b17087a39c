// Flags as letters of a name: D F P R S T are the same everywhere, a to z stand for the keywords of one
// mailbox as its file `dovecot-keywords` says ("0 $Forwarded": letter a).
#pragma once

#include "mail/flag.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pf::store::maildir {

class Keywords {
 public:
  static constexpr std::size_t most = 26;
  static constexpr std::string_view file = "dovecot-keywords";
  static constexpr std::size_t most_octets = 65'536;

  // Lines that mean nothing are left out.
  static Keywords parse(std::string_view text);
  [[nodiscard]] std::string to_text() const;

  [[nodiscard]] std::optional<char> letter(std::string_view keyword) const;
  // Empty: nobody has said what the letter means.
  [[nodiscard]] const std::string& meaning(char letter) const;
  // Gives the keyword a letter, none of `taken`.  False when there is none left, or the keyword cannot be
  // written.
  bool add(std::string_view keyword, std::string_view taken = {});
  [[nodiscard]] bool full() const;
  [[nodiscard]] std::vector<std::string> all() const;

 private:
  std::array<std::string, most> names_;
};

// P ("passed") is $Forwarded, besides a letter that may mean it, too: mbsync knows the one, Dovecot the
// other.
FlagSet flags_of(std::string_view letters, const Keywords& keywords);
// Sorted as Dovecot wants them.  Letters in `now` that mean nothing to us are kept, keywords without a letter
// are not.
std::string letters_of(const FlagSet& flags, const Keywords& keywords, std::string_view now = {});

}  // namespace pf::store::maildir
