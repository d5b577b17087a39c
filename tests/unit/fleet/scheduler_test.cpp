// The rules at the top of fleet/scheduler.h, in virtual time.
#include "fleet/scheduler.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace pf::fleet {
namespace {

using std::chrono::seconds;

class SchedulerOf {
 public:
  SchedulerOf(std::vector<Scheduler::Hosts> accounts, Limits limits)
      : hosts(std::move(accounts)), scheduler(hosts, limits) {
    for (std::size_t i = 0; i < hosts.size(); ++i) scheduler.enqueue(i);
  }

  // All that may begin now.
  std::vector<std::size_t> start() {
    std::vector<std::size_t> started;
    while (const auto account = scheduler.start(now)) {
      started.push_back(*account);
      running.insert(*account);
    }
    return started;
  }
  void end(std::size_t account, bool got_through = true) {
    scheduler.ended(account, got_through, now);
    running.erase(account);
  }
  // A second goes by; those of `stuck` do not move, and wait for an answer of the source.
  void tick(const std::set<std::size_t>& stuck = {}) {
    now += seconds(1);
    for (const auto account : running) {
      const bool moves = !stuck.contains(account);
      if (moves) ++moved[account];
      scheduler.observe(account, {moved[account], !moves && blame_source, !moves && blame_target}, now);
    }
  }
  void ticks(int count, const std::set<std::size_t>& stuck = {}) {
    for (int i = 0; i < count; ++i) tick(stuck);
  }

  std::vector<Scheduler::Hosts> hosts;
  Scheduler scheduler;
  TimePoint now{seconds(1000)};
  std::set<std::size_t> running;
  std::map<std::size_t, std::uint64_t> moved;
  bool blame_source = true, blame_target = false;
};

std::vector<Scheduler::Hosts> between(const std::string& from, const std::string& to, std::size_t accounts) {
  return std::vector<Scheduler::Hosts>(accounts, {from, to});
}

std::vector<std::size_t> numbers(std::size_t first, std::size_t count) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(first + i);
  return out;
}

TEST(Scheduler, StartsInTheOrderOfTheQueueUpToTheBudgetOfTheHost) {
  SchedulerOf s(between("a", "b", 10), {.accounts = 100, .per_host = 3});
  EXPECT_EQ(s.start(), numbers(0, 3));
  s.end(1);
  EXPECT_EQ(s.start(), numbers(3, 1));
  EXPECT_EQ(s.scheduler.waiting(), 6U);
  EXPECT_EQ(s.scheduler.running(), 3U);
}

TEST(Scheduler, APairCountsAtBothOfItsHosts) {
  auto accounts = between("a", "target", 2);
  for (const auto& more : {between("target", "b", 2), between("c", "d", 2)})
    accounts.insert(accounts.end(), more.begin(), more.end());
  SchedulerOf s(accounts, {.accounts = 100, .per_host = 2});
  const auto started = s.start();
  EXPECT_EQ(std::set(started.begin(), started.end()), (std::set<std::size_t>{0, 2, 4, 5}));
}

TEST(Scheduler, APairWithinOneHostCountsThereOnce) {
  SchedulerOf s(between("a", "a", 5), {.accounts = 100, .per_host = 3});
  EXPECT_EQ(s.start().size(), 3U);
}

TEST(Scheduler, APlaceOnThisMachineHasNoBudget) {
  SchedulerOf s(between("", "", 9), {.accounts = 7, .per_host = 1});
  EXPECT_EQ(s.start().size(), 7U);
}

TEST(Scheduler, TheGlobalLimitHoldsOverAllHosts) {
  std::vector<Scheduler::Hosts> accounts;
  for (int i = 0; i < 50; ++i) accounts.push_back({"a" + std::to_string(i), "b" + std::to_string(i)});
  SchedulerOf s(accounts, {.accounts = 5, .per_host = 2});
  EXPECT_EQ(s.start(), numbers(0, 5));
}

TEST(Scheduler, ASlowSourceLeavesPlacesAtTheTargetItSharesToOthers) {
  auto accounts = between("slow", "target", 50);
  const auto more = between("fast", "target", 50);
  accounts.insert(accounts.end(), more.begin(), more.end());
  SchedulerOf s(accounts, {.accounts = 100, .per_host = 8});
  const auto started = s.start();
  EXPECT_EQ(std::ranges::count_if(started, [](auto account) { return account < 50; }), 4);
  EXPECT_EQ(started.size(), 8U);
}

