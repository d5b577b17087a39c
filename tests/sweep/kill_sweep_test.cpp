// A run that is killed at any step, in every kind of run there is: the next run reaches the same end, and the
// one after that has nothing to do.
#include "sweep/scenarios.h"
#include "sweep/walk.h"

#include <iostream>

// Thousands of forks: what AddressSanitizer keeps besides is copied with each.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the name it asks for
extern "C" const char* __asan_default_options() {
  return "quarantine_size_mb=1:detect_stack_use_after_return=0";
}

namespace pf::test {
namespace {

constexpr std::size_t least_tried = 66;  // percent

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
  EXPECT_GE(walked.judged * 100, walked.points * least_tried);
  const std::size_t shown = std::min<std::size_t>(walked.failures.size(), 5);
  for (const auto& text : std::span(walked.failures).first(shown)) ADD_FAILURE() << text;
  EXPECT_EQ(walked.failures.size(), 0U);
}

TEST(KillSweepAsAWhole, TriesFourThousandSteps) {
  std::size_t steps = 0;
  for (const auto& scenario : scenarios()) steps += scenario.fewest_steps;
  EXPECT_GE(steps * least_tried / 100, 4000U);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, KillSweep, testing::ValuesIn(scenarios()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace pf::test
