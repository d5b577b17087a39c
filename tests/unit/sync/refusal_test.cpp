// What the target will not take: the message is named, the rest goes on.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

using sync::Outcome;

std::vector<std::string> failed_refs(const sync::Summary& sum) {
  std::vector<std::string> out;
  for (const auto& f : sum.failures) out.push_back(f.ref);
  std::ranges::sort(out);
  return out;
}
using Refs = std::vector<std::string>;

class Refusal : public ::testing::TestWithParam<bool> {
 protected:
  Refusal() { rig.to->options.features.atomic_batch = GetParam(); }
  Rig rig;
};
INSTANTIATE_TEST_SUITE_P(Servers, Refusal, ::testing::Bool(),
                         [](const auto& tested) { return tested.param ? "AtomicBatch" : "OneByOne"; });

TEST_P(Refusal, OneBadMessageIsParkedAndTheRestGoesOn) {
  rig.fill("INBOX", range(1, 120));
  rig.to->options.refuse = refuses("<57@", Errc::invalid_message);
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::partial);
  EXPECT_EQ(sum.copied, 119U);
  EXPECT_EQ(sum.failed, 1U);
  ASSERT_EQ(failed_refs(sum), (Refs{"57"}));
  EXPECT_EQ(sum.failures[0].mailbox, "INBOX");
  EXPECT_EQ(sum.failures[0].reason, "invalid-message");
  EXPECT_EQ(rig.seen<sync::MessageFailed>().size(), 1U);
  expect_adds_up(sum);
  // The rest is in its order.
  auto expected = bodies(*rig.from, "INBOX");
  expected.erase(expected.begin() + 56);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), expected);
}

TEST_P(Refusal, ALaterRunReportsItAgainAndDoesNotSendIt) {
  rig.fill("INBOX", {1, 2, 3});
  rig.to->options.refuse = refuses("<2@", Errc::invalid_message);
  (void)rig.copy();
  int fetched = 0;
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    fetched += call.op == Op::chunk ? 1 : 0;
    return std::nullopt;
  };
  rig.to->options.refuse = nullptr;
  auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::partial);
  EXPECT_EQ(failed_refs(sum), (Refs{"2"}));
  EXPECT_EQ(sum.failures[0].reason, "invalid-message");
  EXPECT_NE(sum.failures[0].message.find("--retry-failed"), std::string::npos);
  EXPECT_EQ(sum.copied, 0U);
  EXPECT_EQ(fetched, 0);
  expect_adds_up(sum);

  rig.policy.retry_failed = true;
  sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 1U);
  rig.policy.retry_failed = false;
  expect_nothing_left(rig);
}

TEST_P(Refusal, EveryBadMessageOfABatchIsFound) {
  rig.fill("INBOX", range(1, 40));
  rig.to->options.refuse = [](std::string_view bytes) -> std::optional<Errc> {
    for (const auto* id : {"<1@", "<2@", "<20@", "<40@"}) {
      if (bytes.find(id) != std::string_view::npos) return Errc::rejected;
    }
    return std::nullopt;
  };
  const auto sum = rig.copy();
  EXPECT_EQ(failed_refs(sum), (Refs{"1", "2", "20", "40"}));
  EXPECT_EQ(sum.copied, 36U);
  expect_adds_up(sum);
  EXPECT_EQ(rig.to->messages("INBOX").size(), 36U);
}

TEST_P(Refusal, AllOfThemMayBeBad) {
  rig.fill("INBOX", range(1, 9));
  rig.to->options.refuse = [](std::string_view) { return std::optional(Errc::rejected); };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.failed, 9U);
  EXPECT_EQ(sum.failures.size(), 9U);
  expect_adds_up(sum);
}

TEST_P(Refusal, ALargeMessageMayBeRefusedToo) {
  rig.to->options.features.batch_message_bytes = 500;
  rig.fill("INBOX", {1});
  rig.from->add("INBOX", mail(2, std::string(2000, 'x')), "", date(2));
  rig.fill("INBOX", {3});
  rig.to->options.refuse = refuses("<2@", Errc::invalid_message);
  const auto sum = rig.copy();
  EXPECT_EQ(failed_refs(sum), (Refs{"2"}));
  expect_adds_up(sum);
  EXPECT_EQ(bodies(*rig.to, "INBOX"), mails({1, 3}));
}

