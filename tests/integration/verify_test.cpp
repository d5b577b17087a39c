// Comparing two accounts: what is missing, extra or different is named, and nothing is changed.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

#include <set>

namespace pf::test {
namespace {

class Verify : public testing::Test {
 protected:
  void SetUp() override {
    append_all(*at_source_, "INBOX", small_messages(6));
    append_all(*at_target_, "INBOX", small_messages(6));
  }
  Ran verify(std::vector<std::string> options = {}) {
    return ferry_.verify(end_at(source_, "alice"), end_at(target_, "bob"), std::move(options));
  }
  static std::set<std::string> named(const Ran& ran) {
    std::set<std::string> all;
    for (const auto& d : ran.all("difference")) {
      all.insert(d.text("kind") + " " + d.text("mailbox") + " " + d.text("uid"));
    }
    return all;
  }
  using Named = std::set<std::string>;

  DovecotServer source_;
  DovecotServer target_;
  std::unique_ptr<ImapOracle> at_source_ = oracle_of(source_, "alice");
  std::unique_ptr<ImapOracle> at_target_ = oracle_of(target_, "bob");
  Ferry ferry_;
};

TEST_F(Verify, FindsEqualAccountsEqual) {
  const auto before = state_of(*at_source_, {"INBOX"}) + state_of(*at_target_, {"INBOX"});
  for (const auto& options : {std::vector<std::string>{}, {"--content"}}) {
    const auto ran = verify(options);
    EXPECT_EQ(ran.code, 0) << ran;
    EXPECT_EQ(ran["matched"], 6U) << ran;
    EXPECT_EQ(named(ran), Named{});
  }
  EXPECT_EQ(state_of(*at_source_, {"INBOX"}) + state_of(*at_target_, {"INBOX"}), before);
  EXPECT_TRUE(std::filesystem::is_empty(ferry_.state()));
}

TEST_F(Verify, NamesWhatIsMissingAndWhatIsExtra) {
  at_target_->select("INBOX");
  at_target_->store("3", "+FLAGS", "\\Deleted");
  at_target_->expunge();
  at_target_->append("INBOX", small_message(50).bytes);
  at_source_->create("only here");
  at_source_->append("only here", small_message(51).bytes);
  at_target_->create("only there");
  at_target_->append("only there", small_message(52).bytes);
  const auto ran = verify();
  EXPECT_EQ(ran.code, 4) << ran;
  EXPECT_EQ(named(ran),
            (Named{"missing INBOX 3", "extra INBOX 7", "missing only here ", "extra only there "}))
      << ran;
  EXPECT_EQ(ran["missing"], 2U) << ran;
  EXPECT_EQ(ran["extra"], 2U) << ran;
}

TEST_F(Verify, NamesDifferentFlagsAndDates) {
  at_target_->select("INBOX");
  at_target_->store("1", "+FLAGS", "\\Flagged");
  auto late = small_message(9);
  at_source_->append("INBOX", {.bytes = late.bytes, .date = "01-Jan-2020 00:00:00 +0000"});
  at_target_->append("INBOX", {.bytes = late.bytes, .date = "01-Jan-2020 00:00:01 +0000"});
  const auto ran = verify();
  EXPECT_EQ(ran.code, 4) << ran;
  EXPECT_EQ(named(ran), (Named{"different INBOX 1", "different INBOX 7"})) << ran;
  EXPECT_EQ(ran["different"], 2U) << ran;
}

// Same size, same headers: only the octets tell.
TEST_F(Verify, FindsADifferentBodyOnlyWhenAskedToReadIt) {
  const std::string head = "Subject: same\r\nMessage-ID: <same@example.com>\r\n\r\n";
  at_source_->append("INBOX", {.bytes = head + "body one\r\n", .date = "01-Jan-2020 00:00:00 +0000"});
  at_target_->append("INBOX", {.bytes = head + "body two\r\n", .date = "01-Jan-2020 00:00:00 +0000"});
  EXPECT_EQ(verify().code, 0);
  const auto ran = verify({"--content"});
  EXPECT_EQ(ran.code, 4) << ran;
  EXPECT_EQ(named(ran), (Named{"different INBOX 7"})) << ran;
}

TEST_F(Verify, AfterASyncGivesItsExitStatus) {
  at_target_->append("INBOX", small_message(50).bytes);
  at_source_->append("INBOX", small_message(60).bytes);
  const auto ran = ferry_.sync(end_at(source_, "alice"), end_at(target_, "bob"), {"--verify"});
  EXPECT_EQ(ran.code, 4) << ran;
  EXPECT_EQ(ran["copied"], 1U) << ran;
  EXPECT_EQ(named(ran), (Named{"extra INBOX 7"})) << ran;
}

}  // namespace
}  // namespace pf::test
