// Bodies: streamed, kept, missing, broken.
#include "base/stopped_clock.h"
#include "scenario/play.h"

namespace pf::test {
namespace {

using store::Access;

constexpr std::string_view examined = R"(
  C: $5 EXAMINE "INBOX"
  S: * 9 EXISTS
  S: * OK [UIDVALIDITY 42] ok
  S: * OK [UIDNEXT 10] ok
  S: $5 OK [READ-ONLY] done
)";

struct Got {
  std::uint32_t uid = 0;
  std::string text;
  friend bool operator==(const Got&, const Got&) = default;
};

struct All {
  std::vector<Got> messages;
  std::vector<Error> errors;  // of scope message
};

Task<std::string> whole(store::MessageSource& body) {
  std::string text;
  for (;;) {
    PF_CO_TRY(const Bytes piece, co_await body.next());
    if (piece.empty()) co_return text;
    text.append(piece.begin(), piece.end());
  }
}

Task<All> read_to_end(store::MessageStream& stream) {
  All all;
  for (;;) {
    auto item = co_await stream.next();
    if (!item && item.error().scope == Scope::message) {
      all.errors.push_back(item.error());
      continue;
    }
    if (!item) co_return item.error();
    if (!*item) co_return all;
    const auto announced = (*item)->body->size();
    PF_CO_TRY(auto text, co_await whole(*(*item)->body));
    EXPECT_EQ(text.size(), announced);
    all.messages.push_back({number((*item)->ref), std::move(text)});
  }
}

class Reading : public StoreScenario {
 protected:
  // The messages asked for, in the order they came.
  Result<All> read(std::string_view dialogue, const std::vector<std::uint32_t>& wanted) {
    play({}, std::string(examined) + std::string(dialogue));
    auto inbox = open("INBOX", Access::read);
    auto stream = must(inbox->read(uids(wanted)));
    auto all = run(read_to_end(*stream));
    ignore(run(stream->close()));
    stream.reset();
    ignore(run(inbox->close()));
    return all;
  }
};

using Messages = std::vector<Got>;

TEST_F(Reading, AsksForBodiesWithoutMarkingThem) {
  const auto all = read(R"(
    C: $1 UID FETCH 3,5 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n
    S-raw: * 2 FETCH (UID 5 BODY[] {7}\r\n)\r\nA1 O)\r\n
    S: $1 OK
  )",
                        {3, 5});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{3, "hello"}, {5, ")\r\nA1 O"}}));
}

// What is asked for while the first is still to come is there before that is answered.
TEST_F(Reading, MoreMayBeAskedForWhileTheFirstComes) {
  play({}, std::string(examined) + R"(
    C: $1 UID FETCH 3 (UID BODY.PEEK[])
    C: $2 UID FETCH 5:6 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n
    S: $1 OK
    S-raw: * 2 FETCH (UID 5 BODY[] {3}\r\nyou)\r\n
    S-raw: * 3 FETCH (UID 6 BODY[] {3}\r\ntoo)\r\n
    S: $2 OK
    C: $3 UID FETCH 8 (UID BODY.PEEK[])
    S-raw: * 4 FETCH (UID 8 BODY[] {4}\r\nlast)\r\n
    S: $3 OK
  )");
  auto inbox = open("INBOX", Access::read);
  auto stream = must(inbox->read(uids({3})));
  ASSERT_TRUE(stream->takes_more());
  auto scene = [&]() -> Task<All> {
    co_await stream->more(uids({5, 6}));
    All all;
    while (all.messages.size() < 3) {
      PF_CO_TRY(auto item, co_await stream->next());
      PF_CO_TRY(auto text, co_await whole(*item->body));
      all.messages.push_back({number(item->ref), std::move(text)});
    }
    co_await stream->more(uids({8}));  // all that was asked for has come, and nobody has seen the end
    PF_CO_TRY(auto rest, co_await read_to_end(*stream));
    std::ranges::move(rest.messages, std::back_inserter(all.messages));
    co_return all;
  };
  const auto all = run(scene());
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{3, "hello"}, {5, "you"}, {6, "too"}, {8, "last"}}));
  must(stream->close());
  stream.reset();
  must(inbox->close());
}

