// Names of messages in a Maildir, and the references made of them.
//
//   1700000000.M123456P42.host,S=2048,W=2100:2,FSa
//   |------- unique ---------||-- fields --|   |letters
//
// What stands before the first ',' or ':' names the message for good: Dovecot, mbsync and everybody else
// rename a message to change its flags, to tell its size (,S= ,W=) or its uid (,U=), and leave that part
// alone.  So it is the reference, and no list of references is needed: nothing has to be written to read a
// Maildir, and every program that follows the rules keeps our references true.
#pragma once

#include "mail/message_ref.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pf::store::maildir {

// Views of the name that was taken apart.
struct FileName {
  std::string_view unique;
  std::string_view fields;   // with the ',' in front of each
  std::string_view letters;  // between ":2," and the next ','
  std::string_view rest;     // what follows them, with its ','; or an info that is not ":2,"

  // The number of field `key` ('S', 'W').
  [[nodiscard]] std::optional<std::uint64_t> number(char key) const;
};
FileName parse_file_name(std::string_view name);

// Microseconds since 1970 that the name says it was made at; 0 when it does not.
std::uint64_t time_of(std::string_view unique);

// 8 octets of time, big endian, then the unique part, or for a long one NUL and its digest: at most 64 in
// all. Names of one time are in the order of their octets.
MessageRef ref_of(std::string_view unique);
// Of the `twin`th file (from 1) besides the first whose unique part is taken already: some program went
// wrong, but it is a message, too.
MessageRef ref_of_twin(const FileName& name, std::uint32_t twin);
// Below every reference of that time or a later one.
std::string border_at(std::uint64_t time);
// The unique part as far as the reference holds it.
std::string text_of(const MessageRef& ref);

}  // namespace pf::store::maildir
