// Mail that real mailboxes hold and tidy test mail does not; and ordinary mail in any volume.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::test {

struct AwkwardMessage {
  std::string name;  // what is awkward about it
  std::string bytes;
  std::vector<std::string> flags{};
  std::string date{};  // "17-Jul-1996 02:44:25 -0700", never empty in what this file makes
  // Dovecot serves other bytes than it was given (NUL becomes 0x80, a CR before CRLF or at the end goes):
  // compare with what is served, and such a message changes again at the next hop.
  bool changed_by_dovecot = false;
  bool date_changed_by_dovecot = false;  // a date in the future becomes the time of the APPEND

  // Dovecot's first FETCH of a date before 1970 tells it as it is; all later ones, from its cache, 2^32
  // seconds later.
  [[nodiscard]] bool date_unstable_on_dovecot() const;
  [[nodiscard]] bool has_nul() const { return bytes.find('\0') != std::string::npos; }
  [[nodiscard]] bool has_bare_lf() const;
  [[nodiscard]] bool has_8bit_header() const;
  // Measured with Cyrus 3.6: a tagged NO for NUL, bare LF and a first line that is no header field, a tagged
  // BAD for a date before 1970; other octets for 8-bit headers; the time of the APPEND for the date 0.
  [[nodiscard]] bool refused_by_cyrus() const;
  [[nodiscard]] bool changed_by_cyrus() const { return has_8bit_header(); }
  [[nodiscard]] bool date_changed_by_cyrus() const;
};

// About 60 messages; the same at every call.
[[nodiscard]] std::vector<AwkwardMessage> awkward_messages();

struct AwkwardName {
  std::vector<std::string> parts;  // UTF-8, outermost first; a part may hold any separator
  std::string why;
};
[[nodiscard]] std::vector<AwkwardName> awkward_mailbox_names();
// Wire form with this separator.  Characters equal to the separator are left as they are: check before.
[[nodiscard]] std::string wire_name(const AwkwardName& name, char separator);

// The index-th message of the mailbox named by seed: realistic headers, text and some attachments, sizes
// log-normal around 31 KB (up to 2 MB), all with a Message-ID of their own.  The same for the same arguments
// on every machine.
[[nodiscard]] AwkwardMessage ordinary_message(std::uint64_t seed, std::size_t index);
[[nodiscard]] std::vector<AwkwardMessage> ordinary(std::size_t count, std::uint64_t seed = 1);
// A message of exactly `size` octets (at least 400).
[[nodiscard]] AwkwardMessage message_of_size(std::size_t size, std::uint64_t seed = 1);

}  // namespace pf::test
