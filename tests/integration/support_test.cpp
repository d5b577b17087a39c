// The test helpers themselves: a judge that cannot see a difference proves nothing.
#include "support/cyrus_server.h"
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/imap_oracle.h"
#include "support/message_factory.h"
#include "support/scripted_server.h"
#include "support/socket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <vector>

namespace pf::test {
namespace {

std::vector<ToAppend> to_append(const std::vector<AwkwardMessage>& messages) {
  std::vector<ToAppend> all;
  all.reserve(messages.size());
  for (const auto& m : messages) all.push_back({.bytes = m.bytes, .flags = m.flags, .date = m.date});
  return all;
}

std::set<std::string> lower_case(const std::vector<std::string>& flags) {
  std::set<std::string> all;
  for (auto flag : flags) {
    std::ranges::transform(flag, flag.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    all.insert(flag);
  }
  return all;
}

TEST(Oracle, ReadsBackTheAwkwardMailboxExactly) {
  const DovecotServer server;
  ImapOracle oracle(server.imap_port(), "alice", server.password("alice"));
  oracle.create("awkward");
  const auto messages = awkward_messages();
  oracle.append_all("awkward", to_append(messages));
  const auto stored = oracle.fetch_all("awkward");
  ASSERT_EQ(stored.size(), messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    SCOPED_TRACE(messages[i].name);
    EXPECT_EQ(stored[i].bytes != messages[i].bytes, messages[i].changed_by_dovecot);
    EXPECT_EQ(stored[i].date != parse_date_time(messages[i].date), messages[i].date_changed_by_dovecot);
    EXPECT_EQ(stored[i].flags, lower_case(messages[i].flags));
  }
}

TEST(Dovecot, TellsAnEarlyDateWronglyTheSecondTime) {
  const DovecotServer server;
  ImapOracle oracle(server.imap_port(), "alice", server.password("alice"));
  const auto messages = awkward_messages();
  oracle.append_all("INBOX", to_append(messages));
  const auto first = oracle.fetch_all("INBOX");
  const auto second = oracle.fetch_all("INBOX");
  ASSERT_EQ(second.size(), messages.size());
  constexpr std::int64_t wrap = std::int64_t{1} << 32U;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    SCOPED_TRACE(messages[i].name);
    EXPECT_EQ(second[i].date, first[i].date + (messages[i].date_unstable_on_dovecot() ? wrap : 0));
  }
}

TEST(Oracle, SeesEveryKindOfDifference) {
  const std::vector<StoredMessage> source{{.uid = 1, .flags = {"\\seen"}, .date = 100, .bytes = "one"},
                                          {.uid = 2, .flags = {}, .date = 100, .bytes = "two"},
                                          {.uid = 3, .flags = {}, .date = 100, .bytes = "two"}};
  auto target = source;
  std::ranges::reverse(target);
  target[0].uid = 77;
  EXPECT_EQ(compare(source, target), "");
  for (const auto& change : std::vector<void (*)(std::vector<StoredMessage>&)>{
           [](auto& t) { t[0].bytes += "x"; }, [](auto& t) { t[1].date += 1; },
           [](auto& t) { t[2].flags.clear(); }, [](auto& t) { t.pop_back(); },
           [](auto& t) { t.push_back(t[0]); }, [](auto& t) { t[0] = t[2]; }}) {
    auto changed = target;
    change(changed);
    EXPECT_NE(compare(source, changed), "");
  }
}

TEST(Oracle, ReadsDatesAsInstants) {
  EXPECT_EQ(parse_date_time("01-Jan-1970 00:00:00 +0000"), 0);
  EXPECT_EQ(parse_date_time("31-Dec-1969 23:59:58 +0000"), -2);
  EXPECT_EQ(parse_date_time("17-Jul-1996 02:44:25 -0700"), 837596665);
  EXPECT_EQ(parse_date_time(" 1-Jan-1970 05:45:00 +0545"), 0);
  EXPECT_THROW(static_cast<void>(parse_date_time("31-Feb-2020 00:00:00 +0000")), std::runtime_error);
}

TEST(Oracle, EncodesMailboxNamesAsTheRfcDoes) {
  EXPECT_EQ(modified_utf7("~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E"),
            "~peter/mail/&U,BTFw-/&ZeVnLIqe-");  // RFC 3501 5.1.3
  EXPECT_EQ(modified_utf7("Hi &"), "Hi &-");
  EXPECT_EQ(modified_utf7("\xF0\x9F\x98\x80"), "&2D3eAA-");
}

TEST(Oracle, KeepsAwkwardMailboxNames) {
  const DovecotServer server;
  ImapOracle oracle(server.imap_port(), "alice", server.password("alice"));
  std::set<std::string> expected{"INBOX"};
  for (const auto& name : awkward_mailbox_names()) {
    if (name.parts.front().find('/') != std::string::npos) continue;
    const auto wire = wire_name(name, '/');
    oracle.create(wire);
    oracle.subscribe(wire);
    expected.insert(wire);
  }
  const auto listed = oracle.names();
  for (const auto& name : expected) EXPECT_TRUE(std::ranges::binary_search(listed, name)) << name;
  const auto subscribed = oracle.lsub();
  EXPECT_EQ(subscribed.size(), expected.size() - 1);
}

TEST(Oracle, ChangesFlagsAndExpunges) {
  const DovecotServer server;
  ImapOracle oracle(server.imap_port(), "bob", server.password("bob"));
  const ToAppend message{.bytes = "Subject: x\r\n\r\nx\r\n"};
  oracle.append_all("INBOX", std::vector<ToAppend>(3, message));
  const auto before = oracle.select("INBOX");
  EXPECT_EQ(before.exists, 3U);
  EXPECT_EQ(before.uidnext, 4U);
  EXPECT_GT(before.uidvalidity, 0U);
  oracle.store("2", "+FLAGS", "\\Deleted");
  oracle.store("3", "+FLAGS", "\\Seen $Forwarded");
  oracle.expunge();
  const auto left = oracle.fetch_all("INBOX");
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[1].flags, (std::set<std::string>{"\\seen", "$forwarded"}));
  EXPECT_THROW(oracle.append("no/such/mailbox", "x"), std::runtime_error);
}

TEST(Dovecot, KeepsMailAndPortsOverStopAndKill) {
  DovecotServer server;
  ImapOracle(server.imap_port(), "alice", server.password("alice")).append("INBOX", "Subject: a\r\n\r\n");
  const auto port = server.imap_port();
  server.stop();
  EXPECT_THROW(Socket::connect(port), std::system_error);
  server.start();
  EXPECT_EQ(ImapOracle(port, "alice", server.password("alice")).select("INBOX").exists, 1U);
  server.kill();
  EXPECT_THROW(Socket::connect(port), std::system_error);
  server.start();
  EXPECT_EQ(ImapOracle(port, "alice", server.password("alice")).select("INBOX").exists, 1U);
}

TEST(Dovecot, TakesItsOptions) {
  const DovecotServer server({.separator = '.',
                              .prefix = "INBOX.",
                              .capability = "IMAP4rev1 UIDPLUS",
                              .max_mail_size = "10k",
                              .create_special_use = true});
  ImapOracle oracle(server.imap_port(), "alice*admin", "adminpw");
  const auto mailboxes = oracle.names();
  EXPECT_TRUE(std::ranges::binary_search(mailboxes, "INBOX.Sent"));
  EXPECT_EQ(oracle.list("INBOX.Sent").at(0).separator, ".");
  EXPECT_EQ(oracle.command("CAPABILITY").at(0), "* CAPABILITY IMAP4rev1 UIDPLUS");
  EXPECT_THROW(oracle.append("INBOX", message_of_size(20000).bytes), std::runtime_error);
  const auto found = server.doveadm({"mailbox", "list", "-u", "alice"});
  EXPECT_NE(found.out.find("INBOX.Sent"), std::string::npos) << found.err;
}

TEST(Cyrus, StartsWithEitherNamespaceAndKeepsMailOverStop) {
  for (const bool classic : {false, true}) {
    CyrusServer server({.classic_names = classic});
    const auto mailbox = server.prefix() + "Entw&APw-rfe" + server.separator() + "deep";
    {
      ImapOracle oracle(server.imap_port(), "alice", server.password("alice"));
      oracle.create(mailbox);
      const auto message = ordinary_message(1, 1);
      oracle.append(mailbox,
                    {.bytes = message.bytes, .flags = {"\\Seen", "$Forwarded"}, .date = message.date});
    }
    server.stop();
    server.start();
    ImapOracle oracle(server.imap_port(), "alice", server.password("alice"));
    EXPECT_EQ(oracle.list(mailbox).at(0).separator, std::string(1, server.separator()));
    const auto stored = oracle.fetch_all(mailbox);
    ASSERT_EQ(stored.size(), 1U);
    EXPECT_EQ(stored[0].bytes, ordinary_message(1, 1).bytes);
    EXPECT_EQ(stored[0].flags, (std::set<std::string>{"\\seen", "$forwarded"}));
  }
}

// The factory's word on what Cyrus does is what tests of refusals build on.
TEST(Cyrus, RefusesAndChangesWhatTheFactorySays) {
  const CyrusServer server;
  ImapOracle oracle(server.imap_port(), "bob", server.password("bob"));
  std::vector<AwkwardMessage> taken;
  for (const auto& message : awkward_messages()) {
    SCOPED_TRACE(message.name);
    bool refused = false;
    try {
      oracle.append("INBOX", {.bytes = message.bytes, .flags = message.flags, .date = message.date});
      taken.push_back(message);
    } catch (const std::runtime_error&) {
      refused = true;
    }
    EXPECT_EQ(refused, message.refused_by_cyrus());
  }
  const auto stored = oracle.fetch_all("INBOX");
  ASSERT_EQ(stored.size(), taken.size());
  for (std::size_t i = 0; i < taken.size(); ++i) {
    SCOPED_TRACE(taken[i].name);
    EXPECT_EQ(stored[i].bytes != taken[i].bytes, taken[i].changed_by_cyrus());
    EXPECT_EQ(stored[i].date != parse_date_time(taken[i].date), taken[i].date_changed_by_cyrus());
    EXPECT_EQ(stored[i].flags, lower_case(taken[i].flags));
  }
}

// One octet there, one back, through the proxy to a listener of ours.
struct Wire {
  Socket listener = Socket::listen();
  FaultProxy proxy;
  Socket client;
  Socket server;
  explicit Wire(std::chrono::microseconds delay = std::chrono::microseconds(0))
      : proxy({.target_port = listener.local_port(), .one_way_delay = delay}),
        client(Socket::connect(proxy.port())) {
    server = Socket(::accept(listener.fd(), nullptr, nullptr));
    client.set_read_timeout(std::chrono::minutes(1));
    server.set_read_timeout(std::chrono::minutes(1));
  }
};

std::string read_to_end(const Socket& socket) {
  std::string all;
  std::array<char, 4096> chunk{};
  while (const auto n = socket.receive(chunk)) all.append(chunk.data(), n);
  return all;
}

TEST(FaultProxy, DelaysEveryOctetAndThrottlesNone) {
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::steady_clock::now() - start; };
  Wire wire(std::chrono::milliseconds(25));
  EXPECT_GE(elapsed(), std::chrono::milliseconds(75));  // connecting: one and a half round trips
  std::array<char, 1> octet{};
  const auto before = elapsed();
  for (int i = 0; i < 4; ++i) {
    wire.client.send_all("?");
    ASSERT_EQ(wire.server.receive(octet), 1U);
    wire.server.send_all("!");
    ASSERT_EQ(wire.client.receive(octet), 1U);
  }
  EXPECT_GE(elapsed() - before, std::chrono::milliseconds(200));

