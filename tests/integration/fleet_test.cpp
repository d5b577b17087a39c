// Many accounts in one run, between two real Dovecots: exactness, and what one bad account does to the
// others.
#include "app/fleet_job.h"
#include "state/pair_lock.h"
#include "store/imap/imap_store.h"
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/ferry.h"
#include "support/mailboxes.h"
#include "support/run_task.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <set>

namespace pf::test {
namespace {

using fleet::Phase;

std::string user(std::size_t number) {
  return fmt::format("user{:03}", number);
}

DovecotOptions with_users(std::size_t count) {
  DovecotOptions options;
  options.login_penalty = false;
  for (std::size_t i = 0; i < count; ++i) options.users.emplace_back(user(i), "pw");
  return options;
}

class Fleet : public testing::Test {
 protected:
  static constexpr std::size_t most = 24;

  Fleet() {
    environment_.state_dir = state_.path();
    policy_.sync.timing.settle_floor = std::chrono::milliseconds(300);
    policy_.threads = 2;
  }

  // Account `number` has `messages` messages in its INBOX and as many in a mailbox of its own.
  void fill(std::size_t number, std::size_t messages = 2) {
    const auto source = oracle(source_server_, number);
    source->create("Work");
    for (const auto* mailbox : {"INBOX", "Work"})
      append_all(*source, mailbox, ordinary(messages, number + 1));
  }
  void fill_all(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      fill(i);
      add(i);
    }
  }
  // Puts it into the list, reached through these ports.
  fleet::Pair& add(std::size_t number, std::uint16_t port = 0, std::uint16_t to_port = 0) {
    fleet::Pair& pair = pairs_.emplace_back();
    pair.name = user(number);
    pair.row = number + 1;
    pair.from = account(number, port != 0 ? port : source_server_.imap_port());
    pair.to = account(number, to_port != 0 ? to_port : target_server_.imap_port());
    pair.from_password = pair.to_password = Secret("pw");
    return pair;
  }
  static config::Account account(std::size_t number, std::uint16_t port) {
    return config::parse_account_url(fmt::format("imap://{}@127.0.0.1:{}/?tls=none", user(number), port))
        .value();
  }
  static std::unique_ptr<ImapOracle> oracle(const DovecotServer& server, std::size_t number) {
    return std::make_unique<ImapOracle>(server.imap_port(), user(number), "pw");
  }
  void expect_same(std::size_t number) const {
    const auto source = oracle(source_server_, number);
    const auto target = oracle(target_server_, number);
    for (const auto* mailbox : {"INBOX", "Work"})
      EXPECT_EQ(difference(*source, mailbox, *target, mailbox), "") << user(number) << " " << mailbox;
  }

  fleet::Summary run() {
    finished_.clear();
    stop_ = 0;
    return app::run_fleet(
        pairs_, policy_, environment_, [this](const fleet::Event& event) { see(event); }, stop_, control_);
  }
  void see(const fleet::Event& event) {
    EXPECT_FALSE(in_the_face_.exchange(true)) << "two events at once";
    if (const auto* ended = std::get_if<fleet::AccountFinished>(&event)) {
      finished_.push_back(ended->result->pair);
      if (on_finished) on_finished(*ended->result);
    }
    if (const auto* started = std::get_if<fleet::AccountStarted>(&event)) {
      if (on_started) on_started(started->pair);
    }
    if (const auto* progress = std::get_if<fleet::Progress>(&event)) {
      const auto& t = progress->totals;
      EXPECT_EQ(t.accounts, t.waiting + t.running + t.done + t.failed + t.not_done + t.skipped);
      if (on_progress) on_progress(t);
    }
    in_the_face_ = false;
  }

