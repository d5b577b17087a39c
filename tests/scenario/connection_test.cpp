// One connection: odd, hostile, slow and dying servers; literals.
#include "async/group.h"
#include "base/stopped_clock.h"
#include "imap/command/commands.h"
#include "net/stream.h"
#include "scenario/play.h"

#include <utility>

namespace pf::test {
namespace {

using imap::Connection;
using imap::Handlers;
using imap::Tagged;
namespace command = imap::command;

class OneConnection : public ::testing::Test {
 protected:
  Connection& play(std::string_view dialogue,
                   const std::function<void(imap::ConnectionOptions&)>& change = {}) {
    server = std::make_unique<ScriptedServer>(dialogue);
    imap::ConnectionOptions options;
    options.label = "joe@scripted";
    options.io_timeout = std::chrono::minutes(3);
    if (change) change(options);
    auto start = [&]() -> Task<std::shared_ptr<Connection>> {
      net::DialOptions dial;
      dial.host = "127.0.0.1";
      dial.port = server->port();
      PF_CO_TRY(auto stream, co_await net::dial(std::move(dial)));
      auto started = co_await Connection::start(std::move(stream), std::move(options));
      co_return started;
    };
    connection = must(start());
    connection->on_unsolicited = [this](const imap::Response& r) { unsolicited.push_back(r); };
    return *connection;
  }

  Result<Tagged> ask(imap::Command command, Handlers handlers = {}) {
    return run(connection->run(std::move(command), std::move(handlers)));
  }

  // `time_passes` is called again and again, with the timers looked at between, until the answer is there.
  Result<Tagged> ask_while_time_flies(imap::Command command, const std::function<void()>& time_passes) {
    Result<Tagged> answer = Error(Errc::unexpected, Scope::run, Retry::never, "did not end");
    bool answered = false;
    auto asking = [&]() -> Task<void> {
      answer = co_await connection->run(std::move(command));
      answered = true;
      co_return Status{};
    };
    auto scene = [&]() -> Task<void> {
      TaskGroup group;
      co_await group.spawn(asking());
      while (!answered) {
        time_passes();
        PF_CO_TRYV(co_await look_at_timers());
      }
      auto joined = co_await group.join();
      co_return joined;
    };
    must(scene());
    return answer;
  }

  // Of APPEND "INBOX" with one literal.
  Result<Tagged> append(std::string text, imap::LiteralMode mode, bool wait = false,
                        std::uint64_t announced = 0) {
    Literal source(std::move(text));
    imap::LiteralSource* const slots[] = {&source};
    Handlers handlers;
    handlers.slots = slots;
    imap::WireOptions wire;
    wire.literals = mode;
    command::AppendMessage message;
    message.size = announced != 0 ? announced : source.left.size();
    message.wait = wait;
    auto built = command::append("INBOX", std::span(&message, 1), wire);
    auto answer = ask(std::move(*built), std::move(handlers));
    asked_for_literal = source.asked;
    return answer;
  }

  void hangs_up(std::string_view how) {
    play(fmt::format("S: * OK hello\nC: $1 CAPABILITY\n{}\n", how));
    const auto answer = ask(command::capability());
    ASSERT_FALSE(answer) << how;
    EXPECT_EQ(answer.error().code, Errc::disconnected) << how;
    EXPECT_EQ(answer.error().scope, Scope::connection) << how;
    EXPECT_EQ(answer.error().retry, Retry::now) << how;
    EXPECT_FALSE(connection->usable());
  }

  void TearDown() override {
    if (connection) connection->close();
    if (server && must_match) EXPECT_EQ(server->mismatch(), "");
  }

  struct Literal final : imap::LiteralSource {
    explicit Literal(std::string text) : left(std::move(text)) {}
    Task<Bytes> next() override {
      asked = true;
      given = std::exchange(left, {});
      co_return as_bytes(given);
    }
    std::string left, given;
    bool asked = false;
  };