  wire.proxy.set_delay(std::chrono::milliseconds(500));
  constexpr std::size_t volume = 20UL * 1024 * 1024;
  std::jthread sender([&] {
    wire.server.send_all(std::string(volume, 'x'));
    ::shutdown(wire.server.fd(), SHUT_WR);
  });
  const auto begin = elapsed();
  EXPECT_EQ(read_to_end(wire.client).size(), volume);
  // A window of 64 KB a round trip would take five minutes.
  EXPECT_LT(elapsed() - begin, std::chrono::minutes(1));
}

TEST(FaultProxy, CutsAfterExactlySoManyOctets) {
  Wire wire;
  wire.proxy.cut_after(Direction::to_client, 7, Cut::fin);
  wire.server.send_all("0123456789");
  EXPECT_EQ(read_to_end(wire.client), "0123456");
  EXPECT_EQ(read_to_end(wire.server), "");
  EXPECT_TRUE(wire.proxy.wait_until_struck(std::chrono::minutes(1)));

  Wire other;
  other.proxy.cut_after(Direction::to_server, 3, Cut::rst);
  other.client.send_all("abcdef");
  ASSERT_TRUE(other.proxy.wait_until_struck(std::chrono::minutes(1)));
  EXPECT_EQ(other.proxy.delivered(Direction::to_server), 3U);
  EXPECT_THROW(read_to_end(other.client), std::system_error);
}

