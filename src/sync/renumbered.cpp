#include "sync/renumbered.h"

#include "sync/scan.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

Agreement agreement(const std::vector<state::PairRow>& known, const std::vector<MessageMeta>& now) {
  std::vector<const MessageKey*> then_keys, now_keys;
  for (const auto& pair : known) then_keys.push_back(&pair.key);
  for (const auto& m : now) {
    if (m.key) now_keys.push_back(&*m.key);
  }
  const auto less = [](const MessageKey* a, const MessageKey* b) { return *a < *b; };
  std::ranges::sort(then_keys, less);
  std::ranges::sort(now_keys, less);
  Agreement out{known.size(), 0};
  auto at = now_keys.begin();
  for (const MessageKey* key : then_keys) {
    while (at != now_keys.end() && **at < *key) ++at;
    if (at != now_keys.end() && **at == *key) {
      ++at;
    } else {
      ++out.missing;
    }
  }
  return out;
}

Task<void> check_renumbered(RunContext& run, const MailboxJob& job, store::OpenMailbox& mailbox,
                            const std::string& label) {
  // An empty one can neither be mistaken nor doubled into.
  if (run.policy.adopt_renumbered || mailbox.status().count == 0) co_return Status{};
  PF_CO_TRY(const auto known, co_await run.journal.pairs(job.record.id));
  if (known.empty()) co_return Status{};
  PF_CO_TRY(const auto now, co_await scan_all(mailbox, store::ScanFields::keys));
  const Agreement agreed = agreement(known, now);
  if (agreed.convincing()) co_return Status{};
  co_return Error(
      Errc::guard, Scope::mailbox, Retry::never,
      fmt::format(
          "{}: it was renumbered (UIDVALIDITY changed) and {} of the {} messages known from earlier runs "
          "are not there any more; nothing was copied or removed",
          label, agreed.missing, agreed.known),
      {}, "If it is the right mailbox, run once with --adopt-renumbered.");
}

}  // namespace pf::sync
