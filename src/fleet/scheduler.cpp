#include "fleet/scheduler.h"

#include <algorithm>

namespace pf::fleet {

namespace {

// Measured with two Dovecots on two cores: 4 keep them busy.  Far away it is the round trips that cost, and
// more accounts side by side hide them.
constexpr std::size_t accounts_a_core = 8;
constexpr std::size_t accounts_a_host = 10;

}  // namespace

Limits chosen(Limits limits, std::size_t cores) {
  if (limits.per_host == 0) limits.per_host = limits.accounts != 0 ? limits.accounts : accounts_a_host;
  if (limits.accounts == 0)
    limits.accounts = std::max(limits.per_host, accounts_a_core * std::max<std::size_t>(cores, 2));
  return limits;
}

Scheduler::Scheduler(const std::vector<Hosts>& accounts, Limits limits)
    : limits_(limits), accounts_(accounts.size()) {
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> routes;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const std::pair ends(host_index(accounts[i].from), host_index(accounts[i].to));
    const auto [route, fresh] = routes.try_emplace(ends, routes_.size());
    if (fresh) routes_.emplace_back(ends.first, ends.second);
    accounts_[i].route = route->second;
  }
}

std::size_t Scheduler::host_index(const std::string& name) {
  const auto [found, fresh] = host_numbers_.try_emplace(name, hosts_.size());
  if (fresh) hosts_.emplace_back(name.empty());
  return found->second;
}

void Scheduler::enqueue(std::size_t account) {
  Account& a = accounts_[account];
  if (a.state != State::idle) return;
  if (!a.number) a.number = next_number_++;
  auto& queue = routes_[a.route].waiting;
  const std::pair entry(*a.number, account);
  queue.insert(std::ranges::lower_bound(queue, entry), entry);
  become(a, State::waiting);
}

void Scheduler::withdraw(std::size_t account) {
  Account& a = accounts_[account];
  if (a.state != State::waiting) return;
  std::erase_if(routes_[a.route].waiting, [&](const auto& entry) { return entry.second == account; });
  become(a, State::idle);
}

std::optional<std::size_t> Scheduler::start(TimePoint now) {
  if (active_ >= limits_.accounts || stalled_ >= max_stalled) return {};
  Route* best = nullptr;
  for (auto& route : routes_) {
    if (route.waiting.empty() || !may_start(route, now)) continue;
    const auto rank = [](const Route& r) { return std::pair(r.running, r.waiting.front().first); };
    if (best == nullptr || rank(route) < rank(*best)) best = &route;
  }
  if (best == nullptr) return {};
  const std::size_t account = best->waiting.front().second;
  best->waiting.pop_front();
  Account& a = accounts_[account];
  a.moved = 0;
  a.last_progress = now;
  become(a, State::active);
  hosts_[best->from].last_start = hosts_[best->to].last_start = now;
  return account;
}

bool Scheduler::may_start(const Route& route, TimePoint now) const {
  return admits(hosts_[route.from], now) && admits(hosts_[route.to], now);
}

bool Scheduler::admits(const Host& host, TimePoint now) const {
  if (host.local) return true;
  if (host.active >= limits_.per_host) return false;
  if (host.blamed == 0) return true;
  const bool alive = now - host.last_progress < stall_after;
  const std::size_t most = alive ? limits_.per_host * (1 + stalled_budgets_a_host) : limits_.per_host;
  if (host.active + host.blamed < most) return true;
  return !alive && now - host.last_start >= stall_after;
}

void Scheduler::observe(std::size_t account, const Vitals& vitals, TimePoint now) {
  Account& a = accounts_[account];
  if (a.state != State::active && a.state != State::stalled) return;
  const Route& route = routes_[a.route];
  if (vitals.moved != a.moved) {
    a.moved = vitals.moved;
    a.last_progress = now;
    hosts_[route.from].last_progress = hosts_[route.to].last_progress = now;
    become(a, State::active);
    return;
  }
  if (now - a.last_progress < stall_after) return;
  become(a, State::active);  // the blame may have changed
  a.blames_from = vitals.awaits_from;
  a.blames_to = vitals.awaits_to;
  become(a, State::stalled);
}

void Scheduler::ended(std::size_t account, bool got_through, TimePoint now) {
  Account& a = accounts_[account];
  if (got_through) {
    const Route& route = routes_[a.route];
    hosts_[route.from].last_progress = hosts_[route.to].last_progress = now;
  }
  become(a, State::idle);
}

void Scheduler::become(Account& account, State state) {
  count(account, -1);
  account.state = state;
  count(account, +1);
}

void Scheduler::count(const Account& account, int change) {
  // Unsigned arithmetic wraps, so adding -1 takes one away.
  const auto step = static_cast<std::size_t>(change);
  Route& route = routes_[account.route];
  Host& from = hosts_[route.from];
  Host& to = hosts_[route.to];
  const bool same = &from == &to;
  switch (account.state) {
    case State::idle:
      return;
    case State::waiting:
      waiting_ += step;
      return;
    case State::active:
      active_ += step;
      route.running += step;
      from.active += step;
      if (!same) to.active += step;
      return;
    case State::stalled:
      stalled_ += step;
      if (account.blames_from) from.blamed += step;
      if (account.blames_to && !(same && account.blames_from)) to.blamed += step;
      return;
  }
}

}  // namespace pf::fleet
