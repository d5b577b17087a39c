// Flags and removal: only ours, and only what was named.
#include "scenario/play.h"

namespace pf::test {
namespace {

using store::Access;

constexpr std::string_view selected = R"(
  C: $5 SELECT "INBOX"
  S: * 9 EXISTS
  S: * OK [PERMANENTFLAGS (\Seen \Deleted \*)] ok
  S: * OK [UIDVALIDITY 42] ok
  S: * OK [UIDNEXT 10] ok
  S: $5 OK [READ-WRITE] done
)";

class Changing : public StoreScenario {
 protected:
  std::unique_ptr<store::OpenMailbox> inbox(std::string_view dialogue) {
    play("UIDPLUS", std::string(selected) + std::string(dialogue));
    return open("INBOX", Access::write);
  }
};

TEST_F(Changing, MessagesWithTheSameChangeShareACommand) {
  auto mailbox = inbox(R"(
    C: $1 UID STORE 4 -FLAGS.SILENT (\Seen)
    C: $2 UID STORE 2:3,7 +FLAGS.SILENT (\Seen work)
    S: * 3 FETCH (UID 3 FLAGS (\Seen work))
    S: $1 OK
    S: $2 OK
  )");
  std::vector<store::FlagChange> changes;
  const auto seen = FlagSet::parse("\\Seen work");
  for (const std::uint32_t number : {7, 2, 3}) changes.push_back({uid(number), seen, {}});
  changes.push_back({uid(4), {}, FlagSet::parse("\\Seen")});
  changes.push_back({uid(5), {}, {}});
  EXPECT_TRUE(run(mailbox->change_flags(changes)));
  must(mailbox->close());
}

TEST_F(Changing, ARefusedFlagIsNamed) {
  auto mailbox = inbox(R"(
    C: $1 UID STORE 4 +FLAGS.SILENT (work)
    S: $1 NO Keywords are not supported
  )");
  std::vector<store::FlagChange> changes;
  changes.push_back({uid(4), FlagSet::parse("work"), {}});
  const auto done = run(mailbox->change_flags(changes));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::invalid_flag);
  EXPECT_EQ(done.error().scope, Scope::message);
  must(mailbox->close());
}

// A plain EXPUNGE would take what other programs have marked.
TEST_F(Changing, RemovesByUidOnly) {
  auto mailbox = inbox(R"(
    C: $1 UID STORE 2,4 +FLAGS.SILENT (\Deleted)
    S: * 2 FETCH (FLAGS (\Deleted))
    S: $1 OK
    C: $2 UID EXPUNGE 2,4
    S: * 4 EXPUNGE
    S: * 2 EXPUNGE
    S: $2 OK
  )");
  EXPECT_TRUE(run(mailbox->remove(uids({4, 2}))));
  must(mailbox->close());
}

TEST_F(Changing, WhatCouldNotBeMarkedIsNotExpunged) {
  auto mailbox = inbox(R"(
    C: $1 UID STORE 2,4 +FLAGS.SILENT (\Deleted)
    S: $1 NO [NOPERM] read-only
  )");
  const auto done = run(mailbox->remove(uids({4, 2})));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::permission);
  must(mailbox->close());
}

TEST_F(Changing, WithoutUidplusNothingIsRemovedByUid) {
  play({}, "");
  EXPECT_FALSE(store->features().targeted_remove);
  EXPECT_FALSE(store->features().append_refs);
}

}  // namespace
}  // namespace pf::test