TEST_F(Reading, TheUidMayComeAfterTheBody) {
  const auto all = read(R"(
    C: $1 UID FETCH 3,5 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (BODY[] {5}\r\nhello UID 3)\r\n
    S-raw: * 2 FETCH (FLAGS (\\Seen) BODY[] {3}\r\nyou UID 5)\r\n
    S: $1 OK
  )",
                        {3, 5});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{3, "hello"}, {5, "you"}}));
}

TEST_F(Reading, TheUidMayComeLongAfterTheBody) {
  const auto all = read(R"(
    C: $1 UID FETCH 3,5 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (BODY[] {5}\r\nhel
    W 20
    S-raw: lo
    W 20
    S-raw:  UID 3)\r\n* 2 FETCH (BODY[] {3}\r\nyou UID 5)\r\n
    S: $1 OK
  )",
                        {3, 5});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{3, "hello"}, {5, "you"}}));
}

// Nobody knows whose it is; the next one must not wait for it.
TEST_F(Reading, ABodyWithoutAnyUidIsNobodys) {
  const auto all = read(R"(
    C: $1 UID FETCH 3:5 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (BODY[] {5}\r\nhello)\r\n
    S-raw: * 2 FETCH (BODY[] {5}\r\nworld UID what)\r\n
    S-raw: * 3 FETCH (UID 5 BODY[] {3}\r\nyou)\r\n
    S: $1 OK
  )",
                        {3, 4, 5});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{5, "you"}}));
}

TEST_F(Reading, BodiesComeAsQuotedStringsEmptyOrAsNothing) {
  const auto all = read(R"(
    C: $1 UID FETCH 1:5 (UID BODY.PEEK[])
    S: * 1 FETCH (UID 1 BODY[] "quoted \"text\"")
    S: * 2 FETCH (UID 2 BODY[] NIL)
    S: * 3 FETCH (UID 3 BODY[] "")
    S-raw: * 4 FETCH (UID 4 BODY[] {0}\r\n)\r\n
    S: * 5 FETCH (UID 5)
    S: $1 OK
  )",
                        {1, 2, 3, 4, 5});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{1, "quoted \"text\""}, {3, ""}, {4, ""}}));
}

TEST_F(Reading, NewsInBetweenIsNoMessage) {
  const auto all = read(R"(
    C: $1 UID FETCH 3,5 (UID BODY.PEEK[])
    S: * 1 FETCH (FLAGS (\Seen))
    S: * 2 FETCH (UID 5 FLAGS (\Seen))
    S: * 10 EXISTS
    S-raw: * 2 FETCH (UID 5 BODY[] {3}\r\nyou)\r\n
    S: * OK [ALERT] nearly done
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n
    S: $1 OK
  )",
                        {3, 5});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{5, "you"}, {3, "hello"}}));
}

// Both are handed on: who asked knows what he wanted and what he has.
TEST_F(Reading, RepeatsAndStrangersAreNamedByTheirUid) {
  const auto all = read(R"(
    C: $1 UID FETCH 3 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n
    S-raw: * 7 FETCH (UID 77 BODY[] {3}\r\nyou)\r\n
    S: $1 OK
  )",
                        {3});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{3, "hello"}, {3, "hello"}, {77, "you"}}));
}

TEST_F(Reading, TwoBodiesInOneAnswerAreNoTwoMessages) {
  const auto all = read(R"(
    C: $1 UID FETCH 3:4 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello BODY[] {5}\r\nworld)\r\n
    S-raw: * 2 FETCH (UID 4 BODY[] {3}\r\nyou)\r\n
    S: $1 OK
  )",
                        {3, 4});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{3, "hello"}, {4, "you"}}));
}

// Yahoo: one bad message refuses the rest of the command.
TEST_F(Reading, ARefusalConcernsMessagesOnly) {
  const auto all = read(R"(
    C: $1 UID FETCH 3:4 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n
    S: $1 NO [UNAVAILABLE] UID FETCH Server error while fetching messages
  )",
                        {3, 4});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->messages, (Messages{{3, "hello"}}));
  ASSERT_EQ(all->errors.size(), 1U);
  EXPECT_EQ(all->errors[0].code, Errc::unavailable);
  EXPECT_EQ(all->errors[0].retry, Retry::later);
  EXPECT_NE(all->errors[0].server_text.find("UNAVAILABLE"), std::string::npos);
}

TEST_F(Reading, MessagesThatAreGoneAreSimplyMissing) {
  const auto all = read(R"(
    C: $1 UID FETCH 3:4 (UID BODY.PEEK[])
    S: * 4 EXPUNGE
    S: $1 OK
  )",
                        {3, 4});
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->messages.empty());
  EXPECT_TRUE(all->errors.empty());
}

