// Event loops, each on a thread of its own.  What is started on one stays there.
#pragma once

#include "async/task.h"

#include <cstddef>
#include <functional>
#include <memory>

namespace pf {

class LoopThreads {
 public:
  explicit LoopThreads(std::size_t threads);
  // Ends the threads as they stand; what is still suspended is destroyed with its loop.  Whoever answers to a
  // loop from outside (state::Writer, WorkerPool) must have ended before.
  ~LoopThreads();
  LoopThreads(const LoopThreads&) = delete;
  LoopThreads& operator=(const LoopThreads&) = delete;

  [[nodiscard]] std::size_t size() const;
  // From any thread.  Both `start` and what it gives run on that loop; `start` lives until the task has
  // ended.
  void spawn(std::size_t loop, std::function<asio::awaitable<void>()> start);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pf
