#include "state/row_helpers.h"

#include <fmt/format.h>

namespace pf::state::rows {

Error no_such(std::string_view what, std::int64_t id) {
  return {Errc::state, Scope::mailbox, Retry::never, fmt::format("state database: no {} {}", what, id)};
}

Result<std::int64_t> pair_id(Database& database, const Accounts& accounts) {
  PF_TRYV(
      database.exec("INSERT INTO pair(source_account, target_account) VALUES(?, ?) ON CONFLICT DO NOTHING",
                    {accounts.source, accounts.target}));
  return database.integer("SELECT id FROM pair WHERE source_account=? AND target_account=?",
                          {accounts.source, accounts.target});
}

Result<std::int64_t> read_pair_id(Database& database, const Accounts& accounts) {
  return database.integer("SELECT coalesce(max(id), 0) FROM pair WHERE source_account=? AND target_account=?",
                          {accounts.source, accounts.target});
}

Status remove_refs(Database& database, std::string_view sql, MailboxId mailbox,
                   const std::vector<MessageRef>& refs) {
  if (refs.empty()) return {};
  PF_TRY(auto statement, database.query(sql));
  for (const auto& ref : refs) {
    PF_TRYV(statement.bind({mailbox, ref.bytes()}));
    PF_TRYV(statement.step());
  }
  return {};
}

}  // namespace pf::state::rows
