// APPEND: what is believed of the answer, and what a refusal means.
#include "async/group.h"
#include "base/stopped_clock.h"
#include "scenario/play.h"

#include <functional>

namespace pf::test {
namespace {

using store::Access;
using store::AppendOutcome;
using Kind = store::AppendOutcome::Kind;

class Appending : public StoreScenario {
 protected:
  // To "Work".
  Result<std::vector<AppendOutcome>> append(std::string_view capabilities, std::string_view dialogue,
                                            const std::vector<std::string>& texts,
                                            std::string_view flags = {}) {
    play(capabilities, dialogue);
    auto work = open("Work", Access::append);
    std::vector<TextSource> bodies(texts.begin(), texts.end());
    std::vector<store::AppendItem> items;
    for (auto& body : bodies) {
      items.emplace_back();
      items.back().flags = FlagSet::parse(flags);
      items.back().body = &body;
    }
    auto outcomes = run(work->append(items));
    ignore(run(work->close()));
    return outcomes;
  }

  // The answer to one message on a server that has them by LITERAL+.
  AppendOutcome answered(std::string_view answer) {
    auto outcomes = append("LITERAL+ UIDPLUS",
                           fmt::format(R"(
      C: $1 APPEND "Work" () {{5+}}
      C-raw: hello\r\n
      S: $1 {}
    )",
                                       answer),
                           {"hello"});
    if (!outcomes) throw std::runtime_error(outcomes.error().describe());
    store->abort();
    EXPECT_EQ(server->mismatch(), "");
    return outcomes->front();
  }
};

// Calls what rests after its first octet.
class RestingSource final : public store::MessageSource {
 public:
  using Rest = std::function<Task<void>()>;
  RestingSource(std::string text, Rest rest) : text_(std::move(text)), rest_(std::move(rest)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  Task<Bytes> next() override {
    const std::size_t at = std::exchange(at_, at_ == 0 ? 1 : text_.size());
    if (at == 1) PF_CO_TRYV(co_await rest_());
    co_return as_bytes(text_).subspan(at, at_ - at);
  }

 private:
  std::string text_;
  Rest rest_;
  std::size_t at_ = 0;
};

Task<void> half_days_pass() {
  for (int i = 0; i < 300; ++i) {
    MonoClock::advance(std::chrono::minutes(2));
    PF_CO_TRYV(co_await look_at_timers());
  }
  co_return Status{};
}

class AppendingSlowly : public StoreScenario {
 protected:
  // To "Work"; nobody is waited for longer than an hour.
  Result<std::vector<AppendOutcome>> append(std::string_view dialogue, store::MessageSource& body,
                                            const RestingSource::Rest& meanwhile = {}) {
    server = std::make_unique<ScriptedServer>(login("LITERAL+") + separator() + std::string(dialogue));
    store::ImapStoreOptions options;
    options.login = joe(server->port());
    options.login.timeout = std::chrono::hours(1);
    const StoppedClock clock;
    store = std::make_unique<store::ImapStore>(std::move(options));
    must(store->connect());
    auto work = open("Work", Access::append);
    std::vector<store::AppendItem> items(1);
    items.front().body = &body;
    Result<std::vector<AppendOutcome>> outcomes = std::vector<AppendOutcome>{};
    auto scene = [&]() -> Task<void> {
      TaskGroup group;
      co_await group.spawn([&]() -> Task<void> {
        outcomes = co_await work->append(items);
        ended = MonoClock::now();
        co_return Status{};
      }());
      if (meanwhile) co_await group.spawn(meanwhile());
      auto done = co_await group.join();
      co_return done;
    };
    must(scene());
    ignore(run(work->close()));
    store->abort();
    return outcomes;
  }
  TimePoint ended{};
};

// What is slow is the other side, or the pace that was asked for.
TEST_F(AppendingSlowly, ASourceThatTakesItsTimeIsNotTakenForAStallOfTheServer) {
  RestingSource body("hello", hours_pass);
  const auto outcomes = append(R"(
    C: $1 APPEND "Work" () {5+}
    C-raw: hello\r\n
    S: $1 OK
  )",
                               body);
  ASSERT_TRUE(outcomes) << outcomes.error().describe();
  EXPECT_EQ(outcomes->front().kind, Kind::stored);
}

TEST_F(AppendingSlowly, AServerThatRefusesAndTakesNothingMoreIsNotWaitedForForEver) {
  std::string more_than_any_buffer;
  more_than_any_buffer.resize(50'000'000, 'x');
  TextSource body(std::move(more_than_any_buffer));
  const TimePoint start = MonoClock::now();
  const auto outcomes = append(R"(
    C: $1 APPEND "Work" () {50000000}
    S: + go
    C-skip: 100000
    S: $1 NO not that
    W 2000
    R
  )",
                               body, half_days_pass);
  ASSERT_TRUE(outcomes) << outcomes.error().describe();
  EXPECT_EQ(outcomes->front().kind, Kind::refused);
  EXPECT_LT(ended - start, std::chrono::hours(3));
}

