// resp-text-code: the part in brackets that tells a program why.  RFC 3501 7.1, 5530, 4315, 7162, 4469, 5464,
// 5257, 8474, 9051 7.1, 9585, 9738.  A code whose arguments are broken (Exchange's "[COPYUID 701  ]") is
// Code::unknown with its name.
#pragma once

#include "imap/capability.h"
#include "imap/types.h"
#include "imap/uid_set.h"
#include "mail/flag.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace pf::imap {

enum class Code : std::uint8_t {
  none,     // no brackets
  unknown,  // see ResponseCode::name
  alert,
  already_exists,
  append_uid,
  authentication_failed,
  authorization_failed,
  bad_charset,
  bad_url,
  cannot,
  capability,
  client_bug,
  closed,
  compression_active,
  contact_admin,
  copy_uid,
  corruption,
  expired,
  expunge_issued,
  has_children,
  highest_modseq,
  in_progress,
  in_use,
  limit,
  mailbox_id,
  message_limit,
  metadata,
  modified,
  no_modseq,
  no_perm,
  no_private,
  non_existent,
  not_saved,
  over_quota,
  parse,
  permanent_flags,
  privacy_required,
  read_only,
  read_write,
  referral,
  server_bug,
  throttled,  // no RFC; servers send it
  too_big,
  too_many,
  try_create,
  uid_next,
  uid_not_sticky,
  uid_required,
  uid_validity,
  unavailable,
  unknown_cte,
  unseen,
  url_mech,
  use_attr,
};

struct AppendUid {  // RFC 4315
  UidValidity validity;
  UidList uids;
  friend bool operator==(const AppendUid&, const AppendUid&) = default;
};
struct CopyUid {  // RFC 4315, also of MOVE (RFC 6851: in an untagged OK)
  UidValidity validity;
  UidList source;
  UidList target;  // the n-th is the copy of the n-th of `source`
  friend bool operator==(const CopyUid&, const CopyUid&) = default;
};
struct Modified {  // RFC 7162: not stored, because they changed meanwhile
  UidSet uids;     // uids after a UID command
  friend bool operator==(const Modified&, const Modified&) = default;
};
struct PermanentFlags {
  FlagRules rules;
};
struct MailboxId {  // RFC 8474
  std::string id;
  friend bool operator==(const MailboxId&, const MailboxId&) = default;
};

struct ResponseCode {
  using Data = std::variant<std::monostate, Uid, UidValidity, SeqNum, ModSeq, AppendUid, CopyUid, Modified,
                            PermanentFlags, Capabilities, MailboxId>;

  Code code = Code::none;
  std::string name;  // upper case, "UIDNEXT"
  std::string args;  // what followed the name, verbatim and untrusted
  Data data;         // uid_next: Uid; uid_validity: UidValidity; unseen: SeqNum; highest_modseq: ModSeq; ...

  [[nodiscard]] bool is(Code c) const { return code == c; }
  template <class T>
  [[nodiscard]] const T* get() const {
    return std::get_if<T>(&data);
  }
};

// `inside`: what stood between the brackets.
ResponseCode parse_response_code(std::string_view inside, std::size_t max_flags);
// objectid (RFC 8474 7): up to 255 letters, digits, '_' and '-'.
[[nodiscard]] bool is_object_id(std::string_view text);
[[nodiscard]] std::string_view name(Code code);  // "UIDNEXT"; empty for none and unknown

}  // namespace pf::imap
