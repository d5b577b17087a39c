// Courier-IMAP on either end: no CONDSTORE, no MULTIAPPEND, no special-use, "." and "INBOX." names.
#include "support/courier_server.h"
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

void fill(const MailServer& server, const std::string& user) {
  const auto oracle = oracle_of(server, user);
  append_all(*oracle, "INBOX", ordinary(20, 1));
  for (const auto& parts : std::vector<std::vector<std::string>>{{"Work"}, {"Work", "2023"}, {"Empty"}}) {
    const auto name = name_at(server, parts);
    oracle->create(name);
    if (parts.front() != "Empty") append_all(*oracle, name, small_messages(30 + parts.size()));
    oracle->subscribe(name);
  }
}

void expect_exact_and_once(const MailServer& source, const MailServer& target) {
  fill(source, "alice");
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  const auto expect_equal = [&] {
    for (const auto& parts :
         std::vector<std::vector<std::string>>{{"INBOX"}, {"Work"}, {"Work", "2023"}, {"Empty"}}) {
      const auto there = name_at(target, parts);
      EXPECT_EQ(difference(*at_source, name_at(source, parts), *at_target, there), "") << there;
    }
  };
  const auto first = ferry.sync(from, to);
  ASSERT_EQ(first.code, 0) << first;
  EXPECT_EQ(first["copied"], 83U) << first;
  expect_equal();
  const auto second = ferry.sync(from, to);
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_EQ(second["copied"] + second["restored"], 0U) << second;
  ferry.forget();
  const auto without_state = ferry.sync(from, to);
  EXPECT_EQ(without_state.code, 0) << without_state;
  EXPECT_EQ(without_state["copied"], 0U) << without_state;
  expect_equal();
  const auto verified = ferry.verify(from, to, {"--content"});
  EXPECT_EQ(verified.code, 0) << verified;
}

// Courier keeps no keywords; those that cannot travel are named.
TEST(Courier, IsCopiedToDovecotExactly) {
  const CourierServer source;
  const DovecotServer target;
  expect_exact_and_once(source, target);
}

TEST(Courier, IsCopiedIntoFromDovecotExactly) {
  const DovecotServer source;
  const CourierServer target;
  expect_exact_and_once(source, target);
}

TEST(Courier, GetsFlagChangesWithoutModificationSequences) {
  const CourierServer source;
  const DovecotServer target;
  const auto at_source = oracle_of(source, "alice");
  append_all(*at_source, "INBOX", small_messages(10));
  const Ferry ferry;
  ASSERT_EQ(ferry.sync(end_at(source, "alice"), end_at(target, "bob")).code, 0);
  at_source->select("INBOX");
  at_source->store("2", "+FLAGS", "\\Flagged");
  at_source->store("3", "-FLAGS", "\\Seen");
  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"));
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["flags_changed"], 2U) << ran;
  EXPECT_EQ(difference(*at_source, "INBOX", *oracle_of(target, "bob"), "INBOX"), "");
}

}  // namespace
}  // namespace pf::test
