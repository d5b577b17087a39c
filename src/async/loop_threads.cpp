#include "async/loop_threads.h"

#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace pf {

namespace {

struct OneLoop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> open{context.get_executor()};
  std::thread thread{[this] { context.run(); }};
};

// Keeps `start`, and what it has captured, until the task has ended.
asio::awaitable<void> run_started(std::function<asio::awaitable<void>()> start) {
  auto task = start();
  co_await std::move(task);
}

}  // namespace

struct LoopThreads::Impl {
  std::vector<std::unique_ptr<OneLoop>> loops;
};

LoopThreads::LoopThreads(std::size_t threads) : impl_(std::make_unique<Impl>()) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i)
    impl_->loops.push_back(std::make_unique<OneLoop>());
}

LoopThreads::~LoopThreads() {
  for (auto& loop : impl_->loops) loop->context.stop();
  for (auto& loop : impl_->loops) loop->thread.join();
}

std::size_t LoopThreads::size() const {
  return impl_->loops.size();
}

void LoopThreads::spawn(std::size_t loop, std::function<asio::awaitable<void>()> start) {
  // Not asio::detached, which swallows exceptions: nobody awaits an Error here, but a bug must not pass in
  // silence.
  auto on_end = [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  };
  asio::co_spawn(impl_->loops[loop]->context, run_started(std::move(start)), on_end);
}

}  // namespace pf
