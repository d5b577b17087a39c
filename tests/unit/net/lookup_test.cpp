// Who waits for which name server, and who does not.
#include "net/lookup.h"

#include "async/group.h"
#include "unit/net/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace pf::net {

namespace {

using namespace pf::test;
using namespace std::chrono_literals;
using Addresses = std::vector<asio::ip::address>;

Addresses addresses(const char* text) {
  return {asio::ip::make_address(text)};
}

TimePoint in(Duration time) {
  return MonoClock::now() + time;
}

// Names that begin with "silent" are answered once the test says so, and "bad" ones never well.  Each test
// has names of its own: a lookup of one before may still be under way.
class Lookup : public ::testing::Test {
 protected:
  struct World {
    std::latch speak{1};
    std::mutex mutex;
    std::map<std::string, int> asked;  // by name: a lookup of a test before may come in only now
  };
  int asked(const std::string& host) {
    const std::lock_guard lock(world_->mutex);
    return world_->asked[host];
  }

  Lookup() {
    replace_lookup([world = world_](const std::string& host) -> Result<Addresses> {
      {
        const std::lock_guard lock(world->mutex);
        ++world->asked[host];
      }
      if (host.starts_with("silent")) world->speak.wait();
      if (host.starts_with("bad"))
        return Error(Errc::resolve, Scope::account, Retry::never, "looking up " + host);
      return addresses("192.0.2.7");
    });
  }
  ~Lookup() override {
    if (!world_->speak.try_wait()) world_->speak.count_down();
    replace_lookup(nullptr);
  }

  std::shared_ptr<World> world_ = std::make_shared<World>();
};

TEST_F(Lookup, ANameServerThatIsSilentHoldsUpNobodyElse) {
  on_loop([&]() -> asio::awaitable<void> {
    TaskGroup silent;
    for (int i = 0; i < 20; ++i) {
      auto wait = [](std::string host) -> Task<void> {
        const auto found = co_await look_up(std::move(host), in(200s), nullptr);
        EXPECT_TRUE(found);
        co_return Status{};
      };
      co_await silent.spawn(wait("silent" + std::to_string(i)));
    }
    const auto found = co_await look_up("quick", in(200s), nullptr);
    EXPECT_TRUE(found);
    EXPECT_EQ(silent.running(), 20U);
    world_->speak.count_down();
    EXPECT_TRUE(co_await silent.join());
  });
}

TEST_F(Lookup, ThoseWhoAskForOneNameShareOneQuestionAndItsAnswerIsRemembered) {
  on_loop([&]() -> asio::awaitable<void> {
    TaskGroup all;
    for (int i = 0; i < 5; ++i) {
      auto ask = []() -> Task<void> {
        const auto found = co_await look_up("silent 1", in(200s), nullptr);
        if (!found) co_return found.error();
        EXPECT_EQ(*found, addresses("192.0.2.7"));
        co_return Status{};
      };
      co_await all.spawn(ask());
    }
    world_->speak.count_down();
    EXPECT_TRUE(co_await all.join());
    EXPECT_TRUE(co_await look_up("silent 1", in(200s), nullptr));
  });
  EXPECT_EQ(asked("silent 1"), 1);
}

TEST_F(Lookup, AFailureIsToldAndNotRemembered) {
  on_loop([&]() -> asio::awaitable<void> {
    const auto first = co_await look_up("bad", in(200s), nullptr);
    EXPECT_FALSE(first);
    if (!first) EXPECT_EQ(first.error().code, Errc::resolve);
    EXPECT_FALSE(co_await look_up("bad", in(200s), nullptr));
  });
  EXPECT_EQ(asked("bad"), 2);
}

TEST_F(Lookup, EndsAtItsDeadline) {
  on_loop([&]() -> asio::awaitable<void> {
    const auto found = co_await look_up("silent 3", in(20ms), nullptr);
    EXPECT_FALSE(found);
    if (!found) EXPECT_EQ(found.error().code, Errc::timeout);
  });
}

TEST_F(Lookup, EndsWhenItIsCancelled) {
  on_loop([&]() -> asio::awaitable<void> {
    CancelSignal signal;
    TaskGroup group;
    auto ask = [&]() -> Task<void> {
      const auto found = co_await look_up("silent 4", in(200s), &signal);
      EXPECT_FALSE(found);
      if (!found) EXPECT_EQ(found.error().code, Errc::cancelled);
      co_return Status{};
    };
    co_await group.spawn(ask());
    signal.cancel();
    EXPECT_TRUE(co_await group.join());
  });
}

TEST_F(Lookup, WhoeverIsGoneWithHisLoopIsNotTold) {
  {
    asio::io_context loop(1);
    asio::co_spawn(loop, look_up("silent 5", in(200s), nullptr), asio::detached);
    loop.poll();
  }
  on_loop([&]() -> asio::awaitable<void> {
    TaskGroup group;
    auto ask = []() -> Task<void> {
      const auto found = co_await look_up("silent 5", in(200s), nullptr);
      EXPECT_TRUE(found);
      co_return Status{};
    };
    co_await group.spawn(ask());
    world_->speak.count_down();
    EXPECT_TRUE(co_await group.join());
  });
  EXPECT_EQ(asked("silent 5"), 1);
}

TEST_F(Lookup, ManyLoopsAskAtOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> found{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&found, t] {
      on_loop([&found, t]() -> asio::awaitable<void> {
        for (int i = 0; i < 50; ++i) {
          const auto host = "6 host" + std::to_string((i * 7 + t) % 20);
          const auto answer = co_await look_up(host, in(200s), nullptr);
          if (answer) ++found;
        }
      });
    });
  }
  threads.clear();
  EXPECT_EQ(found, 200);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(asked("6 host" + std::to_string(i)), 1);
}

TEST(SystemLookup, KnowsLocalhostAndNotWhatDoesNotExist) {
  on_loop([]() -> asio::awaitable<void> {
    const auto local = co_await look_up("localhost", in(200s), nullptr);
    EXPECT_TRUE(local);
    if (local) EXPECT_TRUE(local->front().is_loopback());
    const auto none = co_await look_up("no such host", in(200s), nullptr);
    EXPECT_FALSE(none);
    if (!none) EXPECT_EQ(none.error().code, Errc::resolve);
  });
}

}  // namespace

}  // namespace pf::net
