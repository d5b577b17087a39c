// A mailbox that somebody deleted and made again with the same mail: other numbers, another UIDVALIDITY.
#include "support/two_accounts.h"

namespace pf::test {
namespace {

class Renumbered : public BetweenServers {
 protected:
  void SetUp() override {
    append_all(*at_source_, "INBOX", small_messages(3));
    at_source_->create("Box");
    append_all(*at_source_, "Box", small_messages(12));
    append_all(*at_source_, "Box", std::vector{small_message(5)});  // a twin
    at_source_->select("Box");
    at_source_->store("13", "+FLAGS", "\\Flagged");
    const auto first = sync("copy");
    ASSERT_EQ(first.code, 0) << first;
  }
  // Adopted in every mode: nothing is sent, nothing is removed, and nothing is left to do.
  void expect_adopted_after_recreating(ImapOracle& at) const {
    for (const std::string mode : {"copy", "mirror", "two-way"}) {
      recreate(at, "Box");
      const auto before = state();
      const std::vector<std::string> yes{"--yes"};
      const auto ran = sync(mode, mode == "copy" ? std::vector<std::string>{} : yes);
      expect_idle(ran);
      EXPECT_EQ(state(), before) << mode;
      expect_same("Box");
      expect_idle(sync(mode, mode == "copy" ? std::vector<std::string>{} : yes));
      EXPECT_EQ(state(), before) << mode;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Servers, Renumbered, dovecots_and_cyrus(), name_of);

TEST_P(Renumbered, AtTheSourceIsAdopted) {
  expect_adopted_after_recreating(*at_source_);
}

TEST_P(Renumbered, AtTheTargetIsAdopted) {
  expect_adopted_after_recreating(*at_target_);
}

// Not one of the messages known from before is there: that may be another mailbox, or another account.
TEST_P(Renumbered, WithoutTheMailIsNotTakenForDeletions) {
  remake(*at_source_, "Box");
  append_all(*at_source_, "Box", std::vector{small_message(500)});
  const auto before = state_of(*at_target_, at_target_->names(), Recent::ignored);
  for (const std::string mode : {"mirror", "two-way"}) {
    const auto ran = sync(mode, {"--yes", "--max-delete", "100%"});
    EXPECT_EQ(ran.code, 5) << ran;
    EXPECT_EQ(ran["deleted"] + ran["copied"] + ran["copied_back"], 0U) << ran;
    EXPECT_EQ(state_of(*at_target_, at_target_->names(), Recent::ignored), before);
  }
}

}  // namespace
}  // namespace pf::test