TEST_F(Reading, ALargeBodyComesInPieces) {
  const auto all = read(R"(
    C: $1 UID FETCH 3 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {3000007}\r\n
    S-fill: 1000000 a
    W 20
    S-raw: \r\n$1 OK
    S-fill: 1000000 b
    W 20
    S-fill: 1000000 c
    S-raw: )\r\n
    S: $1 OK
  )",
                        {3});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->messages.size(), 1U);
  EXPECT_TRUE(all->messages[0].text == std::string(1'000'000, 'a') + "\r\nA4 OK" +
                                           std::string(1'000'000, 'b') + std::string(1'000'000, 'c'));
}

TEST_F(Reading, ABodyThatBreaksOffIsNoMessage) {
  const auto all = read(R"(
    C: $1 UID FETCH 3:4 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n
    S-raw: * 2 FETCH (UID 4 BODY[] {1000}\r\nnot a thousand
    X
  )",
                        {3, 4});
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().scope, Scope::connection);
  EXPECT_EQ(all.error().code, Errc::disconnected);
}

// They came with the same read as what ended the connection.
TEST_F(Reading, WholeMessagesAreGivenAlthoughTheConnectionBrokeBehindThem) {
  play({}, std::string(examined) + R"(
    C: $1 UID FETCH 3:5 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n* 2 FETCH (UID 4 BODY[] {3}\r\nyou)\r\n* 3 FETCH (UID 5 BODY[] {-1}\r\n
    C-eof
  )");
  auto inbox = open("INBOX", Access::read);
  auto stream = must(inbox->read(uids({3, 4, 5})));
  for (const std::string_view expected : {"hello", "you"}) {
    const auto item = must(stream->next());
    ASSERT_TRUE(item);
    EXPECT_EQ(must(whole(*item->body)), expected);
  }
  const auto third = run(stream->next());
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::protocol);
  ignore(run(stream->close()));
  stream.reset();
  ignore(run(inbox->close()));
}

TEST_F(Reading, WhoLetsGoOfABodyGetsTheNext) {
  play({}, std::string(examined) + R"(
    C: $1 UID FETCH 3:6 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n* 2 FETCH (UID 4 BODY[] {3}\r\nyou)\r\n* 3 FETCH (UID 5 BODY[] {4}\r\nth
    W 20
    S-raw: re)\r\n* 4 FETCH (UID 6 BODY[] {3}\r\nend)\r\n
    S: $1 OK
  )");
  auto inbox = open("INBOX", Access::read);
  auto stream = must(inbox->read(uids({3, 4, 5, 6})));
  EXPECT_EQ(number(must(stream->next())->ref), 3U);
  const auto second = must(stream->next());
  EXPECT_EQ(must(whole(*second->body)), "you");
  const auto third = must(stream->next());
  EXPECT_EQ(as_text(must(third->body->next())), "th");
  const auto last = must(stream->next());
  EXPECT_EQ(number(last->ref), 6U);
  EXPECT_EQ(must(whole(*last->body)), "end");
  EXPECT_FALSE(must(stream->next()));
  must(stream->close());
  stream.reset();
  must(inbox->close());
}

TEST_F(Reading, ABodyLongerThanAnnouncedIsOutOfStepAndEndsTheConnection) {
  const auto all = read(R"(
    C: $1 UID FETCH 3 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello and more\r\nA9 OK done\r\n)\r\n
    C-eof
  )",
                        {3});
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, Errc::protocol);
}

TEST_F(Reading, WhateverComesBehindSuchABodyTheConnectionEnds) {
  const auto all = read(R"(
    C: $1 UID FETCH 3:4 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello and more\r\n* 2 FETCH (UID 4 BODY[] "you")\r\n
    S: $1 OK
  )",
                        {3, 4});
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, Errc::disconnected);
}

TEST_F(Reading, NobodyWaitsForTheEndOfSuchABodyWhenAllIsAnswered) {
  const auto all = read(R"(
    C: $1 UID FETCH 3 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello and more\r\n
    S: $1 OK
  )",
                        {3});
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, Errc::disconnected);
}

