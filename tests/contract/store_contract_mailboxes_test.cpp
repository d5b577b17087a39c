// Mailboxes taken away and given other names.
#include "contract/store_contract.h"

namespace pf::test {

using store::Access;
using store::ScanFields;

TEST_P(StoreContract, ARemovedMailboxIsGoneAndItsChildrenStay) {
  const auto work = create("Work");
  const auto deep = create("Work/Deep");
  create("Other");
  // Looked into before: what the store keeps open must not be in the way.
  auto mailbox = open(*store, work, Access::read);
  close(*mailbox);
  auto removed = run(store->remove(work));
  EXPECT_TRUE(listed("Work/Deep"));
  EXPECT_TRUE(listed("Other"));
  if (!removed) {  // RFC 5530 HASCHILDREN: the children first, then
    EXPECT_EQ(removed.error().scope, Scope::mailbox);
    EXPECT_TRUE(listed("Work"));
    must(store->remove(deep));
    must(store->remove(work));
    EXPECT_FALSE(listed("Work/Deep"));
  }
  EXPECT_FALSE(listed("Work") && listed("Work")->selectable);
  const auto again = run(store->remove(work));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().scope, Scope::mailbox);
}

TEST_P(StoreContract, AMailboxMadeAgainIsANewOne) {
  const auto work = create("Work");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0)}});
  must(mailbox->refresh());
  const auto before = mailbox->status();
  close(*mailbox);
  must(store->remove(work));
  const auto anew = create("Work");
  mailbox = open(*store, anew, Access::read);
  EXPECT_EQ(mailbox->status().count, 0U);
  EXPECT_FALSE(mailbox->status().epoch == before.epoch && mailbox->status().position == before.position);
  close(*mailbox);
}

TEST_P(StoreContract, TheInboxIsNeitherRemovedNorRenamed) {
  const auto inbox = listed("INBOX");
  ASSERT_TRUE(inbox);
  auto mailbox = open(*store, *inbox);
  append(*mailbox, {{sample_message(0)}});
  close(*mailbox);
  const auto removed = run(store->remove(*inbox));
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().scope, Scope::mailbox);
  const auto path = MailboxPath::from_display("Elsewhere");
  const auto id = wire_from_path(path, store->name_rules()).wire;
  const auto renamed = run(store->rename(*inbox, path, id));
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().scope, Scope::mailbox);
  EXPECT_FALSE(listed("Elsewhere"));
  mailbox = open(*store, *inbox, Access::read);
  EXPECT_EQ(mailbox->status().count, 1U);
  close(*mailbox);
}

TEST_P(StoreContract, ARenamedMailboxKeepsItsMessagesAndChildren) {
  const auto work = create("Work");
  create("Work/Deep");
  auto mailbox = open(*store, work);
  append(*mailbox, {{sample_message(0), "\\Flagged"}, {sample_message(1)}});
  must(mailbox->refresh());
  const auto before = mailbox->status();
  const auto all = refs(*mailbox);
  close(*mailbox);
  const auto old = listed("Work");
  ASSERT_TRUE(old);

  const auto path = MailboxPath::from_display("Play");
  const auto play = must(store->rename(*old, path, wire_from_path(path, store->name_rules()).wire));
  EXPECT_EQ(play.path, path);
  EXPECT_FALSE(listed("Work"));
  EXPECT_FALSE(listed("Work/Deep"));
  EXPECT_TRUE(listed("Play/Deep"));
  const auto now = listed("Play");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->id, play.id);
  EXPECT_EQ(now->object_id.bytes(), old->object_id.bytes());
  EXPECT_EQ(play.object_id.bytes(), old->object_id.bytes());

  mailbox = open(*store, play, Access::read);
  EXPECT_EQ(mailbox->status().count, 2U);
  if (mailbox->status().epoch == before.epoch) EXPECT_EQ(refs(*mailbox), all);
  EXPECT_EQ(scan(*mailbox, ScanFields::flags).front().flags, FlagSet::parse("\\Flagged"));
  close(*mailbox);
}

TEST_P(StoreContract, RenamingRefusesNamesThatAreTakenAndMailboxesThatAreNot) {
  const auto work = create("Work");
  const auto play = create("Play");
  const auto taken = run(store->rename(work, play.path, play.id));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::exists);
  EXPECT_EQ(taken.error().scope, Scope::mailbox);
  EXPECT_TRUE(listed("Work"));
  must(store->remove(work));
  const auto path = MailboxPath::from_display("New");
  const auto gone = run(store->rename(work, path, wire_from_path(path, store->name_rules()).wire));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::not_found);
  EXPECT_EQ(gone.error().scope, Scope::mailbox);
}

TEST_P(StoreContract, ObjectIdsOfMailboxesDiffer) {
  create("Work");
  create("Play");
  const auto work = listed("Work");
  const auto play = listed("Play");
  ASSERT_TRUE(work && play);
  EXPECT_EQ(work->object_id.empty(), play->object_id.empty());
  if (!work->object_id.empty()) EXPECT_NE(work->object_id, play->object_id);
}

}  // namespace pf::test
