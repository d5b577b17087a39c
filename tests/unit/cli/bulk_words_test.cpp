#include "cli/bulk_words.h"

#include <gtest/gtest.h>

namespace pf::cli {
namespace {

using Words = std::vector<std::string>;

Words rewritten(Words words) {
  words.insert(words.begin(), "bulk");
  const auto result = bulk_words(words);
  return result ? *result : Words{result.error().context};
}

TEST(BulkWords, TakeTheModeAsAWordOrAsAnOption) {
  const Words plain = {"bulk", "export", "--config", "a.json"};
  EXPECT_EQ(rewritten({"export", "--config", "a.json"}), plain);
  EXPECT_EQ(rewritten({"--mode", "export", "--config", "a.json"}), plain);
  EXPECT_EQ(rewritten({"--config", "a.json", "--mode=export"}), plain);
  EXPECT_EQ(rewritten({"--mo", "export", "--conf", "a.json"}), plain);
  EXPECT_EQ(rewritten({"export", "--mode", "export", "--config", "a.json"}), plain);
}

TEST(BulkWords, WriteOutBeginningsThatFitOneOption) {
  EXPECT_EQ(rewritten({"import", "--in", "d", "--ig", "--max=3", "--min-f", "2", "--o", "x"}),
            (Words{"bulk", "import", "--input-dir", "d", "--ignore-errors", "--max-workers=3",
                   "--min-free-gb", "2", "--output-dir", "x"}));
  EXPECT_EQ(rewritten({"validate", "--re", "--c", "f"}),
            (Words{"bulk", "validate", "--resync-missing", "--config", "f"}));
  EXPECT_EQ(rewritten({"validate", "--cont"}), (Words{"bulk", "validate", "--content"}));
  EXPECT_EQ(rewritten({"export", "--no-a", "--no-c"}),
            (Words{"bulk", "export", "--no-audit-after-export", "--no-connectivity-test"}));
}

TEST(BulkWords, LeaveValuesAlone) {
  EXPECT_EQ(rewritten({"--config", "import", "--mode", "export"}),
            (Words{"bulk", "export", "--config", "import"}));
  EXPECT_EQ(rewritten({"test", "--log-dir", "--in"}), (Words{"bulk", "test", "--log-dir", "--in"}));
}

TEST(BulkWords, RefuseBeginningsThatFitSeveral) {
  EXPECT_EQ(rewritten({"import", "--i"}),
            (Words{"ambiguous option: --i could match --input-dir, --ignore-errors, --imap-timeout"}));
  EXPECT_EQ(rewritten({"import", "--m", "export"}),
            (Words{"ambiguous option: --m could match --mode, --max-workers, --min-free-gb"}));
}

TEST(BulkWords, RefuseTheOptionsOfHostingPanels) {
  for (const std::string option : {"--da-url", "--da-u", "--cpanel-token-file=x", "--auto-provision-da",
                                   "--auto", "--reset", "--reset-confirm"})
    EXPECT_NE(rewritten({"import", option}).front().find("hosting panels"), std::string::npos) << option;
  EXPECT_EQ(rewritten({"import", "--da-password", "s3cret"}).front().find("s3cret"), std::string::npos);
}

TEST(BulkWords, WantOneMode) {
  EXPECT_EQ(rewritten({"--config", "x"}), (Words{"bulk needs a mode"}));
  EXPECT_EQ(rewritten({"export", "--mode", "import"}),
            (Words{"the mode is given twice, as export and import"}));
  EXPECT_EQ(rewritten({"--mode"}), (Words{"--mode needs a value: export, import, validate, ..."}));
}

TEST(BulkWords, LeaveTheRestOfSyncAsItIs) {
  EXPECT_EQ(rewritten({"sync", "--acc", "f", "--mode", "mirror"}),
            (Words{"bulk", "sync", "--acc", "f", "--mode", "mirror"}));
  EXPECT_EQ(rewritten({"--mode", "sync", "--accounts", "f"}), (Words{"bulk", "sync", "--accounts", "f"}));
}

TEST(BulkWords, LeaveHelpAndWhatNobodyKnows) {
  EXPECT_EQ(rewritten({"--help"}), (Words{"bulk", "--help"}));
  EXPECT_EQ(rewritten({"export", "-h"}), (Words{"bulk", "export", "-h"}));
  EXPECT_EQ(rewritten({"export", "--frobnicate"}), (Words{"bulk", "export", "--frobnicate"}));
  EXPECT_EQ(rewritten({}), (Words{"bulk needs a mode"}));
}

}  // namespace
}  // namespace pf::cli
