#include "base/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <type_traits>

namespace pf {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(Streamable<std::string>);
static_assert(!Streamable<Secret>, "a secret must not be printable");
static_assert(!fmt::is_formattable<Secret>::value, "a secret must not be printable");
static_assert(!std::is_convertible_v<std::string, Secret>, "a string becomes a secret only on purpose");

TEST(Secret, WipeLeavesNothingInTheWholeBuffer) {
  std::string s = "a password that is longer than any short string buffer";
  s.resize(20);  // the tail stays in memory behind the end
  const std::size_t room = s.capacity();
  const volatile char* bytes = s.data();
  Secret::wipe(s);
  EXPECT_TRUE(s.empty());
  ASSERT_EQ(s.capacity(), room);
  for (std::size_t i = 0; i < room; ++i) EXPECT_EQ(bytes[i], '\0') << i;
}

TEST(Secret, MovingEmptiesTheSourceEvenWhenShort) {
  Secret a(std::string("short"));
  const Secret b(std::move(a));
  EXPECT_EQ(b.reveal(), "short");
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is the promise under test
}

TEST(Secret, MoveAssignmentReplacesAndEmpties) {
  Secret a(std::string("first"));
  Secret b(std::string("second"));
  a = std::move(b);
  EXPECT_EQ(a.reveal(), "second");
  EXPECT_TRUE(b.empty());  // NOLINT(bugprone-use-after-move): that is the promise under test
}

}  // namespace
}  // namespace pf
