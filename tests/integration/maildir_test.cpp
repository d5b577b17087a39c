// Maildirs that Dovecot and mbsync have written, and ours read by them.  Judged over IMAP.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"
#include "support/mbsync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <sys/stat.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;

struct OnDisk {
  std::string name;
  char separator;
  std::string location;
};
std::ostream& operator<<(std::ostream& out, const OnDisk& layout) {
  return out << layout.name;
}

End maildir(const fs::path& directory) {
  return {.url = "maildir:" + directory.string(), .password = {}};
}

class OnDovecot : public testing::Test {
 protected:
  explicit OnDovecot(const OnDisk& layout = {"PlusPlus", '.', "maildir:~/Maildir"})
      : server({.separator = layout.separator, .mail_location = layout.location}) {}

  [[nodiscard]] fs::path at(const std::string& user) const { return server.home(user) / "Maildir"; }
  // What we wrote as root is for Dovecot's user.
  void hand_over(const std::string& user) const { give_to_server_user(server.home(user).string()); }
  [[nodiscard]] std::string name(const std::vector<std::string>& parts) const {
    return name_at(server, parts);
  }

  // Everything a Maildir's keeper could notice.
  static std::map<std::string, std::string> files(const fs::path& directory) {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      struct stat found{};
      ::lstat(entry.path().c_str(), &found);
      out[entry.path().string()] = std::to_string(found.st_ino) + ' ' +
                                   std::to_string(found.st_mtim.tv_nsec) + ' ' +
                                   std::to_string(found.st_ctim.tv_nsec);
    }
    return out;
  }

  void expect_same(ImapOracle& left, ImapOracle& right) {
    EXPECT_EQ(left.names(), right.names());
    for (const auto& mailbox : left.names())
      EXPECT_EQ(difference(left, mailbox, right, mailbox), "") << mailbox;
  }
  static void expect_nothing_done(const Ran& ran) {
    EXPECT_EQ(ran.code, 0) << ran;
    for (const auto* what : {"copied", "flags_changed", "deleted", "restored"})
      EXPECT_EQ(ran[what], 0U) << ran;
  }

  DovecotServer server;
  Ferry ferry;
};

class MaildirLayouts : public OnDovecot, public testing::WithParamInterface<OnDisk> {
 protected:
  MaildirLayouts() : OnDovecot(GetParam()) {}

  // All that is odd, in mailboxes of all sorts.
  void fill(ImapOracle& oracle) const {
    std::vector<AwkwardMessage> messages = awkward_messages();
    // Beyond 26 keywords Dovecot keeps them in its index only, where no other program finds them.
    std::erase_if(messages,
                  [](const auto& m) { return m.date_unstable_on_dovecot() || m.flags.size() > 26; });
    append_all(oracle, "INBOX", messages);
    oracle.select("INBOX");
    oracle.store("1", "+FLAGS", "\\Seen $Forwarded");
    oracle.store("2", "+FLAGS", "\\Flagged \\Answered work");
    oracle.store("3", "+FLAGS", "\\Deleted \\Draft");
    for (const auto& parts : std::vector<std::vector<std::string>>{{"Work"},
                                                                   {"Work", "2024"},
                                                                   {"a", "b", "c"},
                                                                   {"Empty"},
                                                                   {modified_utf7("\xC3\x9C"
                                                                                  "ber & unter")}}) {
      oracle.create(name(parts));
      if (parts.front() != "Empty")
        append_all(oracle, name(parts), ordinary(7, parts.size() + parts[0].size()));
    }
    oracle.subscribe(name({"Work", "2024"}));
    oracle.subscribe("INBOX");
    oracle.select(name({"Work"}));
    oracle.store("1:3", "+FLAGS", "play $Junk");
  }
};

TEST_P(MaildirLayouts, WhatWeWriteDovecotServes) {
  const auto alice = oracle_of(server, "alice");
  fill(*alice);
  if (GetParam().separator == '/') {  // a Maildir says that it is nested by a mailbox that is
    oracle_of(server, "bob")->create("Work");
  }
  const auto first = ferry.sync(end_at(server, "alice"), maildir(at("bob")));
  EXPECT_EQ(first.code, 0) << first;
  EXPECT_GT(first["copied"], 60U);
  hand_over("bob");
  const auto bob = oracle_of(server, "bob");
  expect_same(*alice, *bob);
  EXPECT_EQ(bob->lsub(), alice->lsub());
  // Dovecot has moved what was new and written its lists meanwhile.
  bob->select("INBOX");
  expect_nothing_done(ferry.sync(end_at(server, "alice"), maildir(at("bob"))));
  ferry.forget();
  expect_nothing_done(ferry.sync(end_at(server, "alice"), maildir(at("bob"))));
  const auto verified = ferry.verify(end_at(server, "alice"), maildir(at("bob")), {"--content"});
  EXPECT_EQ(verified.code, 0) << verified;
}

