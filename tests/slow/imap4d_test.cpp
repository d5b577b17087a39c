// GNU imap4d as target: it adds header fields to what it stores, takes no keywords, drops the zone of dates,
// has no UIDPLUS.  A copy cannot be exact, but it must be whole, once, and stay so.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"
#include "support/mailutils_server.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

class Imap4dTarget : public testing::Test {
 protected:
  void SetUp() override {
    const auto at_source = oracle_of(source_, "alice");
    append_all(*at_source, "INBOX", small_messages(40));
    append_all(*at_source, "INBOX", std::vector{small_message(3), small_message(3)});  // twins
    at_source->create("Work");
    append_all(*at_source, "Work", small_messages(15));
  }
  Ran sync() { return ferry_.sync(end_at(source_, "alice"), end_at(target_, "bob")); }
  void expect_every_message_once() {
    const auto at_source = oracle_of(source_, "alice");
    const auto at_target = oracle_of(target_, "bob");
    for (const auto* name : {"INBOX", "Work"}) {
      EXPECT_EQ(subjects(at_target->fetch_all(name)), subjects(at_source->fetch_all(name))) << name;
    }
  }
  DovecotServer source_;
  MailutilsServer target_;
  Ferry ferry_;
};

TEST_F(Imap4dTarget, GetsEveryMessageOnceWithAndWithoutState) {
  const auto first = sync();
  ASSERT_EQ(first.code, 0) << first;
  EXPECT_EQ(first["copied"], 57U) << first;
  EXPECT_TRUE(first.warned("$Forwarded") || first.warned("$forwarded")) << first;
  expect_every_message_once();
  const auto second = sync();
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_EQ(second["copied"] + second["restored"], 0U) << second;
  expect_every_message_once();
  ferry_.forget();
  const auto without_state = sync();
  EXPECT_EQ(without_state.code, 0) << without_state;
  EXPECT_EQ(without_state["copied"] + without_state["restored"], 0U) << without_state;
  expect_every_message_once();
}

TEST_F(Imap4dTarget, GetsWhatComesLater) {
  ASSERT_EQ(sync().code, 0);
  const auto at_source = oracle_of(source_, "alice");
  append_all(*at_source, "INBOX", std::vector{small_message(90), small_message(91)});
  const auto ran = sync();
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 2U) << ran;
  expect_every_message_once();
}

TEST_F(Imap4dTarget, KilledInTheMiddleGetsEveryMessageOnce) {
  ferry_.settle.clear();  // the server goes on with what the killed run had sent
  auto process = ferry_.start_sync(end_at(source_, "alice"), end_at(target_, "bob"));
  static_cast<void>(eventually([&] { return oracle_of(target_, "bob")->select("INBOX", true).exists > 5; }));
  process->kill();
  Ferry::finish(*process);
  const auto ran = sync();
  EXPECT_EQ(ran.code, 0) << ran;
  expect_every_message_once();
}

}  // namespace
}  // namespace pf::test
