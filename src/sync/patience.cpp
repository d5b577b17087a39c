#include "sync/patience.h"

#include <fmt/format.h>

namespace pf::sync {

namespace {

Error stopped(const store::Store& store) {
  return {Errc::cancelled, Scope::run, Retry::never, store.label() + ": stopped"};
}

}  // namespace

Patience::Patience(RunContext& run)
    : run_(run),
      backoff_(BackoffRules{run.policy.timing.backoff_first, run.policy.timing.backoff_ceiling, 0.2,
                            run.policy.timing.attempts_without_progress}) {}

asio::awaitable<bool> Patience::wait(const Error& error, const std::string& what) {
  if (run_.stopping() || called_off_ || !worth_retrying(error)) co_return false;
  std::optional<Duration> hint;
  if (error.retry_after) hint = *error.retry_after;
  const auto delay = backoff_.next(MonoClock::now(), hint);
  if (!delay) co_return false;
  const auto budget = run_.policy.timing.budget;
  if (budget && run_.meter.elapsed() + *delay > *budget) co_return false;
  const bool told = error.code == Errc::throttled && hint;  // by Pace, when it heard of it
  if (!told) {
    run_.notice(fmt::format(
        "{}: {}; trying again{}", what, error.describe(),
        *delay > Duration::zero() ? fmt::format(" in {:.1f} s", to_seconds(*delay)) : std::string{}));
  }
  // In slices, so that Ctrl-C is felt.
  const TimePoint until = MonoClock::now() + *delay;
  while (MonoClock::now() < until && !run_.stopping() && !called_off_) {
    co_await sleep_until(std::min(until, MonoClock::now() + std::chrono::milliseconds(100)));
  }
  co_return !run_.stopping() && !called_off_;
}

template <class Attempt>
std::invoke_result_t<Attempt&> Patience::until_open(store::Store& store, Attempt attempt) {
  for (;;) {
    const bool go_on = co_await run_.pace_of(store).ready();
    if (!go_on) co_return stopped(store);
    auto opened = co_await attempt();
    // Not waited for here: the caller may hold a connection that others wait for.
    if (opened || opened.error().code == Errc::too_many_connections) co_return opened;
    const bool again = co_await wait(opened.error(), store.label());
    if (!again) co_return opened;
  }
}

Task<std::unique_ptr<store::OpenMailbox>> Patience::open(store::Store& store,
                                                         const store::MailboxInfo& mailbox,
                                                         store::Access access) {
  auto opened = co_await until_open(store, [&] { return store.open(mailbox, access); });
  co_return opened;
}

Task<store::Store::Opened> Patience::open_and_scan(store::Store& store, const store::MailboxInfo& mailbox,
                                                   store::Access access, store::ScanFields fields) {
  auto opened = co_await until_open(store, [&] { return store.open_and_scan(mailbox, access, fields); });
  co_return opened;
}

}  // namespace pf::sync