  std::unique_ptr<ScriptedServer> server;
  std::shared_ptr<Connection> connection;
  std::vector<imap::Response> unsolicited;
  bool asked_for_literal = false;
  bool must_match = true;  // false: the server may find its connection reset
};

using Clock = std::chrono::steady_clock;

// ---- what nobody asked for

TEST_F(OneConnection, WhatIsNotUnderstoodIsNoFailure) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    S: * XYZZY (plugh "
    S: * 99999999999999999999 EXISTS
    S: * LIST broken
    S: * 1 FETCH (UID
    S: hello there
    S:
    S: *
    S: + who asked
    S-raw: * OK \xFF\xFE\x00\x01\r\n
    S: $1 OK
    C: $2 NOOP
    S: $2 OK still here
  )");
  ASSERT_TRUE(ask(command::noop()));
  const auto again = ask(command::noop());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text, "still here");
}

TEST_F(OneConnection, NewsInBetweenGoesToWhoeverListens) {
  play(R"(
    S: * OK hello
    C: $1 STATUS "x" (MESSAGES UIDNEXT UIDVALIDITY)
    S: * 3 EXISTS
    S: * 1 EXPUNGE
    S: * STATUS x (MESSAGES 5)
    S: * 2 FETCH (FLAGS (\Seen))
    S: * OK [ALERT] lunch time
    S: $1 OK
  )");
  std::vector<imap::Response> mine;
  Handlers handlers;
  handlers.on_data = [&](imap::Response& r) { mine.push_back(r); };
  ASSERT_TRUE(ask(*command::status("x", {}, {}), std::move(handlers)));
  ASSERT_EQ(mine.size(), 1U);
  EXPECT_EQ(std::get<imap::StatusData>(mine[0]).messages, 5U);
  ASSERT_EQ(unsolicited.size(), 5U);
  EXPECT_EQ(std::get<imap::Exists>(unsolicited[0]).count, 3U);
  EXPECT_EQ(std::get<imap::Expunge>(unsolicited[1]).number, imap::SeqNum{1});
  EXPECT_TRUE(std::holds_alternative<imap::FetchData>(unsolicited[3]));
  EXPECT_EQ(std::get<imap::StatusResponse>(unsolicited[4]).text, "lunch time");
}

TEST_F(OneConnection, ADataLineGoesToTheOldestCommandItCanAnswer) {
  play(R"(
    S: * OK hello
    C: $1 STATUS "a" *
    C: $2 STATUS "b" *
    S: * STATUS a (MESSAGES 1)
    S: $1 OK
    S: * STATUS b (MESSAGES 2)
    S: $2 OK
  )");
  std::vector<std::string> first, second;
  const auto into = [](std::vector<std::string>& names) {
    Handlers handlers;
    handlers.on_data = [&names](imap::Response& r) {
      names.push_back(std::get<imap::StatusData>(r).mailbox);
    };
    return handlers;
  };
  auto one = [&](const char* name, std::vector<std::string>& names) -> Task<void> {
    auto answer = co_await connection->run(*command::status(name, {}, {}), into(names));
    if (!answer) co_return answer.error();
    co_return Status{};
  };
  auto both = [&]() -> Task<void> {
    TaskGroup group;
    co_await group.spawn(one("a", first));
    co_await group.spawn(one("b", second));
    auto joined = co_await group.join();
    co_return joined;
  };
  must(both());
  EXPECT_EQ(first, std::vector<std::string>{"a"});
  EXPECT_EQ(second, std::vector<std::string>{"b"});
}

TEST_F(OneConnection, AnAnswerToACommandThatWasNotSentEndsIt) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    S: Z99 OK surprise
    C-eof
  )");
  const auto answer = ask(command::noop());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::protocol);
  EXPECT_EQ(answer.error().scope, Scope::connection);
  // Once lost, lost for all, with the same reason.
  const auto later = ask(command::noop());
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Errc::protocol);
}

TEST_F(OneConnection, ACommandIsAnsweredOnce) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    S-raw: $1 OK\r\n$1 NO\r\n
    C-eof
  )");
  const auto first = ask(command::noop());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, imap::StatusKind::ok);
  EXPECT_FALSE(ask(command::noop()));
}

// ---- too much

TEST_F(OneConnection, ALineWithoutAnEndIsCut) {
  must_match = false;
  play(R"(
    S: * OK hello
    C: $1 NOOP
    S-raw: * OK
    S-fill: 50000000 z
  )");
  const auto answer = ask(command::noop());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::limit);
  EXPECT_LT(connection->stream()->wire_received(), 3'000'000U);
}

TEST_F(OneConnection, ALiteralNobodyCanHoldIsNotReceived) {
  for (const auto* line : {R"(* LIST () "/" {99999999999})", R"(* LIST () "/" {18446744073709551617})",
                           R"(* LIST () "/" {-1})"}) {
    play(fmt::format("S: * OK hello\nC: $1 LIST \"\" \"\\*\"\nS: {}\nC-eof\n", line));
    const auto answer = ask(*command::list("", "*", {}, {}));
    ASSERT_FALSE(answer) << line;
    EXPECT_EQ(answer.error().scope, Scope::connection);
    EXPECT_TRUE(answer.error().code == Errc::limit || answer.error().code == Errc::protocol) << line;
    EXPECT_EQ(server->mismatch(), "");
  }
}

