#include "base/stopped_clock.h"
#include "rig.h"

#include <algorithm>
#include <functional>

namespace pf::test {
namespace {

using namespace std::chrono_literals;

constexpr int message_count = 400;
constexpr std::size_t message_octets = 40'000;
constexpr std::size_t small_batch = std::size_t{896} << 10, large_batch = 3 * small_batch;

// One lane, a source that takes `reading` for each message, and a target that takes 100 ms for each batch.
struct OneLane {
  OneLane() {
    rig.flies = 10ms;
    rig.to->options.features.parallel = 1;
    rig.to->options.append_takes = 100ms;
    rig.from->options.tell_body = [this](std::uint32_t, std::string&) { MonoClock::advance(reading); };
    rig.to->options.arrived = [this](std::string_view, const std::vector<store::MemoryMessage>& messages) {
      std::size_t octets = 0;
      for (const auto& m : messages) octets += m.bytes->size();
      batches.push_back(octets);
      if (on_batch) on_batch();
    };
    for (int n = 0; n < message_count; ++n)
      rig.from->add("INBOX", mail(n, std::string(message_octets, 'a')), "", date(n));
  }

  void copy() {
    expect_ok(rig.copy());
    EXPECT_EQ(bodies(*rig.to, "INBOX").size(), std::size_t{message_count});
  }
  [[nodiscard]] std::size_t largest_from(std::size_t first) const {
    return *std::max_element(batches.begin() + static_cast<std::ptrdiff_t>(first), batches.end());
  }

  StoppedClock clock;  // what the machine takes does not count
  Duration reading{};
  std::vector<std::size_t> batches;  // octets of each
  std::function<void()> on_batch;
  Rig rig;
};

TEST(Lane, BatchesGrowWhereTheSourceCostsNextToNothing) {
  OneLane lane;
  lane.copy();
  EXPECT_LE(lane.batches.front(), small_batch);  // nothing is known yet
  EXPECT_GT(lane.largest_from(0), large_batch - 2 * message_octets);
  EXPECT_LE(lane.largest_from(0), large_batch);
  expect_exact(lane.rig);
}

TEST(Lane, BatchesStaySmallWhereTheTargetWouldHaveToWaitForLargeOnes) {
  OneLane lane;
  lane.reading = 1ms;
  lane.copy();
  EXPECT_LE(lane.largest_from(0), small_batch);
  expect_exact(lane.rig);
}

TEST(Lane, BatchesAreSmallAgainWhenTheSourceGrowsSlow) {
  OneLane lane;
  std::size_t slow_since = 0;
  lane.on_batch = [&] {
    if (slow_since != 0 || lane.batches.back() <= small_batch) return;
    slow_since = lane.batches.size();
    lane.reading = 5ms;
  };
  lane.copy();
  ASSERT_NE(slow_since, 0U);
  // One may have been filled by then, and the next is what tells.
  ASSERT_GT(lane.batches.size(), slow_since + 3);
  EXPECT_LE(lane.largest_from(slow_since + 2), small_batch);
  expect_exact(lane.rig);
}

TEST(Lane, NewestFirstABatchIsTheChunkThatWasAskedFor) {
  OneLane lane;
  lane.rig.policy.order = sync::Order::newest;
  lane.copy();
  EXPECT_LE(lane.largest_from(0), small_batch);
  auto expected = bodies(*lane.rig.from, "INBOX");
  std::ranges::reverse(expected);
  EXPECT_EQ(bodies(*lane.rig.to, "INBOX"), expected);
}

TEST(Lane, ALargeBatchThatIsCutOffIsLookedForAndNothingComesTwice) {
  OneLane lane;
  lane.rig.to->options.append_fault = [&](const MemoryCall&) {
    const bool large_ones = !lane.batches.empty() && lane.batches.back() > small_batch;
    return large_ones && std::exchange(lane.on_batch, nullptr) ? AppendFault::lose_answer : AppendFault::none;
  };
  lane.on_batch = [] {};
  lane.copy();
  EXPECT_FALSE(lane.on_batch) << "nothing was cut off";
  expect_exact(lane.rig);
}

}  // namespace
}  // namespace pf::test
