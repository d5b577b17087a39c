#include "async/group.h"

#include <asio/co_spawn.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <cassert>

namespace pf {

TaskGroup::~TaskGroup() {
  assert(running_ == 0);
}

asio::awaitable<void> TaskGroup::spawn(Task<void> task) {
  auto executor = co_await asio::this_coro::executor;
  ++running_;
  auto on_end = [this](const std::exception_ptr& failure, const Status& status) {
    --running_;
    if (!status && !first_error_) first_error_ = status.error();
    changed_.notify_all();
    if (failure) std::rethrow_exception(failure);
  };
  asio::co_spawn(executor, std::move(task), on_end);
}

asio::awaitable<void> TaskGroup::wait_below(std::size_t n) {
  while (running_ > n) co_await changed_.wait();
}

Task<void> TaskGroup::join() {
  co_await wait_below(0);
  if (first_error_) co_return *std::exchange(first_error_, std::nullopt);
  co_return Status{};
}

asio::awaitable<void> spawn_detached(asio::awaitable<void> task) {
  auto executor = co_await asio::this_coro::executor;
  // Not asio::detached, which swallows exceptions: nobody awaits an Error here, but a bug must not pass in
  // silence.
  const auto on_end = [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  };
  asio::co_spawn(executor, std::move(task), on_end);
}

}  // namespace pf
