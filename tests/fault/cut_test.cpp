// Connections that break, stall or are refused: the same run reconnects and finishes, every message once.
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <random>
#include <stdexcept>

namespace pf::test {
namespace {

class BrokenLine : public testing::Test {
 protected:
  // Where an append was cut off the run must outwait the server: with the settle time of the product.
  BrokenLine() { ferry_.settle.clear(); }

  // 150 messages, the last too large for a batch if need be.
  void fill(bool with_large = true) {
    auto messages = small_messages(150, 1500);
    if (with_large) messages.back() = message_of_size(1300000, 8);
    const auto at_source = oracle_of(source_, "alice");
    at_source->create("Work");
    append_all(*at_source, "INBOX", std::span(messages).first(70));
    append_all(*at_source, "Work", std::span(messages).subspan(70));
  }
  [[nodiscard]] End from() const { return end_through(source_proxy_.port(), source_, "alice"); }
  [[nodiscard]] End to() const { return end_through(target_proxy_.port(), target_, "bob"); }
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
  void expect_every_message_once() {
    const auto at_source = oracle_of(source_, "alice");
    const auto at_target = oracle_of(target_, "bob");
    for (const auto* name : {"INBOX", "Work"}) {
      EXPECT_EQ(difference(*at_source, name, *at_target, name), "") << name;
    }
  }

