// Ctrl-C at any step: the run ends by itself, what it knows is kept, and the next run completes.
#include "base/step.h"
#include "sweep/scenarios.h"

#include <iostream>

namespace pf::test {
namespace {

class StopSweep : public testing::TestWithParam<Scenario> {
 protected:
  // A run that is asked to stop at step `wanted`; the steps it took.
  static std::size_t run_stopped_at(World& world, std::size_t wanted, sync::Summary& sum) {
    count_ = 0;
    stopped_ = &world;
    at_ = wanted;
    const auto see = [](const MemoryCall&) -> std::optional<Error> {
      step_taken();
      return std::nullopt;
    };
    for (const auto& server : {world.from, world.to}) server->options.before = server->options.after = see;
    set_step_hook([](Step) { step_taken(); });
    sum = world.run();
    set_step_hook(nullptr);
    for (const auto& server : {world.from, world.to})
      server->options.before = server->options.after = nullptr;
    world.stop = 0;
    return count_;
  }

 private:
  static void step_taken() {
    if (++count_ == at_) stopped_->stop = 1;
  }
  static inline std::size_t count_ = 0, at_ = 0;
  static inline World* stopped_ = nullptr;
};

TEST_P(StopSweep, EveryStepMayBeTheLastButOne) {
  constexpr std::size_t every = 7;
  ScratchDir scratch;
  World start;
  start.state = scratch.path() / "start";
  std::filesystem::create_directory(start.state);
  GetParam().prepare(start);
  const auto whole = start.copy(start.state, scratch.path() / "whole");
  sync::Summary sum;
  const auto steps = run_stopped_at(*whole, 0, sum);
  const auto outcome = sum.outcome;
  std::size_t interrupted = 0;
  for (std::size_t at = 1; at <= steps && !HasFailure(); at += every) {
    SCOPED_TRACE(fmt::format("asked to stop at step {} of {}", at, steps));
    const auto world = start.copy(start.state, scratch.path() / fmt::format("{}", at));
    (void)run_stopped_at(*world, at, sum);
    EXPECT_TRUE(sum.outcome == sync::Outcome::interrupted || sum.outcome == outcome) << text_of(sum);
    if (sum.outcome == sync::Outcome::interrupted) ++interrupted;
    sum = world->run();
    EXPECT_EQ(sum.outcome, outcome) << text_of(sum);
    EXPECT_EQ(difference(account(*whole->to), account(*world->to)), "");
    EXPECT_EQ(difference(account(*whole->from), account(*world->from)), "");
    const auto writes = world->writes();
    sum = world->run();
    EXPECT_EQ(world->writes(), writes) << text_of(sum);
    for (const auto& server : {world->from, world->to})
      EXPECT_EQ(server->violations(), std::vector<std::string>{});
  }
  EXPECT_GT(interrupted, steps / every / 2);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, StopSweep, testing::ValuesIn(scenarios()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace pf::test
