// What is gone at the source goes at the target, and comes back when somebody wants it back.
#include "support/fault_proxy.h"
#include "support/two_accounts.h"

namespace pf::test {
namespace {

constexpr const char* quarantine = "deleted_from_source";

// Twenty messages in INBOX, mirrored once.
template <class Accounts>
class Mirrored : public Accounts {
 protected:
  void SetUp() override {
    append_all(*this->at_source_, "INBOX", small_messages(20));
    const auto first = mirror();
    ASSERT_EQ(first.code, 0) << first;
    before_ = this->at_target_->fetch_all("INBOX");
  }
  Ran mirror(std::vector<std::string> options = {}) const { return this->sync("mirror", std::move(options)); }
  Ran undo(std::vector<std::string> options) const {
    return this->ferry_.undo(this->from_, this->to_, std::move(options));
  }
  void lose(const std::string& uids) const { Accounts::lose(*this->at_source_, "INBOX", uids); }
  [[nodiscard]] bool has_quarantine() const { return !this->at_target_->list(quarantine).empty(); }
  void expect_target_as_before() const {
    EXPECT_EQ(compare(before_, this->at_target_->fetch_all("INBOX")), "");
    EXPECT_FALSE(has_quarantine());
  }

  std::vector<StoredMessage> before_;  // at the target
};

class MirrorBetween : public Mirrored<BetweenServers> {};
class Mirror : public Mirrored<TwoAccounts> {};

INSTANTIATE_TEST_SUITE_P(Servers, MirrorBetween, dovecots_and_cyrus(), name_of);

TEST_P(MirrorBetween, RemovesIntoTheQuarantineAndUndoPutsItBack) {
  lose("3:5");
  const auto ran = mirror({"--yes"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["deleted"], 3U) << ran;
  expect_same("INBOX");
  EXPECT_EQ(compare(std::span(before_).subspan(2, 3), at_target_->fetch_all(quarantine)), "");
  const auto state_after = state();
  expect_idle(mirror({"--yes"}));
  EXPECT_EQ(state(), state_after);

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
  EXPECT_TRUE(at_target_->fetch_all(quarantine).empty());
  EXPECT_EQ(undo({"--list"}).all("removal_run").front().number("undone"), 3U);
  const auto again = undo({run});
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_EQ(again["restored"], 0U);
  // What came back is nobody's copy any more: it stays.
  expect_idle(mirror({"--yes"}));
  EXPECT_EQ(at_target_->fetch_all("INBOX").size(), 20U);
}

// A plain EXPUNGE would take them along.
TEST_P(MirrorBetween, LeavesWhatOtherClientsMarkedDeleted) {
  at_target_->select("INBOX");
  at_target_->store("9,11", "+FLAGS", "\\Deleted");
  lose("3:4");
  const auto moved = mirror({"--yes"});
  ASSERT_EQ(moved.code, 0) << moved;
  EXPECT_EQ(at_target_->fetch_all(quarantine).size(), 2U);
  lose("5:7");
  const auto expunged = mirror({"--yes", "--expunge"});
  ASSERT_EQ(expunged.code, 0) << expunged;
  EXPECT_EQ(expunged["deleted"], 3U) << expunged;
  EXPECT_EQ(expunged.summary.text("run"), "") << expunged;  // nothing of it can be put back
  EXPECT_EQ(at_target_->fetch_all(quarantine).size(), 2U);
  auto expected = at_source_->fetch_all("INBOX");
  for (auto& m : expected)
    if (m.uid == 9 || m.uid == 11) m.flags.insert("\\deleted");
  EXPECT_EQ(compare(expected, at_target_->fetch_all("INBOX")), "");
}

TEST_F(Mirror, AsksBeforeTheFirstRemovalAndNobodyAnswers) {
  lose("3");
  const auto ran = mirror();
  EXPECT_EQ(ran.code, 5) << ran;
  EXPECT_EQ(ran["withheld"], 1U) << ran;
  EXPECT_TRUE(ran.warned("--yes")) << ran;
  EXPECT_EQ(ran.summary.text("run"), "");
  expect_target_as_before();
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
  EXPECT_FALSE(has_quarantine());
  const auto allowed = mirror({"--yes", "--max-delete", "11"});
  EXPECT_EQ(allowed.code, 0) << allowed;
  EXPECT_EQ(allowed["deleted"], 11U) << allowed;
  expect_same("INBOX");
}

TEST_F(Mirror, NeverEmptiesTheTargetBecauseTheSourceIsEmpty) {
  lose("1:*");
  const auto ran = mirror({"--yes", "--max-delete", "100%"});
  EXPECT_EQ(ran.code, 5) << ran;
  EXPECT_EQ(ran["deleted"], 0U) << ran;
  EXPECT_EQ(ran["withheld"], 20U) << ran;
  expect_target_as_before();
}

TEST_F(Mirror, RemovesNothingWhenItRemembersNothing) {
  lose("3:5");
  ferry_.forget();
  const auto before = state();
  const auto ran = mirror({"--yes"});
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["matched"], 17U) << ran;
  EXPECT_EQ(state(), before);
}

TEST_F(Mirror, ADryRunTellsWhatWouldGoAndRemovesNothing) {
  lose("3");
  const auto before = state();
  const auto ran = mirror({"--dry-run"});
  EXPECT_EQ(ran.code, 0) << ran;
  bool told = false;
  for (const auto& plan : ran.all("plan"))
    told = told || plan.text("text").find(quarantine) != std::string::npos;
  EXPECT_TRUE(told) << ran;
  EXPECT_EQ(state(), before);
}

TEST_F(Mirror, UndoOfARunThatDidNotRemoveIsAMistake) {
  const auto ran = undo({"7"});
  EXPECT_EQ(ran.code, 2) << ran;
  EXPECT_EQ(undo({"--list"}).all("removal_run").size(), 0U);
}

TEST_F(Mirror, OfTwoStartedTogetherOneWorks) {
  FaultProxy proxy({.target_port = target_server_->imap_port()});
  to_ = end_through(proxy.port(), *target_server_, "bob");
  ASSERT_EQ(mirror().code, 0);
  lose("3:5");
  proxy.stall_after(Direction::to_client, 0);  // whoever is first waits for the other
  const std::vector<std::string> options{"--mode", "mirror", "--yes", "--timeout", "600"};
  auto one = ferry_.start_sync(from_, to_, options);
  auto other = ferry_.start_sync(from_, to_, options);
  ASSERT_TRUE(eventually([&] { return !one->running() || !other->running(); }));
  auto& refused = one->running() ? *other : *one;
  auto& working = one->running() ? *one : *other;
  EXPECT_EQ(Ferry::finish(refused).code, 7);
  EXPECT_TRUE(working.running());
  proxy.release();
  const auto ran = Ferry::finish(working);
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["deleted"], 3U) << ran;
  EXPECT_EQ(at_target_->fetch_all(quarantine).size(), 3U);
  expect_same("INBOX");
}

}  // namespace
}  // namespace pf::test
