#include "sync/check.h"

#include "sync/conclude.h"
#include "sync/meet.h"
#include "sync/patience.h"

#include <algorithm>
#include <iterator>

namespace pf::sync {

namespace {

using store::MailboxInfo;

// Those of which the listing did not tell.
Task<std::uint64_t> count_others(store::Store& store, const std::vector<MailboxInfo>& mailboxes) {
  std::vector<MailboxInfo> unknown;
  std::ranges::copy_if(mailboxes, std::back_inserter(unknown),
                       [](const auto& m) { return m.selectable && !m.status; });
  std::uint64_t count = 0;
  if (unknown.empty()) co_return count;
  PF_CO_TRY(const auto statuses, co_await store.status(unknown));
  for (const auto& status : statuses) {
    if (status) count += status->count;
  }
  co_return count;
}

std::uint64_t counted(const std::vector<MailboxInfo>& mailboxes) {
  std::uint64_t count = 0;
  for (const auto& mailbox : mailboxes) {
    if (mailbox.selectable && mailbox.status) count += mailbox.status->count;
  }
  return count;
}

Task<std::uint64_t> bytes_in(store::Store& store, const MailboxInfo& mailbox) {
  PF_CO_TRY(const auto box, co_await store.open(mailbox, store::Access::read));
  std::uint64_t bytes = 0;
  MessageRef from;
  for (bool more = true; more;) {
    PF_CO_TRY(const auto page, co_await box->scan(from, store::ScanFields::basic));
    for (const auto& message : page.messages) bytes += message.size;
    more = page.more;
    from = page.next;
  }
  ignore(co_await box->close());
  co_return bytes;
}

// A mailbox that cannot be read is named, and the others are measured.
Task<void> measure(RunContext& run, const std::vector<MailboxInfo>& mailboxes) {
  for (const auto& mailbox : mailboxes) {
    if (!mailbox.selectable || run.stopping()) continue;
    const auto name = mailbox.path.display();
    const auto attempt = [&] { return bytes_in(run.source, mailbox); };
    const auto bytes = co_await patiently(run, name, attempt);
    if (bytes) {
      run.summary.source_bytes += *bytes;
      continue;
    }
    const auto scope = bytes.error().scope;
    if (scope == Scope::connection || scope == Scope::account || scope == Scope::run) co_return bytes.error();
    if (bytes.error().code == Errc::not_found) continue;  // gone since it was listed
    ++run.summary.failed;
    run.fail(failure_of(name, bytes.error()));
  }
  co_return Status{};
}

Task<void> look_at(RunContext& run, CheckDepth depth) {
  auto met = co_await meet_each(run);
  if (!met.source || !met.target) {
    run.summary.nothing_done = true;
    if (!met.source && !met.target && !run.stopping()) run.fail(failure_of({}, met.target.error()));
    co_return met.source ? met.target.error() : met.source.error();
  }
  Summary& sum = run.summary;
  sum.mailboxes = static_cast<std::uint64_t>(std::ranges::count_if(*met.source, &MailboxInfo::selectable));
  sum.source_messages = counted(*met.source);
  if (depth == CheckDepth::list) co_return Status{};
  PF_CO_TRY(const auto more, co_await count_others(run.source, *met.source));
  sum.source_messages += more;
  if (depth == CheckDepth::count) co_return Status{};
  PF_CO_TRY(const auto there, co_await count_others(run.target, *met.target));
  sum.target_messages = counted(*met.target) + there;
  sum.target_room = run.target.features().quota_left_bytes;
  auto measured = co_await measure(run, *met.source);
  co_return measured;
}

}  // namespace

asio::awaitable<void> run_check(RunContext& run, CheckDepth depth) {
  run.observer(Event(RunStarted{run.source.label(), run.target.label(), true}));
  const auto looked = co_await look_at(run, depth);
  if (!looked) run.summary.fatal = looked.error();
  conclude(run);
}

}  // namespace pf::sync