TEST_F(Appending, SaysWhatItStoresAndLearnsWhere) {
  play("UIDPLUS", R"(
    C: $1 APPEND "Work" (\Seen $Forwarded) "17-Jul-1996 02:44:25 -0700" {5}
    S: + go
    C-raw: hello\r\n
    S: * 8 EXISTS
    S: $1 OK [APPENDUID 42 17] stored
  )");
  auto work = open("Work", Access::append);
  TextSource body("hello");
  std::vector<store::AppendItem> items(1);
  items.front().flags = FlagSet::parse("\\Seen $Forwarded");
  items.front().date = InternalDate(837596665, -420);
  items.front().body = &body;
  const auto outcomes = must(work->append(items));
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].kind, Kind::stored);
  EXPECT_EQ(outcomes[0].ref, uid(17));
  EXPECT_EQ(outcomes[0].epoch, store::to_handle<Epoch>(imap::UidValidity{42}));
  EXPECT_EQ(store->traffic().commands, 1U);
  must(work->close());
}

TEST_F(Appending, ABatchIsOneCommandWhereTheServerHasIt) {
  const auto outcomes = append("UIDPLUS MULTIAPPEND LITERAL+", R"(
    C: $1 APPEND "Work" () {3+}
    C-raw: one () {3+}\r\ntwo () {5+}\r\nthree\r\n
    S: $1 OK [APPENDUID 42 17:18,20] stored
  )",
                               {"one", "two", "three"});
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 3U);
  EXPECT_EQ((*outcomes)[0].ref, uid(17));
  EXPECT_EQ((*outcomes)[1].ref, uid(18));
  EXPECT_EQ((*outcomes)[2].ref, uid(20));
}

TEST_F(Appending, ElseOneCommandEachWithoutWaitingForTheAnswers) {
  const auto outcomes = append("UIDPLUS LITERAL+", R"(
    C: $1 APPEND "Work" () {3+}
    C-raw: one\r\n
    C: $2 APPEND "Work" () {3+}
    C-raw: two\r\n
    S: $1 OK [APPENDUID 42 17] stored
    S: $2 NO [TOOBIG] no
  )",
                               {"one", "two"});
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 2U);
  EXPECT_EQ((*outcomes)[0].ref, uid(17));
  EXPECT_EQ((*outcomes)[1].kind, Kind::refused);
}

TEST_F(Appending, AnswersThatProveNothingAreNoReference) {
  for (const auto* answer :
       {"OK stored", "OK [APPENDUID 42 17:19] three of them", "OK [APPENDUID 42 19,17] backwards",
        "OK [APPENDUID 42] where", "OK [APPENDUID NIL 17] of which", "OK [APPENDUID 42 0] none",
        "OK [APPENDUID 42 17] one of two"}) {
    const auto outcomes = append("UIDPLUS MULTIAPPEND LITERAL+",
                                 fmt::format(R"(
      C: $1 APPEND "Work" () {{3+}}
      C-raw: one () {{3+}}\r\ntwo\r\n
      S: $1 {}
    )",
                                             answer),
                                 {"one", "two"});
    ASSERT_TRUE(outcomes) << answer;
    for (const auto& outcome : *outcomes) {
      EXPECT_EQ(outcome.kind, Kind::stored) << answer;
      EXPECT_FALSE(outcome.ref) << answer;
      EXPECT_FALSE(outcome.epoch) << answer;
    }
    store->abort();
    EXPECT_EQ(server->mismatch(), "");
  }
}

// DavMail swapped the two: the epoch tells whoever compares it.
TEST_F(Appending, AForeignValidityComesWithTheReference) {
  const auto outcome = answered("OK [APPENDUID 17 42] swapped");
  EXPECT_EQ(outcome.ref, uid(42));
  EXPECT_EQ(outcome.epoch, store::to_handle<Epoch>(imap::UidValidity{17}));
}

TEST_F(Appending, ARefusedBatchAccusesNobody) {
  const auto outcomes = append("UIDPLUS MULTIAPPEND LITERAL+", R"(
    C: $1 APPEND "Work" () {3+}
    C-raw: one () {3+}\r\ntwo\r\n
    S: $1 NO Message contains NUL characters
  )",
                               {"one", "two"});
  ASSERT_TRUE(outcomes);
  for (const auto& outcome : *outcomes) {
    EXPECT_EQ(outcome.kind, Kind::batch_refused);
    EXPECT_EQ(outcome.error->code, Errc::invalid_message);
  }
}

// To send half of it again would only annoy the server.
TEST_F(Appending, WhatConcernsTheAccountIsNotBlamedOnTheBatch) {
  const auto outcomes = append("UIDPLUS MULTIAPPEND LITERAL+", R"(
    C: $1 APPEND "Work" () {3+}
    C-raw: one () {3+}\r\ntwo\r\n
    S: $1 NO [OVERQUOTA] full
  )",
                               {"one", "two"});
  ASSERT_TRUE(outcomes);
  for (const auto& outcome : *outcomes) {
    EXPECT_EQ(outcome.kind, Kind::refused);
    EXPECT_EQ(outcome.error->code, Errc::over_quota);
    EXPECT_EQ(outcome.error->scope, Scope::account);
  }
}

