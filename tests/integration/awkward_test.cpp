// Mail and names that real accounts hold and tidy tests do not.
#include "support/cyrus_server.h"
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace pf::test {
namespace {

// Measured with Dovecot 2.3: a date before 1970 is told rightly once, and from the cache as one 2^32 seconds
// later.
std::vector<StoredMessage> with_true_dates(std::vector<StoredMessage> messages) {
  constexpr std::int64_t wrap = std::int64_t{1} << 32;
  for (auto& m : messages) {
    if (m.date > wrap / 2) m.date -= wrap;
  }
  return messages;
}

std::string difference_but_for_wraps(ImapOracle& source, const std::string& source_mailbox,
                                     ImapOracle& target, const std::string& target_mailbox) {
  return compare(with_true_dates(source.fetch_all(source_mailbox)),
                 with_true_dates(target.fetch_all(target_mailbox)));
}

TEST(AwkwardMail, ArrivesAtDovecotAsServedAndOnlyOnce) {
  const DovecotServer source;
  const DovecotServer target({.separator = '.', .prefix = "INBOX.", .mail_location = "maildir:~/Maildir"});
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  const auto messages = awkward_messages();
  at_source->create("awkward");
  append_all(*at_source, "awkward", messages);
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");

  const auto first = ferry.sync(from, to, {"--verify"});
  ASSERT_EQ(first.code, 0) << first;
  EXPECT_EQ(first["copied"], messages.size());
  EXPECT_EQ(difference_but_for_wraps(*at_source, "awkward", *at_target, "INBOX.awkward"), "");

  const auto second = ferry.sync(from, to);
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_EQ(second["copied"], 0U) << second;
  ferry.forget();
  const auto without_state = ferry.sync(from, to);
  EXPECT_EQ(without_state.code, 0) << without_state;
  EXPECT_EQ(without_state["copied"], 0U) << without_state;
  EXPECT_EQ(without_state["flags_changed"], 0U) << without_state;
  EXPECT_EQ(difference_but_for_wraps(*at_source, "awkward", *at_target, "INBOX.awkward"), "");

  const auto compared = ferry.verify(from, to, {"--content"});
  EXPECT_EQ(compared.code, 0) << compared;
  EXPECT_EQ(compared["matched"] + compared["normalised"], messages.size()) << compared;
  for (const auto& d : compared.all("difference")) {
    EXPECT_NE(d.text("detail").find("before 1970"), std::string::npos) << d.text("detail");
  }
}

// Dovecot drops one CR before a CRLF, and every CR at the very end, whenever a message is appended.  So mail
// with two of them in a row, stored in its Maildir by other means, loses one at every hop.
TEST(AwkwardMail, WhatDovecotNormalisesIsNamed) {
  const DovecotServer source;
  const DovecotServer target;
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  const auto with_body = [](const std::string& id, const std::string& body) {
    return "Subject: " + id + "\r\nMessage-ID: <" + id + "@example.com>\r\n\r\n" + body;
  };
  const std::vector<std::string> changing{with_body("three", "a\r\r\r\nb\r\n"),
                                          with_body("two-at-end", "a\r\r\r\r\n")};
  for (const auto& bytes : changing) at_source->append("INBOX", bytes);
  append_all(*at_source, "INBOX", small_messages(3));
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");

  const auto first = ferry.sync(from, to);
  ASSERT_EQ(first.code, 0) << first;
  EXPECT_EQ(first["copied"], 5U);
  const auto served = at_source->fetch_all("INBOX");
  const auto stored = at_target->fetch_all("INBOX");
  ASSERT_EQ(stored.size(), 5U);
  for (std::size_t i = 0; i < changing.size(); ++i) {
    EXPECT_LT(stored[i].bytes.size(), served[i].bytes.size()) << "Dovecot does not normalise any more";
  }
  EXPECT_EQ(compare(std::span(served).subspan(2), std::span(stored).subspan(2)), "");

  const auto compared = ferry.verify(from, to, {"--content"});
  EXPECT_EQ(compared.code, 0) << compared;
  EXPECT_EQ(compared["normalised"], 2U) << compared;
  EXPECT_EQ(compared["matched"], 3U) << compared;
  std::multiset<std::string> named;
  for (const auto& d : compared.all("difference")) named.insert(d.text("kind") + " " + d.text("uid"));
  EXPECT_EQ(named, (std::multiset<std::string>{"normalised 1", "normalised 2"})) << compared;

  EXPECT_EQ(ferry.sync(from, to)["copied"], 0U);
  ferry.forget();
  const auto without_state = ferry.sync(from, to);
  EXPECT_EQ(without_state["copied"], 0U) << without_state;
  EXPECT_EQ(at_target->select("INBOX").exists, 5U);
}

TEST(AwkwardMail, IsStoredByCyrusOrRefusedInItsOwnWords) {
  const DovecotServer source;
  const CyrusServer target;
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  at_source->create("awkward");
  auto messages = awkward_messages();
  // Which of its two dates Dovecot tells is a matter of its cache.
  std::erase_if(messages, [](const AwkwardMessage& m) { return parse_date_time(m.date) < 0; });
  append_all(*at_source, "awkward", messages);
  // What Cyrus makes of it depends on what Dovecot serves, not on what it was given.
  std::vector<StoredMessage> taken;
  std::map<std::string, std::string> refused;  // uid, first words of the message
  for (const auto& m : at_source->fetch_all("awkward")) {
    const AwkwardMessage as_served{.name = "", .bytes = m.bytes, .date = "17-Jul-2023 02:44:25 +0200"};
    if (as_served.refused_by_cyrus()) {
      refused[std::to_string(m.uid)] = m.bytes.substr(0, 40);
    } else if (!as_served.changed_by_cyrus() && m.date != 0) {
      taken.push_back(m);
    }
  }
  ASSERT_GE(refused.size(), 3U);
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");

  const auto first = ferry.sync(from, to);
  EXPECT_EQ(first.code, 6) << first;
  EXPECT_EQ(first["failed"], refused.size()) << first;
  EXPECT_EQ(first["copied"] + first["failed"], first["source_messages"]);
  std::set<std::string> named;
  for (const auto& failure : first.failures) {
    EXPECT_EQ(failure.text("mailbox"), "awkward");
    EXPECT_TRUE(refused.contains(failure.text("uid"))) << failure.text("uid") << failure.text("message");
    EXPECT_NE(failure.text("server_text"), "");
    named.insert(failure.text("uid"));
  }
  EXPECT_EQ(named.size(), refused.size()) << first;
  const auto stored = at_target->fetch_all("awkward");
  EXPECT_EQ(stored.size(), first["copied"]);
  // Cyrus stores X for octets above 127 in headers and now for the date 0; all else must be as it was.
  auto kept = stored;
  std::erase_if(kept, [&](const StoredMessage& m) {
    return std::ranges::none_of(taken, [&](const StoredMessage& t) { return t.bytes == m.bytes; });
  });
  EXPECT_EQ(compare(taken, kept), "");
  EXPECT_EQ(stored.size() - kept.size(), messages.size() - refused.size() - taken.size());

  const auto second = ferry.sync(from, to);
  EXPECT_EQ(second.code, 6) << second;
  EXPECT_EQ(second["copied"], 0U) << second;
  EXPECT_EQ(second.failures.size(), refused.size()) << second;
  ferry.forget();
  const auto without_state = ferry.sync(from, to);
  EXPECT_EQ(without_state["copied"], 0U) << without_state;
  EXPECT_EQ(at_target->fetch_all("awkward").size(), stored.size());
}

struct Names {
  std::vector<std::string> made;
  std::map<std::string, std::string> marks;  // name, the one message in it
};

// Every awkward name this server takes, with one message each that tells where it lies.
Names make_names(const MailServer& server, ImapOracle& oracle) {
  Names names;
  std::size_t number = 1;
  for (const auto& name : awkward_mailbox_names()) {
    if (name.parts.front().find(server.separator()) != std::string::npos) continue;
    const auto wire = server.prefix() + wire_name(name, server.separator());
    if (!oracle.try_command("CREATE " + ImapOracle::quoted(wire)).starts_with("OK")) continue;
    const auto mark = small_message(number++).bytes;
    oracle.append(wire, mark);
    oracle.subscribe(wire);
    names.made.push_back(wire);
    names.marks[wire] = mark;
  }
  return names;
}

// All mail arrived, each in a mailbox of its own.
void expect_each_in_its_own(const Names& names, ImapOracle& at_target) {
  std::map<std::string, int> seen;
  for (const auto& name : at_target.names()) {
    const auto stored = at_target.fetch_all(name);
    EXPECT_LE(stored.size(), 1U) << name;
    for (const auto& m : stored) ++seen[m.bytes];
  }
  for (const auto& [name, mark] : names.marks) EXPECT_EQ(seen[mark], 1) << name;
  EXPECT_EQ(seen.size(), names.marks.size());
}

TEST(AwkwardNames, AreKeptBetweenDovecots) {
  const DovecotServer source;
  const DovecotServer target;
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  const auto names = make_names(source, *at_source);
  ASSERT_GE(names.made.size(), 20U);
  const Ferry ferry;
  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"));
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran.warnings, std::vector<std::string>{}) << ran;
  EXPECT_EQ(at_target->names(), at_source->names());
  EXPECT_EQ(at_target->lsub(), at_source->lsub());
  for (const auto& name : names.made) EXPECT_EQ(difference(*at_source, name, *at_target, name), "") << name;
  EXPECT_EQ(ferry.sync(end_at(source, "alice"), end_at(target, "bob"))["copied"], 0U);
}

// Where the separator differs or the server refuses a name, the mail still gets a mailbox of its own, the
// change is told, and the next run finds the same place again, with and without what the first one
// remembered.
void expect_names_to_travel(const MailServer& source, const MailServer& target) {
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  const auto names = make_names(source, *at_source);
  ASSERT_GE(names.made.size(), 18U);
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");
  const auto first = ferry.sync(from, to);
  ASSERT_EQ(first.code, 0) << first;
  EXPECT_EQ(first["copied"], names.marks.size()) << first;
  expect_each_in_its_own(names, *at_target);
  const auto made = at_target->names();

  const auto second = ferry.sync(from, to);
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_EQ(second["copied"], 0U) << second;
  ferry.forget();
  const auto without_state = ferry.sync(from, to);
  EXPECT_EQ(without_state.code, 0) << without_state;
  EXPECT_EQ(without_state["copied"], 0U) << without_state;
  EXPECT_EQ(at_target->names(), made);
  expect_each_in_its_own(names, *at_target);
}

TEST(AwkwardNames, TravelFromSlashesToDots) {
  const DovecotServer source;
  const DovecotServer target({.separator = '.', .prefix = "INBOX.", .mail_location = "maildir:~/Maildir"});
  expect_names_to_travel(source, target);
}

TEST(AwkwardNames, TravelFromDotsToSlashes) {
  const DovecotServer source({.separator = '.', .prefix = "INBOX.", .mail_location = "sdbox:~/dbox"});
  const DovecotServer target;
  expect_names_to_travel(source, target);
}

TEST(AwkwardNames, TravelFromDovecotToCyrus) {
  const DovecotServer source;
  const CyrusServer target;
  expect_names_to_travel(source, target);
}

TEST(AwkwardNames, TravelFromCyrusToDovecot) {
  const CyrusServer source({.classic_names = true});
  const DovecotServer target;
  expect_names_to_travel(source, target);
}

// The change of a name is told to people.
TEST(AwkwardNames, AChangedNameIsReported) {
  const DovecotServer source;
  const DovecotServer target({.separator = '.', .mail_location = "maildir:~/Maildir"});
  const auto at_source = oracle_of(source, "alice");
  at_source->create("v1.2");
  at_source->create("v1_2");
  const Ferry ferry;
  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"));
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_TRUE(ran.warned("v1.2")) << ran;
  EXPECT_EQ(oracle_of(target, "bob")->names().size(), 3U) << ran;
}

}  // namespace
}  // namespace pf::test
