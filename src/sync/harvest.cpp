#include "sync/harvest.h"

namespace pf::sync {

Task<void> harvest(RunContext& run, const state::MailboxRecord& record) {
  PF_CO_TRY(const auto back, co_await run.back_journal->mailbox(record.target_name, record.source_name));
  PF_CO_TRY(const auto brought, co_await run.back_journal->pairs(back.id));
  if (brought.empty()) co_return Status{};
  // References of other epochs say nothing; they are paired by content when somebody looks.
  const bool same = back.source_epoch == record.target_epoch && back.target_epoch == record.source_epoch;
  std::vector<MessageRef> refs;
  std::vector<state::PairRow> rows;
  for (const auto& pair : brought) {
    refs.push_back(pair.source);
    state::PairRow row = pair;
    std::swap(row.source, row.target);
    rows.push_back(std::move(row));
  }
  if (same) {
    PF_CO_TRYV(co_await run.journal.record(record.id, std::move(rows)));
    PF_CO_TRYV(co_await run.journal.flush());
  }
  auto forgotten = co_await run.back_journal->forget(back.id, std::move(refs));
  co_return forgotten;
}

}  // namespace pf::sync
