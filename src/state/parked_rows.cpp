#include "state/journal_rows.h"
#include "state/row_codec.h"
#include "state/row_helpers.h"
#include "state/row_sum.h"

namespace pf::state::rows {
Result<std::vector<ParkedRow>> parked(Database& database, MailboxId mailbox) {
  PF_TRY(auto rows,
         database.query("SELECT source_ref, reason, server_text, size, size_limit, sum FROM parked "
                        "WHERE mailbox_id=? ORDER BY source_ref",
                        {mailbox}));
  std::vector<ParkedRow> out;
  for (;;) {
    PF_TRY(const bool more, rows.step());
    if (!more) return out;
    const std::int64_t sum =
        row_sum(mailbox, rows.blob(0), rows.blob(1), rows.blob(2), rows.integer(3), rows.integer(4));
    if (sum != rows.integer(5)) return database.damage("a parked message does not match its checksum");
    ParkedRow& row = out.emplace_back();
    row.source = MessageRef(std::string(rows.blob(0)));
    row.reason = rows.blob(1);
    row.server_text = rows.blob(2);
    row.size = decode_size(rows.integer(3));
    row.limit = decode_size(rows.integer(4));
  }
}

Status park(Database& database, MailboxId mailbox, const std::vector<ParkedRow>& rows) {
  if (rows.empty()) return {};
  PF_TRY(auto statement, database.query("INSERT OR REPLACE INTO parked VALUES(?, ?, ?, ?, ?, ?, ?)"));
  for (const auto& row : rows) {
    const std::int64_t size = encode_size(row.size);
    const std::int64_t limit = encode_size(row.limit);
    const std::int64_t sum = row_sum(mailbox, row.source.bytes(), row.reason, row.server_text, size, limit);
    PF_TRYV(statement.bind({mailbox, row.source.bytes(), row.reason, row.server_text, size, limit, sum}));
    PF_TRYV(statement.step());
  }
  return {};
}

Status unpark(Database& database, MailboxId mailbox, const std::vector<MessageRef>& sources) {
  return remove_refs(database, "DELETE FROM parked WHERE mailbox_id=? AND source_ref=?", mailbox, sources);
}

}  // namespace pf::state::rows