  DovecotServer source_server_{with_users(most)};
  DovecotServer target_server_{with_users(most)};
  TempDir state_;
  app::Environment environment_;
  app::FleetPolicy policy_;
  app::FleetControl control_;
  app::StopFlag stop_{0};
  std::vector<fleet::Pair> pairs_;
  std::vector<std::size_t> finished_;  // in the order of their ends
  std::function<void(const fleet::AccountResult&)> on_finished;
  std::function<void(std::size_t)> on_started;
  std::function<void(const fleet::Totals&)> on_progress;
  std::atomic<bool> in_the_face_{false};
};

TEST_F(Fleet, CarriesAllAccountsAndFindsNothingToDoTheSecondTime) {
  fill_all(12);
  const auto first = run();
  EXPECT_FALSE(first.fatal);
  EXPECT_TRUE(first.all_done());
  EXPECT_EQ(first.totals.done, 12U);
  EXPECT_EQ(first.totals.messages, 48U);
  EXPECT_EQ(finished_.size(), 12U);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(first.accounts[i].pair, i);
    EXPECT_EQ(first.accounts[i].summary.copied, 4U) << user(i);
    EXPECT_EQ(first.accounts[i].reason(), "");
    expect_same(i);
  }
  const auto second = run();
  EXPECT_TRUE(second.all_done());
  EXPECT_EQ(second.totals.messages, 0U);
  for (const auto& account : second.accounts) EXPECT_EQ(account.summary.matched, 4U);
}

TEST_F(Fleet, ASmallAccountAmongManyNeedsOneConnectionASide) {
  FaultProxy source({.target_port = source_server_.imap_port()});
  FaultProxy target({.target_port = target_server_.imap_port()});
  for (std::size_t i = 0; i < 6; ++i) {
    fill(i);
    add(i, source.port(), target.port());
  }
  policy_.limits = {.accounts = 2, .per_host = 2};
  environment_.thrift = std::chrono::minutes(10);  // longer than any batch takes on a busy machine
  EXPECT_TRUE(run().all_done());
  EXPECT_EQ(source.connections(), 6U);
  EXPECT_EQ(target.connections(), 6U);
  EXPECT_LE(source.most_open_connections(), 2U + 3U);  // some that are leaving beside the next
  for (std::size_t i = 0; i < 6; ++i) expect_same(i);
}

TEST_F(Fleet, ThriftNeverKeepsTwoWhoNeedAConnectionEachFromHavingOne) {
  fill(0);
  store::ImapStoreOptions options;
  options.login.label = "user000";
  options.login.dial.host = "127.0.0.1";
  options.login.dial.port = source_server_.imap_port();
  options.login.tls = imap::LoginOptions::Tls::none;
  options.login.user = user(0);
  options.login.password = Secret("pw");
  options.thrift = std::chrono::milliseconds(20);
  store::ImapStore store(std::move(options));
  const auto listed = test::run(store.connect_and_list());
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2U);
  auto first = test::run(store.open(listed->front(), store::Access::read));
  auto second = test::run(store.open(listed->back(), store::Access::read));
  ASSERT_TRUE(first);
  ASSERT_TRUE(second) << second.error().describe();
  EXPECT_TRUE(test::run((*first)->close()));
  EXPECT_TRUE(test::run((*second)->close()));
  EXPECT_TRUE(test::run(store.close()));
}

TEST_F(Fleet, VerifyComparesEveryAccountAndChangesNothing) {
  fill_all(3);
  ASSERT_TRUE(run().all_done());
  oracle(target_server_, 1)->append("INBOX", small_message(1).bytes);
  policy_.work = fleet::Work::verify;
  const auto found = run();
  EXPECT_TRUE(found.all_done());
  EXPECT_FALSE(found.accounts[0].summary.verify_differs);
  EXPECT_TRUE(found.accounts[1].summary.verify_differs);
  EXPECT_EQ(found.accounts[1].summary.extra, 1U);
}

