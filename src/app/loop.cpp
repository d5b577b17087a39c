#include "app/loop.h"

#include "async/event.h"
#include "async/group.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

namespace pf::app {

namespace {

// Ctrl-C to the end of the program: 5 s at most, so a little less for us.
constexpr auto time_to_end = std::chrono::milliseconds(3500);
constexpr auto look_every = std::chrono::milliseconds(50);

asio::awaitable<void> watch(const bool& done, StopFlag& stop, const std::function<bool()>& over,
                            const std::function<void()>& abort) {
  StopPatience patience;
  while (!done) {
    co_await sleep_for(look_every);
    if (!patience.is_over(stop.load(), over())) continue;
    abort();
    co_return;
  }
}

asio::awaitable<void> run_and_mark(asio::awaitable<void> job, bool& done) {
  co_await std::move(job);
  done = true;
}

}  // namespace

bool StopPatience::is_over(int wish, bool over) {
  if (wish == 0 && !over) return false;
  if (asked_ == TimePoint{}) asked_ = MonoClock::now();
  return wish >= 2 || MonoClock::now() - asked_ > time_to_end;
}

struct Loop::Impl {
  asio::io_context context{1};
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run(asio::awaitable<void> job, StopFlag& stop, const std::function<bool()>& over,
               const std::function<void()>& abort) {
  asio::io_context& context = impl_->context;
  bool done = false;
  asio::co_spawn(context, run_and_mark(std::move(job), done), asio::detached);
  asio::co_spawn(context, watch(done, stop, over, abort), asio::detached);
  while (!done && context.run_one() != 0) {
  }
  // What is left waits for nothing any more (idle connections, timers); destroying the loop ends it.
}

}  // namespace pf::app