// A refusal of the first could not be told from one of the announcement behind it.
TEST_F(Appending, WithSynchronizingLiteralsMessagesGoOneByOne) {
  const auto outcomes = append("UIDPLUS MULTIAPPEND", R"(
    C: $1 APPEND "Work" () {3}
    S: + go
    C-raw: one\r\n
    S: $1 NO Message contains NUL characters
    C: $2 APPEND "Work" () {3}
    S: + go
    C-raw: two\r\n
    S: $2 OK [APPENDUID 42 18] stored
  )",
                               {"one", "two"});
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 2U);
  EXPECT_EQ((*outcomes)[0].kind, Kind::refused);
  EXPECT_EQ((*outcomes)[1].ref, uid(18));
  EXPECT_FALSE(store->features().atomic_batch);
}

TEST_F(Appending, RefusalsAreToldApart) {
  struct Case {
    std::string_view answer;
    Errc code;
    Scope scope;
    Retry retry;
  };
  for (const auto& [answer, code, scope, retry] : std::initializer_list<Case>{
           {"NO [OVERQUOTA] Quota exceeded", Errc::over_quota, Scope::account, Retry::never},
           {"NO [TOOBIG] Message too large", Errc::too_big, Scope::message, Retry::never},
           {"NO [LIMIT] Maximum message size exceeded", Errc::too_big, Scope::message, Retry::never},
           {"NO [TRYCREATE] no such mailbox", Errc::not_found, Scope::mailbox, Retry::never},
           {"NO [NOPERM] not here", Errc::permission, Scope::mailbox, Retry::never},
           {"NO Message contains bare newlines", Errc::invalid_message, Scope::message, Retry::never},
           {"NO Keywords are not supported", Errc::invalid_flag, Scope::message, Retry::never},
           {"NO [INUSE] try again", Errc::unavailable, Scope::mailbox, Retry::later},
           {"NO [UNAVAILABLE] temporarily", Errc::unavailable, Scope::message, Retry::later},
           {"BAD Command Argument Error. 12", Errc::invalid_message, Scope::message, Retry::never},
           {"BAD nonsense", Errc::rejected, Scope::message, Retry::never}}) {
    const auto outcome = answered(answer);
    EXPECT_EQ(outcome.kind, Kind::refused) << answer;
    ASSERT_TRUE(outcome.error) << answer;
    EXPECT_EQ(outcome.error->code, code) << answer;
    EXPECT_EQ(outcome.error->scope, scope) << answer;
    EXPECT_EQ(outcome.error->retry, retry) << answer;
    EXPECT_NE(outcome.error->context.find("APPEND to Work"), std::string::npos) << outcome.error->context;
  }
}

TEST_F(Appending, ABackOffTimeIsTakenAtItsWord) {
  const auto outcome = answered("NO Request is throttled. Suggested Backoff Time: 92415 milliseconds");
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, Errc::throttled);
  EXPECT_EQ(outcome.error->retry, Retry::later);
  EXPECT_EQ(outcome.error->retry_after, std::chrono::milliseconds(92415));
}

// A refusal then costs no upload.
TEST_F(Appending, ALargeMessageAsksFirstEvenWithLiteralPlus) {
  const auto outcomes = append("UIDPLUS LITERAL+", R"(
    C: $1 APPEND "Work" () {2000000}
    S: $1 NO [TOOBIG] no
  )",
                               {std::string(2'000'000, 'x')});
  ASSERT_TRUE(outcomes);
  EXPECT_EQ(outcomes->front().error->code, Errc::too_big);
}

TEST_F(Appending, AConnectionLostOnTheWayLeavesTheOutcomeOpen) {
  for (const auto* end : {"X", "R", "S: * BYE internal error\nX", "S: nonsense\nX"}) {
    const auto outcomes = append("UIDPLUS LITERAL+",
                                 fmt::format(R"(
      C: $1 APPEND "Work" () {{5+}}
      C-raw: hello\r\n
      {}
    )",
                                             end),
                                 {"hello"});
    ASSERT_FALSE(outcomes) << end;
    EXPECT_EQ(outcomes.error().scope, Scope::connection) << end;
    store->abort();
    EXPECT_EQ(server->mismatch(), "");
  }
}

TEST_F(Appending, OneRefusedAnnouncementSparesTheOthers) {
  const auto outcomes = append("UIDPLUS", R"(
    C: $1 APPEND "Work" () {3}
    S: $1 NO [TOOBIG] no
    C: $2 APPEND "Work" () {3}
    S: + go
    C-raw: two\r\n
    S: $2 OK [APPENDUID 42 18] stored
  )",
                               {"one", "two"});
  ASSERT_TRUE(outcomes);
  EXPECT_EQ((*outcomes)[0].kind, Kind::refused);
  EXPECT_EQ((*outcomes)[1].ref, uid(18));
}

}  // namespace
}  // namespace pf::test
