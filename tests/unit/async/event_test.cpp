#include "async/event.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>

namespace pf {
namespace {

using namespace std::chrono_literals;

// A loop that runs dry, or fails the test after a time no test should take.
class EventTest : public testing::Test {
 protected:
  template <class Coroutine>
  void spawn(Coroutine coroutine) {
    asio::co_spawn(loop_, std::move(coroutine), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  void run() {
    loop_.restart();
    loop_.run_for(200s);
    ASSERT_TRUE(loop_.stopped()) << "something still waits";
  }
  // Everything that can go on without time passing.
  void settle() {
    loop_.restart();
    while (loop_.poll() > 0) loop_.restart();
  }

  asio::io_context loop_{1};
  std::vector<std::string> log_;
};

asio::awaitable<void> wait_and_log(Event& event, std::vector<std::string>& log, std::string name) {
  co_await event.wait();
  log.push_back(std::move(name));
}

TEST_F(EventTest, NotifyWakesAllWhoWaitAndNobodyElse) {
  Event event, other;
  spawn(wait_and_log(event, log_, "a"));
  spawn(wait_and_log(event, log_, "b"));
  spawn(wait_and_log(other, log_, "other"));
  settle();
  EXPECT_TRUE(log_.empty());
  event.notify_all();
  settle();
  EXPECT_EQ(log_, (std::vector<std::string>{"a", "b"}));
  other.notify_all();
  run();
}

TEST_F(EventTest, ANotifyBeforeTheWaitIsNotKept) {
  Event event;
  event.notify_all();
  spawn(wait_and_log(event, log_, "a"));
  settle();
  EXPECT_TRUE(log_.empty());
  event.notify_all();
  event.notify_all();
  run();
  EXPECT_EQ(log_.size(), 1U);
}

asio::awaitable<void> wait_until_and_log(Event& event, Duration d, std::vector<std::string>& log) {
  const bool notified = co_await event.wait_until(MonoClock::now() + d);
  log.emplace_back(notified ? "notified" : "deadline");
}

TEST_F(EventTest, TheDeadlineEndsTheWait) {
  Event event;
  spawn(wait_until_and_log(event, 1h, log_));
  settle();
  EXPECT_TRUE(log_.empty());
  MonoClock::advance(2h);
  run();
  EXPECT_EQ(log_, std::vector<std::string>{"deadline"});
}

TEST_F(EventTest, ANotifyBeforeTheDeadlineIsToldApart) {
  Event event;
  spawn(wait_until_and_log(event, 1h, log_));
  settle();
  event.notify_all();
  run();
  EXPECT_EQ(log_, std::vector<std::string>{"notified"});
}

TEST_F(EventTest, ADeadlineThatHasPassedEndsAtOnce) {
  Event event;
  spawn(wait_until_and_log(event, -1h, log_));
  run();
  EXPECT_EQ(log_, std::vector<std::string>{"deadline"});
}

asio::awaitable<void> wait_twice(Event& event, int& woken) {
  for (int i = 0; i < 2; ++i) {
    co_await event.wait();
    ++woken;
  }
}

TEST_F(EventTest, OneNotifyIsOneWakeUp) {
  Event event;
  int woken = 0;
  spawn(wait_twice(event, woken));
  settle();
  event.notify_all();
  event.notify_all();  // before the waiter had its turn
  settle();
  EXPECT_EQ(woken, 1);
  event.notify_all();
  run();
  EXPECT_EQ(woken, 2);
}

TEST_F(EventTest, MayGoRightAfterItsNotify) {
  auto event = std::make_unique<Event>();
  spawn(wait_and_log(*event, log_, "a"));
  settle();
  event->notify_all();
  event.reset();  // the waiter has not had its turn
  run();
  EXPECT_EQ(log_.size(), 1U);
}

TEST(EventTeardown, AWaiterDestroyedWithItsLoopLeavesNothingBehind) {
  Event event;
  std::vector<std::string> log;
  {
    asio::io_context loop;
    asio::co_spawn(loop, wait_and_log(event, log, "a"), asio::detached);
    loop.poll();
  }
  event.notify_all();  // would touch the waiter's timer
  EXPECT_TRUE(log.empty());
}

asio::awaitable<void> hold(AsyncMutex& mutex, Event& release, std::vector<std::string>& log,
                           std::string name) {
  const auto lock = co_await mutex.lock();
  log.push_back(std::move(name));
  co_await release.wait();
}

using AsyncMutexTest = EventTest;

TEST_F(AsyncMutexTest, AdmitsOneAtATimeInTheOrderTheyCame) {
  AsyncMutex mutex;
  Event release;
  for (const char* name : {"a", "b", "c"}) spawn(hold(mutex, release, log_, name));
  for (std::size_t holders = 1; holders <= 3; ++holders) {
    settle();
    EXPECT_EQ(log_.size(), holders);
    release.notify_all();
  }
  run();
  EXPECT_EQ(log_, (std::vector<std::string>{"a", "b", "c"}));
}

asio::awaitable<void> lock_and_move(AsyncMutex& mutex, std::vector<std::string>& log) {
  auto first = co_await mutex.lock();
  auto second = std::move(first);
  first = std::move(second);
  log.emplace_back("held");
}

TEST_F(AsyncMutexTest, AMovedLockIsGivenBackOnce) {
  AsyncMutex mutex;
  spawn(lock_and_move(mutex, log_));
  spawn(lock_and_move(mutex, log_));
  run();
  EXPECT_EQ(log_.size(), 2U);
}

TEST_F(AsyncMutexTest, OneWhoStopsWaitingDoesNotBlockTheNext) {
  AsyncMutex mutex;
  Event release;
  asio::cancellation_signal cancel;
  spawn(hold(mutex, release, log_, "a"));
  bool cancelled = false;
  asio::co_spawn(loop_, hold(mutex, release, log_, "b"),
                 asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& failure) {
                   cancelled = failure != nullptr;
                 }));
  spawn(hold(mutex, release, log_, "c"));
  settle();
  cancel.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(cancelled);
  release.notify_all();
  settle();
  EXPECT_EQ(log_, (std::vector<std::string>{"a", "c"}));
  release.notify_all();
  run();
}

TEST(AsyncMutexTeardown, HolderAndWaitersMayGoWithTheirLoop) {
  AsyncMutex mutex;
  Event release;
  std::vector<std::string> log;
  {
    asio::io_context loop;
    for (const char* name : {"a", "b", "c"})
      asio::co_spawn(loop, hold(mutex, release, log, name), asio::detached);
    loop.poll();
  }
  EXPECT_EQ(log, std::vector<std::string>{"a"});
}

asio::awaitable<void> sleep_and_log(Duration d, std::vector<std::string>& log, std::string name) {
  co_await sleep_for(d);
  log.push_back(std::move(name));
}

using SleepTest = EventTest;

TEST_F(SleepTest, EndsInTheOrderOfDeadlinesOnceTheClockMoves) {
  spawn(sleep_and_log(3h, log_, "late"));
  spawn(sleep_and_log(1h, log_, "early"));
  settle();
  EXPECT_TRUE(log_.empty());
  MonoClock::advance(4h);
  run();
  EXPECT_EQ(log_, (std::vector<std::string>{"early", "late"}));
}

TEST_F(SleepTest, SleepsOnlyAsLongAsTheClockSays) {
  spawn(sleep_and_log(2h, log_, "a"));
  settle();
  MonoClock::advance(1h);
  const auto until = std::chrono::steady_clock::now() + 20ms;
  loop_.restart();
  loop_.run_until(until);
  EXPECT_TRUE(log_.empty());
  MonoClock::advance(1h);
  run();
  EXPECT_EQ(log_.size(), 1U);
}

asio::awaitable<void> sleep_beside_an_old_timer(std::vector<std::string>& log) {
  MonoClock::advance(2h);  // past the other's deadline, which the kernel does not know
  co_await sleep_for(0s);
  log.emplace_back("short");
}

TEST_F(SleepTest, AShortSleepIsNotHeldUpByATimerThatAdvanceMadeExpire) {
  spawn(sleep_and_log(1h, log_, "long"));
  settle();
  spawn(sleep_beside_an_old_timer(log_));
  run();
  EXPECT_EQ(log_.size(), 2U);
}

asio::awaitable<void> sleep_nothing(bool& done) {
  co_await sleep_for(0s);
  done = true;
}

TEST_F(SleepTest, ASleepOfNothingStillGoesOnceThroughTheLoop) {
  bool done = false;
  bool other_ran = false;
  spawn(sleep_nothing(done));
  asio::post(loop_, [&] { other_ran = !done; });
  run();
  EXPECT_TRUE(done);
  EXPECT_TRUE(other_ran);
}

}  // namespace
}  // namespace pf