TEST(FaultProxy, StallsUntilReleased) {
  Wire wire;
  wire.proxy.stall_after(Direction::to_client, 2);
  wire.server.send_all("abcd");
  std::array<char, 8> got{};
  EXPECT_EQ(wire.client.receive(got), 2U);
  ASSERT_TRUE(wire.proxy.wait_until_struck(std::chrono::minutes(1)));
  wire.client.set_read_timeout(std::chrono::milliseconds(100));
  EXPECT_THROW(static_cast<void>(wire.client.receive(got)), std::system_error);
  wire.client.set_read_timeout(std::chrono::minutes(1));
  wire.proxy.release();
  EXPECT_EQ(wire.client.receive(got), 2U);
}

TEST(FaultProxy, ADamLetsExactlySoMuchThroughOnAllConnections) {
  Wire wire;
  wire.proxy.dam_after(Direction::to_client, 3);
  wire.server.send_all("abcdef");
  std::array<char, 8> got{};
  EXPECT_EQ(wire.client.receive(got), 3U);
  EXPECT_TRUE(wire.proxy.dammed(Direction::to_client));
  const auto second = Socket::connect(wire.proxy.port());
  const Socket second_server(::accept(wire.listener.fd(), nullptr, nullptr));
  second_server.send_all("ghi");
  wire.client.send_all("!");  // the other way is open
  EXPECT_EQ(wire.server.receive(got), 1U);
  EXPECT_EQ(wire.proxy.delivered(Direction::to_client), 3U);
  wire.proxy.open_dam(Direction::to_client);
  EXPECT_FALSE(wire.proxy.dammed(Direction::to_client));
  EXPECT_EQ(wire.client.receive(got), 3U);
  second.set_read_timeout(std::chrono::minutes(1));
  EXPECT_EQ(second.receive(got), 3U);
}

