// What the files of rows share.
#pragma once

#include "state/journal_rows.h"

#include <string_view>

namespace pf::state::rows {

Error no_such(std::string_view what, std::int64_t id);

// The id of this pair of accounts, made when new; read_pair_id() only looks, 0: none.
Result<std::int64_t> pair_id(Database& database, const Accounts& accounts);
Result<std::int64_t> read_pair_id(Database& database, const Accounts& accounts);

// One deletion for each reference; `sql` takes the mailbox and the reference.
Status remove_refs(Database& database, std::string_view sql, MailboxId mailbox,
                   const std::vector<MessageRef>& refs);

}  // namespace pf::state::rows
