// The few ways coroutines of one event loop wait for each other.  Nothing here is thread-safe: all waiters and
// signallers run on the same loop.
#pragma once

#include "async/task.h"
#include "base/clock.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace pf {

// Waiters sleep until the next notify.  Spurious wake-ups happen: always wait in a loop on a condition.
class Event {
 public:
  Event();
  ~Event();  // wakes nobody: whoever waits must be gone
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  asio::awaitable<void> wait();
  // False when the deadline passed first.
  asio::awaitable<bool> wait_until(TimePoint deadline);
  void notify_all();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // outlives a waiter that is resumed after us
};

// First come, first served.  `auto lock = co_await mutex.lock();`
class AsyncMutex {
 public:
  class Lock {
   public:
    explicit Lock(AsyncMutex* m) : mutex_(m) {}
    Lock(Lock&& o) noexcept : mutex_(std::exchange(o.mutex_, nullptr)) {}
    Lock& operator=(Lock&& o) noexcept {
      std::swap(mutex_, o.mutex_);
      return *this;
    }
    ~Lock() {
      if (mutex_ != nullptr) mutex_->unlock();
    }

   private:
    AsyncMutex* mutex_;
  };

  asio::awaitable<Lock> lock();

 private:
  void unlock();
  std::size_t next_ticket_ = 0;
  std::size_t serving_ = 0;
  Event changed_;
};

// Suspends for `d` (at least once through the loop when d is zero).
asio::awaitable<void> sleep_for(Duration d);
asio::awaitable<void> sleep_until(TimePoint deadline);

}  // namespace pf