TEST(FaultProxy, HoldsTheAnswersToAText) {
  Wire wire;
  wire.proxy.dam_answers_after("needle");
  std::array<char, 8> got{};
  wire.server.send_all("1");
  EXPECT_EQ(wire.client.receive(got), 1U);
  wire.client.send_all("..nee");
  EXPECT_EQ(wire.server.receive(got), 5U);
  wire.server.send_all("2");
  EXPECT_EQ(wire.client.receive(got), 1U);
  wire.client.send_all("dle..");
  EXPECT_EQ(wire.server.receive(got), 5U);
  EXPECT_TRUE(wire.proxy.dammed(Direction::to_client));
  wire.server.send_all("3");
  wire.proxy.release();
  EXPECT_EQ(wire.client.receive(got), 1U);
  EXPECT_EQ(got[0], '3');
}

TEST(FaultProxy, TellsOfAStrikeInTimeToArmTheNext) {
  std::atomic<int> told = 0;  // before the proxy, whose thread counts
  Wire wire;
  wire.proxy.when_struck([&] {
    if (++told == 1) wire.proxy.cut_after(Direction::to_client, 2, Cut::fin);
  });
  wire.proxy.cut_after(Direction::to_client, 1, Cut::fin);
  wire.server.send_all("ab");
  EXPECT_EQ(read_to_end(wire.client), "a");
  const auto second = Socket::connect(wire.proxy.port());
  second.set_read_timeout(std::chrono::minutes(1));
  const Socket second_server(::accept(wire.listener.fd(), nullptr, nullptr));
  second_server.send_all("cde");
  EXPECT_EQ(read_to_end(second), "cd");
  EXPECT_EQ(wire.proxy.strikes(), 2U);
}

