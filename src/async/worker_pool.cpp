#include "async/worker_pool.h"

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>

namespace pf {

struct WorkerPool::Impl {
  explicit Impl(std::size_t count) : threads(count) {}
  asio::thread_pool threads;
};

WorkerPool::WorkerPool(std::size_t threads) : impl_(std::make_unique<Impl>(threads)) {}

WorkerPool::~WorkerPool() {
  impl_->threads.join();
}

asio::awaitable<void> WorkerPool::submit(Work work) {
  auto start = [threads = impl_->threads.get_executor(), job = std::move(work)](auto handler) mutable {
    auto executor = asio::get_associated_executor(handler);
    auto guard = asio::make_work_guard(executor);  // the loop must not end while we are away
    asio::post(threads, [executor, guard = std::move(guard), job = std::move(job),
                         handler = std::move(handler)]() mutable {
      job();
      job = nullptr;  // what it holds goes before its caller is told
      asio::post(executor, [handler = std::move(handler)]() mutable { handler(); });
      guard.reset();
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start), asio::use_awaitable);
}

}  // namespace pf
