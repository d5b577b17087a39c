// Moving within an account: MOVE, or COPY and UID EXPUNGE.
#include "scenario/play.h"

namespace pf::test {
namespace {

using store::Access;
using Moved = std::vector<std::optional<MessageRef>>;

constexpr std::string_view selected = R"(
  C: $5 SELECT "INBOX"
  S: * 9 EXISTS
  S: * OK [PERMANENTFLAGS (\Seen \Deleted \*)] ok
  S: * OK [UIDVALIDITY 42] ok
  S: * OK [UIDNEXT 10] ok
  S: $5 OK [READ-WRITE] done
)";

class Moving : public StoreScenario {
 protected:
  Result<Moved> move(std::string_view capabilities, const std::vector<std::uint32_t>& numbers,
                     std::string_view dialogue) {
    play(capabilities, std::string(selected) + std::string(dialogue));
    mailbox = open("INBOX", Access::write);
    return run(mailbox->move(uids(numbers), mailbox_named("Work")));
  }
  void TearDown() override {
    if (mailbox) ignore(run(mailbox->close()));
    StoreScenario::TearDown();
  }

  std::unique_ptr<store::OpenMailbox> mailbox;
};

TEST_F(Moving, MoveTellsTheCopiesBeforeItEnds) {
  const auto moved = move("MOVE UIDPLUS", {7, 2, 3}, R"(
    C: $1 UID MOVE 2:3,7 "Work"
    S: * OK [COPYUID 432432 2:3,7 100:101,50] moved
    S: * 7 EXPUNGE
    S: * 3 EXPUNGE
    S: * 2 EXPUNGE
    S: $1 OK done
  )");
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, (Moved{uid(50), uid(100), uid(101)}));
  EXPECT_TRUE(store->features().move);
}

TEST_F(Moving, MoveMayTellThemAtItsEndOrInParts) {
  const auto moved = move("MOVE UIDPLUS", {2, 3, 7}, R"(
    C: $1 UID MOVE 2:3,7 "Work"
    S: * OK [COPYUID 432432 7,3 50:51] moved
    S: * VANISHED 3,7
    S: $1 OK [COPYUID 432432 2 52] done
  )");
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, (Moved{uid(52), uid(51), uid(50)}));
}

TEST_F(Moving, WhatIsGoneHasNoCopy) {
  const auto moved = move("MOVE UIDPLUS", {2, 3}, R"(
    C: $1 UID MOVE 2:3 "Work"
    S: * OK [COPYUID 432432 3 50] moved
    S: * 2 EXPUNGE
    S: $1 OK done
  )");
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, (Moved{std::nullopt, uid(50)}));
}

TEST_F(Moving, NothingToldIsNothingKnown) {
  const auto moved = move("MOVE", {2, 3}, R"(
    C: $1 UID MOVE 2:3 "Work"
    S: $1 OK done
  )");
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, Moved(2));
}

TEST_F(Moving, CopiesThatCannotBeRightAreNotBelieved) {
  for (const std::string_view code :
       {"COPYUID 1 2:3 50", "COPYUID 1 2 50:51", "COPYUID 1 2:4 50:52", "COPYUID 1 2:3 50,50",
        "COPYUID 1 2,2 50:51", "COPYUID 1 8:9 50:51", "COPYUID 1 1:4294967295 1:4294967295", "COPYUID 1  "}) {
    const auto moved =
        move("MOVE UIDPLUS", {2, 3},
             fmt::format("C: $1 UID MOVE 2:3 \"Work\"\nS: * OK [{}] moved\nS: $1 OK done\n", code));
    ASSERT_TRUE(moved) << code;
    EXPECT_EQ(*moved, Moved(2)) << code;
    mailbox.reset();
    TearDown();
  }
}

TEST_F(Moving, OneWrongPartMakesAllDoubtful) {
  const auto moved = move("MOVE UIDPLUS", {2, 3}, R"(
    C: $1 UID MOVE 2:3 "Work"
    S: * OK [COPYUID 1 2 50] moved
    S: * OK [COPYUID 1 2 51] moved
    S: $1 OK done
  )");
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, Moved(2));
}

