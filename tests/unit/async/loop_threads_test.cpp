#include "async/loop_threads.h"

#include "async/event.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace pf::test {
namespace {

TEST(LoopThreads, WhatIsStartedOnALoopStaysOnItsThread) {
  LoopThreads loops(3);
  ASSERT_EQ(loops.size(), 3U);
  std::array<std::promise<std::pair<std::thread::id, std::thread::id>>, 3> told;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    loops.spawn(i, [&told, i]() -> asio::awaitable<void> {
      const auto before = std::this_thread::get_id();
      co_await sleep_for(std::chrono::milliseconds(1));
      told[i].set_value({before, std::this_thread::get_id()});
    });
  }
  std::set<std::thread::id> threads;
  for (auto& one : told) {
    const auto [before, after] = one.get_future().get();
    EXPECT_EQ(before, after);
    threads.insert(after);
  }
  EXPECT_EQ(threads.size(), 3U);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST(LoopThreads, ThereIsAlwaysOne) {
  LoopThreads loops(0);
  EXPECT_EQ(loops.size(), 1U);
}

TEST(LoopThreads, EndsThoughSomethingStillWaitsAndFreesWhatItHeld) {
  const auto held = std::make_shared<int>(1);
  std::promise<void> waiting;
  {
    LoopThreads loops(2);
    loops.spawn(1, [held, &waiting]() -> asio::awaitable<void> {
      waiting.set_value();
      co_await sleep_for(std::chrono::hours(1));
    });
    waiting.get_future().wait();
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(LoopThreads, KeepsTheCapturesOfATaskUntilItHasEnded) {
  LoopThreads loops(1);
  auto text = std::make_shared<std::string>("kept");
  const std::weak_ptr<std::string> watched = text;
  std::promise<std::string> told;
  loops.spawn(0, [text = std::move(text), &told]() -> asio::awaitable<void> {
    co_await sleep_for(std::chrono::milliseconds(2));
    told.set_value(*text);
  });
  EXPECT_EQ(told.get_future().get(), "kept");
}

}  // namespace
}  // namespace pf::test
