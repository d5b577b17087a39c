#include "sync/renumbered.h"

#include "sync/scan.h"
#include "sync/settled.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace pf::sync {

namespace {

using Identity = std::pair<Digest128, Digest128>;

Identity identity(const MessageKey& key) {
  return {key.from_message_id ? key.id : Digest128{}, key.headers};
}

}  // namespace

Agreement agreement(const std::vector<state::PairRow>& known, const std::vector<MessageMeta>& now) {
  std::vector<Identity> then_there, now_there;
  then_there.reserve(known.size());
  now_there.reserve(now.size());
  for (const auto& pair : known) then_there.push_back(identity(pair.key));
  for (const auto& m : now) {
    if (m.key) now_there.push_back(identity(*m.key));
  }
  std::ranges::sort(then_there);
  std::ranges::sort(now_there);
  std::vector<Identity> missing;
  std::ranges::set_difference(then_there, now_there, std::back_inserter(missing));
  return {known.size(), missing.size()};
}

Task<void> check_renumbered(RunContext& run, const MailboxJob& job, store::OpenMailbox& mailbox,
                            const std::string& settled, const std::string& label) {
  // An empty one can neither be mistaken nor doubled into.
  if (run.policy.adopt_renumbered || mailbox.status().count == 0) co_return Status{};
  PF_CO_TRY(const auto known, co_await run.journal.pairs(job.record.id));
  if (known.empty()) co_return Status{};
  PF_CO_TRY(const auto now, co_await scan_all(mailbox, store::ScanFields::keys));
  Agreement agreed = agreement(known, now);
  if (const auto then = decode_settled(settled); then && then->count < agreed.known) {
    agreed.missing -= std::min(agreed.missing, agreed.known - then->count);
    agreed.known = then->count;
  }
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
