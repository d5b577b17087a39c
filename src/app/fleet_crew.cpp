#include "app/fleet_crew.h"

#include "app/loop.h"
#include "async/event.h"
#include "state/pairs_with_fact.h"
#include "state/sqlite_journal.h"

#include <algorithm>
#include <exception>
#include <future>
#include <utility>

namespace pf::app {

namespace {

constexpr auto look_every = std::chrono::milliseconds(50);
// Commands that print a password may take their time, and many accounts begin at once.
constexpr std::size_t password_threads = 4;
constexpr std::size_t file_threads = 8;
constexpr auto failed_fact = "fleet.failed";

Error unexpected(const char* what) {
  return {Errc::unexpected, Scope::account, Retry::never, what};
}

// How closely an account is looked at, where that is all.
std::optional<sync::CheckDepth> depth_of(Errand errand, fleet::Work work) {
  if (errand == Errand::count) return sync::CheckDepth::count;
  if (errand == Errand::look || work == fleet::Work::check) return sync::CheckDepth::list;
  if (work == fleet::Work::measure) return sync::CheckDepth::measure;
  return std::nullopt;
}

bool must_be_read(const Endpoint& endpoint) {
  const auto& account = endpoint.account;
  const bool source =
      !account.password_env.empty() || !account.password_file.empty() || !account.password_command.empty();
  return endpoint.password.empty() && source;
}

}  // namespace

struct FleetCrew::Account {
  std::size_t pair = 0;
  std::size_t loop = 0;
  Errand errand = Errand::work;
  Endpoint from, to;
  TimePoint began{};
  StopFlag stop{0};

  // Of its loop alone.
  sync::Observer observer;
  std::optional<PairJob> job;
  StopPatience patience;

  mutable std::mutex mutex;
  PairJob::Vitals vitals;
};

struct FleetCrew::OfLoop {
  std::size_t accounts = 0;                         // of the fleet's thread
  std::vector<std::shared_ptr<Account>> at_work{};  // of the loop's
};

FleetCrew::FleetCrew(Shared shared, SharedState state, std::size_t threads)
    : shared_(std::move(shared)),
      environment_(shared_.environment),
      running_(shared_.pairs.size()),
      loops_(threads),
      state_(std::move(state)),
      passwords_(password_threads),
      file_workers_(std::make_shared<WorkerPool>(file_threads)) {
  environment_.file_workers = file_workers_;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    OfLoop& of_loop = *of_loops_.emplace_back(std::make_unique<OfLoop>());
    loops_.spawn(i, [this, &of_loop] { return watch(of_loop); });
  }
}

FleetCrew::~FleetCrew() {
  environment_.file_workers.reset();  // they go before the loops do
  ignore(close());
}

Status FleetCrew::close() {
  return state_.close();
}

Result<std::vector<std::size_t>> FleetCrew::failed_before() {
  if (state_.writer() == nullptr) return std::vector<std::size_t>{};
  std::promise<Result<std::set<state::AccountPair>>> told;
  loops_.spawn(0, [this, &told]() -> asio::awaitable<void> {
    auto pairs = co_await state::pairs_with_fact(*state_.writer(), failed_fact);
    told.set_value(std::move(pairs));
  });
  PF_TRY(const auto failed, told.get_future().get());
  for (std::size_t i = 0; i < shared_.pairs.size(); ++i) {
    const auto& pair = shared_.pairs[i];
    if (failed.contains({pair.from.label(), pair.to.label()})) failed_before_.insert(i);
  }
  return std::vector(failed_before_.begin(), failed_before_.end());
}

void FleetCrew::begin(std::size_t pair, Errand errand) {
  auto account = std::make_shared<Account>();
  const auto idlest =
      std::ranges::min_element(of_loops_, {}, [](const auto& loop) { return loop->accounts; });
  const fleet::Pair& listed = shared_.pairs[pair];
  account->pair = pair;
  account->loop = static_cast<std::size_t>(idlest - of_loops_.begin());
  account->errand = errand;
  account->from = {listed.from, listed.from_password};
  account->to = {listed.to, listed.to_password};
  account->began = MonoClock::now();
  account->observer = [this, pair](const sync::Event& event) {
    shared_.observer(fleet::Event(fleet::AccountEvent{pair, event}));
  };
  ++(*idlest)->accounts;
  running_[pair] = account;
  loops_.spawn(account->loop, [this, account] { return go(account); });
}

