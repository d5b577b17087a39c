#include "async/group.h"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace pf {
namespace {

using namespace std::chrono_literals;

class TaskGroupTest : public testing::Test {
 protected:
  void run(asio::awaitable<void> test) {
    bool ended = false;
    asio::co_spawn(loop_, std::move(test), [&](const std::exception_ptr& failure) {
      ended = true;
      if (failure) std::rethrow_exception(failure);
    });
    loop_.run_for(200s);
    ASSERT_TRUE(ended) << "something still waits";
  }

  asio::io_context loop_{1};
};

Error error_of(Errc code) {
  return {code, Scope::run, Retry::never, "test"};
}

Task<void> succeed_after(int turns, int& done) {
  for (int i = 0; i < turns; ++i) co_await sleep_for(0s);
  ++done;
  co_return Status{};
}

Task<void> fail_after(int turns, Errc code) {
  for (int i = 0; i < turns; ++i) co_await sleep_for(0s);
  co_return error_of(code);
}

asio::awaitable<void> all_end_before_join_does() {
  TaskGroup group;
  int done = 0;
  for (const int turns : {0, 5, 1}) co_await group.spawn(succeed_after(turns, done));
  const auto joined = co_await group.join();
  EXPECT_TRUE(joined);
  EXPECT_EQ(done, 3);
  EXPECT_EQ(group.running(), 0U);
}

TEST_F(TaskGroupTest, JoinWaitsForAll) {
  run(all_end_before_join_does());
}

asio::awaitable<void> first_error_wins() {
  TaskGroup group;
  int done = 0;
  co_await group.spawn(fail_after(9, Errc::timeout));
  co_await group.spawn(fail_after(1, Errc::io));
  co_await group.spawn(succeed_after(12, done));
  const auto joined = co_await group.join();
  EXPECT_FALSE(joined);
  EXPECT_EQ(joined.error().code, Errc::io);
  EXPECT_EQ(done, 1) << "an error of one must not end the others";

  co_await group.spawn(succeed_after(1, done));
  const auto again = co_await group.join();
  EXPECT_TRUE(again) << "the error was told once";
}

TEST_F(TaskGroupTest, JoinTellsTheFirstErrorInTimeAndOnlyOnce) {
  run(first_error_wins());
}

asio::awaitable<void> join_of_nothing() {
  TaskGroup group;
  const auto joined = co_await group.join();
  EXPECT_TRUE(joined);
}

TEST_F(TaskGroupTest, JoinOfNothingIsOver) {
  run(join_of_nothing());
}

Task<void> wait_for(Event& event, const bool& open) {
  while (!open) co_await event.wait();
  co_return Status{};
}

asio::awaitable<void> open_the_gate(Event& event, bool& open) {
  co_await sleep_for(0s);
  open = true;
  event.notify_all();
}

asio::awaitable<void> bounded_side_by_side() {
  TaskGroup group;
  Event gate;
  bool open = false;
  int done = 0;
  co_await group.spawn(wait_for(gate, open));
  co_await group.spawn(succeed_after(3, done));
  EXPECT_EQ(group.running(), 2U);
  co_await group.wait_below(1);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(group.running(), 1U);
  co_await spawn_detached(open_the_gate(gate, open));
  const auto joined = co_await group.join();
  EXPECT_TRUE(joined);
}

TEST_F(TaskGroupTest, WaitBelowLetsTheRestRun) {
  run(bounded_side_by_side());
}

Task<void> throw_after_a_turn() {
  co_await sleep_for(0s);
  throw std::logic_error("a bug");
}

asio::awaitable<void> join_after_a_bug(bool& joined) {
  TaskGroup group;
  co_await group.spawn(throw_after_a_turn());
  const auto status = co_await group.join();
  joined = status.ok();
}

TEST_F(TaskGroupTest, AnExceptionLeavesTheLoopAndTheGroupStaysWhole) {
  bool joined = false;
  asio::co_spawn(loop_, join_after_a_bug(joined), [](const std::exception_ptr&) {});
  EXPECT_THROW(loop_.run_for(200s), std::logic_error);
  loop_.run_for(200s);
  EXPECT_TRUE(joined);
}

asio::awaitable<void> throw_detached() {
  co_await sleep_for(0s);
  throw std::logic_error("a bug");
}

asio::awaitable<void> start_detached() {
  co_await spawn_detached(throw_detached());
}

TEST_F(TaskGroupTest, ABugInADetachedTaskIsNotSwallowed) {
  asio::co_spawn(loop_, start_detached(), [](const std::exception_ptr&) {});
  EXPECT_THROW(loop_.run_for(200s), std::logic_error);
}

}  // namespace
}  // namespace pf
