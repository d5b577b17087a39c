#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace pf {
namespace {

TEST(Random, DoesNotRepeatItself) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_u64());
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Random, FillsTheWholeBuffer) {
  // 64 buffers: that a given byte stays zero in all of them has a chance of 2^-512.
  std::string touched(33, '\0');
  for (int i = 0; i < 64; ++i) {
    std::string bytes(33, '\0');
    random_bytes(bytes);
    for (std::size_t k = 0; k < bytes.size(); ++k) touched[k] = static_cast<char>(touched[k] | bytes[k]);
  }
  EXPECT_EQ(touched.find('\0'), std::string::npos);
}

TEST(Random, UnitLiesBetweenZeroAndOneOnBothSidesOfTheMiddle) {
  bool low = false, high = false;
  for (int i = 0; i < 1000; ++i) {
    const double value = random_unit();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    (value < 0.5 ? low : high) = true;
  }
  EXPECT_TRUE(low && high);
}

TEST(Random, HexHasTwoCharactersAByte) {
  const auto text = random_hex(8);
  EXPECT_EQ(text.size(), 16U);
  EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace pf
