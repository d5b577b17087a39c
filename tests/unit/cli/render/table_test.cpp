#include "cli/render/table.h"

#include <gtest/gtest.h>

namespace pf::cli {
namespace {

TEST(Table, NamesToTheLeftNumbersToTheRight) {
  EXPECT_EQ(table_text({{"mailbox", "copied"}, {"INBOX", "1,234"}, {"Entwürfe", "7"}}),
            "  mailbox   copied\n"
            "  INBOX      1,234\n"
            "  Entwürfe       7\n");
}

TEST(Table, OfNothingIsNothing) {
  EXPECT_EQ(table_text({}), "");
}

}  // namespace
}  // namespace pf::cli
