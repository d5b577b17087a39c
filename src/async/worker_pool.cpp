#include "async/worker_pool.h"

#include "async/elsewhere.h"

#include <asio/post.hpp>
#include <asio/thread_pool.hpp>

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
  auto start = [threads = impl_->threads.get_executor(), job = std::move(work)](Answer answer) mutable {
    asio::post(threads, [job = std::move(job), answer = std::move(answer)]() mutable {
      job();
      job = nullptr;  // what it holds goes before its caller is told
      answer({});
    });
  };
  ignore(co_await await_answer(std::move(start)));
}

}  // namespace pf