TEST_P(MaildirLayouts, WhatDovecotWritesWeRead) {
  const auto alice = oracle_of(server, "alice");
  fill(*alice);
  // Copies are hard links.
  alice->select("INBOX");
  alice->command("COPY 1:5 " + ImapOracle::quoted(name({"Empty"})));
  append_all(*alice, "INBOX", ordinary(3, 99));  // still in new/
  const auto mailboxes = alice->names();
  const auto before = state_of(*alice, mailboxes, Recent::ignored);
  const auto on_disk = files(at("alice"));
  const auto ran = ferry.sync(maildir(at("alice")), end_at(server, "bob"));
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(files(at("alice")), on_disk);
  const auto bob = oracle_of(server, "bob");
  EXPECT_EQ(bob->names(), mailboxes);
  // At the second hop Dovecot changes again what it changes at all.
  const auto verified = ferry.verify(maildir(at("alice")), end_at(server, "bob"), {"--content"});
  EXPECT_EQ(verified.code, 0) << verified;
  EXPECT_EQ(bob->lsub(), alice->lsub());
  for (const auto* parts : {"Work"}) EXPECT_EQ(difference(*alice, parts, *bob, parts), "");
  EXPECT_EQ(state_of(*alice, mailboxes, Recent::ignored), before);
  expect_nothing_done(ferry.sync(maildir(at("alice")), end_at(server, "bob")));
}

// From one to the other and back: nothing is lost on the way.
TEST_P(MaildirLayouts, TwoMaildirsAreEqualToTheOctet) {
  const auto alice = oracle_of(server, "alice");
  fill(*alice);
  if (GetParam().separator == '/') oracle_of(server, "bob")->create("Work");
  const auto ran = ferry.sync(maildir(at("alice")), maildir(at("bob")));
  EXPECT_EQ(ran.code, 0) << ran;
  hand_over("bob");
  const auto bob = oracle_of(server, "bob");
  expect_same(*alice, *bob);
  const auto verified = ferry.verify(maildir(at("alice")), maildir(at("bob")), {"--content"});
  EXPECT_EQ(verified.code, 0) << verified;
}

INSTANTIATE_TEST_SUITE_P(Dovecot, MaildirLayouts,
                         testing::Values(OnDisk{"PlusPlus", '.', "maildir:~/Maildir"},
                                         OnDisk{"Nested", '/', "maildir:~/Maildir:LAYOUT=fs"}),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(OnDovecot, BothSidesChangeAndAreInStepAgain) {
  const auto alice = oracle_of(server, "alice");
  append_all(*alice, "INBOX", small_messages(12));
  const std::vector<std::string> both{"--mode", "two-way", "--yes", "--max-delete", "50%"};
  const auto first = ferry.sync(end_at(server, "alice"), maildir(at("bob")), both);
  EXPECT_EQ(first.code, 0) << first;
  hand_over("bob");
  {
    const auto bob = oracle_of(server, "bob");
    bob->select("INBOX");
    bob->store("1", "+FLAGS", "\\Flagged later");
    bob->store("2", "+FLAGS", "\\Deleted");
    bob->expunge();
    append_all(*bob, "INBOX", ordinary(2, 5));
  }
  alice->select("INBOX");
  alice->store("5", "+FLAGS", "\\Answered $Junk");
  alice->store("7", "+FLAGS", "\\Deleted");
  alice->expunge();
  append_all(*alice, "INBOX", ordinary(2, 6));
  const auto second = ferry.sync(end_at(server, "alice"), maildir(at("bob")), both);
  EXPECT_EQ(second.code, 0) << second;
  hand_over("bob");
  const auto bob = oracle_of(server, "bob");
  EXPECT_EQ(difference(*alice, "INBOX", *bob, "INBOX"), "");
  EXPECT_EQ(bob->fetch_all("INBOX").size(), 14U);
  expect_nothing_done(ferry.sync(end_at(server, "alice"), maildir(at("bob")), both));
}

TEST_F(OnDovecot, AMirroredMaildirKeepsWhatWasTakenAwayInItsQuarantine) {
  const auto alice = oracle_of(server, "alice");
  append_all(*alice, "INBOX", small_messages(8));
  const std::vector<std::string> mirror{"--mode", "mirror", "--yes"};
  EXPECT_EQ(ferry.sync(end_at(server, "alice"), maildir(at("bob")), mirror).code, 0);
  alice->select("INBOX");
  alice->store("3:4", "+FLAGS", "\\Deleted");
  alice->expunge();
  const auto ran = ferry.sync(end_at(server, "alice"), maildir(at("bob")), mirror);
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["deleted"], 2U);
  hand_over("bob");
  const auto bob = oracle_of(server, "bob");
  EXPECT_EQ(difference(*alice, "INBOX", *bob, "INBOX"), "");
  EXPECT_EQ(bob->fetch_all("deleted_from_source").size(), 2U);
}

