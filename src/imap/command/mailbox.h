// CREATE (RFC 3501 6.3.3, RFC 6154 USE), DELETE (6.3.4), RENAME (6.3.5), SUBSCRIBE (6.3.6), GETQUOTAROOT (RFC
// 9208).
#pragma once

#include "base/result.h"
#include "imap/wire/encoder.h"
#include "mail/special_use.h"

#include <string_view>

namespace pf::imap::command {

// `use` other than none needs CREATE-SPECIAL-USE.
Result<Command> create(std::string_view mailbox, SpecialUse use, WireOptions options);
// `delete` is a word of the language.
Result<Command> delete_(std::string_view mailbox, WireOptions options);
Result<Command> rename(std::string_view mailbox, std::string_view to, WireOptions options);
Result<Command> subscribe(std::string_view mailbox, WireOptions options);
Result<Command> get_quota_root(std::string_view mailbox, WireOptions options);

}  // namespace pf::imap::command