TEST(FaultProxy, DribblesAndCounts) {
  Wire wire;
  wire.proxy.dribble(Direction::to_client, 1, std::chrono::milliseconds(5));
  const auto start = std::chrono::steady_clock::now();
  wire.server.send_all("twenty octets, slow.");
  ::shutdown(wire.server.fd(), SHUT_WR);
  EXPECT_EQ(read_to_end(wire.client), "twenty octets, slow.");
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(90));
  EXPECT_EQ(wire.proxy.delivered(Direction::to_client), 20U);
  EXPECT_EQ(wire.proxy.connections(), 1U);
}

TEST(ScriptedServer, PlaysADialogueOverTwoConnections) {
  ScriptedServer server(R"(
    S: * OK hi
    C: $1 LOGIN "alice" *
    S: $1 OK [CAPABILITY IMAP4rev1] in
    C: $2 APPEND x {5}
    S: + go
    C-raw: a\r\nbc\r\n
    S-raw: $2 OK\r\n
    X
    --- connection 2
    S: * BYE not again
    C-eof
  )");
  {
    const auto client = Socket::connect(server.port());
    client.send_all("t1 LOGIN \"alice\" \"secret\"\r\nt2 APPEND x {5}\r\na\r\nbc\r\n");
    EXPECT_EQ(read_to_end(client), "* OK hi\r\nt1 OK [CAPABILITY IMAP4rev1] in\r\n+ go\r\nt2 OK\r\n");
  }
  {
    const auto client = Socket::connect(server.port());
  }
  EXPECT_EQ(server.mismatch(), "");
  EXPECT_EQ(server.received(1).substr(0, 8), "t1 LOGIN");
  EXPECT_EQ(server.received(2), "");
}

TEST(ScriptedServer, ReportsWhatTheClientSaidInstead) {
  ScriptedServer server("S: * OK hi\nC: $1 CAPABILITY\nS: $1 OK\n");
  const auto client = Socket::connect(server.port());
  client.send_all("x1 NOOP\r\n");
  const auto text = server.mismatch();
  EXPECT_NE(text.find("line 2"), std::string::npos) << text;
  EXPECT_NE(text.find("x1 NOOP"), std::string::npos) << text;
}

TEST(ScriptedServer, ReportsAClientThatSaysNothing) {
  ScriptedServer server("S: * OK hi\nC: $1 CAPABILITY\n", {.patience = std::chrono::milliseconds(100)});
  const auto client = Socket::connect(server.port());
  EXPECT_NE(server.mismatch().find("nothing came"), std::string::npos);
}

TEST(ScriptedServer, RefusesADialogueItCannotRead) {
  EXPECT_THROW(ScriptedServer("Q: what"), std::runtime_error);
  EXPECT_THROW(ScriptedServer("S-raw: \\q"), std::runtime_error);
}

TEST(OrdinaryMail, IsTheSameEveryTimeAndOfRealisticSize) {
  EXPECT_EQ(ordinary_message(7, 42).bytes, ordinary_message(7, 42).bytes);
  EXPECT_NE(ordinary_message(7, 42).bytes, ordinary_message(7, 43).bytes);
  std::size_t total = 0;
  constexpr std::size_t count = 2000;
  for (std::size_t i = 0; i < count; ++i) {
    const auto message = ordinary_message(1, i);
    total += message.bytes.size();
    ASSERT_FALSE(message.has_bare_lf());
  }
  EXPECT_NEAR(static_cast<double>(total) / count, 31000, 4000);
  EXPECT_EQ(message_of_size(100000).bytes.size(), 100000U);
  EXPECT_FALSE(message_of_size(100000).has_bare_lf());
}

TEST(Process, CapturesBothOutputsAndTheStatus) {
  const auto result = run({.argv = {"sh", "-c", "cat; echo oops >&2; exit 3"}, .stdin_text = "hello"});
  EXPECT_EQ(result.out, "hello");
  EXPECT_EQ(result.err, "oops\n");
  EXPECT_EQ(result.status.code, 3);
  Process sleeper({.argv = {"sleep", "100"}});
  EXPECT_FALSE(sleeper.wait(std::chrono::milliseconds(1)));
  sleeper.kill();
  const auto status = sleeper.wait(std::chrono::minutes(1));
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->signal, 9);
  EXPECT_THROW(Process({.argv = {"no-such-program-here"}}), std::runtime_error);
}

}  // namespace
}  // namespace pf::test
