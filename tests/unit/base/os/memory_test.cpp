#include "base/os/memory.h"

#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <vector>

namespace pf::os {
namespace {

constexpr std::size_t mib = std::size_t{1024} * 1024;

TEST(Memory, PeakGrowsWithWhatIsTouched) {
  const auto before = peak_resident_bytes();
  EXPECT_GT(before, mib);
  const std::vector<char> block(256 * mib, 'x');
  EXPECT_EQ(block.back(), 'x');
  EXPECT_GE(peak_resident_bytes(), before + 100 * mib);
}

TEST(Memory, CoreDumpsAreOff) {
  disable_core_dumps();
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_CORE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, 0U);
  EXPECT_EQ(limit.rlim_max, 0U);
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}

}  // namespace
}  // namespace pf::os
