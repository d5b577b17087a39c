#include "async/worker_pool.h"

#include "async/group.h"
#include "support/run_task.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace pf {
namespace {

Task<int> answer(WorkerPool& pool, std::thread::id& done_by, std::thread::id& resumed_on) {
  auto work = [&done_by]() -> Result<int> {
    done_by = std::this_thread::get_id();
    return 42;
  };
  auto result = co_await pool.call<int>(std::move(work));
  resumed_on = std::this_thread::get_id();
  co_return result;
}

TEST(WorkerPool, DoesTheWorkElsewhereAndResumesTheCallerOnItsLoop) {
  WorkerPool pool(1);
  std::thread::id done_by, resumed_on;
  EXPECT_EQ(test::run(answer(pool, done_by, resumed_on)).value(), 42);
  EXPECT_NE(done_by, std::this_thread::get_id());
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(WorkerPool, AnErrorIsAResultLikeAnother) {
  WorkerPool pool(1);
  auto work = []() -> Result<int> { return Error{Errc::io, Scope::run, Retry::never, "no"}; };
  const auto result = test::run(pool.call<int>(std::move(work)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::io);
}

// Ends only when `wanted` threads are in it at the same time.
struct Meeting {
  std::mutex mutex;
  std::condition_variable arrived;
  int present = 0;

  bool meet(int wanted) {
    std::unique_lock lock(mutex);
    ++present;
    arrived.notify_all();
    return arrived.wait_for(lock, std::chrono::minutes(2), [&] { return present >= wanted; });
  }
};

Task<void> go_to(WorkerPool& pool, Meeting& meeting, int& met) {
  auto work = [&meeting]() -> Result<bool> { return meeting.meet(2); };
  PF_CO_TRY(const bool both, co_await pool.call<bool>(std::move(work)));
  met += both ? 1 : 0;
  co_return Status{};
}

Task<void> two_at_once(WorkerPool& pool, Meeting& meeting, int& met) {
  TaskGroup group;
  co_await group.spawn(go_to(pool, meeting, met));
  co_await group.spawn(go_to(pool, meeting, met));
  auto joined = co_await group.join();
  co_return joined;
}

TEST(WorkerPool, WorksSideBySideUpToItsThreads) {
  WorkerPool pool(2);
  Meeting meeting;
  int met = 0;
  EXPECT_TRUE(test::run(two_at_once(pool, meeting, met)));
  EXPECT_EQ(met, 2);
}

TEST(WorkerPool, ServesSeveralLoops) {
  // Before the pool: its threads touch a loop a moment longer than their last answer takes.
  std::array<test::Loop, 4> loops;
  WorkerPool pool(2);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&pool, &right, &loop = loops[static_cast<std::size_t>(i)], i] {
      for (int k = 0; k < 100; ++k) {
        auto work = [i, k]() -> Result<int> { return i * 1000 + k; };
        const auto home = std::this_thread::get_id();
        auto asked = [&]() -> Task<bool> {
          PF_CO_TRY(const int got, co_await pool.call<int>(std::move(work)));
          co_return got == i * 1000 + k&& std::this_thread::get_id() == home;
        };
        const auto result = loop.run(asked());
        if (result && *result) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 400);
}

}  // namespace
}  // namespace pf
