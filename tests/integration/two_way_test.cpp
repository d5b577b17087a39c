// Two accounts that people use at the same time.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

class TwoWay : public testing::Test {
 protected:
  void SetUp() override {
    append_all(*near_, "INBOX", small_messages(6));
    const auto first = sync();
    ASSERT_EQ(first.code, 0) << first;
    ASSERT_EQ(difference(*near_, "INBOX", *far_, "INBOX"), "");
  }
  Ran sync() const { return ferry_.sync(from_, to_, {"--mode", "two-way", "--yes"}); }
  static void lose(ImapOracle& at, const std::string& uid) {
    at.select("INBOX");
    at.store(uid, "+FLAGS", "\\Deleted");
    at.expunge();
  }
  void expect_nothing_left() const {
    const auto again = sync();
    EXPECT_EQ(again.code, 0) << again;
    for (const auto* what : {"copied", "copied_back", "deleted", "moved", "flags_changed", "restored"})
      EXPECT_EQ(again[what], 0U) << what << ": " << again;
  }

  DovecotServer near_server_, far_server_;
  std::unique_ptr<ImapOracle> near_ = oracle_of(near_server_, "alice");
  std::unique_ptr<ImapOracle> far_ = oracle_of(far_server_, "bob");
  End from_ = end_at(near_server_, "alice"), to_ = end_at(far_server_, "bob");
  Ferry ferry_;
};

TEST_F(TwoWay, EachSideGetsTheChangesOfTheOther) {
  lose(*near_, "1");
  lose(*far_, "2");
  near_->store("3", "+FLAGS", "\\Flagged");
  far_->store("3", "+FLAGS", "\\Answered");
  append_all(*near_, "INBOX", std::vector{small_message(10)});
  append_all(*far_, "INBOX", std::vector{small_message(11)});
  far_->create("Made there");
  append_all(*far_, "Made there", std::vector{small_message(12)});

  const auto ran = sync();
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 1U) << ran;
  EXPECT_EQ(ran["copied_back"], 2U) << ran;
  EXPECT_EQ(ran["deleted"], 2U) << ran;
  EXPECT_EQ(difference(*near_, "INBOX", *far_, "INBOX"), "");
  EXPECT_EQ(difference(*near_, "Made there", *far_, "Made there"), "");
  EXPECT_EQ(near_->fetch_all("INBOX").size(), 6U);
  EXPECT_EQ(near_->fetch_all("deleted_from_source").size(), 1U);
  EXPECT_EQ(far_->fetch_all("deleted_from_source").size(), 1U);
  expect_nothing_left();
}

TEST_F(TwoWay, UndoPutsBackWhatWasTakenFromEitherSide) {
  lose(*near_, "1");
  lose(*far_, "2");
  const auto ran = sync();
  ASSERT_EQ(ran["deleted"], 2U) << ran;
  const auto undone = ferry_.undo(from_, to_, {ran.summary.text("run")});
  EXPECT_EQ(undone.code, 0) << undone;
  EXPECT_EQ(undone["restored"], 2U) << undone;
  EXPECT_EQ(near_->fetch_all("INBOX").size(), 5U);
  EXPECT_EQ(far_->fetch_all("INBOX").size(), 5U);
  // What came back is new there: it is brought to where it was deleted first.
  const auto after = sync();
  EXPECT_EQ(after.code, 0) << after;
  EXPECT_EQ(difference(*near_, "INBOX", *far_, "INBOX"), "");
  EXPECT_EQ(near_->fetch_all("INBOX").size(), 6U);
  expect_nothing_left();
}

TEST_F(TwoWay, AMoveIsFollowedWithoutSendingTheMessage) {
  near_->create("Box");
  ASSERT_EQ(sync().code, 0);
  far_->select("INBOX");
  far_->command("UID MOVE 4 Box");
  const auto ran = sync();
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(difference(*near_, "INBOX", *far_, "INBOX"), "");
  EXPECT_EQ(difference(*near_, "Box", *far_, "Box"), "");
  EXPECT_EQ(near_->fetch_all("Box").size(), 1U);
  EXPECT_EQ(ran["moved"], 1U) << ran;
  expect_nothing_left();
}

}  // namespace
}  // namespace pf::test