TEST(Scheduler, AnAccountThatStallsGivesItsPlacesAwayAndTakesThemAgainWhenItMoves) {
  SchedulerOf s(between("a", "b", 10), {.accounts = 2, .per_host = 2});
  EXPECT_EQ(s.start(), numbers(0, 2));
  s.ticks(4, {0});
  EXPECT_TRUE(s.start().empty());
  s.tick({0});
  EXPECT_EQ(s.scheduler.stalled(), 1U);
  EXPECT_EQ(s.start(), numbers(2, 1));
  s.tick();  // all move again: one more than wanted is at work, so nobody begins until two have ended
  EXPECT_EQ(s.scheduler.stalled(), 0U);
  EXPECT_EQ(s.scheduler.running(), 3U);
  s.end(1);
  EXPECT_TRUE(s.start().empty());
  s.end(0);
  EXPECT_EQ(s.start(), numbers(3, 1));
}

// 200 accounts with one target; the first 100 each have a source of their own that says nothing.
TEST(Scheduler, AHundredSourcesThatStallDoNotKeepTheOthersFromTheTargetTheyShare) {
  std::vector<Scheduler::Hosts> accounts;
  for (int i = 0; i < 200; ++i) accounts.push_back({"source" + std::to_string(i), "target"});
  SchedulerOf s(accounts, {.accounts = 16, .per_host = 8});
  std::set<std::size_t> stuck, done;
  for (std::size_t i = 0; i < 100; ++i) stuck.insert(i);
  int passed = 0;
  while (done.size() < 100 && passed < 300) {
    s.start();
    s.tick(stuck);
    ++passed;
    for (const auto account : std::set(s.running)) {  // a second is all a good one needs
      if (stuck.contains(account)) continue;
      s.end(account);
      done.insert(account);
    }
  }
  EXPECT_EQ(done.size(), 100U);
  EXPECT_LE(passed, 90);  // all who stall have been begun by then: 8 every 5 seconds
  EXPECT_LE(s.scheduler.stalled(), 100U);
}

TEST(Scheduler, AHostThatAnswersNobodyGetsNoMoreThanItsBudgetAndOneTryNowAndThen) {
  SchedulerOf s(between("dead", "b", 100), {.accounts = 50, .per_host = 4});
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < 100; ++i) all.insert(i);
  EXPECT_EQ(s.start().size(), 4U);
  s.ticks(5, all);
  EXPECT_EQ(s.start().size(), 1U);
  s.ticks(4, all);
  EXPECT_EQ(s.start().size(), 0U);
  s.ticks(1, all);
  EXPECT_EQ(s.start().size(), 1U);
}

// Small accounts end before anybody has looked at them.
TEST(Scheduler, WhoEndsBetweenTwoLooksShowsThatTheHostAnswers) {
  SchedulerOf s(between("half", "b", 10), {.accounts = 1, .per_host = 1});
  EXPECT_EQ(s.start(), numbers(0, 1));
  s.ticks(5, {0});
  EXPECT_EQ(s.start(), numbers(1, 1));
  for (std::size_t next = 2; next < 9; ++next) {
    s.end(next - 1);
    EXPECT_EQ(s.start(), numbers(next, 1));
  }
  // One that got nothing is no sign of life.
  s.ticks(5, {0, 8});
  s.end(8, false);
  EXPECT_EQ(s.start().size(), 1U);  // the try now and then
  s.end(9, false);
  EXPECT_EQ(s.scheduler.running(), 1U);
}

TEST(Scheduler, AHostWhereSomeStallAndOthersDoNotGoesOnUpToALimit) {
  SchedulerOf s(between("half", "b", 1000), {.accounts = 500, .per_host = 4});
  std::set<std::size_t> stuck;
  for (std::size_t i = 0; i < 1000; i += 2) stuck.insert(i);
  std::size_t done = 0;
  for (int second = 0; second < 500; ++second) {
    s.start();
    s.tick(stuck);
    for (const auto account : std::set(s.running)) {
      if (stuck.contains(account)) continue;
      s.end(account);
      ++done;
    }
    ASSERT_LE(s.scheduler.running(), 4U * (1 + Scheduler::stalled_budgets_a_host) + 1 + 100);
  }
  // Those that stall never end here, so in the end the host is full of them; until then the others got on.
  EXPECT_GE(done, 15U);
}

