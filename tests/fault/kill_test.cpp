// kill -9 at any moment, and the next run goes on: every message once, none lost.
//
// POSTFERRY_KILLS=N kills N times (script/test: a dozen; 200 with POSTFERRY_ALL=1), POSTFERRY_SEED=N repeats
// a run.
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <random>

namespace pf::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Twins of every message: matching by Message-ID alone would call one of them a double.
std::vector<AwkwardMessage> thousand_messages() {
  auto all = small_messages(800, 1500);
  for (std::size_t i = 0; i < 50; ++i) all.push_back(all[i]);
  for (std::size_t i = 0; i < 140; ++i) all.push_back(ordinary_message(5, i));
  for (std::size_t i = 0; i < 10; ++i) all.push_back(message_of_size(1500000, i));
  return all;
}

// Where a run was when it was killed, seen from the target: messages there before it began, when it died, and
// in all.
std::string where(std::uint64_t before, std::uint64_t now, std::uint64_t all) {
  if (now == all) return "after the last message";
  return now > before ? "in a running transfer" : "before its first message";
}

class Kill : public testing::Test {
 protected:
  // The server goes on with what the killed run had sent: with the settle time of the product it is
  // outwaited.
  Kill() { ferry_.settle.clear(); }

  void fill(const std::vector<AwkwardMessage>& messages) {
    std::size_t half = messages.size() / 2;
    const auto at_source = oracle_of(source_, "alice");
    at_source->create("Work");
    append_all(*at_source, "INBOX", std::span(messages).first(half));
    append_all(*at_source, "Work", std::span(messages).subspan(half));
  }
  void expect_every_message_once() {
    const auto at_source = oracle_of(source_, "alice");
    const auto at_target = oracle_of(target_, "bob");
    for (const auto* name : {"INBOX", "Work"}) {
      EXPECT_EQ(difference(*at_source, name, *at_target, name), "") << name;
    }
  }
  std::uint64_t stored() {
    std::uint64_t all = 0;
    if (!counter_) counter_ = oracle_of(target_, "bob");
    for (const auto& name : counter_->names()) all += counter_->select(name, true).exists;
    return all;
  }
  [[nodiscard]] End through(const FaultProxy& proxy) const {
    return end_through(proxy.port(), target_, "bob");
  }
  // Until nothing has passed the proxy for a while.
  static void wait_until_still(const FaultProxy& proxy) {
    auto last = proxy.delivered(Direction::to_server);
    auto since = steady_clock::now();
    static_cast<void>(eventually([&] {
      if (const auto now = proxy.delivered(Direction::to_server); now != last) {
        last = now;
        since = steady_clock::now();
      }
      return steady_clock::now() - since > milliseconds(100);
    }));
  }
  // To all processes of the target server; its master leads their group.
  void signal_target(int number) {
    const auto master = std::stoi(read_file(target_.directory() / "run" / "master.pid"));
    ASSERT_EQ(::kill(-master, number), 0);
  }
  void start_over() {
    const auto at_target = oracle_of(target_, "bob");
    for (const auto& name : at_target->names()) {
      if (name != "INBOX") at_target->remove(name);
    }
    if (at_target->select("INBOX").exists > 0) {
      at_target->store("1:*", "+FLAGS", "\\Deleted");
      at_target->expunge();
    }
    ferry_.forget();
  }

  DovecotServer source_;
  DovecotServer target_;
  Ferry ferry_;
  std::unique_ptr<ImapOracle> counter_;
  static constexpr milliseconds settle_{2000};
};

