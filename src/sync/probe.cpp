#include "sync/probe.h"

#include "base/clock.h"

#include <algorithm>

namespace pf::sync {

// What was cut off is over within this many slowest commits seen so far.
constexpr int settle_commits = 3;

Task<Duration> settle_time(RunContext& run) {
  PF_CO_TRY(const Duration slowest, co_await run.journal.slowest_commit());
  co_return std::max(run.policy.timing.settle_floor, settle_commits * slowest);
}

Task<std::vector<MessageMeta>> unexplained(store::OpenMailbox& mailbox, MessageRef first,
                                           const std::set<MessageRef>& claimed) {
  std::vector<MessageRef> refs;
  for (;;) {
    PF_CO_TRY(store::ScanPage page, co_await mailbox.scan(first, store::ScanFields::refs));
    for (auto& m : page.messages) {
      if (!claimed.contains(m.ref)) refs.push_back(std::move(m.ref));
    }
    if (!page.more) break;
    first = page.next;
  }
  if (refs.empty()) co_return std::vector<MessageMeta>{};
  auto found = co_await mailbox.fetch(refs, store::ScanFields::keys);
  co_return found;
}

Task<void> Probe::watch(const std::vector<MessageMeta>& items, Duration settle) {
  const Duration pause =
      std::clamp<Duration>(settle / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
  Duration still{};  // for so long nothing has moved while we looked on
  TimePoint last_look = MonoClock::now();
  store::MailboxStatus last = mailbox_.status();
  for (bool first = true;; first = false) {
    const TimePoint looked = MonoClock::now();
    // A machine that stands still, or a look that takes long, is no time in which the server could have done
    // something.
    still += std::min(looked - last_look, 2 * pause);
    last_look = looked;
    if (!first) PF_CO_TRYV(co_await mailbox_.refresh());
    if (first || mailbox_.status() != last) {
      last = mailbox_.status();
      if (!first) still = Duration::zero();
      PF_CO_TRY(candidates, co_await unexplained(mailbox_, first_, claimed_));
      result = match(items, candidates, options_);
      if (result.pairs.size() == items.size()) co_return Status{};
    }
    if (still >= settle) co_return Status{};
    if (run_.stopping())
      co_return Error(Errc::cancelled, Scope::run, Retry::never, "stopped while waiting for the target");
    co_await sleep_for(std::min(pause, settle - still));
  }
}

}  // namespace pf::sync