TEST(Scheduler, WhoStallsForReasonsOfHisOwnIsNoHostsFault) {
  SchedulerOf s(between("a", "b", 100), {.accounts = 50, .per_host = 4});
  s.blame_source = false;
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < 100; ++i) all.insert(i);
  EXPECT_EQ(s.start().size(), 4U);
  s.ticks(5, all);
  EXPECT_EQ(s.start().size(), 4U);
}

TEST(Scheduler, NeverHasMoreThanSoManyThatStall) {
  std::vector<Scheduler::Hosts> accounts;
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < 2000; ++i) {
    accounts.push_back({"source" + std::to_string(i), "target"});
    all.insert(i);
  }
  SchedulerOf s(accounts, {.accounts = 64, .per_host = 64});
  for (int second = 0; second < 200; ++second) {
    s.start();
    s.tick(all);
  }
  EXPECT_LE(s.scheduler.stalled(), Scheduler::max_stalled + 64);
  EXPECT_GE(s.scheduler.stalled(), Scheduler::max_stalled);
}

TEST(Scheduler, WhoIsWithdrawnDoesNotBegin) {
  SchedulerOf s(between("a", "b", 3), {.accounts = 1, .per_host = 1});
  s.scheduler.withdraw(1);
  s.scheduler.withdraw(1);
  EXPECT_EQ(s.start(), numbers(0, 1));
  s.scheduler.withdraw(0);  // it runs: nothing happens
  s.end(0);
  EXPECT_EQ(s.start(), numbers(2, 1));
  s.end(2);
  EXPECT_EQ(s.scheduler.waiting() + s.scheduler.running(), 0U);
}

TEST(Scheduler, WhoWasHeldGoesOnBeforeThoseBehindHim) {
  SchedulerOf s(between("a", "b", 5), {.accounts = 2, .per_host = 2});
  EXPECT_EQ(s.start(), numbers(0, 2));
  for (const std::size_t held : {0U, 1U}) {
    s.end(held);
    s.scheduler.enqueue(held);
  }
  EXPECT_EQ(s.start(), numbers(0, 2));
}

TEST(Scheduler, ChoosesLimitsThatAreLeftToIt) {
  EXPECT_EQ(chosen({.accounts = 3, .per_host = 2}, 4).accounts, 3U);
  EXPECT_EQ(chosen({.accounts = 3, .per_host = 0}, 4).per_host, 3U);
  const auto both = chosen({}, 2);
  EXPECT_GE(both.per_host, 4U);
  EXPECT_GE(both.accounts, both.per_host);
  EXPECT_EQ(chosen({.accounts = 0, .per_host = 100}, 2).accounts, 100U);
}

// Whatever happens in whatever order: limits hold for those that move, everybody gets his turn, and nothing
// is counted twice.
RC_GTEST_PROP(Scheduler, KeepsItsLimitsAndServesAll, ()) {
  const auto per_host = *rc::gen::inRange<std::size_t>(1, 5);
  const auto limit = *rc::gen::inRange<std::size_t>(1, 12);
  const auto count = *rc::gen::inRange<std::size_t>(1, 60);
  const auto host = [] { return std::string(1, *rc::gen::inRange('a', 'f')); };
  std::vector<Scheduler::Hosts> accounts;
  for (std::size_t i = 0; i < count; ++i) accounts.push_back({host(), host()});
  SchedulerOf s(accounts, {.accounts = limit, .per_host = per_host});
  std::set<std::size_t> ended;
  for (int round = 0; ended.size() < count; ++round) {
    RC_ASSERT(round < 1000);
    s.start();
    std::map<std::string, std::size_t> at_host;
    for (const auto account : s.running) {
      ++at_host[accounts[account].from];
      if (accounts[account].to != accounts[account].from) ++at_host[accounts[account].to];
    }
    RC_ASSERT(s.running.size() <= limit);
    for (const auto& [name, running] : at_host) RC_ASSERT(running <= per_host);
    RC_ASSERT(s.scheduler.running() == s.running.size());
    RC_ASSERT(s.scheduler.waiting() == count - s.running.size() - ended.size());
    RC_ASSERT(!s.running.empty());  // as long as somebody waits, somebody runs
    s.tick();
    const auto victim = *rc::gen::elementOf(std::vector(s.running.begin(), s.running.end()));
    s.end(victim);
    ended.insert(victim);
  }
  RC_ASSERT(s.scheduler.waiting() + s.scheduler.running() == 0U);
}

}  // namespace
}  // namespace pf::fleet
