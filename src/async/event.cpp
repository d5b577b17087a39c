#include "async/event.h"

#include <asio/basic_waitable_timer.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <list>

namespace pf {

using Timer = asio::basic_waitable_timer<MonoClock>;
inline constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);

// One timer a waiter: cancelling it is the wake-up, its expiry the deadline.
struct Event::Impl {
  std::list<Timer*> waiters;
};

Event::Event() : impl_(std::make_shared<Impl>()) {}
Event::~Event() = default;

asio::awaitable<void> Event::wait() { (void)co_await wait_until(TimePoint::max()); }

asio::awaitable<bool> Event::wait_until(TimePoint deadline) {
  auto impl = impl_;
  Timer timer(co_await asio::this_coro::executor, deadline);
  auto place = impl->waiters.insert(impl->waiters.end(), &timer);
  auto result = co_await timer.async_wait(as_result);
  impl->waiters.erase(place);
  co_return std::get<0>(result) == asio::error::operation_aborted;
}

void Event::notify_all() {
  for (Timer* t : impl_->waiters) t->cancel();
}

asio::awaitable<AsyncMutex::Lock> AsyncMutex::lock() {
  const std::size_t ticket = next_ticket_++;
  while (serving_ != ticket) co_await changed_.wait();
  co_return Lock(this);
}

void AsyncMutex::unlock() {
  ++serving_;
  changed_.notify_all();
}

asio::awaitable<void> sleep_for(Duration d) { co_await sleep_until(MonoClock::now() + d); }

asio::awaitable<void> sleep_until(TimePoint deadline) {
  Timer timer(co_await asio::this_coro::executor, deadline);
  (void)co_await timer.async_wait(as_result);
}

}  // namespace pf