TEST_F(OneConnection, NestingIsNotFollowedForEver) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    S-raw: * 1 FETCH (BODYSTRUCTURE 
    S-fill: 500000 (
    S-raw: \r\n$1 OK\r\n
  )");
  EXPECT_TRUE(ask(command::noop()));
}

TEST_F(OneConnection, AFloodEnds) {
  for (const std::string drop : {"* 1 EXISTS", "* XYZZY", "+ more", "* OK still here"}) {
    std::string flood;
    for (int i = 0; i < 5000; ++i) flood += drop + "\\r\\n";
    must_match = false;
    play("S: * OK hello\nC: $1 NOOP\nS-raw: " + flood + "\nC-eof\n",
         [](auto& options) { options.limits.max_untagged_responses = 1000; });
    const auto answer = ask(command::noop());
    ASSERT_FALSE(answer) << drop;
    EXPECT_EQ(answer.error().code, Errc::limit) << drop;
  }
}

TEST_F(OneConnection, AFloodOfOctetsEnds) {
  std::string flood;
  for (int i = 0; i < 50; ++i) flood += "S-raw: * XYZZY\nS-fill: 100000 x\nS-raw: \\r\\n\n";
  must_match = false;
  play("S: * OK hello\nC: $1 NOOP\n" + flood + "C-eof\n",
       [](auto& options) { options.limits.max_untagged_octets = 1'000'000; });
  const auto answer = ask(command::noop());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::limit);
}

TEST_F(OneConnection, ManyShortResponsesTakeLittleTime) {
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "* 1 EXISTS\\r\\n";
  play("S: * OK hello\nC: $1 NOOP\nS-raw: " + many + "$1 OK\\r\\n\n");
  connection->on_unsolicited = nullptr;
  const auto start = Clock::now();
  EXPECT_TRUE(ask(command::noop()));
  EXPECT_LT(Clock::now() - start, std::chrono::minutes(2));
}

// ---- too little

TEST_F(OneConnection, SilenceHasAnEnd) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    S: * 1 EXISTS
    C-eof
  )",
       [](auto& options) { options.io_timeout = std::chrono::hours(1); });
  const StoppedClock clock;
  TimePoint heard;
  connection->on_unsolicited = [&](const imap::Response&) { heard = MonoClock::now(); };
  const auto answer = ask_while_time_flies(command::noop(), [&] {
    if (heard != TimePoint{}) MonoClock::advance(std::chrono::minutes(1));
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::timeout);
  EXPECT_EQ(answer.error().retry, Retry::now);
  EXPECT_GE(MonoClock::now() - heard, std::chrono::hours(1));
  EXPECT_LT(MonoClock::now() - heard, std::chrono::hours(2));
}

TEST_F(OneConnection, AServerThatNeverGreetsIsGivenUp) {
  play("C-eof", [](auto& options) { options.io_timeout = std::chrono::milliseconds(200); });
  const auto greeting = run(connection->greeting());
  ASSERT_FALSE(greeting);
  EXPECT_EQ(greeting.error().code, Errc::timeout);
}

TEST_F(OneConnection, WhoeverIsSlowButAliveIsWaitedFor) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    W 50
    S-raw: * 1 EX
    W 50
    S-raw: ISTS\r\n
    W 50
    S: * 2 EXISTS
    W 50
    S: $1 OK
  )",
       [](auto& options) { options.io_timeout = std::chrono::hours(1); });
  const StoppedClock clock;
  ASSERT_TRUE(run(connection->greeting()));
  const auto begun = MonoClock::now();
  auto seen = connection->stream()->wire_received();
  const auto answer = ask_while_time_flies(command::noop(), [&] {
    const auto now = connection->stream()->wire_received();
    if (std::exchange(seen, now) != now) MonoClock::advance(std::chrono::minutes(40));
  });
  EXPECT_TRUE(answer);
  EXPECT_GT(MonoClock::now() - begun, std::chrono::hours(1));
}

TEST_F(OneConnection, WithNothingAskedSilenceIsFine) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    S: $1 OK
  )",
       [](auto& options) { options.io_timeout = std::chrono::hours(1); });
  const StoppedClock clock;
  ASSERT_TRUE(run(connection->greeting()));
  auto idle = []() -> Task<void> {
    for (int i = 0; i < 6; ++i) {
      MonoClock::advance(std::chrono::minutes(40));
      PF_CO_TRYV(co_await look_at_timers());
    }
    co_return Status{};
  };
  must(idle());
  EXPECT_TRUE(connection->usable());
  EXPECT_TRUE(ask(command::noop()));
}

