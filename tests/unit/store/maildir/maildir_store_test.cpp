// What is on the disk before and after: other programs read it, too.
#include "store/maildir/maildir_store.h"

#include "store/maildir/file_name.h"
#include "store/maildir/folder.h"
#include "unit/store/maildir/rig.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <thread>
#include <unistd.h>

namespace pf::test {
namespace {

using store::Access;
using store::FlagChange;
using store::ScanFields;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::UnorderedElementsAre;

constexpr std::string_view mail = "Subject: x\nMessage-ID: <1@x>\n\nbody\n";
constexpr std::string_view mail_served = "Subject: x\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n";

std::vector<std::string> ids(const std::vector<store::MailboxInfo>& list) {
  std::vector<std::string> out;
  for (const auto& mailbox : list) out.push_back((mailbox.selectable ? "" : "-") + mailbox.id);
  return out;
}

// ---- layouts

TEST_F(MaildirRig, ReadsMaildirPlusPlus) {
  make();
  make(".Work");
  make(".Work.2024.March");
  make(".&ANw-ber");
  std::filesystem::create_directories(root / ".nothing");
  const auto list = must(store().list());
  EXPECT_THAT(ids(list), ElementsAre("&ANw-ber", "INBOX", "Work", "-Work.2024", "Work.2024.March"));
  EXPECT_EQ(list[0].path.display(),
            "\xC3\x9C"
            "ber");
  EXPECT_EQ(list[4].path.display(), "Work/2024/March");
}

TEST_F(MaildirRig, ReadsNestedDirectories) {
  make("INBOX");
  make("Work/2024/March");
  make("Work/.hidden");
  std::filesystem::create_directories(root / "notes/texts");
  EXPECT_THAT(ids(must(store().list())),
              ElementsAre("INBOX", "-Work", "Work/.hidden", "-Work/2024", "Work/2024/March"));
}

TEST_F(MaildirRig, ReadsNestedDirectoriesBelowAnInboxThatIsTheRoot) {
  make();
  make("Work.2024");
  EXPECT_THAT(ids(must(store().list())), ElementsAre("INBOX", "Work.2024"));
  must(store().create(MailboxPath{{"Work.2024", "March"}}, "Work.2024/March", SpecialUse::none));
  EXPECT_TRUE(std::filesystem::is_directory(root / "Work.2024" / "March" / "cur"));
}

TEST_F(MaildirRig, ANewOneIsMaildirPlusPlusAndMadeWhenFirstWrittenTo) {
  EXPECT_THAT(ids(must(store().list())), ElementsAre("INBOX"));
  auto reader = open("INBOX", Access::read);
  EXPECT_EQ(reader->status().count, 0U);
  must(reader->close());
  EXPECT_FALSE(std::filesystem::exists(root));
  must(store().create(MailboxPath{{"Work"}}, "Work", SpecialUse::none));
  EXPECT_THAT(names("."), UnorderedElementsAre(".Work", "cur", "new", "tmp"));
  EXPECT_THAT(names(".Work"), UnorderedElementsAre("cur", "maildirfolder", "new", "tmp"));
  struct stat found{};
  ASSERT_EQ(::stat((root / ".Work" / "cur").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0700U);
}

TEST_F(MaildirRig, WhatIsSomethingElseIsRefused) {
  std::filesystem::create_directories(root / "Pictures");
  write_file(root / "Pictures" / "1.jpg", "x");
  store::MaildirStore refused({.directory = root, .log = {}, .pool = {}});
  const auto connected = run(refused.connect());
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, Errc::usage);
  EXPECT_THAT(connected.error().describe(), HasSubstr("is no Maildir"));
  EXPECT_THAT(names("."), ElementsAre("Pictures"));
}

TEST_F(MaildirRig, ASourceThatIsNotThereIsNamed) {
  store::MaildirStore missing({.directory = root, .log = {}, .pool = {}, .must_exist = true});
  EXPECT_EQ(run(missing.connect()).error().code, Errc::usage);
}

TEST_F(MaildirRig, LinksInPlaceOfMailboxesAndPartsAreNotFollowed) {
  make();
  make("../elsewhere");
  write_file(temp / "elsewhere/cur/1.M1.x:2,", mail);
  std::filesystem::create_directory_symlink(temp / "elsewhere", root / ".Linked");
  make(".Half");
  std::filesystem::remove_all(root / ".Half/cur");
  std::filesystem::create_directory_symlink(temp / "elsewhere/cur", root / ".Half/cur");
  EXPECT_THAT(ids(must(store().list())), ElementsAre("Half", "INBOX"));
  const auto opened = run(store().open(mailbox("Half"), Access::read));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().scope, Scope::mailbox);
  EXPECT_NE(opened.error().code, Errc::not_found);
}

TEST_F(MaildirRig, NamesThatLeadOutsideAreNoMailboxes) {
  make();
  for (const auto* id : {"", ".", "..", "a..b", ".a", "a.", "../x", "a/b", "a/../../x"}) {
    EXPECT_FALSE(run(store().create(MailboxPath{{"x"}}, id, SpecialUse::none))) << id;
    store::MailboxInfo info;
    info.id = id;
    EXPECT_FALSE(run(store().open(info, Access::write))) << id;
    EXPECT_FALSE(run(store().remove(info))) << id;
  }
  EXPECT_FALSE(run(store().create(MailboxPath{{"x"}}, std::string(300, 'x'), SpecialUse::none)));
  EXPECT_THAT(names("."), UnorderedElementsAre("cur", "new", "tmp"));
  EXPECT_THAT(std::vector(std::filesystem::directory_iterator(temp.path()), {}), testing::SizeIs(1));
}

TEST_F(MaildirRig, NestedNamesThatLeadOutsideAreNoMailboxes) {
  make("INBOX");
  for (const auto* id : {"", ".", "..", "a//b", "/a", "a/", "../x", "a/../../x", "cur", "a/tmp", "a/./b"})
    EXPECT_FALSE(run(store().create(MailboxPath{{"x"}}, id, SpecialUse::none))) << id;
  EXPECT_THAT(names("."), ElementsAre("INBOX"));
}

// ---- reading

TEST_F(MaildirRig, ReadsWhatOthersDeliveredAndChangesNothing) {
  make();
  put("new/1700000000.M2P1.host", mail, 1'500'000'000);
  put("cur/1700000000.M1P1.host,S=35,W=39:2,FS", mail, 1'400'000'000);
  put("cur/1600000000.123_1.host,U=7:2,RT", "Subject: crlf\r\n\r\nx\r\n");
  put("cur/.hidden", "x");
  put("tmp/1500000000.M1.host", mail);
  std::filesystem::create_directory(root / "cur/1700000000.M9.dir");
  std::filesystem::create_symlink("/etc/passwd", root / "cur/1700000000.M8.link:2,");
  write_file(root / "dovecot-keywords", "0 work\n");
  const auto before = state();

  auto inbox = open("INBOX", Access::read);
  EXPECT_EQ(inbox->status().count, 3U);
  const auto found = scan(*inbox, ScanFields::keys);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(store().ref_text(found[0].ref), "1600000000.123_1.host");
  EXPECT_EQ(store().ref_text(found[1].ref), "1700000000.M1P1.host");
  EXPECT_EQ(store().ref_text(found[2].ref), "1700000000.M2P1.host");
  EXPECT_EQ(found[0].flags, FlagSet::parse("\\Answered \\Deleted"));
  EXPECT_EQ(found[1].flags, FlagSet::parse("\\Flagged \\Seen"));
  EXPECT_TRUE(found[2].flags.empty());
  EXPECT_EQ(found[1].date, InternalDate(1'400'000'000, 0));
  EXPECT_EQ(found[2].date, InternalDate(1'500'000'000, 0));
  EXPECT_EQ(found[1].size, mail_served.size());
  EXPECT_EQ(found[2].size, mail_served.size());
  EXPECT_EQ(*found[2].key, key_of_headers(as_bytes(mail_served), mail_served.size()));
  const auto bodies = read(*inbox, found);
  ASSERT_EQ(bodies.size(), 3U);
  EXPECT_EQ(bodies[0].text, "Subject: crlf\r\n\r\nx\r\n");
  EXPECT_EQ(bodies[1].text, mail_served);
  must(inbox->refresh());
  must(inbox->close());
  EXPECT_EQ(state(), before);
}

TEST_F(MaildirRig, SizesInNamesAreNotBelievedWhereTheyCannotBe) {
  make();
  for (const auto* sizes : {",S=35,W=9999", ",S=34,W=39", ",W=3", ",S=35", ""})
    put(std::string("cur/170000000") + std::to_string(std::strlen(sizes)) + ".x" + sizes + ":2,S", mail);
  auto inbox = open("INBOX", Access::read);
  const auto found = scan(*inbox);
  EXPECT_EQ(found.size(), 5U);
  for (const auto& message : found) EXPECT_EQ(message.size, mail_served.size());
}

// What is told before is a hint; what is served is exact.
TEST_F(MaildirRig, AWrongSizeInANameDoesNotCutTheMessage) {
  make();
  put("cur/1700000000.x,S=35,W=36:2,", mail);
  auto inbox = open("INBOX", Access::read);
  const auto found = scan(*inbox);
  EXPECT_EQ(found[0].size, 36U);
  EXPECT_EQ(read(*inbox, found)[0].text, mail_served);
}

TEST_F(MaildirRig, MessagesCopiedByHardLinkAreRead) {
  make();
  make(".Copy");
  put("cur/1700000000.x:2,S", mail);
  std::filesystem::create_hard_link(root / "cur/1700000000.x:2,S", root / ".Copy/cur/1700000001.y:2,");
  auto copy = open("Copy", Access::read);
  EXPECT_EQ(read(*copy, scan(*copy))[0].text, mail_served);
}

TEST_F(MaildirRig, AFileThatCannotBeReadConcernsThatMessageOnly) {
  if (::geteuid() != 0) return;  // only root can give files away
  make();
  for (int i = 0; i < 3; ++i) put("cur/170000000" + std::to_string(i) + ".x:2,", mail);
  // Somebody else's file under a second name.
  write_file(temp / "secret", "secret");
  ASSERT_EQ(::chown((temp / "secret").c_str(), 12345, 12345), 0);
  std::filesystem::remove(root / "cur/1700000001.x:2,");
  std::filesystem::create_hard_link(temp / "secret", root / "cur/1700000001.x:2,");
  auto inbox = open("INBOX", Access::read);
  const auto found = scan(*inbox, ScanFields::keys);
  ASSERT_EQ(found.size(), 3U);
  const auto bodies = read(*inbox, found);
  ASSERT_EQ(bodies.size(), 3U);
  EXPECT_FALSE(bodies[0].error);
  ASSERT_TRUE(bodies[1].error);
  EXPECT_EQ(bodies[1].error->code, Errc::permission);
  EXPECT_EQ(bodies[1].ref, found[1].ref.bytes());
  EXPECT_EQ(bodies[2].text, mail_served);
}

TEST_F(MaildirRig, MessagesAreFoundUnderTheNamesTheyGetMeanwhile) {
  make();
  put("new/1700000000.a", mail);
  put("cur/1700000001.b:2,", mail);
  put("cur/1700000002.c:2,", mail);
  auto inbox = open();
  const auto found = scan(*inbox, ScanFields::flags);
  std::filesystem::rename(root / "new/1700000000.a", root / "cur/1700000000.a,S=35:2,S");
  std::filesystem::rename(root / "cur/1700000001.b:2,", root / "cur/1700000001.b,U=5:2,F");
  std::filesystem::remove(root / "cur/1700000002.c:2,");
  const auto bodies = read(*inbox, found);
  ASSERT_EQ(bodies.size(), 2U);
  EXPECT_EQ(bodies[0].ref, found[0].ref.bytes());
  EXPECT_EQ(bodies[1].text, mail_served);

  std::filesystem::rename(root / "cur/1700000000.a,S=35:2,S", root / "cur/1700000000.a,S=35:2,RS");
  const std::vector changes{FlagChange{found[0].ref, FlagSet::parse("\\Flagged"), {}},
                            FlagChange{found[2].ref, FlagSet::parse("\\Flagged"), {}}};
  const auto told = must(inbox->change_flags(changes));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].flags, FlagSet::parse("\\Answered \\Flagged \\Seen"));
  EXPECT_THAT(names("cur"), ElementsAre("1700000000.a,S=35:2,FRS", "1700000001.b,U=5:2,F"));
}

TEST_F(MaildirRig, TwoFilesOfOneNameAreTwoMessages) {
  make();
  put("cur/1700000000.x,U=1:2,S", "Subject: one\n\n");
  put("cur/1700000000.x,U=2:2,S", "Subject: two\n\n");
  put("new/1700000000.x", "Subject: three\n\n");
  // One message on its way from new/ to cur/ is one.
  put("new/1700000001.y", mail);
  std::filesystem::create_hard_link(root / "new/1700000001.y", root / "cur/1700000001.y:2,");
  auto inbox = open("INBOX", Access::read);
  EXPECT_EQ(inbox->status().count, 4U);
  const auto found = scan(*inbox, ScanFields::refs);
  ASSERT_EQ(found.size(), 4U);
  std::vector<std::string> texts;
  for (const auto& body : read(*inbox, found)) texts.push_back(body.text);
  EXPECT_THAT(texts, UnorderedElementsAre("Subject: one\r\n\r\n", "Subject: two\r\n\r\n",
                                          "Subject: three\r\n\r\n", std::string(mail_served)));
  EXPECT_EQ(must(inbox->fetch({found[0].ref, found[1].ref, found[2].ref}, ScanFields::flags)).size(), 3U);
}

TEST_F(MaildirRig, ARaceOfRenamesHidesNoMessage) {
  make();
  constexpr int count = 300;
  const auto name = [](int i, std::string_view flags) {
    return std::to_string(1'700'000'000 + i) + ".x:2," + std::string(flags);
  };
  for (int i = 0; i < count; ++i) put("cur/" + name(i, ""), mail);
  auto inbox = open("INBOX", Access::read);
  // Each name changes three times while we look: fewer times than it is looked for again, so that whether all
  // are found is not a matter of luck.
  bool seen = false;
  const auto renaming = [&] {
    return std::jthread([&] {
      for (int times = 0; times < 3; ++times, seen = !seen) {
        for (int i = 0; i < count; i += 3)
          std::filesystem::rename(root / "cur" / name(i, seen ? "S" : ""),
                                  root / "cur" / name(i, seen ? "" : "S"));
      }
    });
  };
  for (int i = 0; i < 20; ++i) {
    std::vector<MessageMeta> found;
    {
      const auto other = renaming();
      found = scan(*inbox, ScanFields::basic);
    }
    EXPECT_EQ(found.size(), static_cast<std::size_t>(count));
    if (i % 5 != 0) continue;
    const auto other = renaming();
    EXPECT_EQ(read(*inbox, found).size(), static_cast<std::size_t>(count));
  }
}

TEST_F(MaildirRig, AMailboxThatIsTakenAwayIsNotEmpty) {
  make();
  make(".Work");
  put(".Work/cur/1700000000.x:2,", mail);
  auto work = open("Work", Access::read);
  std::filesystem::remove_all(root / ".Work");
  const auto refreshed = run(work->refresh());
  ASSERT_FALSE(refreshed);
  EXPECT_EQ(refreshed.error().code, Errc::not_found);
  EXPECT_EQ(run(work->scan({}, ScanFields::refs)).error().scope, Scope::mailbox);
}

// ---- the status

TEST_F(MaildirRig, WhatArrivesWithATimeOfLongAgoShowsInThePosition) {
  make();
  put("cur/1700000000.b:2,", mail);
  put("cur/1700000001.c:2,", mail);
  auto inbox = open("INBOX", Access::read);
  const auto before = inbox->status();
  // As many as before, the newest still there, and yet something came.
  std::filesystem::remove(root / "cur/1700000000.b:2,");
  put("cur/1600000000.a:2,", mail);
  must(inbox->refresh());
  EXPECT_EQ(inbox->status().count, before.count);
  EXPECT_NE(inbox->status().position, before.position);
}

TEST_F(MaildirRig, TheCheckpointTellsOfFlagsAndOfNothingElse) {
  make();
  put("new/1700000000.b", mail);
  auto inbox = open("INBOX", Access::read);
  const auto before = inbox->status();
  std::filesystem::rename(root / "new/1700000000.b", root / "cur/1700000000.b,S=35:2,");
  must(inbox->refresh());
  EXPECT_EQ(inbox->status(), before);
  std::filesystem::rename(root / "cur/1700000000.b,S=35:2,", root / "cur/1700000000.b,S=35:2,S");
  must(inbox->refresh());
  EXPECT_EQ(inbox->status().position, before.position);
  EXPECT_NE(inbox->status().checkpoint, before.checkpoint);
}

// ---- writing

TEST_F(MaildirRig, DeliversAsDovecotDoes) {
  auto inbox = open();
  append(*inbox, {std::string(mail_served)}, "\\Seen \\Flagged", InternalDate(837'596'665, -420));
  append(*inbox, {std::string(mail_served)});
  ASSERT_THAT(
      names("cur"),
      ElementsAre(MatchesRegex("[0-9]{10}\\.M[0-9]+Q[0-9]+P[0-9]+R[0-9a-f]{8}\\.[^,:/]+,S=35,W=39:2,FS")));
  ASSERT_THAT(names("new"),
              ElementsAre(MatchesRegex("[0-9]{10}\\.M[0-9]+Q[0-9]+P[0-9]+R[0-9a-f]{8}\\.[^,:/]+,S=35,W=39")));
  EXPECT_THAT(names("tmp"), IsEmpty());
  const auto file = root / "cur" / names("cur")[0];
  EXPECT_EQ(read_file(file), mail);
  struct stat found{};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mtime, 837'596'665);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(scan(*inbox)[0].date, InternalDate(837'596'665, 0));
}

TEST_F(MaildirRig, KeepsEveryOctetThatCanBeKept) {
  const std::string large(700'000, 'a');
  const std::vector<std::string> texts{
      "Subject: odd\r\n\r\nCR CR LF\r\r\nand on\r\n",
      "Subject: bare CR\r\n\r\na\rb\r\n\r",
      std::string("Subject: NUL\r\n\r\n\0\r\n\0", 20),
      "\xFF\xFE\r\n",
      "",
      "\r\n",
      "x",
      // What cannot be undone comes late, when much is on the disk already, and at every kind of border.
      "Subject: late\r\n\r\n" + large + "\r\n" + large + "\r\r\nend\r\n",
      "Subject: late\r\n\r\n" + large + "\r\n" + large + "\r\n",
      std::string(99'999, 'b') + "\r\n" + std::string(900'000, 'c') + "\r\r\n",
      std::string(524'287, 'b') + "\r\r\n" + large,
  };
  auto inbox = open();
  for (const std::size_t piece : {100'000UL, 524'288UL, 7'001UL}) {
    std::vector<std::unique_ptr<Text>> bodies;
    std::vector<store::AppendItem> items;
    for (const auto& text : texts) {
      bodies.push_back(std::make_unique<Text>(text, piece));
      items.push_back({FlagSet::parse("\\Seen"), std::nullopt, bodies.back().get(), {}});
    }
    const auto outcomes = must(inbox->append(items));
    std::vector<MessageMeta> stored;
    for (const auto& outcome : outcomes) {
      ASSERT_TRUE(outcome.ref);
      stored.emplace_back();
      stored.back().ref = *outcome.ref;
    }
    const auto found = read(*inbox, stored);
    ASSERT_EQ(found.size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i)
      EXPECT_TRUE(found[i].text == texts[i]) << i << ' ' << found[i].text.size() << ' ' << texts[i].size();
    // The size in the name is right, too.
    std::vector<MessageRef> refs;
    for (const auto& message : stored) refs.push_back(message.ref);
    const auto metas = must(inbox->fetch(refs, ScanFields::basic));
    for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(metas[i].size, texts[i].size()) << i;
  }
  EXPECT_THAT(names("tmp"), IsEmpty());
}

// As Dovecot does it.
TEST_F(MaildirRig, ALoneLineFeedIsServedAsALineEnd) {
  auto inbox = open();
  append(*inbox, {"Subject: lone\r\n\r\na\nb\r\n"}, "\\Seen");
  EXPECT_EQ(read_file(root / "cur" / names("cur")[0]), "Subject: lone\r\n\r\na\nb\r\n");
  const auto found = scan(*inbox);
  EXPECT_EQ(found[0].size, 23U);
  EXPECT_EQ(read(*inbox, found)[0].text, "Subject: lone\r\n\r\na\r\nb\r\n");
}

TEST_F(MaildirRig, WhatIsDeliveredComesAfterAllThatIsThere) {
  make();
  put("cur/4000000000.M5.future:2,", mail);
  auto inbox = open();
  const auto border = inbox->first_ref_at(inbox->status().position);
  const auto outcomes = append(*inbox, {std::string(mail_served), std::string(mail_served)});
  EXPECT_GE(*outcomes[0].ref, border);
  EXPECT_GT(*outcomes[1].ref, *outcomes[0].ref);
  EXPECT_EQ(scan(*inbox).size(), 3U);
}

TEST_F(MaildirRig, KeywordsGetLettersThatDovecotUnderstands) {
  make();
  write_file(root / "dovecot-keywords", "0 work\n");
  put("cur/1700000000.x:2,Sb", mail);  // b: nobody has said what it is
  auto inbox = open();
  EXPECT_EQ(scan(*inbox)[0].flags, FlagSet::parse("\\Seen"));
  append(*inbox, {std::string(mail_served)}, "WORK $Junk \\Seen");
  EXPECT_EQ(read_file(root / "dovecot-keywords"), "0 work\n2 $Junk\n");
  EXPECT_THAT(names("cur"), ElementsAre("1700000000.x:2,Sb", testing::EndsWith(":2,Sac")));
  EXPECT_THAT(names("."), UnorderedElementsAre("cur", "new", "tmp", "dovecot-keywords"));
  must(inbox->refresh());
  EXPECT_TRUE(inbox->flag_rules().permanent.has("$junk"));
  EXPECT_TRUE(inbox->flag_rules().new_keywords);
  const auto found = scan(*inbox, ScanFields::flags);
  const std::vector changes{FlagChange{found[0].ref, FlagSet::parse("later"), FlagSet::parse("\\Seen")}};
  must(inbox->change_flags(changes));
  EXPECT_THAT(names("cur")[0], "1700000000.x:2,bd");
}

TEST_F(MaildirRig, KeywordsForWhichThereIsNoLetterAreNamed) {
  make();
  std::string taken;
  for (int i = 0; i < 25; ++i) taken += std::to_string(i) + " k" + std::to_string(i) + "\n";
  write_file(root / "dovecot-keywords", taken);
  auto inbox = open();
  append(*inbox, {std::string(mail_served)}, "k3 last late \\Seen");
  EXPECT_EQ(scan(*inbox)[0].flags, FlagSet::parse("\\Seen k3 last"));
  EXPECT_THAT(log, HasSubstr("INBOX: "));
  EXPECT_THAT(log, testing::EndsWith("left out: late\n"));
  must(inbox->refresh());
  EXPECT_FALSE(inbox->flag_rules().new_keywords);
  append(*inbox, {std::string(mail_served)}, "later");
  EXPECT_THAT(log, testing::Not(HasSubstr("later")));  // once is enough
}

TEST_F(MaildirRig, AMovedMessageKeepsItsKeywordsUnderOtherLetters) {
  make();
  make(".Other");
  write_file(root / "dovecot-keywords", "0 work\n1 play\n");
  write_file(root / ".Other/dovecot-keywords", "0 rest\n");
  put("cur/1700000000.x,S=35,W=39,U=9:2,Sb", mail, 1'234'567'890);
  put(".Other/cur/1800000000.y:2,", mail);
  auto inbox = open();
  const auto refs = must(inbox->move({scan(*inbox)[0].ref}, mailbox("Other")));
  EXPECT_THAT(names("cur"), IsEmpty());
  EXPECT_EQ(read_file(root / ".Other/dovecot-keywords"), "0 rest\n1 play\n");
  const auto moved = names(".Other/cur");
  ASSERT_THAT(moved, ElementsAre(testing::_, testing::_));
  EXPECT_THAT(moved[0], testing::EndsWith(",S=35,W=39:2,Sb"));
  auto other = open("Other", Access::read);
  const auto found = scan(*other);
  EXPECT_EQ(found[1].ref, refs[0]);
  EXPECT_EQ(found[1].flags, FlagSet::parse("\\Seen play"));
  EXPECT_EQ(found[1].date, InternalDate(1'234'567'890, 0));
}

TEST_F(MaildirRig, NothingIsWrittenOver) {
  make();
  put("cur/1700000000.x:2,", "Subject: one\n\n");
  put("cur/1700000000.x:2,S", "Subject: two\n\n");
  auto inbox = open();
  for (const auto& message : scan(*inbox, ScanFields::refs)) {
    const std::vector changes{FlagChange{message.ref, FlagSet::parse("\\Seen"), {}}};
    ignore(run(inbox->change_flags(changes)));
  }
  EXPECT_EQ(names("cur").size(), 2U);
}

TEST_F(MaildirRig, ABatchWhoseLastBodyBreaksOffLeavesNothing) {
  auto inbox = open();
  class Broken final : public store::MessageSource {
   public:
    [[nodiscard]] std::uint64_t size() const override { return 2'000'000; }
    Task<Bytes> next() override {
      if (++calls_ > 10) co_return Error{Errc::disconnected, Scope::connection, Retry::now, "gone"};
      co_return as_bytes(piece_);
    }

   private:
    std::string piece_ = std::string(100'000, 'x');
    int calls_ = 0;
  };
  Text good{std::string(mail_served)};
  Broken broken;
  std::vector<store::AppendItem> items;
  items.push_back({{}, std::nullopt, &good, {}});
  items.push_back({{}, std::nullopt, &broken, {}});
  const auto outcome = run(inbox->append(items));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().scope, Scope::connection);
  for (const auto* part : {"cur", "new", "tmp"}) EXPECT_THAT(names(part), IsEmpty());
}

TEST_F(MaildirRig, SubscriptionsAreDovecots) {
  make();
  make(".Work.2024");
  write_file(root / "subscriptions", "V\t2\n\nWork\t2024\n");
  EXPECT_TRUE(mailbox("Work.2024").subscribed);
  EXPECT_FALSE(mailbox("INBOX").subscribed);
  must(store().subscribe(mailbox("INBOX")));
  EXPECT_EQ(read_file(root / "subscriptions"), "V\t2\n\nWork\t2024\nINBOX\n");
}

TEST_F(MaildirRig, ALockIsWaitedFor) {
  make();
  write_file(root / "subscriptions.lock", "");
  std::thread other([&] {
    std::this_thread::yield();
    std::filesystem::remove(root / "subscriptions.lock");
  });
  must(store().subscribe(mailbox("INBOX")));
  other.join();
  EXPECT_EQ(read_file(root / "subscriptions"), "V\t2\n\nINBOX\n");
  EXPECT_FALSE(std::filesystem::exists(root / "subscriptions.lock"));
}

TEST_F(MaildirRig, RemovesAMailboxWithAllThatBelongsToIt) {
  make();
  make(".Work");
  make(".Work.Deep");
  write_file(root / ".Work/dovecot-uidlist", "3 V1 N1\n");
  write_file(temp / "outside", "stays");
  std::filesystem::create_symlink(temp / "outside", root / ".Work/cur/link");
  put(".Work/cur/1700000000.x:2,", mail);
  must(store().remove(mailbox("Work")));
  EXPECT_FALSE(std::filesystem::exists(root / ".Work"));
  EXPECT_TRUE(std::filesystem::exists(root / ".Work.Deep/cur"));
  EXPECT_EQ(read_file(temp / "outside"), "stays");
}

}  // namespace

TEST(MaildirTmp, IsClearedOfWhatIsOlderThan36Hours) {
  const TempDir temp;
  write_file(temp / "1.x", "x");
  std::filesystem::create_directory(temp / "directory");
  const auto tmp = os::Directory::open(temp.path()).value();
  // The date of the message says nothing.
  ASSERT_TRUE(tmp.set_modified("1.x", 1000));
  const auto now = tmp.status("1.x").value().changed / 1'000'000'000;
  constexpr std::int64_t hours_36 = std::int64_t{36} * 3600;
  store::maildir::remove_dead(tmp, now + hours_36 - 10);
  EXPECT_TRUE(std::filesystem::exists(temp / "1.x"));
  store::maildir::remove_dead(tmp, now + hours_36 + 10);
  EXPECT_FALSE(std::filesystem::exists(temp / "1.x"));
  EXPECT_TRUE(std::filesystem::exists(temp / "directory"));
}

}  // namespace pf::test
