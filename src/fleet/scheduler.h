// Which account begins next.  Pure: told what happens and what time it is, it says who may go.
//
// Rules (each has a test):
//   - at most `accounts` accounts and `per_host` a host are at work at once, and a pair is at work at both of
//   its
//     hosts
//   - an account that has moved nothing for `stall_after` is not at work: it keeps its connections, but its
//   places
//     go to others until it moves again
//   - a host that owes the answer somebody stalls for gets a limited number of such; when nobody gets
//   anything from
//     it any more, no more than its budget, and one that tries it now and then
//   - between the pairs of hosts those come first that have the fewest accounts at work, so that a slow one
//     leaves the places at a host it shares with others to those; within a pair of hosts it is the order they
//     were enqueued in
#pragma once

#include "base/clock.h"
#include "fleet/fleet.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pf::fleet {

// `limits` with what was left to us chosen for `cores`.
Limits chosen(Limits limits, std::size_t cores);

class Scheduler {
 public:
  static constexpr auto stall_after = std::chrono::seconds(5);
  static constexpr std::size_t max_stalled = 256;           // of the whole run
  static constexpr std::size_t stalled_budgets_a_host = 4;  // while others still get on with it

  struct Hosts {
    std::string from, to;  // empty: a place on this machine, which has no budget
  };

  // `limits` without zeros.
  Scheduler(const std::vector<Hosts>& accounts, Limits limits);

  // Waits from now on, behind those that do; again after it ended: in its old place.
  void enqueue(std::size_t account);
  // Does not wait any more.
  void withdraw(std::size_t account);
  // The next to begin, which has begun with that; nothing: nobody may.
  std::optional<std::size_t> start(TimePoint now);

  // How an account that has begun is doing.
  struct Vitals {
    std::uint64_t moved = 0;  // grows with whatever it does
    bool awaits_from = false, awaits_to = false;
  };
  void observe(std::size_t account, const Vitals& vitals, TimePoint now);
  // `got_through`: it had from both hosts what it came for, however short ago it was looked at.
  void ended(std::size_t account, bool got_through, TimePoint now);

  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] std::size_t running() const { return active_ + stalled_; }
  [[nodiscard]] std::size_t stalled() const { return stalled_; }

 private:
  struct Host {
    explicit Host(bool here) : local(here) {}
    bool local;
    std::size_t active = 0;
    std::size_t blamed = 0;  // stalled accounts that wait for it
    TimePoint last_start{}, last_progress{};
  };
  // Accounts between the same two hosts.
  struct Route {
    Route(std::size_t source, std::size_t target) : from(source), to(target) {}
    std::size_t from, to;
    std::deque<std::pair<std::uint64_t, std::size_t>> waiting;  // {number in the queue, account}, ascending
    std::size_t running = 0;
  };
  enum class State : std::uint8_t { idle, waiting, active, stalled };
  struct Account {
    std::size_t route = 0;
    State state = State::idle;
    std::optional<std::uint64_t> number;  // in the queue
    bool blames_from = false, blames_to = false;
    std::uint64_t moved = 0;
    TimePoint last_progress{};
  };

  std::size_t host_index(const std::string& name);
  [[nodiscard]] bool admits(const Host& host, TimePoint now) const;
  [[nodiscard]] bool may_start(const Route& route, TimePoint now) const;
  // Takes its places, or gives them back, as an account at work (+1, -1) or as one that stalls.
  void count(const Account& account, int change);
  void become(Account& account, State state);

  Limits limits_;
  std::vector<Account> accounts_;
  std::vector<Host> hosts_;
  std::vector<Route> routes_;
  std::map<std::string, std::size_t> host_numbers_;
  std::uint64_t next_number_ = 0;
  std::size_t waiting_ = 0, active_ = 0, stalled_ = 0;
};

}  // namespace pf::fleet
