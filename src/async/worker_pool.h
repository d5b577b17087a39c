// A few threads for work that blocks (files), so that the event loop does not.  Awaited from any event loop;
// many loops may share one pool.
#pragma once

#include "async/task.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace pf {

class WorkerPool {
 public:
  using Work = std::move_only_function<void()>;

  explicit WorkerPool(std::size_t threads = 2);
  // Does what was handed in, then ends the threads.  Every loop that awaits something here must be alive
  // still.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `work` on a thread and resumes the caller on its own loop.  Nothing `work` touches may be touched by
  // anybody else meanwhile; it is done even when the caller goes away, so it must own what it needs.
  asio::awaitable<void> submit(Work work);

  // submit() for work that gives a value: work() -> Result<T>.
  template <class T, class F>
  Task<T> call(F work) {
    auto value = std::make_shared<std::optional<Result<T>>>();
    Work job = [value, work = std::move(work)]() mutable { value->emplace(work()); };
    co_await submit(std::move(job));
    co_return *std::move(*value);
  }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pf
