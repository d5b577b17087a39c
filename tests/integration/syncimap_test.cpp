// syncimap: a master user on both sides, through the built program.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pf::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class SyncimapProgram : public testing::Test {
 protected:
  SyncimapProgram() {
    append_all(*at_source_, "INBOX", small_messages(20));
    for (const auto* name : {"Contacts", "Emailed Contacts", "Sent Items"}) {
      at_source_->create(name);
      append_all(*at_source_, name, small_messages(2));
    }
  }
  Ran syncimap(const std::string& password = "adminpw") const {
    return ferry_.run({"syncimap", "--ca", server_.ca_file(), "alice", "admin", password,
                       fmt::format("localhost:{}", server_.imaps_port()), "bob", "admin", password,
                       fmt::format("localhost:{}", server_.imaps_port())});
  }
  void expect_same(const std::string& mailbox) {
    EXPECT_EQ(difference(*at_source_, mailbox, *at_target_, mailbox), "") << mailbox;
  }

  DovecotServer server_{{.login_penalty = false}};
  std::unique_ptr<ImapOracle> at_source_ = oracle_of(server_, "alice");
  std::unique_ptr<ImapOracle> at_target_ = oracle_of(server_, "bob");
  Ferry ferry_;
};

TEST_F(SyncimapProgram, BringsAnAccountOverAndLeavesOutZimbrasContacts) {
  const auto ran = syncimap();
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_THAT(ran.err, HasSubstr("can be read by every user of this machine"));
  expect_same("INBOX");
  expect_same("Sent Items");
  EXPECT_THAT(at_target_->names(), Not(Contains(HasSubstr("Contacts"))));
}

TEST_F(SyncimapProgram, KeepsFlagsInStepAndQuarantinesWhatIsGone) {
  ASSERT_EQ(syncimap().code, 0);
  at_source_->select("INBOX");
  at_source_->store("1:3", "+FLAGS", "\\Flagged");
  at_source_->store("7,9", "+FLAGS", "\\Deleted");
  at_source_->expunge();
  const auto ran = syncimap();
  ASSERT_EQ(ran.code, 0) << ran;
  expect_same("INBOX");
  EXPECT_EQ(at_target_->fetch_all("deleted_from_source").size(), 2U);
}

TEST_F(SyncimapProgram, TheGuardsStayWhenTheSourceIsSuddenlyEmpty) {
  ASSERT_EQ(syncimap().code, 0);
  at_source_->select("INBOX");
  at_source_->store("1:*", "+FLAGS", "\\Deleted");
  at_source_->expunge();
  const auto ran = syncimap();
  EXPECT_EQ(ran.code, 5) << ran;
  EXPECT_EQ(at_target_->fetch_all("INBOX").size(), 20U);
}

TEST_F(SyncimapProgram, TakesPasswordsFromTheEnvironment) {
  ferry_.environment = {{"POSTFERRY_SOURCE_MASTER_PASSWORD", "adminpw"},
                        {"POSTFERRY_DESTINATION_MASTER_PASSWORD", "adminpw"}};
  const auto ran = syncimap("-");
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_THAT(ran.err, Not(HasSubstr("warning")));
  expect_same("INBOX");
}

TEST_F(SyncimapProgram, AWrongPasswordIsThree) {
  const auto ran = syncimap("wr0ng");
  EXPECT_EQ(ran.code, 3) << ran;
  EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("wr0ng")));
}

}  // namespace
}  // namespace pf::test
