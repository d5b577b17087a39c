// Whole accounts between real servers, over each kind of connection.  Judged by an independent reader of
// IMAP.
#include "support/cyrus_server.h"
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <utility>

namespace pf::test {
namespace {

struct Tree {
  std::vector<std::string> parts;
  std::size_t messages = 0;
  bool subscribed = false;
};

// Nested, empty, with a parent that holds no mail of its own; INBOX is there anyway.
const std::vector<Tree>& tree() {
  static const std::vector<Tree> all{{.parts = {"INBOX"}, .messages = 5},
                                     {.parts = {"Work"}, .messages = 3, .subscribed = true},
                                     {.parts = {"Work", "2023"}, .messages = 4},
                                     {.parts = {"Work", "2023", "Q1"}, .messages = 2, .subscribed = true},
                                     {.parts = {"Empty"}, .messages = 0, .subscribed = true},
                                     {.parts = {"parent", "child"}, .messages = 1}};
  return all;
}

void fill(const MailServer& server, const std::string& user) {
  const auto oracle = oracle_of(server, user);
  std::size_t seed = 100;
  for (const auto& mailbox : tree()) {
    const auto name = name_at(server, mailbox.parts);
    if (name != "INBOX") oracle->create(name);
    append_all(*oracle, name, ordinary(mailbox.messages, seed++));
    if (mailbox.subscribed) oracle->subscribe(name);
    oracle->select(name, mailbox.parts.size() == 2);  // some mail stays \Recent, some does not
    if (mailbox.messages > 1) {
      oracle->select(name);
      oracle->store("1", "+FLAGS", "\\Seen $Forwarded");
      oracle->store("2", "+FLAGS", "\\Flagged \\Answered");
    }
  }
}

std::vector<std::string> names_at(const MailServer& server) {
  std::vector<std::string> names;
  for (const auto& mailbox : tree()) names.push_back(name_at(server, mailbox.parts));
  return names;
}

// What the target subscribes by itself (Cyrus: INBOX), and what is subscribed at the source.
std::vector<std::string> expected_subscriptions(const MailServer& target, ImapOracle& at_target,
                                                ImapOracle& at_source) {
  std::set<std::string> names;
  for (const auto& name : at_target.lsub()) names.insert(name);
  for (const auto& mailbox : tree()) {
    if (mailbox.subscribed) names.insert(name_at(target, mailbox.parts));
  }
  const auto of_source = at_source.lsub();
  if (std::ranges::find(of_source, "INBOX") != of_source.end()) names.insert("INBOX");
  return {names.begin(), names.end()};
}

std::size_t messages_in_tree() {
  std::size_t count = 0;
  for (const auto& mailbox : tree()) count += mailbox.messages;
  return count;
}

std::unique_ptr<MailServer> dovecot_with_slashes() {
  return std::make_unique<DovecotServer>();
}
std::unique_ptr<MailServer> dovecot_with_dots() {
  return std::make_unique<DovecotServer>(
      DovecotOptions{.separator = '.', .prefix = "INBOX.", .mail_location = "maildir:~/Maildir"});
}
std::unique_ptr<MailServer> cyrus() {
  return std::make_unique<CyrusServer>();
}
std::unique_ptr<MailServer> cyrus_with_dots() {
  return std::make_unique<CyrusServer>(CyrusOptions{.classic_names = true});
}

struct Route {
  std::string name;
  std::unique_ptr<MailServer> (*source)();
  std::unique_ptr<MailServer> (*target)();
  Way way = Way::clear;
};

std::ostream& operator<<(std::ostream& out, const Route& route) {
  return out << route.name;
}

class Copy : public testing::TestWithParam<Route> {};

TEST_P(Copy, IsExactOnceAndLeavesTheSourceAlone) {
  const auto& route = GetParam();
  const auto source = route.source();
  const auto target = route.target();
  fill(*source, "alice");
  const auto at_source = oracle_of(*source, "alice");
  const auto at_target = oracle_of(*target, "bob");
  const auto source_before = state_of(*at_source, names_at(*source));
  const auto subscriptions = expected_subscriptions(*target, *at_target, *at_source);
  const Ferry ferry;
  const auto from = end_at(*source, "alice", route.way);
  const auto to = end_at(*target, "bob", route.way);

  const auto first = ferry.sync(from, to);
  ASSERT_EQ(first.code, 0) << first;
  EXPECT_EQ(first["copied"], messages_in_tree()) << first;
  EXPECT_EQ(first["mailboxes"], at_source->names().size());  // Cyrus has "parent", too
  EXPECT_EQ(first.warnings, std::vector<std::string>{}) << first;
  for (const auto& mailbox : tree()) {
    EXPECT_EQ(
        difference(*at_source, name_at(*source, mailbox.parts), *at_target, name_at(*target, mailbox.parts)),
        "");
  }
  EXPECT_EQ(at_target->lsub(), subscriptions);
  EXPECT_EQ(state_of(*at_source, names_at(*source)), source_before);
  const auto target_before = state_of(*at_target, names_at(*target), Recent::ignored);

  const auto second = ferry.sync(from, to);
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_EQ(second["copied"], 0U) << second;
  EXPECT_EQ(second["matched"], messages_in_tree()) << second;
  EXPECT_EQ(state_of(*at_target, names_at(*target), Recent::ignored), target_before);

  ferry.forget();
  const auto without_state = ferry.sync(from, to);
  EXPECT_EQ(without_state.code, 0) << without_state;
  EXPECT_EQ(without_state["copied"], 0U) << without_state;
  EXPECT_EQ(without_state["matched"], messages_in_tree()) << without_state;
  EXPECT_EQ(state_of(*at_target, names_at(*target), Recent::ignored), target_before);
  EXPECT_EQ(state_of(*at_source, names_at(*source)), source_before);
}

INSTANTIATE_TEST_SUITE_P(
    Routes, Copy,
    testing::Values(Route{"DovecotToDovecotClear", dovecot_with_slashes, dovecot_with_dots, Way::clear},
                    Route{"DovecotToDovecotStarttls", dovecot_with_dots, dovecot_with_slashes, Way::starttls},
                    Route{"DovecotToDovecotTls", dovecot_with_slashes, dovecot_with_dots, Way::tls},
                    Route{"DovecotToCyrusClear", dovecot_with_slashes, cyrus_with_dots, Way::clear},
                    Route{"DovecotToCyrusStarttls", dovecot_with_dots, cyrus, Way::starttls},
                    Route{"DovecotToCyrusTls", dovecot_with_slashes, cyrus, Way::tls},
                    Route{"CyrusToDovecotClear", cyrus_with_dots, dovecot_with_slashes, Way::clear},
                    Route{"CyrusToDovecotStarttls", cyrus, dovecot_with_dots, Way::starttls},
                    Route{"CyrusToDovecotTls", cyrus_with_dots, dovecot_with_slashes, Way::tls}),
    [](const auto& info) { return info.param.name; });

// Attribute \Noselect: Dovecot shows the parent it never made, and nothing is to be made of it.
TEST(CopyNames, AParentThatHoldsNoMailIsNoMailbox) {
  const DovecotServer source;
  const DovecotServer target;
  const auto at_source = oracle_of(source, "alice");
  at_source->create("only/child");
  at_source->append("only/child", small_message(1).bytes);
  ASSERT_FALSE(at_source->list("only").at(0).selectable());
  const Ferry ferry;
  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"));
  ASSERT_EQ(ran.code, 0) << ran;
  const auto at_target = oracle_of(target, "bob");
  EXPECT_FALSE(at_target->list("only").at(0).selectable());
  EXPECT_EQ(difference(*at_source, "only/child", *at_target, "only/child"), "");
}

TEST(CopyNames, SpecialUseDecidesWhenAsked) {
  const DovecotServer source({.extra = "namespace inbox {\n mailbox \"Sent Items\" {\n special_use = \\Sent\n"
                                       " auto = subscribe\n }\n mailbox Sent {\n special_use =\n }\n}\n"});
  const DovecotServer target({.create_special_use = true});
  const auto at_source = oracle_of(source, "alice");
  at_source->append("Sent Items", small_message(1).bytes);
  const auto at_target = oracle_of(target, "bob");
  const Ferry ferry;

  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"), {"--map-special-use"});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(difference(*at_source, "Sent Items", *at_target, "Sent"), "");
  EXPECT_TRUE(at_target->list("Sent Items").empty());

  const auto by_name = Ferry().sync(end_at(source, "alice"), end_at(target, "carol"));
  ASSERT_EQ(by_name.code, 0) << by_name;
  const auto at_carol = oracle_of(target, "carol");
  EXPECT_EQ(difference(*at_source, "Sent Items", *at_carol, "Sent Items"), "");
  EXPECT_EQ(at_carol->select("Sent", true).exists, 0U);
}

// A mailbox the target lacks is made with its purpose, where the server can (RFC 6154 CREATE-SPECIAL-USE).
TEST(CopyNames, ANewMailboxKeepsItsPurpose) {
  const DovecotServer source({.create_special_use = true});
  const CyrusServer target;
  const Ferry ferry;
  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"));
  ASSERT_EQ(ran.code, 0) << ran;
  const auto at_target = oracle_of(target, "bob");
  EXPECT_TRUE(at_target->list("Sent").at(0).attributes.contains("\\sent"));
  EXPECT_TRUE(at_target->list("Trash").at(0).attributes.contains("\\trash"));
}

// Mail that TO had before stays, and is not mixed up with what comes.
TEST(CopyOnTop, WhatTheTargetHadStays) {
  const DovecotServer source;
  const DovecotServer target;
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  append_all(*at_source, "INBOX", small_messages(10));
  append_all(*at_target, "INBOX", std::vector{small_message(3), small_message(5), small_message(77)});
  const Ferry ferry;
  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"));
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 8U) << ran;
  EXPECT_EQ(ran["matched"], 2U) << ran;
  auto expected = at_source->fetch_all("INBOX");
  const auto stored = at_target->fetch_all("INBOX");
  expected.push_back(stored.at(2));
  EXPECT_EQ(compare(expected, stored), "");
  EXPECT_EQ(stored.at(2).bytes, small_message(77).bytes);
}

}  // namespace
}  // namespace pf::test