TEST_F(OneConnection, HangingUpIsNoticedAtAnyPlace) {
  for (const auto* how :
       {"X", "R", "S-raw: * 1 EX\nX", "S-raw: * LIST () \"/\" {10}\\r\\nabc\nX", "S-raw: $1 OK\nX",
        "S-raw: * LIST () \"/\" {10}\\r\\nabc\nR", "S: * CAPABILITY IMAP4rev1\nX"}) {
    hangs_up(how);
  }
}

TEST_F(OneConnection, HangingUpBeforeTheGreetingIsNoticed) {
  play("X");
  const auto greeting = run(connection->greeting());
  ASSERT_FALSE(greeting);
  EXPECT_EQ(greeting.error().code, Errc::disconnected);
}

// It need not close by itself.
TEST_F(OneConnection, AFarewellEndsItAndTellsWhy) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    S: * BYE [UNAVAILABLE] maintenance
    C-eof
  )");
  const auto answer = ask(command::noop());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().scope, Scope::connection);
  EXPECT_NE(answer.error().server_text.find("maintenance"), std::string::npos);
}

TEST_F(OneConnection, LeavingIsAnsweredByAFarewell) {
  play(R"(
    S: * OK hello
    C: $1 LOGOUT
    S: * BYE see you
    S: $1 OK
    X
  )");
  EXPECT_TRUE(run(imap::log_out(connection)));
}

TEST_F(OneConnection, AServerThatOnlyHangsUpHasBeenLeftToo) {
  play(R"(
    S: * OK hello
    C: $1 LOGOUT
    X
  )");
  EXPECT_TRUE(run(imap::log_out(connection)));
}

// ---- literals

TEST_F(OneConnection, ALiteralWaitsForTheServer) {
  play(R"(
    S: * OK hello
    C: $1 APPEND "INBOX" () {5}
    S: * 1 EXISTS
    S: + go
    C-raw: hello\r\n
    S: $1 OK
  )");
  EXPECT_TRUE(append("hello", imap::LiteralMode::synchronizing));
}

TEST_F(OneConnection, OfARefusedLiteralNotOneOctetIsSent) {
  play(R"(
    S: * OK hello
    C: $1 APPEND "INBOX" () {5}
    S: $1 NO [OVERQUOTA] full
    C: $2 NOOP
    S: $2 OK
  )");
  const auto answer = append("hello", imap::LiteralMode::synchronizing);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, imap::StatusKind::no);
  EXPECT_FALSE(asked_for_literal);
  EXPECT_TRUE(ask(command::noop()));
}

TEST_F(OneConnection, LiteralPlusWaitsForNobody) {
  play(R"(
    S: * OK hello
    C: $1 APPEND "INBOX" () {5+}
    C-raw: hello\r\n
    S: $1 OK
    C: $2 APPEND "INBOX" () {5}
    S: + go
    C-raw: hello\r\n
    S: $2 OK
  )");
  EXPECT_TRUE(append("hello", imap::LiteralMode::plus));
  EXPECT_TRUE(append("hello", imap::LiteralMode::plus, true));  // where a refusal would cost an upload
}

TEST_F(OneConnection, LiteralMinusWaitsAbove4096Octets) {
  play(R"(
    S: * OK hello
    C: $1 APPEND "INBOX" () {4096+}
    C-skip: 4098
    S: $1 OK
    C: $2 APPEND "INBOX" () {4097}
    S: + go
    C-skip: 4099
    S: $2 OK
  )");
  EXPECT_TRUE(append(std::string(4096, 'x'), imap::LiteralMode::minus));
  EXPECT_TRUE(append(std::string(4097, 'x'), imap::LiteralMode::minus));
}

TEST_F(OneConnection, ASourceThatBreaksIsNeverPadded) {
  play(R"(
    S: * OK hello
    C: $1 APPEND "INBOX" () {10}
    S: + go
    C-raw: hello
    C-eof
  )");
  const auto answer = append("hello", imap::LiteralMode::synchronizing, false, 10);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().scope, Scope::connection);
  EXPECT_FALSE(connection->usable());
}

TEST_F(OneConnection, ASourceWithMoreThanAnnouncedSendsNoCommandOfItsOwn) {
  play(R"(
    S: * OK hello
    C: $1 APPEND "INBOX" () {5}
    S: + go
    C-eof
  )");
  EXPECT_FALSE(append("hello\r\nA9 DELETE INBOX\r\n", imap::LiteralMode::synchronizing, false, 5));
}