  // Of what stalls.  All else must be quicker, on a machine that is busy elsewhere, too.
  static constexpr const char* timeout_ = "8";
  DovecotServer source_;
  DovecotServer target_;
  FaultProxy source_proxy_{{.target_port = source_.imap_port()}};
  FaultProxy target_proxy_{{.target_port = target_.imap_port()}};
  Ferry ferry_;
};

struct Where {
  bool at_target = false;
  Direction direction = Direction::to_client;
  Cut how = Cut::fin;
};

std::string name_of(const Where& where) {
  return std::string(where.at_target ? "Target" : "Source") +
         (where.direction == Direction::to_client ? "ToClient" : "ToServer") +
         (where.how == Cut::fin ? "Fin" : "Rst");
}

std::ostream& operator<<(std::ostream& out, const Where& where) {
  return out << name_of(where);
}

class CutLine : public BrokenLine, public testing::WithParamInterface<Where> {};

// Points spread over what a whole run sends this way; more of them with POSTFERRY_ALL=1.
TEST_P(CutLine, IsMendedInTheSameRun) {
  const auto [at_target, direction, how] = GetParam();
  fill();
  auto& proxy = at_target ? target_proxy_ : source_proxy_;
  const auto whole = ferry_.sync(from(), to());
  ASSERT_EQ(whole.code, 0) << whole;
  const auto octets = proxy.delivered(direction);
  const auto points = number_from_environment("POSTFERRY_CUTS", everything_wanted() ? 40 : 5);
  const auto seed = seed_from_environment();
  std::mt19937_64 random(seed);
  std::size_t struck = 0;
  for (std::size_t i = 0; i < points; ++i) {
    start_over();
    const auto step = octets / points;
    const auto at = i * step + random() % std::max<std::uint64_t>(step, 1);
    proxy.cut_after(direction, at, how);
    const auto ran = ferry_.sync(from(), to());
    ASSERT_EQ(ran.code, 0) << "POSTFERRY_SEED=" << seed << ", cut after " << at << " of " << octets << "\n"
                           << ran;
    EXPECT_EQ(ran["failed"], 0U) << ran;
    if (proxy.wait_until_struck(std::chrono::milliseconds(0))) ++struck;
    proxy.release();
    expect_every_message_once();
    const auto again = ferry_.sync(from(), to());
    EXPECT_EQ(again["copied"] + again["restored"], 0U) << again;
    ASSERT_FALSE(HasFailure()) << "POSTFERRY_SEED=" << seed << ", cut after " << at << " of " << octets;
  }
  EXPECT_GT(struck, 0U);
}

TEST_P(CutLine, IsMendedInTheFirstLogin) {
  const auto [at_target, direction, how] = GetParam();
  fill();
  auto& proxy = at_target ? target_proxy_ : source_proxy_;
  for (const std::uint64_t at : {0, 1, 40, 150, 700}) {
    proxy.cut_after(direction, at, how);
    const auto ran = ferry_.sync(from(), to());
    ASSERT_EQ(ran.code, 0) << "cut after " << at << "\n" << ran;
    EXPECT_TRUE(proxy.wait_until_struck(std::chrono::milliseconds(0))) << at;
    proxy.release();
  }
  expect_every_message_once();
}

INSTANTIATE_TEST_SUITE_P(Everywhere, CutLine,
                         testing::Values(Where{false, Direction::to_client, Cut::fin},
                                         Where{false, Direction::to_client, Cut::rst},
                                         Where{false, Direction::to_server, Cut::rst},
                                         Where{true, Direction::to_client, Cut::fin},
                                         Where{true, Direction::to_client, Cut::rst},
                                         Where{true, Direction::to_server, Cut::fin},
                                         Where{true, Direction::to_server, Cut::rst}),
                         [](const auto& info) { return name_of(info.param); });

TEST_F(BrokenLine, ThatStallsIsGivenUpAfterTheTimeout) {
  fill();
  source_proxy_.stall_after(Direction::to_client, 60000);
  const auto ran = ferry_.sync(from(), to(), {"--timeout", timeout_});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_TRUE(source_proxy_.wait_until_struck(std::chrono::milliseconds(0)));
  expect_every_message_once();
}

// The line kept what we sent, and gives it to the server when all of it has long been sent again.  Nothing
// can be done about that in time; the next run finds the doubles, knows them as its own, and removes them.
TEST_F(BrokenLine, ThatDeliversLateMakesDoublesThatTheNextRunRemoves) {
  fill();
  target_proxy_.stall_after(Direction::to_server, 60000);
  const auto ran = ferry_.sync(from(), to(), {"--timeout", timeout_});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_TRUE(target_proxy_.wait_until_struck(std::chrono::milliseconds(0)));
  expect_every_message_once();
  const auto at_target = oracle_of(target_, "bob");
  const auto messages = [&] {
    return at_target->select("INBOX", true).exists + at_target->select("Work", true).exists;
  };
  target_proxy_.release();
  ASSERT_TRUE(eventually([&] { return messages() > 150; })) << "nothing came late: move the number";

  const auto next = ferry_.sync(from(), to());
  EXPECT_EQ(next.code, 0) << next;
  EXPECT_EQ(next["copied"], 0U) << next;
  EXPECT_TRUE(next.warned("late double")) << next;
  expect_every_message_once();
}

// Both sides of one run, again and again.  Without the large message: it would be under way at three of the
// cuts, and blamed for them.
TEST_F(BrokenLine, ThatBreaksManyTimesIsMendedManyTimes) {
  fill(false);
  std::mt19937_64 random(4711);
  std::unique_ptr<Process> process;
  int cuts = 0;
  for (; cuts < 12; ++cuts) {
    const bool at_target = cuts % 2 == 0;
    auto& proxy = at_target ? target_proxy_ : source_proxy_;
    const auto direction = at_target ? Direction::to_server : Direction::to_client;
    // Behind the dam nothing ends before it was cut, however late we look.
    proxy.dam_after(direction, 15000 + random() % 30000);
    if (!process) process = ferry_.start_sync(from(), to());
    ASSERT_TRUE(eventually([&] { return proxy.dammed(direction) || !process->running(); }));
    if (!process->running()) break;
    proxy.cut_all(cuts % 4 < 2 ? Cut::rst : Cut::fin);
    proxy.open_dam(direction);
  }
  const auto ran = Ferry::finish(*process);
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_GE(cuts, 3);
  expect_every_message_once();
}

// Nobody answers any more: the run ends by itself, says so, and the next one goes on.
TEST_F(BrokenLine, ThatStaysBrokenEndsTheRunWithItsStateKept) {
  fill();
  const auto oracle = first_session_of(target_, "bob");
  target_proxy_.dam_after(Direction::to_server, 200'000);
  auto process = ferry_.start_sync(from(), to(), {"--timeout", timeout_, "--time-limit", "20s"});
  ASSERT_TRUE(eventually([&] { return target_proxy_.dammed(Direction::to_server) || !process->running(); }));
  ASSERT_TRUE(eventually([&] { return oracle->select("INBOX", true).exists > 0 || !process->running(); }));
  target_proxy_.refuse_connections(true);
  target_proxy_.cut_all(Cut::rst);
  const auto ran = Ferry::finish(*process);
  EXPECT_EQ(ran.code, 6) << ran;
  target_proxy_.release();
  const auto next = ferry_.sync(from(), to());
  EXPECT_EQ(next.code, 0) << next;
  EXPECT_LT(next["copied"], 150U) << next;
  expect_every_message_once();
}

TEST_F(BrokenLine, WhereTheServerRestartsIsMended) {
  fill();
  for (const bool in_good_order : {true, false}) {
    start_over();
    target_proxy_.dam_after(Direction::to_server, 100'000);
    auto process = ferry_.start_sync(from(), to());
    ASSERT_TRUE(
        eventually([&] { return target_proxy_.dammed(Direction::to_server) || !process->running(); }));
    EXPECT_TRUE(process->running());
    if (in_good_order) {
      target_.stop();
    } else {
      target_.kill();
    }
    target_.start();
    target_proxy_.release();
    const auto ran = Ferry::finish(*process);
    ASSERT_EQ(ran.code, 0) << ran;
    expect_every_message_once();
  }
}

TEST(FewConnections, AreEnough) {
  const DovecotServer source({.max_connections_per_user = 2});
  const DovecotServer target({.max_connections_per_user = 2});
  const auto at_source = oracle_of(source, "alice");
  at_source->create("Work");
  append_all(*at_source, "INBOX", small_messages(300, 20000));
  append_all(*at_source, "Work", small_messages(300, 2000));
  const Ferry ferry;
  // One of the two allowed is ours at the source, so one is left.
  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"), {"--connections", "6"});
  ASSERT_EQ(ran.code, 0) << ran;
  // The server counts connections that have ended a moment longer.
  std::unique_ptr<ImapOracle> at_target;
  ASSERT_TRUE(eventually([&] {
    try {
      at_target = oracle_of(target, "bob");
    } catch (const std::runtime_error&) {
      return false;
    }
    return true;
  }));
  for (const auto* name : {"INBOX", "Work"}) EXPECT_EQ(difference(*at_source, name, *at_target, name), "");
}

}  // namespace
}  // namespace pf::test
