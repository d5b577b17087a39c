#include "imap/session/selected_mailbox.h"

#include "../grammar/frames.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace pf::imap {
namespace {

void feed(SelectedMailbox& mailbox, std::initializer_list<std::string_view> lines) {
  for (auto line : lines) {
    const auto response = test::response_of(line);
    if (const auto* tagged = std::get_if<Tagged>(&response)) {
      mailbox.apply(*tagged);
    } else {
      mailbox.apply(response);
    }
  }
}

TEST(SelectedMailbox, KnowsWhatDovecotSays) {
  SelectedMailbox mailbox{"INBOX", false};
  EXPECT_FALSE(mailbox.exists_known());
  feed(mailbox,
       {"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)",
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk \\*)] Flags permitted.",
        "* 172 EXISTS", "* 1 RECENT", "* OK [UNSEEN 12] First unseen.",
        "* OK [UIDVALIDITY 3857529045] UIDs valid", "* OK [UIDNEXT 4392] Predicted next UID",
        "* OK [HIGHESTMODSEQ 715194045007] Highest", "* OK [MAILBOXID (F22)] Ok",
        "A1 OK [READ-WRITE] Select completed."});
  EXPECT_EQ(mailbox.exists(), 172U);
  EXPECT_EQ(mailbox.uid_validity(), UidValidity{3857529045});
  EXPECT_EQ(mailbox.uid_next(), Uid{4392});
  EXPECT_EQ(mailbox.highest_modseq(), ModSeq{715194045007});
  EXPECT_TRUE(mailbox.flags().has("$junk"));
  EXPECT_TRUE(mailbox.flag_rules().known);
  EXPECT_TRUE(mailbox.flag_rules().new_keywords);
  EXPECT_EQ(mailbox.mailbox_id(), "F22");
  EXPECT_FALSE(mailbox.read_only());
  EXPECT_TRUE(mailbox.uids_sticky());
  EXPECT_FALSE(mailbox.lost());
}

TEST(SelectedMailbox, KnowsNothingTheServerDidNotSay) {
  SelectedMailbox mailbox{"x", false};
  feed(mailbox, {"* 0 EXISTS", "* OK [UIDNOTSTICKY] no", "* OK [NOMODSEQ] no", "* OK [UIDNEXT 0] x",
                 "* OK [UIDVALIDITY 0] x", "A1 OK done"});
  EXPECT_TRUE(mailbox.exists_known());
  EXPECT_EQ(mailbox.uid_next(), std::nullopt);
  EXPECT_EQ(mailbox.uid_validity(), std::nullopt);
  EXPECT_EQ(mailbox.highest_modseq(), std::nullopt);
  EXPECT_TRUE(mailbox.no_modseq());
  EXPECT_FALSE(mailbox.uids_sticky());
  EXPECT_FALSE(mailbox.flag_rules().known);
}

TEST(SelectedMailbox, IsReadOnlyByExamineWhateverTheServerSays) {
  SelectedMailbox mailbox{"x", true};
  feed(mailbox, {"* OK [PERMANENTFLAGS ()] none", "A1 OK [READ-WRITE] odd"});
  EXPECT_TRUE(mailbox.read_only());
  SelectedMailbox shared{"x", false};
  feed(shared, {"A1 OK [READ-ONLY] shared"});
  EXPECT_TRUE(shared.read_only());
}

TEST(SelectedMailbox, CountsWhatGoes) {
  SelectedMailbox mailbox{"x", false};
  feed(mailbox, {"* 10 EXISTS", "A1 OK done", "* 3 EXPUNGE", "* 3 EXPUNGE", "* 9 EXISTS", "* VANISHED 5:6"});
  EXPECT_EQ(mailbox.exists(), 7U);
  EXPECT_EQ(mailbox.gone(), 4U);
}

TEST(SelectedMailbox, BelievesNoRangeBomb) {
  SelectedMailbox mailbox{"x", false};
  feed(mailbox, {"* 10 EXISTS", "A1 OK done", "* VANISHED 1:4294967295"});
  EXPECT_EQ(mailbox.exists(), 0U);
  EXPECT_EQ(mailbox.gone(), 10U);
  feed(mailbox, {"* 1 EXPUNGE"});
  EXPECT_EQ(mailbox.exists(), 0U);
}

TEST(SelectedMailbox, RemembersWhatVanishedButNotWithoutEnd) {
  SelectedMailbox mailbox{"x", false};
  feed(mailbox, {"* 10 EXISTS", "A1 OK done", "* VANISHED 7,2:3", "* VANISHED 5"});
  ASSERT_TRUE(mailbox.vanished());
  EXPECT_EQ(UidSet::of(*mailbox.vanished()).to_string(), "2:3,5,7");
  // The same over and over again is little.
  for (int i = 0; i < 300'000; ++i) mailbox.apply(Response(Vanished{false, UidSet{Uid{5}}}));
  ASSERT_TRUE(mailbox.vanished());
  EXPECT_LE(mailbox.vanished()->size(), 100'000U);
  EXPECT_EQ(UidSet::of(*mailbox.vanished()).to_string(), "2:3,5,7");
  // Every second uid is much.
  for (std::uint32_t i = 1'000'000; i > 1000; i -= 2)
    mailbox.apply(Response(Vanished{false, UidSet{Uid{i}}}));
  EXPECT_FALSE(mailbox.vanished());
}

TEST(SelectedMailbox, KeepsApartWhatVanishedEarlier) {
  SelectedMailbox mailbox{"x", false};
  feed(mailbox, {"* 10 EXISTS", "* VANISHED (EARLIER) 1:4294967295", "A1 OK done"});
  EXPECT_EQ(mailbox.exists(), 10U);
  EXPECT_EQ(mailbox.gone(), 0U);
  ASSERT_TRUE(mailbox.vanished());
  EXPECT_TRUE(mailbox.vanished()->empty());
}

TEST(SelectedMailbox, ForgetsWhatBelongedToTheMailboxBefore) {
  SelectedMailbox mailbox{"new", false};
  feed(mailbox,
       {"* 99 EXISTS", "* 3 EXPUNGE", "* OK [CLOSED] Previous mailbox closed.", "* 5 EXISTS", "A1 OK done"});
  EXPECT_EQ(mailbox.exists(), 5U);
  EXPECT_EQ(mailbox.gone(), 0U);
  EXPECT_FALSE(mailbox.lost());
  EXPECT_EQ(mailbox.name(), "new");
}

TEST(SelectedMailbox, IsLostWhenItsUidValidityChangesOrItIsClosed) {
  SelectedMailbox changed{"x", false};
  feed(changed, {"* OK [UIDVALIDITY 5] x", "A1 OK done", "* OK [UIDVALIDITY 5] same"});
  EXPECT_FALSE(changed.lost());
  feed(changed, {"* OK [UIDVALIDITY 6] other"});
  EXPECT_TRUE(changed.lost());
  SelectedMailbox closed{"x", false};
  feed(closed, {"A1 OK done", "* OK [CLOSED] gone"});
  EXPECT_TRUE(closed.lost());
}

TEST(SelectedMailbox, LearnsNothingFromARefusal) {
  SelectedMailbox mailbox{"x", false};
  feed(mailbox, {"A1 NO [READ-ONLY] no"});
  EXPECT_FALSE(mailbox.read_only());
}

}  // namespace
}  // namespace pf::imap