TEST_F(Kill, AtRandomMomentsLosesAndDoublesNothing) {
  const auto kills = number_from_environment("POSTFERRY_KILLS", everything_wanted() ? 200 : 12);
  const auto seed = seed_from_environment();
  std::mt19937_64 random(seed);
  std::cout << "POSTFERRY_SEED=" << seed << "\n" << std::flush;
  fill(thousand_messages());
  const auto begin = steady_clock::now();

  // How long a whole run takes decides where kills fall.
  const auto first = ferry_.sync(end_at(source_, "alice"), end_at(target_, "bob"));
  ASSERT_EQ(first.code, 0) << first;
  const auto whole = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);

  std::map<std::string, int> hits;
  std::size_t struck = 0;
  std::size_t rounds = 0;
  while (struck < kills) {
    start_over();
    // From here on one copy, killed some times and restarted at once each time, until it completes.
    const std::size_t of_this_copy = std::min(kills - struck, std::size_t{1} + random() % 12);
    for (std::size_t i = 0; i < of_this_copy; ++i) {
      const auto before = stored();
      // After a kill the next run first looks for what was on its way.  One kill in four may strike then; the
      // others wait until mail moves.
      const bool any_moment = random() % 4 == 0;
      const auto latest = (any_moment && i != 0 ? settle_ : milliseconds(0)) + whole / 2;
      const milliseconds delay(random() % static_cast<std::uint64_t>(latest.count() + 1));
      auto process = ferry_.start_sync(end_at(source_, "alice"), end_at(target_, "bob"));
      if (!any_moment) EXPECT_TRUE(eventually([&] { return !process->running() || stored() > before; }));
      if (process->wait(delay)) break;  // it was faster
      process->kill();
      if (Ferry::finish(*process).signal != 9) break;
      ++struck;
      ++hits[where(before, stored(), first["copied"])];
    }
    const auto last = ferry_.sync(end_at(source_, "alice"), end_at(target_, "bob"));
    ASSERT_EQ(last.code, 0) << last;
    // A double that the server made of our own append after the kill may only be seen by the run after.
    expect_every_message_once();
    const auto one_more = ferry_.sync(end_at(source_, "alice"), end_at(target_, "bob"));
    ASSERT_EQ(one_more.code, 0) << one_more;
    EXPECT_EQ(one_more["copied"] + one_more["restored"], 0U) << one_more;
    expect_every_message_once();
    ASSERT_FALSE(HasFailure()) << "POSTFERRY_SEED=" << seed << ", after " << struck << " kills";
    ++rounds;
  }
  std::cout << struck << " kills in " << rounds << " copies of " << first["copied"] << " messages, "
            << std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - begin).count() << " s:";
  for (const auto& [what, count] : hits) std::cout << " " << count << " " << what << ";";
  std::cout << "\n";
}

// Everything was stored, and nobody heard of it.
TEST_F(Kill, BeforeTheAnswersCame) {
  fill(small_messages(60, 1000));
  // A run over one connection is told less than 2,700; one that happens to make another is told 3,200.
  for (const std::uint64_t octets : {1500U, 1800U, 2100U, 2300U}) {
    start_over();
    FaultProxy proxy({.target_port = target_.imap_port()});
    proxy.stall_after(Direction::to_client, octets);
    auto process = ferry_.start_sync(end_at(source_, "alice"), through(proxy));
    if (!proxy.wait_until_struck(std::chrono::minutes(2))) ADD_FAILURE() << "never came so far: " << octets;
    wait_until_still(proxy);
    process->kill();
    Ferry::finish(*process);
    proxy.release();
    const auto next = ferry_.sync(end_at(source_, "alice"), through(proxy));
    ASSERT_EQ(next.code, 0) << next;
    expect_every_message_once();
  }
}

// The worst moment: batches lie whole in the buffers of a server that is busy elsewhere, and it stores them
// after the client has died, while the next run is already looking for them.
TEST_F(Kill, RightAfterABatchWasSent) {
  constexpr std::size_t count = 60;
  fill(small_messages(count, 1000));
  FaultProxy measure({.target_port = target_.imap_port()});
  ASSERT_EQ(ferry_.sync(end_at(source_, "alice"), through(measure)).code, 0);
  const auto whole = measure.delivered(Direction::to_server);
  std::size_t late = 0;
  const std::uint64_t kills = everything_wanted() ? 100 : 10;
  for (std::uint64_t i = 0; i < kills; ++i) {
    const auto octets = whole * (2 * i + 1) / (2 * kills);
    start_over();
    FaultProxy proxy({.target_port = target_.imap_port()});
    auto process = ferry_.start_sync(end_at(source_, "alice"), through(proxy));
    ASSERT_TRUE(
        eventually([&] { return proxy.delivered(Direction::to_server) > octets || !process->running(); }));
    signal_target(SIGSTOP);
    wait_until_still(proxy);
    process->kill();
    Ferry::finish(*process);
    const auto connections = proxy.connections();
    auto next = ferry_.start_sync(end_at(source_, "alice"), through(proxy));
    ASSERT_TRUE(eventually([&] { return proxy.connections() > connections || !next->running(); }));
    signal_target(SIGCONT);
    const auto ran = Ferry::finish(*next);
    ASSERT_EQ(ran.code, 0) << ran;
    if (ran["copied"] < count) ++late;
    expect_every_message_once();
    const auto one_more = ferry_.sync(end_at(source_, "alice"), through(proxy));
    ASSERT_EQ(one_more.code, 0) << one_more;
    EXPECT_EQ(one_more["copied"] + one_more["restored"], 0U) << one_more;
    expect_every_message_once();
  }
  EXPECT_GT(late, 0U) << "no kill struck when mail was on its way: move the numbers";
}

}  // namespace
}  // namespace pf::test