void FleetCrew::stop(std::size_t pair, int wish) {
  if (!running_[pair]) return;
  auto& flag = running_[pair]->stop;
  if (flag.load() < wish) flag.store(wish);
}

PairJob::Vitals FleetCrew::vitals(std::size_t pair) const {
  if (!running_[pair]) return {};
  const std::lock_guard lock(running_[pair]->mutex);
  return running_[pair]->vitals;
}

std::vector<FleetCrew::Ended> FleetCrew::wait_until(TimePoint deadline) {
  std::vector<Ended> ended;
  {
    std::unique_lock lock(mutex_);
    const auto patience = std::max(deadline - MonoClock::now(), Duration::zero());
    something_ended_.wait_for(lock, patience, [this] { return !ended_.empty(); });
    ended.swap(ended_);
  }
  for (const auto& one : ended) {
    --of_loops_[running_[one.pair]->loop]->accounts;
    running_[one.pair].reset();
  }
  return ended;
}

// ---- on the loops

asio::awaitable<void> FleetCrew::go(std::shared_ptr<Account> account) {
  OfLoop& loop = *of_loops_[account->loop];
  loop.at_work.push_back(account);
  sync::Summary summary;
  // One bad account never stops a fleet.
  try {
    summary = co_await work(*account);
  } catch (const std::exception& e) {
    summary = refused(unexpected(e.what()));
  }
  std::erase(loop.at_work, account);
  account->job.reset();
  const double seconds = to_seconds(MonoClock::now() - account->began);
  const std::lock_guard lock(mutex_);
  ended_.push_back({account->pair, std::move(summary), seconds});
  something_ended_.notify_one();
}

asio::awaitable<sync::Summary> FleetCrew::work(Account& account) {
  auto read = co_await read_passwords(account);
  if (!read) co_return refused(read.error());
  const FleetPolicy& policy = shared_.policy;
  account.job.emplace(account.from, account.to, environment_,
                      PairJob::Shared{shared_.wiretap, state_.writer()}, account.observer, account.stop);
  PairJob& job = *account.job;
  if (const auto depth = depth_of(account.errand, policy.work))
    co_return co_await job.check(policy.sync, *depth);
  if (policy.work == fleet::Work::verify) co_return co_await job.verify(policy.verify);
  auto summary = co_await job.sync(policy.sync);
  auto remembered = co_await remember(account, summary);
  if (!remembered && !summary.fatal) {
    summary.fatal = remembered.error();
    summary.outcome = sync::Outcome::failed;
  }
  co_return summary;
}

Task<void> FleetCrew::read_passwords(Account& account) {
  for (Endpoint* end : {&account.from, &account.to}) {
    if (!must_be_read(*end)) continue;
    auto read = [account_of_end = end->account] { return read_password(account_of_end); };
    PF_CO_TRY(end->password, co_await passwords_.call<Secret>(std::move(read)));
  }
  co_return Status{};
}

// For FleetPolicy::retry_failed of a later run.
Task<void> FleetCrew::remember(const Account& account, const sync::Summary& summary) {
  const auto phase = fleet::phase_of(summary);
  const bool failed = phase == fleet::Phase::failed;
  const bool before = failed_before_.contains(account.pair);
  const bool held =
      summary.fatal && summary.fatal->code == Errc::locked;  // what it does is the other run's to tell
  if (state_.writer() == nullptr || phase == fleet::Phase::not_done || failed == before || held ||
      shared_.policy.sync.dry_run)
    co_return Status{};
  state::SqliteJournal journal(*state_.writer(), account.from.account.label(), account.to.account.label());
  auto noted = co_await journal.set_fact(failed_fact, failed ? "1" : "");
  co_return noted;
}

// Tells the fleet's thread how things go, and ends what does not end by itself.
asio::awaitable<void> FleetCrew::watch(OfLoop& loop) {
  for (;;) {
    co_await sleep_for(look_every);
    for (const auto& account : loop.at_work) {
      if (!account->job) continue;
      if (account->patience.is_over(account->stop.load(), account->job->over())) account->job->abort();
      const auto vitals = account->job->vitals();
      const std::lock_guard lock(account->mutex);
      account->vitals = vitals;
    }
  }
}

}  // namespace pf::app
