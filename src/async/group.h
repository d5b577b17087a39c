// A group of coroutines that run side by side and are awaited together.
#pragma once

#include "async/event.h"

namespace pf {

class TaskGroup {
 public:
  TaskGroup() = default;
  ~TaskGroup();  // all must have been joined
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts `task` on the caller's loop; it runs at once up to where it first waits.  The first error is kept
  // for join(). An exception that escapes it leaves the loop's run().
  asio::awaitable<void> spawn(Task<void> task);
  [[nodiscard]] std::size_t running() const { return running_; }
  // Waits until at most `n` are running.
  asio::awaitable<void> wait_below(std::size_t n);
  // Waits for all; the first error any of them ended with.  The group can then be used again.
  Task<void> join();

 private:
  std::size_t running_ = 0;
  std::optional<Error> first_error_;
  Event changed_;
};

// Starts a coroutine nobody awaits; it must handle its own errors and outlive nothing it refers to.
asio::awaitable<void> spawn_detached(asio::awaitable<void> task);

}  // namespace pf
