#include "base/printable.h"

#include "base/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace pf {
namespace {

TEST(Printable, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(printable("INBOX/Entwürfe 日本語 \\ \"x\" 🚢"), "INBOX/Entwürfe 日本語 \\ \"x\" 🚢");
}

TEST(Printable, DisarmsTerminalSequencesAndLineEnds) {
  EXPECT_EQ(printable("\x1B[2J"), "\\x{1b}[2J");
  EXPECT_EQ(printable("a\r\nb\tc"), "a\\x{0d}\\x{0a}b\\x{09}c");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x{00}");
  EXPECT_EQ(printable("\x7F"), "\\x{7f}");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\x{9b}31m");  // CSI as a C1 control
}

TEST(Printable, ShowsBidirectionalControlsInsteadOfObeyingThem) {
  EXPECT_EQ(printable("evil\u202Efdp.exe"), "evil\\x{202e}fdp.exe");
  EXPECT_EQ(printable("\u2066\u2069\u200F\u061C\u2028"), "\\x{2066}\\x{2069}\\x{200f}\\x{61c}\\x{2028}");
}

TEST(Printable, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("caf\xE9"), "caf\\xe9");
  EXPECT_EQ(printable("\x9B"
                      "31m"),
            "\\x9b31m");  // CSI for a terminal in an 8-bit mode
}

RC_GTEST_PROP(Printable, IsSafeForAnyBytesAndEscapingTwiceChangesNothing, (const std::string& bytes)) {
  const auto shown = printable(bytes);
  RC_ASSERT(is_valid_utf8(shown));
  RC_ASSERT(
      std::ranges::none_of(shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }));
  RC_ASSERT(printable(shown) == shown);
}

}  // namespace
}  // namespace pf