// The refused, the locked and the silent are named; the others do not notice.
TEST_F(Fleet, BadAccountsAreNamedAndTheOthersAreCarried) {
  FaultProxy silent({.target_port = source_server_.imap_port()});
  silent.stall_after(Direction::to_client, 1);
  // It is silent until the others have ended, however long they take, and then gone.
  environment_.io_timeout = std::chrono::minutes(30);
  policy_.sync.timing.attempts_without_progress = 3;
  policy_.sync.timing.backoff_first = policy_.sync.timing.backoff_ceiling = std::chrono::milliseconds(1);
  on_finished = [&](const fleet::AccountResult&) {
    if (finished_.size() != 13) return;
    silent.refuse_connections(true);
    silent.cut_all(Cut::rst);
  };
  for (std::size_t i = 0; i < 14; ++i) fill(i);
  add(0, silent.port());
  add(1).from_password = Secret("wrong");
  const auto& held = add(2);
  const auto lock = state::PairLock::acquire(environment_.state_dir, held.from.label(), held.to.label());
  ASSERT_TRUE(lock);
  for (std::size_t i = 3; i < 14; ++i) add(i);
  policy_.limits = {.accounts = 1, .per_host = 1};  // the silent one has the only place, until it stalls

  const auto summary = run();
  EXPECT_EQ(summary.totals.done, 11U);
  EXPECT_EQ(summary.totals.failed, 3U);
  EXPECT_FALSE(summary.stopped_early);
  EXPECT_FALSE(summary.all_done());
  EXPECT_EQ(finished_.back(), 0U) << "nobody waited for the silent one";
  ASSERT_TRUE(summary.accounts[0].summary.fatal);
  EXPECT_EQ(summary.accounts[0].summary.fatal->scope, Scope::connection);
  ASSERT_TRUE(summary.accounts[1].summary.fatal);
  EXPECT_EQ(summary.accounts[1].summary.fatal->code, Errc::auth_failed);
  EXPECT_NE(summary.accounts[1].reason().find(user(1)), std::string::npos);
  ASSERT_TRUE(summary.accounts[2].summary.fatal);
  EXPECT_EQ(summary.accounts[2].summary.fatal->code, Errc::locked);
  for (std::size_t i = 3; i < 14; ++i) expect_same(i);
}

TEST_F(Fleet, OneThatStaysSilentEndsByItself) {
  FaultProxy silent({.target_port = source_server_.imap_port()});
  silent.stall_after(Direction::to_client, 1);
  environment_.io_timeout = std::chrono::seconds(1);
  fill(0);
  add(0, silent.port());
  const auto summary = run();
  ASSERT_TRUE(summary.accounts[0].summary.fatal);
  EXPECT_EQ(summary.accounts[0].summary.fatal->code, Errc::timeout);
}

TEST_F(Fleet, RetriesOnlyWhatFailedLastTime) {
  fill_all(5);
  pairs_[1].from_password = Secret("wrong");
  pairs_[3].to_password = Secret("wrong");
  EXPECT_EQ(run().totals.failed, 2U);

  pairs_[1].from_password = Secret("pw");
  policy_.retry_failed = true;
  const auto again = run();
  EXPECT_EQ(again.totals.skipped, 3U);
  EXPECT_EQ(again.accounts[0].phase, Phase::skipped);
  EXPECT_EQ(again.accounts[1].phase, Phase::done);
  EXPECT_EQ(again.accounts[3].phase, Phase::failed);
  EXPECT_EQ(std::set(finished_.begin(), finished_.end()), (std::set<std::size_t>{1, 3}));

  pairs_[3].to_password = Secret("pw");
  const auto last = run();
  EXPECT_EQ(last.totals.done, 1U);
  EXPECT_TRUE(last.all_done());
  const auto none = run();
  EXPECT_EQ(none.totals.skipped, 5U);
  for (std::size_t i = 0; i < 5; ++i) expect_same(i);
}

TEST_F(Fleet, FailFastEndsAtTheFirstBadAccountAndSaysWhatWasNotDone) {
  fill_all(6);
  pairs_[1].from_password = Secret("wrong");
  policy_.fail_fast = true;
  policy_.limits = {.accounts = 1, .per_host = 1};
  const auto summary = run();
  EXPECT_TRUE(summary.stopped_early);
  EXPECT_FALSE(summary.interrupted);
  EXPECT_EQ(summary.accounts[0].phase, Phase::done);
  EXPECT_EQ(summary.accounts[1].phase, Phase::failed);
  for (std::size_t i = 2; i < 6; ++i) {
    EXPECT_EQ(summary.accounts[i].phase, Phase::not_done);
    EXPECT_NE(summary.accounts[i].reason(), "");
    EXPECT_EQ(oracle(target_server_, i)->names(), std::vector<std::string>{"INBOX"});
  }
  EXPECT_EQ(summary.totals.not_done, 4U);
}

