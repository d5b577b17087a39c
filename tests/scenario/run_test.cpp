// Whole runs against servers with bad manners.
#include "app/job.h"
#include "scenario/fake_server.h"
#include "support/dovecot_server.h"
#include "support/imap_oracle.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <set>

namespace pf::test {
namespace {

using sync::Outcome;

app::Endpoint endpoint(std::uint16_t port, const std::string& user = "joe",
                       const std::string& password = "secret") {
  app::Endpoint out;
  out.account.user = user;
  out.account.host = "127.0.0.1";
  out.account.port = port;
  out.account.tls = config::Tls::none;
  out.password = Secret(password);
  return out;
}

std::string mail(int number, std::string_view body = "body\r\n") {
  return fmt::format("From: a@example.com\r\nSubject: {0}\r\nMessage-ID: <{0}@example.com>\r\n\r\n{1}",
                     number, body);
}

class Runs : public ::testing::Test {
 protected:
  sync::Summary copy(const app::Endpoint& to) {
    app::Environment environment;
    environment.state_dir = (dir.path() / "state").string();
    environment.io_timeout = std::chrono::minutes(3);
    policy.timing.settle_floor = std::chrono::milliseconds(50);
    policy.timing.backoff_first = std::chrono::milliseconds(10);
    policy.timing.backoff_ceiling = std::chrono::milliseconds(50);
    policy.timing.budget = std::chrono::minutes(5);
    app::StopFlag stop = 0;
    return app::run_sync(
        endpoint(source->port()), to, policy, environment, [this](const sync::Event& event) { see(event); },
        stop);
  }
  sync::Summary copy() { return copy(endpoint(target->port())); }

  void see(const sync::Event& event) {
    if (const auto* line = std::get_if<sync::Planned>(&event)) planned.push_back(line->text);
  }

  void start(FakeManners of_target = {}, FakeManners of_source = {}) {
    source = std::make_unique<FakeServer>(std::move(of_source));
    target = std::make_unique<FakeServer>(std::move(of_target));
  }

  // Subjects of what is there, each as often as it is there.
  std::multiset<std::string> subjects(const std::string& mailbox = "INBOX") const {
    std::multiset<std::string> out;
    for (const auto& m : target->messages(mailbox)) {
      const auto at = m.text.find("Subject: ") + 9;
      out.insert(m.text.substr(at, m.text.find("\r\n", at) - at));
    }
    return out;
  }

  static std::set<std::string> refs(const sync::Summary& summary) {
    std::set<std::string> out;
    for (const auto& failure : summary.failures) out.insert(failure.ref);
    return out;
  }

  // Whatever a test does: the source is only looked at.
  void TearDown() override {
    for (const auto* verb : {"SELECT", "APPEND", "CREATE", "UID STORE", "STORE", "UID EXPUNGE", "EXPUNGE",
                             "UID MOVE", "SUBSCRIBE", "DELETE", "RENAME"}) {
      EXPECT_EQ(source->count(verb), 0U) << verb;
    }
    for (const auto& command : source->commands())
      EXPECT_EQ(command.find("BODY["), std::string::npos) << command;
  }

  TempDir dir;
  sync::Policy policy;
  std::unique_ptr<FakeServer> source, target;
  std::vector<std::string> planned;
};

TEST_F(Runs, AFirstLoginThatIsCutOffIsMadeAgain) {
  start({.lost_logins = 2}, {.lost_logins = 1});
  source->add("INBOX", mail(1));
  const auto sum = copy();
  EXPECT_EQ(sum.outcome, Outcome::ok);
  EXPECT_EQ(sum.copied, 1U);
  EXPECT_EQ(target->messages("INBOX").size(), 1U);
}

TEST_F(Runs, CopyOnceAndNothingTheSecondTime) {
  start();
  for (int i = 1; i <= 25; ++i)
    source->add(i % 2 == 0 ? "INBOX" : "Work", mail(i), i % 3 == 0 ? "\\Seen" : "");
  const auto first = copy();
  EXPECT_EQ(first.outcome, Outcome::ok);
  EXPECT_EQ(first.copied, 25U);
  const auto wanted = source->messages("Work");
  const auto got = target->messages("Work");
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].text, wanted[i].text);
    EXPECT_EQ(got[i].flags, wanted[i].flags);
    EXPECT_EQ(parse_date_time(got[i].date), parse_date_time(wanted[i].date));
  }
  const auto appends = target->count("APPEND");
  const auto second = copy();
  EXPECT_EQ(second.outcome, Outcome::ok);
  EXPECT_EQ(second.copied, 0U);
  EXPECT_EQ(target->count("APPEND"), appends);
}

