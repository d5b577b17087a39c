// Mirror and two-way on servers that know less: Courier has neither CONDSTORE nor MOVE, imap4d not even
// UIDPLUS.
#include "support/courier_server.h"
#include "support/mailutils_server.h"
#include "support/two_accounts.h"

namespace pf::test {
namespace {

std::unique_ptr<MailServer> a_courier() {
  return std::make_unique<CourierServer>();
}
std::unique_ptr<MailServer> an_imap4d() {
  return std::make_unique<MailutilsServer>();
}

class Modes : public TwoAccounts {
 protected:
  explicit Modes(const Between& between) : TwoAccounts(between) {}
  void fill_and_bring_in_step(const std::string& mode) {
    append_all(*at_source_, "INBOX", small_messages(12));
    at_source_->create(here("Box"));
    append_all(*at_source_, here("Box"), std::vector{small_message(21), small_message(22)});
    const auto first = sync(mode);
    ASSERT_EQ(first.code, 0) << first;
    before_ = at_target_->fetch_all("INBOX");
    ASSERT_EQ(before_.size(), 12U);
  }
  [[nodiscard]] std::string here(const std::string& name) const { return name_at(*source_server_, {name}); }
  [[nodiscard]] std::string there(const std::string& name) const { return name_at(*target_server_, {name}); }
  void expect_same_in(const std::string& name) const {
    EXPECT_EQ(difference(*at_source_, here(name), *at_target_, there(name)), "") << name;
  }
  std::vector<StoredMessage> before_;  // INBOX at the target

