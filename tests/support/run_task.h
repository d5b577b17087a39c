// Runs coroutines from a plain test: `auto result = run(journal.pairs(1));`.
#pragma once

#include "async/task.h"

#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace pf::test {

// An event loop that runs until a given task has ended; what else hangs on the loop stays and goes on at the
// next run().
class Loop {
 public:
  // Throws std::runtime_error when the task has not ended after `limit`: a test that hangs is a failure.
  template <class T>
  Result<T> run(Task<T> task, std::chrono::seconds limit = std::chrono::seconds(300)) {
    std::optional<Result<T>> result;
    std::exception_ptr thrown;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    asio::co_spawn(context_, std::move(task), [&](std::exception_ptr failure, Result<T> value) {
      thrown = std::move(failure);
      result.emplace(std::move(value));
    });
    while (!result) {
      context_.restart();
      if (context_.run_one_until(deadline) == 0 && !result)
        throw std::runtime_error("the task did not end in time");
    }
    if (thrown) std::rethrow_exception(thrown);
    return *std::move(result);
  }

  [[nodiscard]] asio::io_context& context() { return context_; }

 private:
  asio::io_context context_{1};
  // Without it a thread that lets go of the last work stops the loop, and may do so as late as in the next
  // run().
  asio::executor_work_guard<asio::io_context::executor_type> never_idle_{context_.get_executor()};
};

// The loop run() uses.  Never destroyed: coroutines left on it would find their tests gone.
inline Loop& shared_loop() {
  static auto* const loop = new Loop;
  return *loop;
}

template <class T>
Result<T> run(Task<T> task, std::chrono::seconds limit = std::chrono::seconds(300)) {
  return shared_loop().run(std::move(task), limit);
}

}  // namespace pf::test
