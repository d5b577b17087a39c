#include "app/fleet_job.h"

#include "app/fleet_crew.h"
#include "app/stores.h"
#include "fleet/attempts.h"
#include "fleet/rate.h"
#include "fleet/scheduler.h"

#include <algorithm>
#include <thread>
#include <tuple>
#include <utility>

namespace pf::app {

namespace {

constexpr auto look_every = std::chrono::milliseconds(50);
constexpr auto tell_every = std::chrono::milliseconds(250);
// Longer than the commit of a batch takes, as a rule.
constexpr auto thrift = std::chrono::milliseconds(250);

std::string host_of(const config::Account& account) {
  return account.scheme == config::Scheme::imap ? account.host : std::string();
}

std::vector<fleet::Scheduler::Hosts> hosts_of(const std::vector<fleet::Pair>& pairs) {
  std::vector<fleet::Scheduler::Hosts> hosts;
  hosts.reserve(pairs.size());
  for (const auto& pair : pairs) hosts.push_back({host_of(pair.from), host_of(pair.to)});
  return hosts;
}

std::size_t cores() {
  return std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
}

}  // namespace

struct FleetControl::Impl {
  mutable std::mutex mutex;
  bool paused = false;
  std::set<std::size_t> cancelled;
};

FleetControl::FleetControl() : impl_(std::make_shared<Impl>()) {}

void FleetControl::pause() {
  const std::lock_guard lock(impl_->mutex);
  impl_->paused = true;
}

void FleetControl::resume() {
  const std::lock_guard lock(impl_->mutex);
  impl_->paused = false;
}

bool FleetControl::paused() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->paused;
}

void FleetControl::cancel(std::size_t pair) {
  const std::lock_guard lock(impl_->mutex);
  impl_->cancelled.insert(pair);
}

std::set<std::size_t> FleetControl::cancelled() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->cancelled;
}

class FleetRun {
 public:
  FleetRun(const std::vector<fleet::Pair>& pairs, const FleetPolicy& policy, const Environment& environment,
           const fleet::Observer& observer, StopFlag& stop, FleetControl control)
      : pairs_(pairs), policy_(policy), environment_(environment), stop_(stop), control_(std::move(control)) {
    // Faces are not made for several threads at once.
    observer_ = [this, &observer](const fleet::Event& event) {
      const std::lock_guard lock(face_);
      observer(event);
    };
    environment_.ask = nullptr;
    const auto limits = chosen(policy.limits, cores());
    if (pairs.size() > std::min(limits.accounts, limits.per_host))
      environment_.thrift = std::max<Duration>(environment_.thrift, thrift);
    environment_.log = [this, &environment](LogLevel level, std::string_view text) {
      const std::lock_guard lock(face_);
      if (environment.log) environment.log(level, text);
    };
    summary_.accounts.resize(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) summary_.accounts[i].pair = i;
  }

  fleet::Summary run() {
    if (auto begun = begin(); !begun) {
      summary_.fatal = begun.error();
    } else {
      work();
      if (auto closed = crew_->close(); !closed && !summary_.fatal) summary_.fatal = closed.error();
    }
    for (auto& account : summary_.accounts) {
      if (account.phase == Phase::waiting) account.phase = Phase::not_done;
    }
    summary_.totals = totals();
    return std::move(summary_);
  }

 private:
  using Phase = fleet::Phase;

  Status begin() {
    PF_TRY(auto wiretap, open_wiretap(environment_));
    Environment for_state = environment_;
    for_state.state = environment_.state && (policy_.work == fleet::Work::sync || policy_.retry_failed);
    PF_TRY(auto state, SharedState::open(for_state));
    summary_.warnings = state.take_notes();
    for (const auto& note : summary_.warnings) observer_(fleet::Event(fleet::Notice{note}));
    const std::size_t threads = policy_.threads != 0 ? policy_.threads : std::min(cores(), pairs_.size());
    crew_ = std::make_unique<FleetCrew>(
        FleetCrew::Shared{pairs_, policy_, environment_, observer_, std::move(wiretap)}, std::move(state),
        threads);
    return choose();
  }

