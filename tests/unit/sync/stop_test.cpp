// A run that is asked to end, ends; what it did is kept and the next one goes on.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

using sync::Outcome;

TEST(Stop, EndsTheRunWhereverItIs) {
  for (const auto op :
       {Op::list, Op::create, Op::open, Op::scan, Op::read, Op::chunk, Op::append, Op::status}) {
    for (const int n : {1, 3}) {
      SCOPED_TRACE(fmt::format("{} {}", store::name(op), n));
      Rig rig;
      rig.policy.connections = 2;
      rig.fill("INBOX", range(1, 80));
      rig.fill("Work", range(101, 130));
      int seen = 0;
      auto hook = [&](const MemoryCall& call) -> std::optional<Error> {
        if (call.op == op && ++seen == n) rig.stop = 1;
        return std::nullopt;
      };
      rig.from->options.before = rig.to->options.before = hook;
      const auto sum = rig.copy();
      if (seen >= n) EXPECT_EQ(sum.outcome, Outcome::interrupted);
      EXPECT_EQ(sum.copied, rig.to->messages("INBOX").size() + rig.to->messages("Work").size());
      rig.stop = 0;
      rig.from->options.before = rig.to->options.before = nullptr;
      const auto rest = rig.copy();
      expect_ok(rest);
      EXPECT_EQ(rest.copied + sum.copied, 110U);
      expect_exact(rig);
      expect_nothing_left(rig);
    }
  }
}

TEST(Stop, CutsAWaitShort) {
  Rig rig;
  rig.policy.timing.backoff_first = rig.policy.timing.backoff_ceiling = std::chrono::hours(1);
  rig.fill("INBOX", {1});
  int tries = 0;
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::open) return std::nullopt;
    if (++tries == 2) rig.stop = 1;  // the wait of an hour comes next
    return connection_cut();
  };
  EXPECT_EQ(rig.copy().outcome, Outcome::interrupted);
}

TEST(Stop, CutsTheSettleTimeShortAndTheIntentStaysOpen) {
  Rig rig;
  rig.policy.timing.settle_floor = std::chrono::hours(1);
  rig.fill("INBOX", {1, 2});
  rig.to->options.append_fault = append_fault_at(1, AppendFault::store_late);
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::refresh) rig.stop = 1;
    return std::nullopt;
  };
  EXPECT_EQ(rig.copy().outcome, Outcome::interrupted);
  EXPECT_EQ(rig.to->deliver_late(), 2U);
  rig.stop = 0;
  rig.to->options.before = nullptr;
  expect_ok(rig.copy());
  expect_exact(rig);
}

TEST(Stop, VerifyStopsToo) {
  Rig rig;
  rig.fill("A", {1});
  rig.fill("B", {1});
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::list) rig.stop = 1;
    return std::nullopt;
  };
  EXPECT_EQ(rig.verify().outcome, Outcome::interrupted);
}

TEST(Stop, TheTimeLimitOfTheRunEndsIt) {
  Rig rig;
  rig.policy.timing.budget = std::chrono::milliseconds(30);
  rig.policy.timing.attempts_without_progress = 1'000'000;
  rig.fill("INBOX", {1});
  rig.from->options.before = [](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::open) return std::nullopt;
    return connection_cut();
  };
  const auto sum = rig.copy();
  EXPECT_NE(sum.outcome, Outcome::ok);
  rig.policy.timing.budget.reset();
  rig.from->options.before = nullptr;
  expect_ok(rig.copy());
  expect_exact(rig);
}

}  // namespace
}  // namespace pf::test