// ---- mbsync

// mbsync puts a header of its own into what it stores, to know it again.
std::vector<StoredMessage> without_mark(std::vector<StoredMessage> messages) {
  for (auto& message : messages) {
    const auto at = message.bytes.find("X-TUID: ");
    if (at != std::string::npos) message.bytes.erase(at, message.bytes.find('\n', at) + 1 - at);
  }
  return messages;
}

std::vector<AwkwardMessage> tame(std::size_t count, std::uint64_t seed) {
  auto messages = ordinary(count, seed);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    messages[i].flags.clear();
    if (i % 2 == 0) messages[i].flags.emplace_back("\\Seen");
    if (i % 3 == 0) messages[i].flags.emplace_back("\\Answered");
    if (i % 5 == 0) messages[i].flags.emplace_back("\\Flagged");
  }
  return messages;
}

class WithMbsync : public OnDovecot, public testing::WithParamInterface<Subfolders> {
 protected:
  WithMbsync() : OnDovecot({"Nested", '/', "maildir:~/Maildir:LAYOUT=fs"}) {}

  static void expect_same_but_for_marks(ImapOracle& left, ImapOracle& right) {
    for (const auto& mailbox : left.names()) {
      EXPECT_EQ(compare(without_mark(left.fetch_all(mailbox)), without_mark(right.fetch_all(mailbox))), "")
          << mailbox;
    }
  }
  TempDir dir_;
  fs::path here_ = dir_ / "Mail";
};

TEST_P(WithMbsync, WhatItWritesWeRead) {
  const auto alice = oracle_of(server, "alice");
  append_all(*alice, "INBOX", tame(8, 1));
  for (const auto* mailbox : {"Work", "Work/2024", "&ANw-ber"}) {
    alice->create(mailbox);
    append_all(*alice, mailbox, tame(5, std::string(mailbox).size()));
  }
  const Mbsync mbsync(server, "alice", here_, GetParam());
  mbsync.run(Toward::maildir);
  const auto before = files(here_);
  const auto ran = ferry.sync(maildir(here_), end_at(server, "bob"));
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(files(here_), before);
  const auto bob = oracle_of(server, "bob");
  expect_same_but_for_marks(*alice, *bob);

  // It renames a message to change its flags; that is the same message still.
  alice->select("Work");
  alice->store("1:3", "+FLAGS", "\\Seen \\Flagged");
  append_all(*alice, "Work", tame(2, 77));
  mbsync.run(Toward::maildir);
  const auto again = ferry.sync(maildir(here_), end_at(server, "bob"));
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_EQ(again["copied"], 2U);
  expect_same_but_for_marks(*alice, *bob);
  expect_nothing_done(ferry.sync(maildir(here_), end_at(server, "bob")));
}

TEST_P(WithMbsync, WhatWeWriteItReads) {
  const auto alice = oracle_of(server, "alice");
  append_all(*alice, "INBOX", tame(8, 1));
  alice->create("Work/2024");
  append_all(*alice, "Work/2024", tame(5, 2));
  alice->select("INBOX");
  alice->store("2", "+FLAGS", "$Forwarded");
  if (GetParam() == Subfolders::verbatim) {
    for (const auto* part : {"cur", "new", "tmp"}) fs::create_directories(here_ / "INBOX" / part);
  }
  const auto ran = ferry.sync(end_at(server, "alice"), maildir(here_));
  EXPECT_EQ(ran.code, 0) << ran;
  const Mbsync mbsync(server, "carol", here_, GetParam());
  mbsync.run(Toward::server);
  const auto carol = oracle_of(server, "carol");
  expect_same_but_for_marks(*alice, *carol);

  // It has given all of them uids by now, in their names.
  append_all(*alice, "INBOX", tame(2, 9));
  const auto again = ferry.sync(end_at(server, "alice"), maildir(here_));
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_EQ(again["copied"], 2U);
  mbsync.run(Toward::server);
  expect_same_but_for_marks(*alice, *carol);
  expect_nothing_done(ferry.sync(end_at(server, "alice"), maildir(here_)));
}

INSTANTIATE_TEST_SUITE_P(Layouts, WithMbsync,
                         testing::Values(Subfolders::maildir_plus_plus, Subfolders::verbatim),
                         [](const auto& tested) {
                           return tested.param == Subfolders::verbatim ? "Verbatim" : "PlusPlus";
                         });

}  // namespace
}  // namespace pf::test