TEST_F(OneConnection, ARefusalInTheMiddleOfALiteralStillTakesItsOctets) {
  play(R"(
    S: * OK hello
    C: $1 APPEND "INBOX" () {5+}
    S: $1 NO [TOOBIG] enough
    C-raw: hello\r\n
    C: $2 NOOP
    S: $2 OK
  )");
  const auto answer = append("hello", imap::LiteralMode::plus);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, imap::StatusKind::no);
  EXPECT_TRUE(ask(command::noop()));
}

// The rest of the command line would be taken for a command of its own.
TEST_F(OneConnection, ARefusalInTheMiddleOfABatchEndsTheAnnouncements) {
  play(R"(
    S: * OK hello
    C: $1 APPEND "INBOX" () {10}
    S: + go
    C-raw: hello
    S-raw: $1 NO [TOOBIG] enough\r\n* 1 EXISTS\r\n
    C-raw: world\r\n
    C: $2 NOOP
    S: $2 OK
  )");
  // Its second half comes when the refusal has.
  struct Slow final : imap::LiteralSource {
    explicit Slow(const std::vector<imap::Response>& news) : news_(news) {}
    Task<Bytes> next() override {
      if (std::exchange(begun_, true)) {
        const auto deadline = Clock::now() + std::chrono::minutes(2);
        while (news_.empty() && Clock::now() < deadline) co_await sleep_for(std::chrono::milliseconds(1));
        co_return as_bytes(std::string_view("world"));
      }
      co_return as_bytes(std::string_view("hello"));
    }
    const std::vector<imap::Response>& news_;
    bool begun_ = false;
  } first(unsolicited);
  Literal second("unwanted");
  imap::LiteralSource* const slots[] = {&first, &second};
  Handlers handlers;
  handlers.slots = slots;
  std::vector<command::AppendMessage> messages(2);
  messages[0].size = 10;
  messages[1].size = 8;
  const auto answer = ask(*command::append("INBOX", messages, {}), std::move(handlers));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, imap::StatusKind::no);
  EXPECT_FALSE(second.asked);
  EXPECT_TRUE(ask(command::noop()));
}

// ---- side by side

TEST_F(OneConnection, CommandsOfOneTurnLeaveTogether) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    C: $2 CAPABILITY
    C: $3 LIST "" "\*"
    S: $3 OK third
    S: $1 OK first
    S: $2 OK second
  )");
  auto one = [&](imap::Command command, std::string expected) -> Task<void> {
    auto answer = co_await connection->run(std::move(command));
    if (!answer) co_return answer.error();
    EXPECT_EQ(answer->text, expected);
    co_return Status{};
  };
  auto all = [&]() -> Task<void> {
    TaskGroup group;
    co_await group.spawn(one(command::noop(), "first"));
    co_await group.spawn(one(command::capability(), "second"));
    co_await group.spawn(one(*command::list("", "*", {}, {}), "third"));
    auto joined = co_await group.join();
    co_return joined;
  };
  must(all());
}

TEST_F(OneConnection, AllThatWaitEndWithTheConnection) {
  play(R"(
    S: * OK hello
    C: $1 NOOP
    C: $2 NOOP
    C: $3 NOOP
    S: $2 OK
    X
  )");
  int answered = 0;
  int lost = 0;
  auto one = [&]() -> Task<void> {
    const auto answer = co_await connection->run(command::noop());
    ++(answer ? answered : lost);
    co_return Status{};
  };
  auto all = [&]() -> Task<void> {
    TaskGroup group;
    for (int i = 0; i < 3; ++i) co_await group.spawn(one());
    auto joined = co_await group.join();
    co_return joined;
  };
  must(all());
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(lost, 2);
}

TEST_F(OneConnection, LiteralOctetsAreNeverTakenForAnAnswer) {
  play(R"(
    S: * OK hello
    C: $1 LIST "" "\*"
    S-raw: * LIST () "/" {17}\r\n$1 OK\r\n* BYE gone\r\n
    S: $1 OK
    C: $2 NOOP
    S: $2 OK
  )");
  std::string name;
  Handlers handlers;
  handlers.on_data = [&](imap::Response& r) { name = std::get<imap::ListData>(r).name; };
  ASSERT_TRUE(ask(*command::list("", "*", {}, {}), std::move(handlers)));
  EXPECT_EQ(name, "A1 OK\r\n* BYE gone");
  EXPECT_TRUE(ask(command::noop()));
}

}  // namespace
}  // namespace pf::test