  static constexpr const char* quarantine = "deleted_from_source";
};

class BetweenCourier : public Modes, public testing::WithParamInterface<Between> {
 protected:
  BetweenCourier() : Modes(GetParam()) {}
};
INSTANTIATE_TEST_SUITE_P(Servers, BetweenCourier,
                         testing::Values(Between{"DovecotToCourier", a_dovecot, a_courier},
                                         Between{"CourierToDovecot", a_courier, a_dovecot}),
                         name_of);

TEST_P(BetweenCourier, MirrorRemovesLeavesOthersDeletionsAndUndoes) {
  fill_and_bring_in_step("mirror");
  at_target_->select("INBOX");
  at_target_->store("9", "+FLAGS", "\\Deleted");
  lose(*at_source_, "INBOX", "3:4");
  const auto ran = sync("mirror", {"--yes"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["deleted"], 2U) << ran;
  EXPECT_EQ(at_target_->fetch_all("INBOX").size(), 10U);
  EXPECT_EQ(compare(std::span(before_).subspan(2, 2), at_target_->fetch_all(there(quarantine))), "");
  const auto undone = ferry_.undo(from_, to_, {ran.summary.text("run")});
  ASSERT_EQ(undone.code, 0) << undone;
  before_.at(8).flags.insert("\\deleted");
  EXPECT_EQ(compare(before_, at_target_->fetch_all("INBOX")), "");
  lose(*at_source_, "INBOX", "5:6");
  const auto expunged = sync("mirror", {"--expunge", "--yes"});
  ASSERT_EQ(expunged.code, 0) << expunged;
  EXPECT_EQ(expunged["deleted"], 2U) << expunged;
  EXPECT_EQ(at_target_->fetch_all("INBOX").size(), 10U);
  expect_idle(sync("mirror", {"--yes"}));
}

TEST_P(BetweenCourier, TwoWayBringsChangesMovesAndRenames) {
  fill_and_bring_in_step("two-way");
  lose(*at_source_, "INBOX", "1");
  lose(*at_target_, "INBOX", "2");
  at_source_->select("INBOX");
  at_target_->select("INBOX");
  at_source_->store("4", "+FLAGS", "\\Flagged");
  at_target_->store("4", "+FLAGS", "\\Answered");
  append_all(*at_source_, "INBOX", std::vector{small_message(30)});
  append_all(*at_target_, "INBOX", std::vector{small_message(31)});
  at_target_->create(there("Made"));
  append_all(*at_target_, there("Made"), std::vector{small_message(32)});
  // As clients of servers without MOVE do it.
  at_target_->select("INBOX");
  at_target_->command("UID COPY 5 " + there("Box"));
  lose(*at_target_, "INBOX", "5");
  // Courier gives what was renamed another UIDVALIDITY, as if it were another mailbox.
  if (GetParam().source == a_dovecot) {
    at_source_->rename(here("Box"), here("Bin"));
  } else {
    at_target_->rename(there("Box"), there("Bin"));
  }
  const auto ran = sync("two-way", {"--yes"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 1U) << ran;
  EXPECT_EQ(ran["copied_back"], 2U) << ran;
  EXPECT_EQ(ran["deleted"], 2U) << ran;
  EXPECT_EQ(ran["moved"], 1U) << ran;
  EXPECT_EQ(ran.warnings, std::vector<std::string>{});
  for (const auto* name : {"INBOX", "Bin", "Made"}) expect_same_in(name);
  EXPECT_EQ(at_source_->fetch_all("INBOX").size(), 11U);
  EXPECT_EQ(at_source_->fetch_all(here("Bin")).size(), 3U);
  EXPECT_TRUE(at_source_->list(here("Box")).empty());
  EXPECT_TRUE(at_target_->list(there("Box")).empty());
  const auto before = state();
  expect_idle(sync("two-way", {"--yes"}));
  EXPECT_EQ(state(), before);
}

class IntoImap4d : public Modes {
 protected:
  IntoImap4d() : Modes({"", a_dovecot, an_imap4d}) {}
};

// It can remove no single message without taking along what others marked.
TEST_F(IntoImap4d, MirrorWithholdsWhatItCannotRemove) {
  fill_and_bring_in_step("mirror");
  lose(*at_source_, "INBOX", "3:4");
  append_all(*at_source_, "INBOX", std::vector{small_message(30)});
  for (const std::vector<std::string>& how : {std::vector<std::string>{"--yes"}, {"--yes", "--expunge"}}) {
    const auto ran = sync("mirror", how);
    EXPECT_EQ(ran.code, 5) << ran;
    EXPECT_EQ(ran["withheld"], 2U) << ran;
    EXPECT_EQ(ran["deleted"], 0U) << ran;
    EXPECT_EQ(at_target_->fetch_all("INBOX").size(), 13U);
  }
}

TEST_F(IntoImap4d, TwoWayBringsBackWhatIsNewAndTakesAwayWhereItCan) {
  fill_and_bring_in_step("two-way");
  const auto keywords = at_source_->fetch_all("INBOX").at(6).flags;
  ASSERT_TRUE(keywords.contains("$forwarded"));
  append_all(*at_source_, "INBOX", std::vector{small_message(30)});
  append_all(*at_target_, "INBOX", std::vector{small_message(31)});
  at_target_->select("INBOX");
  at_target_->store("4", "+FLAGS", "\\Flagged");
  lose(*at_target_, "INBOX", "2");
  const auto ran = sync("two-way", {"--yes"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 1U) << ran;
  EXPECT_EQ(ran["copied_back"], 1U) << ran;
  EXPECT_EQ(ran["deleted"], 1U) << ran;
  EXPECT_EQ(subjects(at_source_->fetch_all("INBOX")), subjects(at_target_->fetch_all("INBOX")));
  const auto stored = at_source_->fetch_all("INBOX");
  ASSERT_EQ(stored.size(), 13U);
  EXPECT_TRUE(stored.at(2).flags.contains("\\flagged"));  // uid 4
  EXPECT_EQ(stored.at(5).flags, keywords);                // uid 7: what the other side cannot keep stays
  expect_idle(sync("two-way", {"--yes"}));
  EXPECT_EQ(at_source_->fetch_all("INBOX").size(), 13U);
}

}  // namespace
}  // namespace pf::test
