#include "sync/check.h"

#include "sync/conclude.h"
#include "sync/meet.h"

#include <algorithm>
#include <iterator>

namespace pf::sync {

namespace {

Task<void> count_messages(RunContext& run, std::vector<store::MailboxInfo>& mailboxes) {
  std::vector<store::MailboxInfo> unknown;
  std::ranges::copy_if(mailboxes, std::back_inserter(unknown),
                       [](const auto& m) { return m.selectable && !m.status; });
  if (unknown.empty()) co_return Status{};
  PF_CO_TRY(const auto statuses, co_await run.source.status(unknown));
  for (const auto& status : statuses) {
    if (status) run.summary.source_messages += status->count;
  }
  co_return Status{};
}

Task<void> look(RunContext& run, bool count) {
  PF_CO_TRY(auto found, co_await meet(run));
  for (const auto& mailbox : found.source) {
    if (!mailbox.selectable) continue;
    ++run.summary.mailboxes;
    if (mailbox.status) run.summary.source_messages += mailbox.status->count;
  }
  if (count) PF_CO_TRYV(co_await count_messages(run, found.source));
  co_return Status{};
}

}  // namespace

asio::awaitable<void> run_check(RunContext& run, bool count) {
  run.observer(Event(RunStarted{run.source.label(), run.target.label(), true}));
  const auto looked = co_await look(run, count);
  if (!looked) run.summary.fatal = looked.error();
  conclude(run);
}

}  // namespace pf::sync