TEST_P(Refusal, AnInvalidFlagIsDroppedAndNamedOnce) {
  for (const std::uint64_t batch_message_bytes : {std::uint64_t{1} << 20, std::uint64_t{10}}) {
    SCOPED_TRACE(batch_message_bytes);
    Rig own;
    own.to->options.features.batch_message_bytes = batch_message_bytes;
    own.from->add("INBOX", mail(1), "\\Seen bad]flag", date(1));
    int tries = 0;
    own.to->options.refuse = [&](std::string_view) -> std::optional<Errc> {
      return ++tries == 1 ? std::optional(Errc::invalid_flag) : std::nullopt;
    };
    const auto sum = own.copy();
    expect_ok(sum);
    EXPECT_EQ(own.to->messages("INBOX").at(0).flags.to_string(), "\\Seen");
    ASSERT_EQ(sum.warnings.size(), 1U) << text_of(sum);
    EXPECT_NE(sum.warnings[0].find("bad]flag (1 message)"), std::string::npos) << sum.warnings[0];
    expect_nothing_left(own);
    // It is not tried again with another change.
    own.from->set_flags("INBOX", 1, "\\Answered bad]flag");
    const auto again = own.copy();
    expect_ok(again);
    EXPECT_EQ(own.to->messages("INBOX").at(0).flags.to_string(), "\\Answered");
    EXPECT_TRUE(again.warnings.empty());
  }
}

TEST_P(Refusal, AServerThatBlamesFlagsForEverGetsTheMessageOutOfTheWay) {
  rig.from->add("INBOX", mail(1), "\\Seen bad", date(1));
  rig.fill("INBOX", {2});
  rig.to->options.refuse = refuses("<1@", Errc::invalid_flag);
  const auto sum = rig.copy();
  EXPECT_EQ(failed_refs(sum), (Refs{"1"}));
  EXPECT_EQ(sum.copied, 1U);
  expect_adds_up(sum);
}

TEST_P(Refusal, AFullAccountEndsAppendsAndSaysWhatIsLeft) {
  rig.fill("A", range(1, 120));
  rig.fill("B", range(201, 205));
  int tries = 0;
  rig.to->options.refuse = [&](std::string_view) -> std::optional<Errc> {
    return ++tries > 60 ? std::optional(Errc::over_quota) : std::nullopt;
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::partial);
  expect_adds_up(sum);
  EXPECT_EQ(sum.copied, rig.to->messages("A").size() + rig.to->messages("B").size());
  EXPECT_EQ(sum.copied + sum.failed, 125U);
  ASSERT_EQ(sum.failures.size(), 2U) << text_of(sum);  // one a mailbox, not one a message
  for (const auto& failure : sum.failures) {
    EXPECT_EQ(failure.reason, "over-quota");
    EXPECT_NE(failure.message.find("not copied"), std::string::npos) << failure.message;
  }
  // What was on the wire came back; nothing more was sent after the first refusal but for that.
  EXPECT_LE(tries, 60 + 1 + 200);
  rig.to->options.refuse = nullptr;
  expect_ok(rig.copy());
  expect_exact(rig);
  EXPECT_EQ(bodies(*rig.to, "A"), bodies(*rig.from, "A"));
  expect_nothing_left(rig);
}

TEST_P(Refusal, AFullAccountIsNotKnockedAtForEachMailbox) {
  for (int box = 0; box < 10; ++box) rig.fill(fmt::format("Box{}", box), range(box * 10, box * 10 + 3));
  rig.policy.connections = 1;
  rig.to->options.features.parallel = 1;
  std::set<std::string> asked;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::append) asked.insert(std::string(call.mailbox));
    return std::nullopt;
  };
  rig.to->options.refuse = [](std::string_view) { return std::optional(Errc::over_quota); };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.failed, 40U);
  expect_adds_up(sum);
  EXPECT_EQ(asked.size(), 1U);
}

TEST_P(Refusal, AReadOnlyMailboxFailsAloneWithAllItsMessages) {
  rig.fill("A", range(1, 120));
  rig.fill("B", {201});
  rig.to->options.refuse = [](std::string_view bytes) -> std::optional<Errc> {
    return bytes.find("<201@") == std::string_view::npos ? std::optional(Errc::permission) : std::nullopt;
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::partial);
  EXPECT_EQ(sum.failed, 120U);
  EXPECT_EQ(sum.failures.size(), 1U) << text_of(sum);
  EXPECT_EQ(sum.copied, 1U);
  expect_adds_up(sum);
}

