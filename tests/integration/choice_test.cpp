// What is copied when people choose: mailboxes, messages, order.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace pf::test {
namespace {

class Choice : public testing::Test {
 protected:
  void fill(const std::vector<std::string>& mailboxes) {
    std::size_t number = 1;
    for (const auto& name : mailboxes) {
      if (name != "INBOX") at_source_->create(name);
      at_source_->append(name, small_message(number++).bytes);
    }
  }
  Ran sync(std::vector<std::string> options) {
    return ferry_.sync(end_at(source_, "alice"), end_at(target_, "bob"), std::move(options));
  }

  DovecotServer source_;
  DovecotServer target_;
  std::unique_ptr<ImapOracle> at_source_ = oracle_of(source_, "alice");
  std::unique_ptr<ImapOracle> at_target_ = oracle_of(target_, "bob");
  Ferry ferry_;
};

using Names = std::vector<std::string>;

TEST_F(Choice, OfMailboxesByGlob) {
  fill({"INBOX", "Lists", "Lists/a", "Lists/b", "Trash"});
  const auto ran = sync({"--mailbox", "Lists*", "--exclude", "*/b"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 2U) << ran;
  EXPECT_EQ(at_target_->names(), (Names{"INBOX", "Lists", "Lists/a"}));
  EXPECT_EQ(at_target_->select("INBOX", true).exists, 0U);
}

TEST_F(Choice, OfMailboxesByExclusionOnly) {
  fill({"INBOX", "Work", "Trash"});
  const auto ran = sync({"--exclude", "Trash"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(at_target_->names(), (Names{"INBOX", "Work"}));
}

TEST_F(Choice, OfPlacesByMap) {
  fill({"INBOX", "Sent Items", "Old", "Old/2001"});
  const auto ran = sync({"--map", "Sent Items=Sent", "--map", "Old=Archive/Old"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(at_target_->names(), (Names{"Archive/Old", "Archive/Old/2001", "INBOX", "Sent"}));
  EXPECT_EQ(difference(*at_source_, "Old/2001", *at_target_, "Archive/Old/2001"), "");
  EXPECT_EQ(sync({"--map", "Sent Items=Sent", "--map", "Old=Archive/Old"})["copied"], 0U);
}

TEST_F(Choice, OfAMapThatNamesNoMailboxIsAMistake) {
  fill({"INBOX"});
  const auto ran = sync({"--map", "Snt=Sent"});
  EXPECT_EQ(ran.code, 2) << ran;
  EXPECT_NE((ran.err + ran.out).find("Snt"), std::string::npos) << ran;
}

TEST_F(Choice, OfMessagesByDate) {
  const std::vector<std::pair<std::string, std::string>> dated{
      {"1", "31-Dec-2022 23:59:59 +0000"},
      {"2", "01-Jan-2023 00:00:00 +0000"},
      {"3", "01-Jan-2023 00:30:00 +0100"},  // in 2022
      {"4", "31-Jan-2023 23:59:59 +0000"},
      {"5", "01-Feb-2023 00:00:00 +0000"}};
  for (const auto& [subject, date] : dated) {
    const auto bytes = fmt::format("Subject: {0}\r\nMessage-ID: <{0}@x>\r\n\r\n", subject);
    at_source_->append("INBOX", {.bytes = bytes, .date = date});
  }
  const auto ran = sync({"--since", "2023-01-01", "--before", "2023-02-01"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 2U) << ran;
  auto expected = at_source_->fetch_all("INBOX");
  std::erase_if(expected, [](const auto& m) { return m.uid != 2 && m.uid != 4; });
  EXPECT_EQ(compare(expected, at_target_->fetch_all("INBOX")), "");
  // The rest comes when nobody chooses any more.
  EXPECT_EQ(sync({})["copied"], 3U);
  EXPECT_EQ(difference(*at_source_, "INBOX", *at_target_, "INBOX"), "");
}

TEST_F(Choice, OfMessagesBySizeAndDeletion) {
  auto messages = std::vector{message_of_size(1000, 1), message_of_size(1001, 2), message_of_size(900, 3)};
  messages.back().flags = {"\\Deleted"};
  append_all(*at_source_, "INBOX", messages);
  const auto ran = sync({"--max-size", "1000", "--skip-deleted"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 1U) << ran;
  EXPECT_EQ(at_target_->fetch_all("INBOX").at(0).bytes, messages[0].bytes);
}

TEST_F(Choice, OfTheOrder) {
  append_all(*at_source_, "INBOX", small_messages(130));
  const auto ran = sync({"--order", "newest", "--connections", "4"});
  ASSERT_EQ(ran.code, 0) << ran;
  const auto sent = at_source_->fetch_all("INBOX");
  auto stored = at_target_->fetch_all("INBOX");
  ASSERT_EQ(stored.size(), sent.size());
  std::ranges::reverse(stored);
  for (std::size_t i = 0; i < sent.size(); ++i) ASSERT_EQ(stored[i].bytes, sent[i].bytes) << i;
}

TEST_F(Choice, OldestFirstUnlessSaidOtherwise) {
  append_all(*at_source_, "INBOX", small_messages(130));
  ASSERT_EQ(sync({})["copied"], 130U);
  const auto sent = at_source_->fetch_all("INBOX");
  const auto stored = at_target_->fetch_all("INBOX");
  ASSERT_EQ(stored.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) ASSERT_EQ(stored[i].bytes, sent[i].bytes) << i;
}

TEST_F(Choice, OfADryRunChangesNothing) {
  fill({"INBOX", "Work"});
  const auto ran = sync({"--dry-run"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 0U);
  const auto plan = ran.all("plan");
  ASSERT_EQ(plan.size(), 3U) << ran;  // create Work, copy two
  EXPECT_EQ(at_target_->names(), Names{"INBOX"});
  EXPECT_EQ(at_target_->select("INBOX", true).exists, 0U);
  EXPECT_EQ(sync({})["copied"], 2U);
}

TEST_F(Choice, OfCopiesThatPeopleDeletedAtTheTarget) {
  append_all(*at_source_, "INBOX", small_messages(5));
  ASSERT_EQ(sync({})["copied"], 5U);
  at_target_->select("INBOX");
  at_target_->store("2,4", "+FLAGS", "\\Deleted");
  at_target_->expunge();
  const auto kept = sync({"--keep-deleted"});
  EXPECT_EQ(kept.code, 0) << kept;
  EXPECT_EQ(kept["restored"] + kept["copied"], 0U) << kept;
  EXPECT_EQ(at_target_->select("INBOX", true).exists, 3U);
  const auto restored = sync({});
  EXPECT_EQ(restored.code, 0) << restored;
  EXPECT_EQ(restored["restored"], 2U) << restored;
  EXPECT_EQ(restored["copied"], 0U) << restored;
  EXPECT_EQ(difference(*at_source_, "INBOX", *at_target_, "INBOX"), "");
}

}  // namespace
}  // namespace pf::test
