// The first contact: what is waited out and what is not.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

using sync::Outcome;

Error unreachable() {
  return {Errc::refused, Scope::connection, Retry::later, "nobody listens"};
}
Error wrong_password() {
  return {Errc::auth_failed, Scope::account, Retry::never, "LOGIN"};
}

// Fails the first calls to connect, each with its error.
std::function<std::optional<Error>(const MemoryCall&)> failing(std::vector<Error> errors, int& tries) {
  return [errors = std::move(errors), &tries](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::connect) return std::nullopt;
    const auto n = static_cast<std::size_t>(tries++);
    if (n < errors.size()) return errors[n];
    return std::nullopt;
  };
}

class FirstContact : public ::testing::TestWithParam<bool> {
 protected:
  FirstContact() { rig.fill("INBOX", range(1, 5)); }
  store::MemoryServer& here() { return GetParam() ? *rig.from : *rig.to; }
  store::MemoryServer& there() { return GetParam() ? *rig.to : *rig.from; }
  Rig rig;
  int tries = 0;
};
INSTANTIATE_TEST_SUITE_P(OfEither, FirstContact, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Source" : "Target"; });

TEST_P(FirstContact, ALoginThatBreaksIsTriedAgain) {
  here().options.before = failing({connection_cut(), connection_cut()}, tries);
  expect_ok(rig.copy());
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(rig.seen<sync::Notice>().size(), 2U);
  expect_exact(rig);
}

TEST_P(FirstContact, AListThatBreaksIsAskedAgain) {
  int lists = 0;
  here().options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::list && ++lists == 1) return connection_cut();
    return std::nullopt;
  };
  expect_ok(rig.copy());
  expect_exact(rig);
}

// It is being restarted.
TEST_P(FirstContact, AServerThatWasThereAndIsGoneIsWaitedFor) {
  here().options.before = failing({connection_cut(), unreachable(), unreachable()}, tries);
  expect_ok(rig.copy());
  EXPECT_EQ(tries, 4);
}

TEST_P(FirstContact, AServerThatWasNeverThereIsGivenUpAtOnce) {
  here().options.before = failing({unreachable()}, tries);
  const auto sum = rig.copy();
  ASSERT_TRUE(sum.fatal);
  EXPECT_EQ(sum.fatal->code, Errc::refused);
  EXPECT_TRUE(sum.nothing_done);
  EXPECT_EQ(tries, 1);
}

TEST_P(FirstContact, AWrongPasswordIsNotTriedAgain) {
  here().options.before = failing({connection_cut(), wrong_password()}, tries);
  const auto sum = rig.copy();
  ASSERT_TRUE(sum.fatal);
  EXPECT_EQ(sum.fatal->code, Errc::auth_failed);
  EXPECT_EQ(tries, 2);
}

TEST_P(FirstContact, EndsWhenItNeverComesToAnything) {
  rig.policy.timing.attempts_without_progress = 4;
  here().options.before = failing(std::vector<Error>(20, connection_cut()), tries);
  const auto sum = rig.copy();
  ASSERT_TRUE(sum.fatal);
  EXPECT_EQ(sum.fatal->code, Errc::disconnected);
  EXPECT_TRUE(sum.nothing_done);
  EXPECT_EQ(tries, 5);
  EXPECT_EQ(rig.to->writes().total(), 0U);
}

TEST_P(FirstContact, OneAccountIsNotWaitedForWhenTheOtherIsLost) {
  rig.policy.timing.backoff_first = rig.policy.timing.backoff_ceiling = std::chrono::hours(1);
  int others = 0;
  here().options.before = failing(std::vector<Error>(20, connection_cut()), tries);
  // Breaks as well at first, so that the wait of an hour has begun when the password is refused.
  there().options.before = failing({connection_cut(), wrong_password()}, others);
  const auto sum = rig.copy();
  ASSERT_TRUE(sum.fatal);
  EXPECT_EQ(sum.fatal->code, Errc::auth_failed);
  EXPECT_EQ(others, 2);
  EXPECT_LE(tries, 2);
}

TEST_P(FirstContact, AWaitIsCutShortByAStop) {
  rig.policy.timing.backoff_first = rig.policy.timing.backoff_ceiling = std::chrono::hours(1);
  here().options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::connect) return std::nullopt;
    if (++tries == 2) rig.stop = 1;
    return connection_cut();
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::interrupted);
  EXPECT_EQ(tries, 2);
}

}  // namespace
}  // namespace pf::test