TEST_P(Refusal, TooBigByTheLimitIsNeverFetched) {
  rig.fill("INBOX", {1});
  rig.from->add("INBOX", mail(2, std::string(5000, 'x')), "", date(2));
  rig.to->options.features.max_message_bytes = 4000;
  std::size_t fetched = 0;
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    fetched += call.op == Op::read ? 1U : 0U;
    return std::nullopt;
  };
  auto sum = rig.copy();
  EXPECT_EQ(failed_refs(sum), (Refs{"2"}));
  EXPECT_EQ(sum.failures[0].reason, "too-big");
  expect_adds_up(sum);
  EXPECT_EQ(rig.from->messages("INBOX").size(), 2U);
  const auto first = std::exchange(fetched, 0U);
  EXPECT_GT(first, 0U);
  sum = rig.copy();
  EXPECT_EQ(failed_refs(sum), (Refs{"2"}));
  EXPECT_EQ(fetched, 0U);
  rig.to->options.features.max_message_bytes = 6000;
  expect_ok(rig.copy());
  expect_exact(rig);
}

// An archive that finds a message damaged says so once, and it stays so.
TEST_P(Refusal, AMessageTheSourceKnowsToBeLostIsNamedWithItsReason) {
  rig.fill("INBOX", range(1, 60));
  std::size_t asked = 0;
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    // The first call is read() itself, each other one is for a message.
    if (call.op != Op::read || ++asked != 31) return std::nullopt;
    return Error(Errc::io, Scope::message, Retry::never, "its octets are others");
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::partial);
  EXPECT_EQ(sum.copied, 59U);
  ASSERT_EQ(failed_refs(sum), (Refs{"30"})) << text_of(sum);
  EXPECT_EQ(sum.failures[0].reason, "io");
  EXPECT_NE(sum.failures[0].message.find("its octets are others"), std::string::npos);
  // Each message once, in one stream or two; to ask for it again would take one call more for the stream and
  // one for the message.
  EXPECT_LE(asked, 62U);
  expect_adds_up(sum);
}

TEST_P(Refusal, ATemporaryRefusalIsTriedAgain) {
  rig.fill("INBOX", {1, 2, 3});
  // A mere "try later" from the server for the append as a whole: nothing was stored.
  rig.to->options.before =
      fault_at(Op::append, 1, Error(Errc::unavailable, Scope::connection, Retry::later, "busy"));
  expect_ok(rig.copy());
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST_P(Refusal, AStateThatCannotBeWrittenSendsNothing) {
  rig.fill("INBOX", {1, 2, 3});
  rig.state->fault = [](std::string_view call) -> std::optional<Error> {
    if (call != "begin") return std::nullopt;
    return Error(Errc::state, Scope::run, Retry::never, "disk full");
  };
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, Outcome::failed);
  ASSERT_TRUE(sum.fatal);
  EXPECT_EQ(sum.fatal->code, Errc::state);
  EXPECT_EQ(rig.to->writes().appended, 0U);
  expect_adds_up(sum);
  rig.state->fault = nullptr;
  expect_ok(rig.copy());
  expect_exact(rig);
}

TEST_P(Refusal, AStateThatFailsAfterwardsLosesAndDoublesNothing) {
  for (const std::string_view call :
       {"finish", "record", "park", "note_commit", "set_settled", "pairs", "flush", "mailbox"}) {
    SCOPED_TRACE(call);
    Rig own;
    own.to->options.features.atomic_batch = GetParam();
    own.fill("INBOX", range(1, 5));
    own.fill("Work", range(11, 15));
    bool once = false;
    own.state->fault = [&](std::string_view asked) -> std::optional<Error> {
      if (asked != call || std::exchange(once, true)) return std::nullopt;
      return Error(Errc::state, Scope::run, Retry::never, "disk full");
    };
    (void)own.copy();
    own.state->fault = nullptr;
    expect_ok(own.copy());
    expect_exact(own);
    expect_nothing_left(own);
  }
}

}  // namespace
}  // namespace pf::test
