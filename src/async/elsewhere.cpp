#include "async/elsewhere.h"

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

namespace pf {

Task<void> await_answer(std::move_only_function<void(Answer)> start) {
  auto initiate = [start = std::move(start)](auto handler) mutable {
    auto executor = asio::get_associated_executor(handler);
    auto guard = asio::make_work_guard(executor);  // the loop must not end while we are away
    start([executor, guard = std::move(guard), handler = std::move(handler)](Status status) mutable {
      asio::post(executor, [handler = std::move(handler), status = std::move(status)]() mutable {
        handler(std::move(status));
      });
      guard.reset();
    });
  };
  auto status = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Status)>(
      std::move(initiate), asio::use_awaitable);
  co_return status;
}

}  // namespace pf