  // Who has a part in this run.
  Status choose() {
    PF_TRY(const auto failed, crew_->failed_before());
    if (!policy_.retry_failed) return {};
    if (!environment_.state)
      return Error(Errc::usage, Scope::run, Retry::never, "without state nobody knows what failed last time");
    for (auto& account : summary_.accounts) account.phase = Phase::skipped;
    for (const std::size_t pair : failed) summary_.accounts[pair].phase = Phase::waiting;
    return {};
  }

  void work() {
    const bool by_size = policy_.order != fleet::Order::list;
    const bool looks = policy_.work == fleet::Work::check || policy_.work == fleet::Work::measure;
    if ((policy_.check_first || by_size) && !looks) look_first(by_size);
    if (!summary_.stopped_early && !summary_.interrupted) pass(in_order(), Errand::work);
  }

  std::vector<std::size_t> waiting() const {
    std::vector<std::size_t> out;
    for (const auto& account : summary_.accounts) {
      if (account.phase == Phase::waiting) out.push_back(account.pair);
    }
    return out;
  }

  std::vector<std::size_t> in_order() const {
    auto order = waiting();
    if (policy_.order == fleet::Order::list) return order;
    // Those whose size is not known come last; equals stay as listed.
    const auto rank = [&](std::size_t pair) {
      const auto found = summary_.accounts[pair].messages_found;
      const auto size = static_cast<std::int64_t>(found.value_or(0));
      return std::tuple(!found, policy_.order == fleet::Order::largest_first ? -size : size, pair);
    };
    std::ranges::sort(order, {}, rank);
    return order;
  }

  // Every account, whatever becomes of the first: who is told of one wrong password wants to know of all.
  void look_first(bool count) {
    checking_ = true;
    pass(waiting(), count ? Errand::count : Errand::look);
    checking_ = false;
    const auto failed = [](const auto& account) { return account.phase == Phase::failed; };
    if (policy_.fail_fast && std::ranges::any_of(summary_.accounts, failed)) summary_.stopped_early = true;
  }

  void pass(const std::vector<std::size_t>& order, Errand errand) {
    fleet::Scheduler scheduler(hosts_of(pairs_), chosen(policy_.limits, cores()));
    scheduler_ = &scheduler;
    for (const std::size_t pair : order) scheduler.enqueue(pair);
    while (scheduler.waiting() + scheduler.running() != 0) {
      obey();
      if (!ending() && !paused_) begin_some(errand);
      for (auto& ended : crew_->wait_until(MonoClock::now() + look_every)) end(std::move(ended), errand);
      observe();
    }
    observe(true);
    scheduler_ = nullptr;
  }

  [[nodiscard]] bool ending() const { return summary_.interrupted || summary_.stopped_early; }

  // What somebody wanted meanwhile.
  void obey() {
    if (const int wish = stop_.load(); wish != 0) {
      summary_.interrupted = true;
      stop_all(wish);
    } else if (ending()) {
      stop_all(1);
    }
    paused_ = control_.paused();
    if (paused_) {
      for (const std::size_t pair : running_) crew_->stop(pair, 1);
    }
    for (const std::size_t pair : control_.cancelled()) {
      if (pair >= pairs_.size()) continue;
      scheduler_->withdraw(pair);
      crew_->stop(pair, 1);
      if (summary_.accounts[pair].phase == Phase::waiting) summary_.accounts[pair].phase = Phase::not_done;
    }
  }