TEST_F(Fleet, TheCheckNamesEveryBadAccountBeforeAnyWorkBegins) {
  fill_all(5);
  pairs_[1].from_password = Secret("wrong");
  pairs_[4].to_password = Secret("wrong");
  policy_.check_first = true;
  policy_.fail_fast = true;
  std::size_t started = 0;
  on_started = [&](std::size_t) { ++started; };
  const auto stopped = run();
  EXPECT_TRUE(stopped.stopped_early);
  EXPECT_EQ(started, 0U);
  EXPECT_EQ(stopped.totals.failed, 2U);
  EXPECT_EQ(stopped.totals.not_done, 3U);
  EXPECT_EQ(oracle(target_server_, 0)->names(), std::vector<std::string>{"INBOX"});

  policy_.fail_fast = false;
  const auto others = run();
  EXPECT_EQ(others.totals.failed, 2U);
  EXPECT_EQ(others.totals.done, 3U);
  EXPECT_EQ(started, 3U);
  EXPECT_EQ(others.accounts[0].messages_found, 4U);
  for (const std::size_t i : {0U, 2U, 3U}) expect_same(i);
}

TEST_F(Fleet, ACheckAloneCopiesNothing) {
  fill_all(2);
  policy_.work = fleet::Work::check;
  const auto summary = run();
  EXPECT_TRUE(summary.all_done());
  EXPECT_EQ(summary.accounts[0].summary.mailboxes, 2U);
  EXPECT_EQ(summary.accounts[0].summary.source_messages, 4U);
  EXPECT_EQ(oracle(target_server_, 0)->names(), std::vector<std::string>{"INBOX"});
}

TEST_F(Fleet, BeginsWithTheLargestOrTheSmallestWhenAsked) {
  for (const std::size_t i : {0U, 1U, 2U}) {
    fill(i, i == 1 ? 5 : i + 1);
    add(i);
  }
  policy_.limits = {.accounts = 1, .per_host = 1};
  std::vector<std::size_t> order;
  on_started = [&](std::size_t pair) { order.push_back(pair); };
  policy_.order = fleet::Order::largest_first;
  EXPECT_TRUE(run().all_done());
  EXPECT_EQ(order, (std::vector<std::size_t>{1, 2, 0}));
  order.clear();
  policy_.order = fleet::Order::smallest_first;
  EXPECT_TRUE(run().all_done());
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 2, 1}));
}

TEST_F(Fleet, StopsInGoodOrderAndGoesOnWhereItWas) {
  fill_all(10);
  policy_.limits = {.accounts = 2, .per_host = 2};
  on_finished = [&](const fleet::AccountResult&) { stop_ = 1; };
  const auto stopped = run();
  EXPECT_TRUE(stopped.interrupted);
  EXPECT_FALSE(stopped.stopped_early);
  EXPECT_GE(stopped.totals.done, 1U);
  EXPECT_GE(stopped.totals.not_done, 6U);
  EXPECT_EQ(stopped.totals.done + stopped.totals.not_done, 10U);
  on_finished = nullptr;
  const auto rest = run();
  EXPECT_TRUE(rest.all_done());
  EXPECT_EQ(stopped.totals.messages + rest.totals.messages, 40U);
  for (std::size_t i = 0; i < 10; ++i) expect_same(i);
}

TEST_F(Fleet, IsHeldAndGoesOnWithoutLosingOrDoublingAnything) {
  for (std::size_t i = 0; i < 4; ++i) {
    fill(i, 40);
    add(i);
  }
  policy_.limits = {.accounts = 2, .per_host = 2};
  std::size_t looks_while_held = 0;
  on_progress = [&](const fleet::Totals& totals) {
    if (control_.paused() && totals.running == 0 && ++looks_while_held == 2) control_.resume();
  };
  on_started = [&](std::size_t pair) {
    if (pair == 1) control_.pause();
  };
  const auto summary = run();
  EXPECT_EQ(looks_while_held, 2U);
  EXPECT_TRUE(summary.all_done());
  EXPECT_EQ(summary.totals.messages, 320U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(summary.accounts[i].summary.copied, 80U) << user(i);
    EXPECT_EQ(std::ranges::count(finished_, i), 1);
    expect_same(i);
  }
}

TEST_F(Fleet, OneAccountIsCalledOff) {
  fill_all(4);
  control_.cancel(2);
  control_.cancel(1000);  // there is no such account
  const auto summary = run();
  EXPECT_EQ(summary.totals.done, 3U);
  EXPECT_EQ(summary.accounts[2].phase, Phase::not_done);
  EXPECT_EQ(oracle(target_server_, 2)->names(), std::vector<std::string>{"INBOX"});
}

