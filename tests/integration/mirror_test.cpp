// What is gone at the source goes at the target, and comes back when somebody wants it back.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

class Mirror : public testing::Test {
 protected:
  void SetUp() override {
    append_all(*at_source_, "INBOX", small_messages(20));
    const auto first = mirror();
    ASSERT_EQ(first.code, 0) << first;
    before_ = at_target_->fetch_all("INBOX");
  }
  Ran mirror(std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"--mode", "mirror"});
    return ferry_.sync(from_, to_, std::move(options));
  }
  Ran undo(std::vector<std::string> options) const { return ferry_.undo(from_, to_, std::move(options)); }
  void lose(const std::string& uids) const {
    at_source_->select("INBOX");
    at_source_->store(uids, "+FLAGS", "\\Deleted");
    at_source_->expunge();
  }

  DovecotServer source_, target_;
  std::unique_ptr<ImapOracle> at_source_ = oracle_of(source_, "alice");
  std::unique_ptr<ImapOracle> at_target_ = oracle_of(target_, "bob");
  End from_ = end_at(source_, "alice"), to_ = end_at(target_, "bob");
  Ferry ferry_;
  std::vector<StoredMessage> before_;  // at the target
};

TEST_F(Mirror, RemovesIntoTheQuarantineAndUndoPutsItBack) {
  lose("3:5");
  const auto ran = mirror({"--yes"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["deleted"], 3U) << ran;
  EXPECT_EQ(difference(*at_source_, "INBOX", *at_target_, "INBOX"), "");
  EXPECT_EQ(at_target_->fetch_all("deleted_from_source").size(), 3U);

  const auto run = ran.summary.text("run");
  const auto listed = undo({"--list"});
  EXPECT_EQ(listed.code, 0) << listed;
  ASSERT_EQ(listed.all("removal_run").size(), 1U) << listed;
  const auto line = listed.all("removal_run").front();
  EXPECT_EQ(line.text("run"), run);
  EXPECT_EQ(line.text("mode"), "mirror");
  EXPECT_EQ(line.number("quarantined"), 3U);

  const auto undone = undo({run});
  ASSERT_EQ(undone.code, 0) << undone;
  EXPECT_EQ(undone["restored"], 3U) << undone;
  EXPECT_EQ(compare(before_, at_target_->fetch_all("INBOX")), "");
  EXPECT_TRUE(at_target_->fetch_all("deleted_from_source").empty());
  const auto after = undo({"--list"});
  EXPECT_EQ(after.all("removal_run").front().number("undone"), 3U) << after;
  const auto again = undo({run});
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_EQ(again["restored"], 0U);
}

TEST_F(Mirror, AsksBeforeTheFirstRemovalAndNobodyAnswers) {
  lose("3");
  const auto ran = mirror();
  EXPECT_EQ(ran.code, 5) << ran;
  EXPECT_EQ(ran["withheld"], 1U) << ran;
  EXPECT_TRUE(ran.warned("--yes")) << ran;
  EXPECT_EQ(ran.summary.text("run"), "");
  EXPECT_EQ(compare(before_, at_target_->fetch_all("INBOX")), "");
}

TEST_F(Mirror, WithholdsWhatLooksLikeAnAccident) {
  lose("1:11");
  append_all(*at_source_, "INBOX", std::vector{small_message(50)});
  const auto ran = mirror({"--yes"});
  EXPECT_EQ(ran.code, 5) << ran;
  EXPECT_EQ(ran.summary.text("status"), "refused");
  EXPECT_EQ(ran["withheld"], 11U) << ran;
  EXPECT_EQ(ran["copied"], 1U) << ran;
  EXPECT_EQ(at_target_->fetch_all("INBOX").size(), 21U);
  const auto allowed = mirror({"--yes", "--max-delete", "11"});
  EXPECT_EQ(allowed.code, 0) << allowed;
  EXPECT_EQ(difference(*at_source_, "INBOX", *at_target_, "INBOX"), "");
}

TEST_F(Mirror, ADryRunTellsWhatWouldGoAndRemovesNothing) {
  lose("3");
  const auto state = state_of(*at_target_, {"INBOX"}, Recent::ignored);
  const auto ran = mirror({"--dry-run"});
  EXPECT_EQ(ran.code, 0) << ran;
  bool told = false;
  for (const auto& plan : ran.all("plan"))
    told = told || plan.text("text").find("deleted_from_source") != std::string::npos;
  EXPECT_TRUE(told) << ran;
  EXPECT_EQ(state_of(*at_target_, {"INBOX"}, Recent::ignored), state);
}

TEST_F(Mirror, UndoOfARunThatDidNotRemoveIsAMistake) {
  const auto ran = undo({"7"});
  EXPECT_EQ(ran.code, 2) << ran;
  EXPECT_EQ(undo({"--list"}).all("removal_run").size(), 0U);
}

}  // namespace
}  // namespace pf::test
