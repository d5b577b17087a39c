#include "async/event.h"

#include <asio/experimental/as_tuple.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <list>

namespace pf {

namespace {

constexpr auto as_result = asio::experimental::as_tuple(asio::use_awaitable);

// A place in a list for as long as the coroutine lives: a coroutine may be destroyed in the middle of its
// wait, when the loop is.
class Waiting {
 public:
  Waiting(std::list<Timer*>& list, Timer& timer) : list_(list), place_(list.insert(list.end(), &timer)) {}
  ~Waiting() { list_.erase(place_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::list<Timer*>& list_;
  std::list<Timer*>::iterator place_;
};

}  // namespace

// One timer a waiter: cancelling it is the wake-up, its expiry the deadline.
struct Event::Impl {
  std::list<Timer*> waiters;
};

Event::Event() : impl_(std::make_shared<Impl>()) {}
Event::~Event() = default;

asio::awaitable<void> Event::wait() {
  (void)co_await wait_until(TimePoint::max());
}

asio::awaitable<bool> Event::wait_until(TimePoint deadline) {
  auto impl = impl_;
  Timer timer(co_await asio::this_coro::executor, deadline);
  const Waiting waiting(impl->waiters, timer);
  auto result = co_await timer.async_wait(as_result);
  co_return std::get<0>(result) == asio::error::operation_aborted;
}

void Event::notify_all() {
  for (Timer* t : impl_->waiters) t->cancel();
}

asio::awaitable<AsyncMutex::Lock> AsyncMutex::lock() {
  const Ticket ticket = next_ticket_++;
  queue_.push_back(ticket);
  Lock lock(this, ticket);  // from now on: one who stops waiting leaves the queue
  while (queue_.front() != ticket) co_await changed_.wait();
  co_return lock;
}

void AsyncMutex::give_back(Ticket ticket) {
  std::erase(queue_, ticket);
  changed_.notify_all();
}

asio::awaitable<void> sleep_for(Duration d) {
  co_await sleep_until(MonoClock::now() + d);
}

asio::awaitable<void> sleep_until(TimePoint deadline) {
  Timer timer(co_await asio::this_coro::executor, deadline);
  (void)co_await timer.async_wait(as_result);
}

}  // namespace pf