// The consumer sets the pace: while it takes its time the server cannot be blamed for being silent.
TEST_F(Reading, AConsumerThatTakesItsTimeIsNotTakenForAStall) {
  server = std::make_unique<ScriptedServer>(login() + separator() + std::string(examined) + R"(
    C: $1 UID FETCH 3 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {2000000}\r\n
    S-fill: 2000000 a
    S-raw: )\r\n
    S: $1 OK
  )");
  store::ImapStoreOptions options;
  options.login = joe(server->port());
  options.login.timeout = std::chrono::hours(1);
  const StoppedClock clock;
  store = std::make_unique<store::ImapStore>(std::move(options));
  must(store->connect());
  auto inbox = open("INBOX", Access::read);
  auto stream = must(inbox->read(uids({3})));
  auto slowly = [&]() -> Task<std::size_t> {
    PF_CO_TRY(auto item, co_await stream->next());
    std::size_t total = 0;
    bool rested = false;
    for (;;) {
      PF_CO_TRY(const Bytes piece, co_await item->body->next());
      if (piece.empty()) co_return total;
      total += piece.size();
      if (std::exchange(rested, true)) continue;
      PF_CO_TRYV(co_await hours_pass());
    }
  };
  EXPECT_EQ(must(slowly()), 2'000'000U);
  must(stream->close());
  stream.reset();
  must(inbox->close());
}

// Nor do bodies pile up that come as quoted strings, whoever asked for them.
TEST_F(Reading, QuotedBodiesWaitForTheConsumerToo) {
  std::string dialogue = std::string(examined) + "C: $1 UID FETCH 3 (UID BODY.PEEK[])\n";
  for (int uid = 1; uid <= 100; ++uid)
    dialogue +=
        fmt::format("S-raw: * {0} FETCH (UID {0} BODY[] \"\nS-fill: 50000 a\nS-raw: \")\\r\\n\n", uid);
  auto& account = play({}, dialogue + "S: $1 OK\n");
  auto inbox = open("INBOX", Access::read);
  auto stream = must(inbox->read(uids({3})));
  ASSERT_TRUE(must(stream->next()));
  auto rest = []() -> Task<void> {
    for (int i = 0; i < 100; ++i) PF_CO_TRYV(co_await look_at_timers());
    co_return Status{};
  };
  must(rest());
  EXPECT_LT(account.traffic().received, 1'000'000U);
  EXPECT_EQ(must(read_to_end(*stream)).messages.size(), 99U);
  must(stream->close());
  stream.reset();
  must(inbox->close());
}

TEST_F(Reading, WhatIsNotWantedAnyMoreIsNotDownloaded) {
  play({}, std::string(examined) + R"(
    C: $1 UID FETCH 3:4 (UID BODY.PEEK[])
    S-raw: * 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n
    S-raw: * 2 FETCH (UID 4 BODY[] {1000000000}\r\nand so on
    C-eof
    --- connection 2
)" + login() + R"(
    C: $1 EXAMINE "INBOX"
    S: * 9 EXISTS
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 10] ok
    S: $1 OK
  )");
  auto inbox = open("INBOX", Access::read);
  auto stream = must(inbox->read(uids({3, 4})));
  EXPECT_TRUE(must(stream->next()));
  EXPECT_TRUE(run(stream->close()));  // our own doing is no error
  stream.reset();
  const auto after = run(inbox->refresh());
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().scope, Scope::connection);
  EXPECT_EQ(after.error().retry, Retry::now);
  must(inbox->close());
  must(open("INBOX", Access::read)->close());
}

TEST_F(Reading, LongListsAreCutAtTheLengthOfALine) {
  std::vector<std::uint32_t> wanted;
  for (std::uint32_t i = 1; i <= 5000; i += 2) wanted.push_back(1'000'000 + i);  // 8 octets each: 20 kB
  const auto all = read(R"(
    C: $1 UID FETCH 1000001,*,* (UID BODY.PEEK[])
    C: $2 UID FETCH *,* (UID BODY.PEEK[])
    S: $1 OK
    C: $3 UID FETCH *,1004999 (UID BODY.PEEK[])
    S: $2 OK
    S: $3 OK
  )",
                        wanted);
  ASSERT_TRUE(all);
  for (std::size_t at = 0; at != std::string::npos;) {
    const auto text = server->received();
    const auto end = text.find("\r\n", at);
    EXPECT_LE(end == std::string::npos ? text.size() - at : end - at, 8192U);
    at = end == std::string::npos ? end : end + 2;
  }
}

}  // namespace
}  // namespace pf::test