TEST_F(Fleet, ReadsPasswordsWhereTheAccountSaysAndFailsOnlyThatAccount) {
  fill_all(3);
  const TempDir place;
  const auto file = place / "password";
  std::ofstream(file) << "pw\n";
  pairs_[0].from.password_file = file.string();
  pairs_[1].from.password_command = "printf pw";
  pairs_[2].from.password_file = (place / "missing").string();
  for (auto& pair : pairs_) pair.from_password = Secret();
  const auto summary = run();
  EXPECT_EQ(summary.accounts[0].phase, Phase::done) << summary.accounts[0].reason();
  EXPECT_EQ(summary.accounts[1].phase, Phase::done) << summary.accounts[1].reason();
  EXPECT_EQ(summary.accounts[2].phase, Phase::failed);
  EXPECT_NE(summary.accounts[2].reason().find("missing"), std::string::npos);
}

TEST_F(Fleet, TheSameAccountTwiceInTheListIsRefusedToTheSecond) {
  fill(0, 30);
  // The first is held at its greeting until the second has been refused.
  FaultProxy held({.target_port = source_server_.imap_port()});
  held.stall_after(Direction::to_client, 1);
  on_finished = [&](const fleet::AccountResult&) { held.release(); };
  add(0, held.port());
  add(0, held.port());
  const auto summary = run();
  EXPECT_EQ(summary.totals.done, 1U);
  EXPECT_EQ(summary.totals.failed, 1U);
  const auto& refused = summary.accounts[summary.accounts[0].phase == Phase::failed ? 0 : 1];
  ASSERT_TRUE(refused.summary.fatal);
  EXPECT_EQ(refused.summary.fatal->code, Errc::locked);
  expect_same(0);
}

TEST_F(Fleet, AStateThatCannotBeUsedStopsItBeforeItBegins) {
  fill_all(2);
  const TempDir place;
  std::ofstream(place / "file") << "x";
  environment_.state_dir = (place / "file" / "state").string();
  const auto summary = run();
  ASSERT_TRUE(summary.fatal);
  EXPECT_EQ(summary.fatal->code, Errc::state);
  EXPECT_EQ(summary.totals.not_done, 2U);
  EXPECT_EQ(oracle(target_server_, 0)->names(), std::vector<std::string>{"INBOX"});
}

// ---- through the built program

class FleetOfTheProgram : public Fleet {
 protected:
  // The list, with a password in each row.
  std::filesystem::path list() const {
    const auto path = ferry_.directory() / "accounts.csv";
    std::ofstream out(path);
    out << "source_user,source_password,target_user,target_password\n";
    for (const auto& pair : pairs_) out << fmt::format("{0},pw,{0},pw\n", pair.name);
    out.close();
    std::filesystem::permissions(path,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
  }
  std::vector<std::string> words() const {
    return {"bulk",        "sync",
            "--accounts",  list().string(),
            "--from",      fmt::format("imap://{{user}}@127.0.0.1:{}/?tls=none", source_server_.imap_port()),
            "--to",        fmt::format("imap://{{user}}@127.0.0.1:{}/?tls=none", target_server_.imap_port()),
            "--state-dir", ferry_.state().string(),
            "--settle",    "300ms",
            "--json"};
  }
  Ferry ferry_;
};

TEST_F(FleetOfTheProgram, KilledInTheMiddleItGoesOnWhereItWas) {
  for (std::size_t i = 0; i < 12; ++i) {
    fill(i, 20);
    add(i);
  }
  // Not asked over IMAP: two first logins of one account at once can end a session of Dovecot 2.3 ("Resource
  // deadlock avoided" while both make the list of mailboxes).
  const auto arrived = [&] {
    std::size_t count = 0;
    for (std::size_t i = 0; i < 12; ++i) count += maildir_files(target_server_.home(user(i)));
    return count;
  };
  for (const std::size_t wanted : {1U, 100U, 250U}) {
    auto running = ferry_.start(words());
    EXPECT_TRUE(eventually([&] { return arrived() >= wanted; }));
    running->kill();
    (void)Ferry::finish(*running);
  }
  const auto rest = ferry_.run(words());
  EXPECT_EQ(rest.code, 0) << rest;
  const auto nothing = ferry_.run(words());
  EXPECT_EQ(nothing.code, 0) << nothing;
  EXPECT_EQ(nothing["copied"], 0U) << nothing;
  for (std::size_t i = 0; i < 12; ++i) expect_same(i);
}

}  // namespace
}  // namespace pf::test