  void stop_all(int wish) {
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) scheduler_->withdraw(pair);
    for (const std::size_t pair : running_) crew_->stop(pair, wish);
  }

  void begin_some(Errand errand) {
    while (const auto pair = scheduler_->start(MonoClock::now())) {
      auto& account = summary_.accounts[*pair];
      const bool again = account.seconds != 0;
      account.phase = Phase::running;
      running_.insert(*pair);
      if (errand == Errand::work && !again) observer_(fleet::Event(fleet::AccountStarted{*pair}));
      crew_->begin(*pair, errand);
    }
  }

  void end(FleetCrew::Ended ended, Errand errand) {
    scheduler_->ended(ended.pair, !ended.summary.fatal, MonoClock::now());
    running_.erase(ended.pair);
    auto& account = summary_.accounts[ended.pair];
    account.phase = fleet::phase_of(ended.summary);
    const bool held = account.phase == Phase::not_done && !ending() && stop_.load() == 0 &&
                      !control_.cancelled().contains(ended.pair);
    if (errand != Errand::work) return looked(account, std::move(ended.summary), held);
    account.summary = account.seconds == 0 ? std::move(ended.summary)
                                           : fleet::together(account.summary, std::move(ended.summary));
    account.seconds += ended.seconds;
    if (held) return wait_again(account);
    observer_(fleet::Event(fleet::AccountFinished{&account}));
    if (account.phase == Phase::failed && policy_.fail_fast && !ending()) summary_.stopped_early = true;
  }

  void looked(fleet::AccountResult& account, sync::Summary summary, bool held) {
    if (held) return wait_again(account);
    if (account.phase == Phase::failed) {
      account.summary = std::move(summary);
      observer_(fleet::Event(fleet::AccountFinished{&account}));
    } else if (account.phase == Phase::done) {
      account.messages_found = summary.source_messages;
      account.phase = Phase::waiting;
      ++let_in_;
    }
  }

  // It was paused.
  void wait_again(fleet::AccountResult& account) {
    account.phase = Phase::waiting;
    scheduler_->enqueue(account.pair);
  }

  void observe(bool now_for_sure = false) {
    const TimePoint now = MonoClock::now();
    if (!now_for_sure && now - told_ < tell_every) return;
    told_ = now;
    for (const std::size_t pair : running_) {
      const auto vitals = crew_->vitals(pair);
      scheduler_->observe(pair, {vitals.moved, vitals.awaits_from, vitals.awaits_to}, now);
    }
    auto all = totals();
    rate_.update(all, now);
    observer_(fleet::Event(fleet::Progress{all}));
  }

  fleet::Totals totals() const {
    fleet::Totals all;
    all.accounts = pairs_.size();
    for (const auto& account : summary_.accounts) count(account, all);
    for (const std::size_t pair : running_) {
      const auto progress = crew_->vitals(pair).progress;
      all.messages += progress.messages_done;
      all.bytes += progress.bytes_done;
      all.messages_expected += progress.messages_total;
      all.bytes_expected += progress.bytes_total;
    }
    if (checking_) {
      all.checking = true;
      all.done = let_in_;
      all.waiting -= std::min(all.waiting, let_in_);
    }
    all.stalled = scheduler_ != nullptr ? scheduler_->stalled() : 0;
    all.seconds = to_seconds(MonoClock::now() - began_);
    return all;
  }

  static void count(const fleet::AccountResult& account, fleet::Totals& all) {
    switch (account.phase) {
      case Phase::waiting:
        ++all.waiting;
        break;
      case Phase::running:
        ++all.running;
        break;
      case Phase::done:
        ++all.done;
        break;
      case Phase::failed:
        ++all.failed;
        break;
      case Phase::not_done:
        ++all.not_done;
        break;
      case Phase::skipped:
        ++all.skipped;
        break;
    }
    const auto& s = account.summary;
    all.messages += s.copied + s.restored + s.copied_back;
    all.messages_expected += s.copied + s.restored + s.copied_back;
    all.bytes += s.bytes_copied;
    all.bytes_expected += s.bytes_copied;
  }

  const std::vector<fleet::Pair>& pairs_;
  const FleetPolicy& policy_;
  Environment environment_;
  StopFlag& stop_;
  FleetControl control_;
  std::mutex face_;  // one call of the face at a time
  fleet::Observer observer_;
  fleet::Summary summary_;
  std::unique_ptr<FleetCrew> crew_;
  fleet::Scheduler* scheduler_ = nullptr;  // of the pass under way
  std::set<std::size_t> running_;
  fleet::Rate rate_;
  TimePoint began_ = MonoClock::now(), told_{};
  std::size_t let_in_ = 0;
  bool checking_ = false, paused_ = false;
};

fleet::Summary run_fleet(const std::vector<fleet::Pair>& pairs, const FleetPolicy& policy,
                         const Environment& environment, const fleet::Observer& observer, StopFlag& stop,
                         FleetControl control) {
  FleetRun run(pairs, policy, environment, observer, stop, std::move(control));
  return run.run();
}

}  // namespace pf::app
