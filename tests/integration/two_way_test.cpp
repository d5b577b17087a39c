// Two accounts that people use at the same time.
#include "support/two_accounts.h"

#include <algorithm>

namespace pf::test {
namespace {

constexpr const char* quarantine = "deleted_from_source";
constexpr std::size_t large = 200'000;

// Six messages in INBOX and, last, a large one; four in Box.
template <class Accounts>
class InStep : public Accounts {
 protected:
  void SetUp() override {
    append_all(near(), "INBOX", small_messages(6));
    append_all(near(), "INBOX", std::vector{message_of_size(large, 1), message_of_size(large, 2)});
    near().create("Box");
    append_all(near(), "Box", std::vector{small_message(21), small_message(22), message_of_size(large, 3)});
    const auto first = two_way();
    ASSERT_EQ(first.code, 0) << first;
    this->expect_same("INBOX");
    this->expect_same("Box");
  }
  Ran two_way() const { return this->sync("two-way", {"--yes"}); }
  ImapOracle& near() const { return *this->at_source_; }
  ImapOracle& far() const { return *this->at_target_; }
  void expect_nothing_left() const {
    const auto before = this->state();
    this->expect_idle(two_way());
    EXPECT_EQ(this->state(), before);
  }
  void expect_same_mailboxes() const {
    auto names = near().names();
    EXPECT_EQ(names, far().names());
    for (const auto& name : names)
      if (name != quarantine) this->expect_same(name);
  }
};

class TwoWayBetween : public InStep<BetweenServers> {};
class TwoWay : public InStep<TwoAccounts> {};

INSTANTIATE_TEST_SUITE_P(Servers, TwoWayBetween, dovecots_and_cyrus(), name_of);

TEST_P(TwoWayBetween, EachSideGetsTheChangesOfTheOther) {
  expect_nothing_left();
  lose(near(), "INBOX", "1");
  lose(far(), "INBOX", "2");
  near().select("INBOX");
  far().select("INBOX");
  near().store("3", "+FLAGS", "\\Flagged mine");
  far().store("3", "+FLAGS", "\\Answered");
  far().store("3", "-FLAGS", "\\Seen");
  append_all(near(), "INBOX", std::vector{small_message(10)});
  append_all(far(), "INBOX", std::vector{small_message(11)});
  far().create("Made there");
  append_all(far(), "Made there", std::vector{small_message(12)});
  near().create("Made here");
  append_all(near(), "Made here", std::vector{small_message(13)});

  const auto ran = two_way();
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 2U) << ran;
  EXPECT_EQ(ran["copied_back"], 2U) << ran;
  EXPECT_EQ(ran["deleted"], 2U) << ran;
  EXPECT_EQ(ran.warnings, std::vector<std::string>{});
  expect_same_mailboxes();
  const auto stored = near().fetch_all("INBOX");
  EXPECT_EQ(stored.size(), 8U);
  EXPECT_EQ(stored.at(0).uid, 3U);
  EXPECT_EQ(stored.at(0).flags, (std::set<std::string>{"\\flagged", "mine", "\\answered"}));
  EXPECT_EQ(near().fetch_all("Made there").size(), 1U);
  EXPECT_EQ(far().fetch_all("Made here").size(), 1U);
  EXPECT_EQ(near().fetch_all(quarantine).size(), 1U);
  EXPECT_EQ(far().fetch_all(quarantine).size(), 1U);
  expect_nothing_left();
}

TEST_P(TwoWayBetween, MovesAreFollowedWithoutSendingTheMessage) {
  near().select("INBOX");
  near().command("UID MOVE 7 Box");
  far().select("INBOX");
  far().command("UID MOVE 8 Box");
  far().select("Box");
  far().command("UID MOVE 3 INBOX");
  near().create("New here");
  near().select("INBOX");
  near().command("UID MOVE 5 \"New here\"");
  far().create("New there");
  far().select("INBOX");
  far().command("UID MOVE 6 \"New there\"");
  const auto ran = two_way();
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["moved"], 5U) << ran;
  EXPECT_EQ(ran["copied"] + ran["copied_back"] + ran["deleted"], 0U) << ran;
  EXPECT_LT(ran["bytes_sent"], large / 10) << ran;
  EXPECT_LT(ran["bytes_received"], large / 2) << ran;
  EXPECT_EQ(near().fetch_all("INBOX").size(), 5U);
  EXPECT_EQ(near().fetch_all("Box").size(), 4U);
  expect_same_mailboxes();
  expect_nothing_left();
}

TEST_P(TwoWayBetween, RenamesAreFollowedWithoutSendingAMessage) {
  near().rename("Box", "Box of mine");
  const auto there = two_way();
  ASSERT_EQ(there.code, 0) << there;
  EXPECT_TRUE(far().list("Box").empty());
  EXPECT_EQ(far().fetch_all("Box of mine").size(), 3U);
  EXPECT_LT(there["bytes_sent"], large / 10) << there;
  expect_same_mailboxes();
  far().rename("Box of mine", "Box of yours");
  const auto here = two_way();
  ASSERT_EQ(here.code, 0) << here;
  EXPECT_TRUE(near().list("Box of mine").empty());
  EXPECT_EQ(near().fetch_all("Box of yours").size(), 3U);
  EXPECT_LT(here["bytes_sent"], large / 10) << here;
  expect_same_mailboxes();
  expect_nothing_left();
}

TEST_P(TwoWayBetween, DeletedHereAndChangedThereComesBack) {
  lose(near(), "INBOX", "1");
  far().select("INBOX");
  far().store("1", "+FLAGS", "\\Flagged");
  const auto ran = two_way();
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied_back"], 1U) << ran;
  EXPECT_EQ(ran["deleted"], 0U) << ran;
  EXPECT_EQ(ran.out.find(R"("conflicts":[])"), std::string::npos) << ran;
  expect_same_mailboxes();
  EXPECT_EQ(near().fetch_all("INBOX").size(), 8U);
  expect_nothing_left();
}

TEST_F(TwoWay, UndoPutsBackWhatWasTakenFromEitherSide) {
  lose(near(), "INBOX", "1");
  lose(far(), "INBOX", "2");
  const auto ran = two_way();
  ASSERT_EQ(ran["deleted"], 2U) << ran;
  const auto undone = ferry_.undo(from_, to_, {ran.summary.text("run")});
  EXPECT_EQ(undone.code, 0) << undone;
  EXPECT_EQ(undone["restored"], 2U) << undone;
  EXPECT_EQ(near().fetch_all("INBOX").size(), 7U);
  EXPECT_EQ(far().fetch_all("INBOX").size(), 7U);
  // What came back is new there: it is brought to where it was deleted first.
  const auto after = two_way();
  EXPECT_EQ(after.code, 0) << after;
  expect_same("INBOX");
  EXPECT_EQ(near().fetch_all("INBOX").size(), 8U);
  expect_nothing_left();
}

TEST_F(TwoWay, AnEmptiedSideDoesNotEmptyTheOther) {
  lose(far(), "INBOX", "1:*");
  lose(far(), "Box", "1:*");
  const auto ran = two_way();
  EXPECT_EQ(ran.code, 5) << ran;
  EXPECT_EQ(ran["deleted"], 0U) << ran;
  EXPECT_EQ(near().fetch_all("INBOX").size(), 8U);
  EXPECT_EQ(near().fetch_all("Box").size(), 3U);
}

}  // namespace
}  // namespace pf::test
