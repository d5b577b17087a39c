// The look before the work: what it tells, and of whom.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

using sync::CheckDepth;

Error wrong_password() {
  return {Errc::auth_failed, Scope::account, Retry::never, "LOGIN"};
}

void let_nobody_in(store::MemoryServer& server) {
  server.options.before = [](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::connect) return wrong_password();
    return std::nullopt;
  };
}

class Check : public ::testing::Test {
 protected:
  Check() {
    rig.fill("INBOX", range(1, 5));
    rig.fill("Work", range(6, 7));
    for (const auto& id : rig.from->mailbox_ids()) {
      for (const auto& m : rig.from->messages(id)) bytes += m.bytes->size();
    }
  }
  void expect_untouched() const { EXPECT_EQ(rig.to->writes().total(), 0U); }
  Rig rig;
  std::uint64_t bytes = 0;
};

TEST_F(Check, MeasuresWhatTheSourceHasAndTheTargetTakes) {
  rig.to->add("INBOX", mail(1), "", date(1));
  rig.to->options.features.quota_left_bytes = 4321;
  const auto sum = rig.look(CheckDepth::measure);
  EXPECT_EQ(sum.outcome, sync::Outcome::ok) << text_of(sum);
  EXPECT_EQ(sum.mailboxes, 2U);
  EXPECT_EQ(sum.source_messages, 7U);
  EXPECT_EQ(sum.source_bytes, bytes);
  EXPECT_EQ(sum.target_messages, 1U);
  EXPECT_EQ(sum.target_room, 4321U);
  expect_untouched();
}

TEST_F(Check, CountsWithoutMeasuring) {
  const auto sum = rig.look(CheckDepth::count);
  EXPECT_EQ(sum.source_messages, 7U);
  EXPECT_EQ(sum.source_bytes, 0U);
  EXPECT_FALSE(sum.target_room);
}

TEST_F(Check, NamesBothAccountsThatAreRefused) {
  let_nobody_in(*rig.from);
  let_nobody_in(*rig.to);
  const auto sum = rig.look(CheckDepth::list);
  ASSERT_TRUE(sum.fatal);
  EXPECT_EQ(sum.fatal->code, Errc::auth_failed);
  EXPECT_TRUE(sum.nothing_done);
  ASSERT_EQ(sum.failures.size(), 1U) << text_of(sum);
  EXPECT_EQ(sum.failures.front().reason, "auth-failed");
}

TEST_F(Check, OneThatIsRefusedIsNoFailureBesides) {
  let_nobody_in(*rig.to);
  const auto sum = rig.look(CheckDepth::list);
  ASSERT_TRUE(sum.fatal);
  EXPECT_TRUE(sum.failures.empty()) << text_of(sum);
}

TEST_F(Check, AMailboxThatCannotBeReadIsNamedAndTheOthersAreMeasured) {
  rig.from->options.before = [](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::open && call.mailbox == "INBOX")
      return Error(Errc::permission, Scope::mailbox, Retry::never, "EXAMINE INBOX");
    return std::nullopt;
  };
  const auto sum = rig.look(CheckDepth::measure);
  EXPECT_EQ(sum.outcome, sync::Outcome::partial);
  ASSERT_EQ(sum.failures.size(), 1U);
  EXPECT_EQ(sum.failures.front().mailbox, "INBOX");
  EXPECT_GT(sum.source_bytes, 0U);
  EXPECT_LT(sum.source_bytes, bytes);
}

TEST_F(Check, ABrokenLineIsMeasuredToItsEnd) {
  int scans = 0;
  rig.from->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op == Op::scan && ++scans == 1) return connection_cut();
    return std::nullopt;
  };
  EXPECT_EQ(rig.look(CheckDepth::measure).source_bytes, bytes);
}

}  // namespace
}  // namespace pf::test
