// The few ways coroutines of one event loop wait for each other.  Nothing here is thread-safe: all waiters
// and signallers run on the same loop.
#pragma once

#include "async/task.h"
#include "base/clock.h"

#include <cstdint>
#include <deque>
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
  // False when the deadline passed without a notify (or with one just after it).
  asio::awaitable<bool> wait_until(TimePoint deadline);
  void notify_all();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // outlives a waiter that is resumed after us
};

// First come, first served.  `auto lock = co_await mutex.lock();`  The mutex must outlive its locks.
class AsyncMutex {
  using Ticket = std::uint64_t;

 public:
  class Lock {
   public:
    Lock(Lock&& o) noexcept : mutex_(std::exchange(o.mutex_, nullptr)), ticket_(o.ticket_) {}
    Lock& operator=(Lock&& o) noexcept {
      std::swap(mutex_, o.mutex_);
      std::swap(ticket_, o.ticket_);
      return *this;
    }
    ~Lock() {
      if (mutex_ != nullptr) mutex_->give_back(ticket_);
    }

   private:
    friend class AsyncMutex;
    Lock(AsyncMutex* mutex, Ticket ticket) : mutex_(mutex), ticket_(ticket) {}
    AsyncMutex* mutex_;
    Ticket ticket_;
  };

  asio::awaitable<Lock> lock();

 private:
  void give_back(Ticket ticket);
  Ticket next_ticket_ = 0;
  std::deque<Ticket> queue_;  // the holder in front, then those who wait
  Event changed_;
};

// Suspends for `d` (at least once through the loop when d is zero).
asio::awaitable<void> sleep_for(Duration d);
asio::awaitable<void> sleep_until(TimePoint deadline);

}  // namespace pf
