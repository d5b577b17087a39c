// A run that is killed at any step, in every kind of run there is: the next run reaches the same end, and the
// one after that has nothing to do.
#include "sweep/scenarios.h"
#include "sweep/walk.h"

#include <iostream>

namespace pf::test {
namespace {

class KillSweep : public testing::TestWithParam<Scenario> {};

TEST_P(KillSweep, EveryStepMayBeTheLast) {
  ScratchDir scratch;
  World world;
  world.state = scratch.path() / "state";
  std::filesystem::create_directory(world.state);
  GetParam().prepare(world);
  const auto walked = Walk(world).go();
  std::cout << "steps: " << walked.points << ", of them tried: " << walked.judged
            << ", with what may follow: " << walked.variants << "\n";
  EXPECT_GE(walked.points, GetParam().fewest_steps);
  const std::size_t shown = std::min<std::size_t>(walked.failures.size(), 5);
  for (const auto& text : std::span(walked.failures).first(shown)) ADD_FAILURE() << text;
  EXPECT_EQ(walked.failures.size(), 0U);
}

TEST(KillSweepAsAWhole, HasFourThousandSteps) {
  std::size_t steps = 0;
  for (const auto& scenario : scenarios()) steps += scenario.fewest_steps;
  EXPECT_GE(steps, 4000U);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, KillSweep, testing::ValuesIn(scenarios()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace pf::test
