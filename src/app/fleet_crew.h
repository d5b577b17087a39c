// The hands of a fleet: accounts at work on event loops of several threads.  Everything is called from one
// thread, that of the fleet.
#pragma once

#include "app/fleet_job.h"
#include "app/memory.h"
#include "app/pair_job.h"
#include "async/loop_threads.h"
#include "async/worker_pool.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <vector>

namespace pf::app {

// What an account is begun for.
enum class Errand : std::uint8_t {
  work,   // as the policy wants it
  look,   // the check before the work
  count,  // the same, and how much is there
};

class FleetCrew {
 public:
  struct Shared {  // all must outlive the crew
    const std::vector<fleet::Pair>& pairs;
    const FleetPolicy& policy;
    const Environment& environment;   // its log may be used from any thread
    const fleet::Observer& observer;  // likewise
    std::shared_ptr<net::Wiretap> wiretap;
  };

  FleetCrew(Shared shared, SharedState state, std::size_t threads);
  // All that began must have ended.
  ~FleetCrew();
  FleetCrew(const FleetCrew&) = delete;
  FleetCrew& operator=(const FleetCrew&) = delete;

  // Before anything begins: who failed in an earlier run.  Blocks.
  Result<std::vector<std::size_t>> failed_before();

  void begin(std::size_t pair, Errand errand);
  // `wish` as in StopFlag.
  void stop(std::size_t pair, int wish);

  struct Ended {
    std::size_t pair = 0;
    sync::Summary summary;
    double seconds = 0;
  };
  // Those that ended since the last call; waits for the first of them until `deadline`.
  std::vector<Ended> wait_until(TimePoint deadline);

  [[nodiscard]] PairJob::Vitals vitals(std::size_t pair) const;  // a little old; of one that runs

  // Closes the state.
  Status close();

 private:
  struct Account;
  struct OfLoop;
  asio::awaitable<void> go(std::shared_ptr<Account> account);
  asio::awaitable<sync::Summary> work(Account& account);
  Task<void> read_passwords(Account& account);
  Task<void> remember(const Account& account, const sync::Summary& summary);
  asio::awaitable<void> watch(OfLoop& loop);

  Shared shared_;
  Environment environment_;
  std::set<std::size_t> failed_before_;
  std::vector<std::shared_ptr<Account>> running_;  // by pair; null: it does not run

  std::mutex mutex_;
  std::condition_variable something_ended_;
  std::vector<Ended> ended_;

  std::vector<std::unique_ptr<OfLoop>> of_loops_;
  LoopThreads loops_;  // before what answers to them
  SharedState state_;
  WorkerPool passwords_;
  std::shared_ptr<WorkerPool> file_workers_;
};

}  // namespace pf::app
