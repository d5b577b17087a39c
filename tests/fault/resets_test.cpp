// Ten connections reset in one run, on either side and in either direction: the same run finishes by itself,
// every message once.
//
// POSTFERRY_MESSAGES=N (script/test: 2,000; 10,000 with POSTFERRY_ALL=1), POSTFERRY_SEED=N repeats a run.
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <random>

namespace pf::test {
namespace {

struct Place {
  bool at_target;
  Direction direction;
};
constexpr Place places[] = {{true, Direction::to_server},
                            {false, Direction::to_client},
                            {true, Direction::to_client},
                            {false, Direction::to_server}};

TEST(Resets, TenInOneRunAreMendedByThatRun) {
  constexpr std::uint64_t resets = 10;
  constexpr std::size_t text = 1000;
  const auto count = number_from_environment("POSTFERRY_MESSAGES", everything_wanted() ? 10000 : 2000);
  const auto seed = seed_from_environment();
  SCOPED_TRACE(testing::Message() << "POSTFERRY_SEED=" << seed);
  std::mt19937_64 random(seed);

  const DovecotServer source;
  const DovecotServer target;
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  const auto messages = small_messages(count, text);
  at_source->create("Work");
  append_all(*at_source, "INBOX", std::span(messages).first(count / 2));
  append_all(*at_source, "Work", std::span(messages).subspan(count / 2));

  // Mail is a thousand octets and more a message; commands and answers are a tenth of that.
  const auto share = count * text / (resets + 4);
  std::atomic<std::uint64_t> armed = 0;
  std::function<void()> arm_next;
  FaultProxy source_proxy({.target_port = source.imap_port()});
  FaultProxy target_proxy({.target_port = target.imap_port()});
  const auto from = end_through(source_proxy.port(), source, "alice");
  const auto to = end_through(target_proxy.port(), target, "bob");
  const auto strikes = [&] { return source_proxy.strikes() + target_proxy.strikes(); };
  // The proxies do it themselves: a test that is not given the processor would miss the end of the run.
  arm_next = [&] {
    const auto i = armed++;
    if (i >= resets) return;
    const auto [at_target_side, direction] = places[i % std::size(places)];
    auto& proxy = at_target_side ? target_proxy : source_proxy;
    const bool with_mail = at_target_side == (direction == Direction::to_server);
    const auto octets = with_mail ? share / 2 + random() % share : 100 + random() % 400;
    proxy.cut_after(direction, octets, Cut::rst);
  };
  source_proxy.when_struck(arm_next);
  target_proxy.when_struck(arm_next);
  arm_next();
  Ferry ferry;
  ferry.settle.clear();
  const auto ran = ferry.sync(from, to);
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(strikes(), resets);
  EXPECT_EQ(ran["failed"], 0U) << ran;
  for (const auto* name : {"INBOX", "Work"}) EXPECT_EQ(difference(*at_source, name, *at_target, name), "");
  const auto again = ferry.sync(from, to);
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_EQ(again["copied"] + again["restored"], 0U) << again;
  for (const auto* name : {"INBOX", "Work"}) EXPECT_EQ(difference(*at_source, name, *at_target, name), "");
}

}  // namespace
}  // namespace pf::test