TEST_F(Moving, AMissingTargetIsNamedAsSuch) {
  const auto moved = move("MOVE UIDPLUS", {2}, R"(
    C: $1 UID MOVE 2 "Work"
    S: $1 NO [TRYCREATE] Mailbox does not exist
  )");
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, Errc::not_found);
  EXPECT_EQ(moved.error().scope, Scope::mailbox);
  EXPECT_NE(moved.error().context.find("Work"), std::string::npos);
}

// RFC 5530: the server knows of an EXPUNGE that it has not told us.
TEST_F(Moving, WhatWasExpungedBehindOurBackIsNoError) {
  const auto moved = move("MOVE UIDPLUS", {2, 3}, R"(
    C: $1 UID MOVE 2:3 "Work"
    S: $1 NO [EXPUNGEISSUED] Some of the messages no longer exist.
    C: $2 NOOP
    S: * 2 EXPUNGE
    S: $2 OK
    C: $3 UID MOVE 2:3 "Work"
    S: * OK [COPYUID 1 3 50] moved
    S: $3 OK
  )");
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, (Moved{std::nullopt, uid(50)}));
}

TEST_F(Moving, WithoutMoveItCopiesAndExpungesByUid) {
  const auto moved = move("UIDPLUS", {2, 3}, R"(
    C: $1 UID COPY 2:3 "Work"
    S: $1 OK [COPYUID 432432 2:3 50:51] copied
    C: $2 UID STORE 2:3 +FLAGS.SILENT (\Deleted)
    S: $2 OK
    C: $3 UID EXPUNGE 2:3
    S: * 2 EXPUNGE
    S: * 2 EXPUNGE
    S: $3 OK
  )");
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, (Moved{uid(50), uid(51)}));
  EXPECT_TRUE(store->features().move);
}

TEST_F(Moving, OnlyWhatWasCopiedIsExpunged) {
  const auto moved = move("UIDPLUS", {2, 3}, R"(
    C: $1 UID COPY 2:3 "Work"
    S: $1 OK [COPYUID 432432 3 50] copied
    C: $2 UID STORE 3 +FLAGS.SILENT (\Deleted)
    S: $2 OK
    C: $3 UID EXPUNGE 3
    S: $3 OK
  )");
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, (Moved{std::nullopt, uid(50)}));
}

TEST_F(Moving, WhatCouldNotBeCopiedIsNotExpunged) {
  const auto moved = move("UIDPLUS", {2, 3}, R"(
    C: $1 UID COPY 2:3 "Work"
    S: $1 NO [OVERQUOTA] full
  )");
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, Errc::over_quota);
}

TEST_F(Moving, NothingIsCopiedOutOfAMailboxWhereNothingCanBeDeleted) {
  play("UIDPLUS", R"(
    C: $5 SELECT "INBOX"
    S: * 9 EXISTS
    S: * OK [PERMANENTFLAGS (\Seen)] ok
    S: * OK [UIDVALIDITY 42] ok
    S: * OK [UIDNEXT 10] ok
    S: $5 OK
  )");
  mailbox = open("INBOX", Access::write);
  const auto moved = run(mailbox->move(uids({2}), mailbox_named("Work")));
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, Errc::permission);
}

TEST_F(Moving, AConnectionThatIsCutLeavesItOpen) {
  const auto moved = move("UIDPLUS", {2}, R"(
    C: $1 UID COPY 2 "Work"
    S: $1 OK [COPYUID 432432 2 50] copied
    C: $2 UID STORE 2 +FLAGS.SILENT (\Deleted)
    X
  )");
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().scope, Scope::connection);
}

TEST_F(Moving, WithoutMoveAndUidplusItCannot) {
  play("CONDSTORE ENABLE", "");
  EXPECT_FALSE(store->features().move);
}

TEST_F(Moving, NoMoreAtOnceThanTheServerTakes) {
  const auto moved = move("MOVE UIDPLUS MESSAGELIMIT=2", {2, 3, 7}, R"(
    C: $1 UID MOVE 2:3 "Work"
    S: * OK [COPYUID 1 2:3 50:51] moved
    S: $1 OK
    C: $2 UID MOVE 7 "Work"
    S: * OK [COPYUID 1 7 52] moved
    S: $2 OK
  )");
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, (Moved{uid(50), uid(51), uid(52)}));
}

}  // namespace
}  // namespace pf::test