// mail_max_userip_connections of Dovecot, MAXPERIP of Courier.
TEST_F(Runs, FewerConnectionsThanWishedForAreEnough) {
  FakeManners few;
  few.most_logins = 2;
  start(few, few);
  for (int i = 1; i <= 200; ++i) source->add(fmt::format("Box {}", i % 5), mail(i, std::string(30'000, 'x')));
  policy.connections = 4;
  const auto summary = copy();
  EXPECT_EQ(summary.outcome, Outcome::ok) << (summary.fatal ? summary.fatal->describe() : "");
  EXPECT_EQ(summary.copied, 200U);
}

TEST_F(Runs, ADryRunOnlyLooks) {
  start();
  source->add("INBOX", mail(1));
  source->add("Work", mail(2));
  policy.dry_run = true;
  const auto summary = copy();
  EXPECT_EQ(summary.outcome, Outcome::ok);
  for (const auto* verb : {"SELECT", "APPEND", "CREATE", "UID STORE", "UID EXPUNGE", "SUBSCRIBE", "UID MOVE"})
    EXPECT_EQ(target->count(verb), 0U) << verb;
  EXPECT_FALSE(target->has("Work"));
  std::string plan;
  for (const auto& line : planned) plan += line + "\n";
  EXPECT_NE(plan.find("create mailbox \"Work\""), std::string::npos) << plan;
  EXPECT_NE(plan.find("copy 1 message"), std::string::npos) << plan;
}

TEST_F(Runs, WithoutAppenduidEveryMessageIsFoundAgain) {
  start({.append_uid = false});
  for (int i = 1; i <= 12; ++i) source->add("INBOX", mail(i));
  const auto first = copy();
  EXPECT_EQ(first.outcome, Outcome::ok);
  EXPECT_EQ(first.copied, 12U);
  EXPECT_EQ(target->messages("INBOX").size(), 12U);
  const auto second = copy();
  EXPECT_EQ(second.outcome, Outcome::ok);
  EXPECT_EQ(second.copied, 0U);
  EXPECT_EQ(target->messages("INBOX").size(), 12U);
}

TEST_F(Runs, AnAppenduidOfAnotherMailboxIsNotBelieved) {
  start({.told_validity = 17});
  for (int i = 1; i <= 5; ++i) source->add("INBOX", mail(i));
  EXPECT_EQ(copy().copied, 5U);
  // Were the pairs recorded under it, the copies would count as vanished now.
  const auto second = copy();
  EXPECT_EQ(second.copied + second.restored, 0U);
  EXPECT_EQ(target->messages("INBOX").size(), 5U);
}

TEST_F(Runs, RefusedMessagesAreNamedAndTheRestIsCopied) {
  FakeManners manners;
  manners.capabilities = "UIDPLUS LITERAL+ MULTIAPPEND APPENDLIMIT=5000";
  manners.refuse = [](std::string_view text) -> std::string {
    if (text.find('\0') != std::string_view::npos) return "NO Message contains NUL characters";
    if (text.find("X-Bad") != std::string_view::npos) return "NO Message contains invalid header";
    return {};
  };
  start(std::move(manners));
  for (int i = 1; i <= 20; ++i) source->add("INBOX", mail(i));
  source->add("INBOX", mail(21, std::string(6000, 'x')));
  source->add("INBOX", mail(22, std::string_view("a\0b\r\n", 5)));
  source->add("INBOX", "X-Bad\r\n" + mail(23));
  source->add("INBOX", mail(24));
  const auto summary = copy();
  EXPECT_EQ(summary.outcome, Outcome::partial);
  EXPECT_EQ(summary.copied, 21U);
  EXPECT_EQ(summary.failed, 3U);
  EXPECT_EQ(refs(summary), (std::set<std::string>{"21", "22", "23"}));
  for (const auto& failure : summary.failures) {
    EXPECT_EQ(failure.mailbox, "INBOX");
    EXPECT_EQ(failure.reason, failure.ref == "21" ? "too-big" : "invalid-message");
    if (failure.ref == "22") EXPECT_NE(failure.server_text.find("NUL"), std::string::npos);
  }
  EXPECT_EQ(subjects().size(), 21U);

  // They are parked: named again, not sent again.
  const auto appends = target->count("APPEND");
  const auto second = copy();
  EXPECT_EQ(second.outcome, Outcome::partial);
  EXPECT_EQ(second.failed, 3U);
  EXPECT_EQ(target->count("APPEND"), appends);
}

// Exchange: BAD for what it does not like, and "BYE Connection closed" after ten of them.
TEST_F(Runs, AServerThatHangsUpAfterTenErrorsGetsAllItTakes) {
  FakeManners manners;
  manners.refuse = [](std::string_view text) -> std::string {
    return text.find("binary junk") != std::string_view::npos ? "BAD Command Argument Error. 11" : "";
  };
  manners.patience = 10;
  start(std::move(manners));
  std::set<std::string> bad;
  for (int i = 1; i <= 60; ++i) {
    const bool junk = i % 2 == 0;
    source->add("INBOX", mail(i, junk ? "binary junk\r\n" : "fine\r\n"));
    if (junk) bad.insert(std::to_string(i));
  }
  policy.connections = 1;
  const auto summary = copy();
  EXPECT_EQ(summary.outcome, Outcome::partial);
  EXPECT_EQ(summary.copied, 30U);
  EXPECT_EQ(refs(summary), bad);
  EXPECT_EQ(subjects().size(), 30U);
  std::multiset<std::string> once;
  for (int i = 1; i <= 60; i += 2) once.insert(std::to_string(i));
  EXPECT_EQ(subjects(), once);
}

TEST_F(Runs, AFullTargetStopsAppendingAndSaysSo) {
  FakeManners manners;
  manners.capabilities = "UIDPLUS LITERAL+ MULTIAPPEND";
  manners.refuse = [](std::string_view) { return std::string("NO [OVERQUOTA] full"); };
  start(std::move(manners));
  for (int i = 1; i <= 300; ++i) source->add("INBOX", mail(i));
  const auto summary = copy();
  EXPECT_NE(summary.outcome, Outcome::ok);
  EXPECT_EQ(summary.copied, 0U);
  EXPECT_LT(target->count("APPEND"), 20U);  // never bisected
  bool told = summary.fatal && summary.fatal->code == Errc::over_quota;
  for (const auto& failure : summary.failures) told = told || failure.reason == "over-quota";
  EXPECT_TRUE(told);
}

TEST_F(Runs, OneMessageTheSourceDoesNotDeliverSparesTheOthers) {
  FakeManners manners;
  manners.refuse_body = [](std::uint32_t uid) {
    return std::string(uid == 7 ? "NO [UNAVAILABLE] UID FETCH Server error while fetching messages" : "");
  };
  start({}, std::move(manners));
  for (int i = 1; i <= 15; ++i) source->add("INBOX", mail(i));
  const auto summary = copy();
  EXPECT_EQ(summary.outcome, Outcome::partial);
  EXPECT_EQ(summary.copied, 14U);
  EXPECT_EQ(refs(summary), std::set<std::string>{"7"});
  EXPECT_EQ(subjects().size(), 14U);
  EXPECT_FALSE(subjects().contains("7"));
  EXPECT_NE(summary.failures.front().server_text.find("UNAVAILABLE"), std::string::npos);
}

TEST_F(Runs, OneMessageTheSourceDiesOfSparesTheOthersAndIsNamed) {
  FakeManners manners;
  manners.refuse_body = [](std::uint32_t uid) { return std::string(uid % 10 == 7 ? "hang up" : ""); };
  start({}, std::move(manners));
  for (int i = 1; i <= 25; ++i) source->add("INBOX", mail(i));
  const auto summary = copy();
  EXPECT_EQ(summary.outcome, Outcome::partial);
  EXPECT_EQ(summary.copied, 23U);
  EXPECT_EQ(refs(summary), (std::set<std::string>{"7", "17"}));
  EXPECT_EQ(subjects().size(), 23U);
}

// Twins, of which only the content tells which is which; nothing is remembered.
TEST_F(Runs, WhatCannotBeComparedNowIsNotCopiedAgain) {
  for (const bool for_good : {false, true}) {
    for (const bool at_source : {true, false}) {
      SCOPED_TRACE(fmt::format("for good {}, at the source {}", for_good, at_source));
      std::atomic<int> refusals = 0;
      FakeManners manners;
      manners.refuse_body = [&](std::uint32_t uid) {
        if (refusals == 0 || (for_good && uid != 3)) return std::string();
        if (!for_good) --refusals;
        return std::string(for_good ? "NO [UNAVAILABLE] UID FETCH Server error while fetching messages"
                                    : "NO [LIMIT] UID FETCH Rate limit hit.");
      };
      start(at_source ? FakeManners{} : manners, at_source ? manners : FakeManners{});
      for (int i = 1; i <= 10; ++i) source->add("INBOX", mail(i / 2));
      EXPECT_EQ(copy().outcome, Outcome::ok);
      std::filesystem::remove_all(dir.path() / "state");
      refusals = 2;
      const auto summary = copy();
      EXPECT_EQ(summary.copied, 0U);
      EXPECT_EQ(target->messages("INBOX").size(), 10U);
      EXPECT_EQ(summary.outcome, for_good ? Outcome::partial : Outcome::ok);
    }
  }
}

// What concerns all of them is no reason to give up any of them.
TEST_F(Runs, ARefusalOfTheAccountOrOfTheRightsIsHeldAgainstNoMessage) {
  for (const std::string answer :
       {"NO [CONTACTADMIN] this account is being moved", "NO [EXPIRED] log in again",
        "NO The account is locked", "NO [NOPERM] no right to insert"}) {
    SCOPED_TRACE(answer);
    std::filesystem::remove_all(dir.path() / "state");
    std::atomic<bool> refuses = true;
    FakeManners manners;
    manners.capabilities = "UIDPLUS LITERAL+ MULTIAPPEND";
    manners.refuse = [&](std::string_view) { return refuses ? answer : std::string(); };
    start(std::move(manners));
    for (int i = 1; i <= 300; ++i) source->add("INBOX", mail(i));
    EXPECT_NE(copy().outcome, Outcome::ok);
    EXPECT_LT(target->count("APPEND"), 20U);  // never bisected, never one by one
    refuses = false;
    const auto summary = copy();
    EXPECT_EQ(summary.outcome, Outcome::ok);
    EXPECT_EQ(summary.copied, 300U);
    EXPECT_EQ(target->messages("INBOX").size(), 300U);
  }
}

TEST_F(Runs, ASourceThatTellsTheUidLastIsCopiedExactlyToARealServer) {
  start({}, {.uid_last = true});
  for (int i = 1; i <= 30; ++i)
    source->add("INBOX", mail(i, std::string(static_cast<std::size_t>(i) * 3000, 'x') + "\r\n"), "\\Seen");
  source->add("INBOX", mail(31, std::string(3'000'000, 'y') + "\r\n"), "\\Flagged");
  const DovecotServer dovecot;
  const auto summary = copy(endpoint(dovecot.imap_port(), "alice", dovecot.password("alice")));
  EXPECT_EQ(summary.outcome, Outcome::ok);
  EXPECT_EQ(summary.copied, 31U);
  ImapOracle oracle(dovecot.imap_port(), "alice", dovecot.password("alice"));
  std::vector<StoredMessage> wanted;
  for (const auto& m : source->messages("INBOX")) {
    wanted.push_back({.uid = m.uid,
                      .flags = {m.flags == "\\Seen" ? "\\seen" : "\\flagged"},
                      .date = parse_date_time(m.date),
                      .bytes = m.text});
  }
  EXPECT_EQ(compare(wanted, oracle.fetch_all("INBOX")), "");
}

}  // namespace
}  // namespace pf::test
