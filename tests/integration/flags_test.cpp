// Flags after the first copy: what changes at the source travels, what the target's own people did stays.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

using Flags = std::set<std::string>;

class FlagsOfACopy : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<AwkwardMessage> messages;
    for (std::size_t i = 1; i <= 6; ++i) {
      messages.push_back(small_message(i));
      messages.back().flags = {"\\Seen"};
    }
    append_all(*at_source_, "INBOX", messages);
    const auto first = sync();
    ASSERT_EQ(first.code, 0) << first;
    at_source_->select("INBOX");
    at_target_->select("INBOX");
  }
  Ran sync(std::vector<std::string> options = {}) {
    return ferry_.sync(end_at(source_, "alice"), end_at(target_, "bob"), std::move(options));
  }
  Flags target_flags(std::size_t uid) { return at_target_->fetch_all("INBOX").at(uid - 1).flags; }

  DovecotServer source_;
  DovecotServer target_;
  std::unique_ptr<ImapOracle> at_source_ = oracle_of(source_, "alice");
  std::unique_ptr<ImapOracle> at_target_ = oracle_of(target_, "bob");
  Ferry ferry_;
};

TEST_F(FlagsOfACopy, FollowTheSource) {
  at_source_->store("1", "+FLAGS", "\\Answered $Forwarded");
  at_source_->store("2", "-FLAGS", "\\Seen");
  at_source_->store("3", "FLAGS", "\\Deleted \\Flagged work");
  const auto ran = sync();
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["flags_changed"], 3U) << ran;
  EXPECT_EQ(ran["copied"], 0U);
  EXPECT_EQ(difference(*at_source_, "INBOX", *at_target_, "INBOX"), "");
  const auto again = sync();
  EXPECT_EQ(again["flags_changed"], 0U) << again;
}

TEST_F(FlagsOfACopy, LeaveAloneWhatPeopleDidAtTheTarget) {
  at_target_->store("1", "+FLAGS", "\\Flagged mine");
  at_target_->store("2", "-FLAGS", "\\Seen");
  at_source_->store("1", "+FLAGS", "\\Answered");
  const auto ran = sync();
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(target_flags(1), (Flags{"\\seen", "\\flagged", "mine", "\\answered"}));
  EXPECT_EQ(target_flags(2), Flags{});
  EXPECT_EQ(ran["flags_changed"], 1U) << ran;
}

TEST_F(FlagsOfACopy, StayAsTheyAreWhenNotWanted) {
  at_source_->store("1", "+FLAGS", "\\Answered");
  EXPECT_EQ(sync({"--no-flags"})["flags_changed"], 0U);
  EXPECT_EQ(target_flags(1), Flags{"\\seen"});
  // It is not forgotten either.
  EXPECT_EQ(sync()["flags_changed"], 1U);
  EXPECT_EQ(target_flags(1), (Flags{"\\seen", "\\answered"}));
}

// Without a base nobody knows who removed a flag: missing ones are added, none is taken away.
TEST_F(FlagsOfACopy, AreOnlyAddedToWithoutState) {
  at_target_->store("1", "+FLAGS", "\\Flagged");
  at_source_->store("2", "+FLAGS", "\\Answered");
  at_source_->store("3", "-FLAGS", "\\Seen");
  ferry_.forget();
  const auto ran = sync();
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(target_flags(1), (Flags{"\\seen", "\\flagged"}));
  EXPECT_EQ(target_flags(2), (Flags{"\\seen", "\\answered"}));
  EXPECT_EQ(target_flags(3), Flags{"\\seen"});
}

// A mailbox without "\*" in PERMANENTFLAGS takes no new keywords: an ACL without the right "w" does that,
// too.
TEST(Keywords, BeyondWhatTheTargetKeepsAreReportedOnce) {
  const DovecotServer source;
  const DovecotServer target({.extra =
                                  "mail_plugins = acl\nprotocol imap {\n mail_plugins = acl imap_acl\n}\n"
                                  "plugin {\n acl = vfile\n}\n"});
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  at_source->create("few");
  at_target->create("few");
  // Everything but writing flags other than \Seen and \Deleted.
  ASSERT_TRUE(at_target->try_command("SETACL few bob lrstipekxa").starts_with("OK"));
  auto message = small_message(1);
  message.flags = {"\\Seen", "$Forwarded", "work"};
  append_all(*at_source, "few", std::vector{message});
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");

  const auto first = ferry.sync(from, to);
  EXPECT_EQ(first.code, 0) << first;
  EXPECT_EQ(first["copied"], 1U);
  const auto stored = at_target->fetch_all("few").at(0);
  EXPECT_EQ(stored.flags, Flags{"\\seen"}) << first;
  EXPECT_TRUE(first.warned("work")) << first;
  EXPECT_TRUE(first.warned("$Forwarded") || first.warned("$forwarded")) << first;
  const auto second = ferry.sync(from, to);
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_EQ(second["flags_changed"], 0U) << second;
}

}  // namespace
}  // namespace pf::test
