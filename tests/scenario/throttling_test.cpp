// How servers ask to go slower, and that whoever listens hears of it.
#include "scenario/play.h"

namespace pf::test {
namespace {

using store::Access;

class Throttling : public StoreScenario {
 protected:
  // What is heard when an APPEND is answered so.
  std::vector<Error> heard(std::string_view answer) {
    std::vector<Error> out;
    play("LITERAL+ UIDPLUS", fmt::format(R"(
      C: $1 APPEND "Work" () {{5+}}
      C-raw: hello\r\n
      {}
    )",
                                         answer));
    store->on_throttled = [&](const Error& error) { out.push_back(error); };
    auto work = open("Work", Access::append);
    TextSource body("hello");
    std::vector<store::AppendItem> items(1);
    items.front().body = &body;
    const auto outcomes = run(work->append(items));
    stored = outcomes && outcomes->front().kind == store::AppendOutcome::Kind::stored;
    ignore(run(work->close()));
    work.reset();
    store->abort();
    EXPECT_EQ(server->mismatch(), "") << answer;
    store->on_throttled = nullptr;
    return out;
  }
  bool stored = false;
};

TEST_F(Throttling, AWordInAnOkIsHeardAndTheMessageIsStored) {
  for (const auto* answer : {"S: $1 OK [THROTTLED] Success", "S: $1 OK Success [THROTTLED]",
                             "S: $1 OK [APPENDUID 1 7] (Success) [throttled]"}) {
    const auto errors = heard(answer);
    ASSERT_EQ(errors.size(), 1U) << answer;
    EXPECT_EQ(errors.front().code, Errc::throttled);
    EXPECT_EQ(errors.front().retry_after, std::nullopt);
    EXPECT_NE(errors.front().server_text.find("Success"), std::string::npos);
    EXPECT_TRUE(stored) << answer;
  }
}

TEST_F(Throttling, ARefusalIsHeardWithTheTimeItNames) {
  const auto exchange = heard("S: $1 NO Request is throttled. Suggested Backoff Time: 92415 milliseconds");
  ASSERT_EQ(exchange.size(), 1U);
  EXPECT_EQ(exchange.front().retry_after, std::chrono::milliseconds(92'415));
  EXPECT_FALSE(stored);
  for (const auto* answer : {"S: $1 NO [THROTTLED] slow down", "S: $1 NO [LIMIT] APPEND Rate limit hit.",
                             "S: $1 NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
                             "S: $1 BAD Request is throttled. Suggested Backoff Time: 300 milliseconds",
                             "S: $1 NO Too many requests"}) {
    EXPECT_EQ(heard(answer).size(), 1U) << answer;
    EXPECT_FALSE(stored) << answer;
  }
}

TEST_F(Throttling, OtherRefusalsAreNotTakenForIt) {
  for (const auto* answer :
       {"S: $1 OK [APPENDUID 1 7] Success", "S: $1 OK THROTTLED is only a word here",
        "S: $1 NO [UNAVAILABLE] temporarily", "S: $1 NO [LIMIT] too large", "S: $1 NO [OVERQUOTA] full"}) {
    EXPECT_TRUE(heard(answer).empty()) << answer;
  }
}

TEST_F(Throttling, AGoodbyeIsHeardWhenTheConnectionIsGivenBack) {
  const auto errors = heard("S: * BYE [THROTTLED] come back later\n      X");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors.front().code, Errc::throttled);
}

}  // namespace
}  // namespace pf::test
