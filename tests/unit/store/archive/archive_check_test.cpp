// Every kind of damage a file can suffer is found and named, and nothing else is.
#include "store/archive/archive_check.h"

#include "store/archive/folder_check.h"
#include "store/archive/manifest_chain.h"
#include "support/ferry.h"
#include "unit/store/archive/archive_rig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using store::ArchiveFinding;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = ArchiveFinding::Kind;

struct Checked {
  Result<store::ArchiveCounts> counts{Error{}};
  std::vector<ArchiveFinding> findings;
  // Files with problems.
  [[nodiscard]] std::set<std::string> named() const {
    std::set<std::string> out;
    for (const auto& finding : findings) {
      if (finding.kind != Kind::note) out.insert(finding.file);
    }
    return out;
  }
};
std::ostream& operator<<(std::ostream& out, const Checked& checked) {
  for (const auto& f : checked.findings) out << name(f.kind) << " " << f.file << ": " << f.text << "\n";
  return out;
}

class ArchiveCheck : public ArchiveRig {
 protected:
  [[nodiscard]] Checked check() const {
    Checked out;
    store::ArchiveCheck wanted;
    wanted.directory = at();
    wanted.pool = pool_;
    wanted.found = [&out](const ArchiveFinding& finding) { out.findings.push_back(finding); };
    out.counts = run(check_archive(std::move(wanted)));
    if (out.counts) {
      const auto problems =
          std::ranges::count_if(out.findings, [](const auto& f) { return f.kind != Kind::note; });
      EXPECT_EQ(out.counts->problems, static_cast<std::uint64_t>(problems));
    }
    return out;
  }
  // 50 messages in three mailboxes, two of them twins: 100 files beside the manifests.
  void fill_hundred() const {
    for (const auto& [path, count] :
         {std::pair<MailboxPath, int>{{{"INBOX"}}, 24}, {{{"Work"}}, 15}, {{{"Posta \xC3\xA9"}}, 11}}) {
      std::vector<Mail> mail;
      for (int i = 0; i < count; ++i)
        mail.push_back({a_message(i == 7 ? 6 : i + 100 * count),
                        i % 3 == 0 ? "\\Seen $Work" : "",
                        InternalDate(1'704'067'200 + (i == 7 ? 6 : i) * 86'400, 60),
                        {"77", std::to_string(i + 1), "INBOX.Somewhere"}});
      fill_mailbox(path, std::move(mail));
    }
  }
  // All files below the archive, as findings name them.
  [[nodiscard]] std::vector<std::string> all_files() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(at())) {
      if (entry.is_regular_file()) out.push_back(fs::relative(entry.path(), at()));
    }
    std::ranges::sort(out);
    return out;
  }
  // Lines left out, exchanged, or put in twice.
  void expect_disorder_is_noticed(const fs::path& file, const std::string& name) const {
    const auto lines = lines_of(file);
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
      auto some = lines;
      some.erase(some.begin() + static_cast<std::ptrdiff_t>(i));
      write_lines(file, some);
      EXPECT_THAT(check().named(), Contains(name)) << "without line " << i + 1;
      some = lines;
      std::swap(some[i], some[i + 1]);
      write_lines(file, some);
      EXPECT_THAT(check().named(), Contains(name)) << "lines exchanged at " << i + 1;
      some = lines;
      some.insert(some.begin() + static_cast<std::ptrdiff_t>(i), some[i]);
      write_lines(file, some);
      EXPECT_THAT(check().named(), Contains(name)) << "line twice: " << i + 1;
    }
    write_lines(file, lines);
  }
  void expect_only(const std::set<std::string>& names, const char* what) const {
    const auto checked = check();
    ASSERT_TRUE(checked.counts) << what;
    EXPECT_EQ(checked.named(), names) << what << "\n" << checked;
  }
};

TEST_F(ArchiveCheck, WhatWasWrittenIsWhole) {
  fill_hundred();
  // Some history, so that there are lines of each kind.
  const auto store = connected();
  const auto mailbox = must(store->open(find(*store, {{"Work"}}), store::Access::write));
  const auto messages = must(mailbox->scan({}, store::ScanFields::refs)).messages;
  must(mailbox->change_flags(
      std::vector<store::FlagChange>{{messages[0].ref, FlagSet::parse("\\Answered Odd\xFF"), {}}}));
  must(mailbox->remove({messages[1].ref, messages[2].ref}));
  must(mailbox->move({messages[3].ref}, find(*store, {{"INBOX"}})));
  must(mailbox->close());
  must(store->subscribe(find(*store, {{"INBOX"}})));
  must(store->rename(find(*store, {{"Work"}}), {{"Play"}}, "Play"));
  must(store->close());
  const auto before = tree_of(temp_.path());
  const auto checked = check();
  EXPECT_THAT(checked.findings, IsEmpty()) << checked;
  ASSERT_TRUE(checked.counts);
  EXPECT_EQ(checked.counts->mailboxes, 3U);
  EXPECT_EQ(checked.counts->messages, 48U);
  EXPECT_EQ(tree_of(temp_.path()), before);
}

// What may happen to the octets of a file.
std::vector<std::string> damaged(const std::string& whole, std::size_t turn) {
  std::vector<std::string> out{"", whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1),
                               whole + "x", whole + whole};
  for (const std::size_t place : {std::size_t{0}, whole.size() / 3, whole.size() / 2, whole.size() - 1}) {
    out.push_back(whole);
    out.back()[place] = static_cast<char>(whole[place] ^ (1 << (turn++ % 8)));
  }
  return out;
}

// Each in two ways, all ways in turn; with script/test --all each in all ways.
TEST_F(ArchiveCheck, EveryFileThatIsChangedIsNamed) {
  fill_hundred();
  const auto files = all_files();
  ASSERT_EQ(files.size(), 105U);  // three manifests, their list, and the file that says it is an archive
  std::size_t turn = 0;
  for (const auto& file : files) {
    const auto whole = read_file(at(file));
    const auto ways = damaged(whole, turn);
    const bool record = file.ends_with(".jsonl") || file == "archive.json";
    const std::size_t wanted = record || everything_wanted() ? ways.size() : 2;
    for (std::size_t i = 0; i < wanted; ++i) {
      const auto& text = ways[turn++ % ways.size()];
      write_file(at(file), text);
      const auto checked = check();
      ASSERT_TRUE(checked.counts) << file;
      // What a changed line of a manifest says may be wrong of its files, too.
      if (record) {
        EXPECT_THAT(checked.named(), Contains(file)) << text << checked;
      } else {
        EXPECT_EQ(checked.named(), std::set<std::string>{file}) << text << checked;
      }
    }
    fs::remove(at(file));
    EXPECT_THAT(check().named(), Contains(file)) << "removed";
    write_file(at(file), whole);
  }
  expect_only({}, "all as it was");
}

TEST_F(ArchiveCheck, EveryOctetOfASmallArchiveCounts) {
  fill({{a_message(1, 20), "\\Seen"}, {a_message(2, 20), "$Work", InternalDate(0, 90), {"1", "2", "A.B"}}});
  std::size_t turn = 0;
  for (const auto& file : all_files()) {
    const auto whole = read_file(at(file));
    for (std::size_t i = turn % 3; i < whole.size(); i += everything_wanted() ? 1 : 3) {
      auto text = whole;
      text[i] = static_cast<char>(text[i] ^ (1 << (turn++ % 8)));
      write_file(at(file), text);
      const auto checked = check();
      ASSERT_TRUE(checked.counts) << file;
      ASSERT_TRUE(checked.named().contains(file)) << file << ", octet " << i << "\n" << checked;
    }
    write_file(at(file), whole);
  }
  expect_only({}, "all as it was");
}

TEST_F(ArchiveCheck, LinesOfAManifestThatAreLeftOutPutInOrExchangedAreNoticed) {
  fill({{a_message(1)}, {a_message(2)}, {a_message(3)}, {a_message(4)}});
  const auto whole = read_file(manifest());
  const auto lines = lines_of(manifest());
  ASSERT_EQ(lines.size(), 5U);
  const std::string name = "INBOX/manifest.jsonl";
  expect_disorder_is_noticed(manifest(), name);
  // Of a line that is missing at the end, the files tell.
  write_lines(manifest(), {lines[0], lines[1], lines[2], lines[3]});
  EXPECT_EQ(check().named().size(), 2U);
  write_file(manifest(), whole + "{\"n\":2,\"go");
  const auto torn = check();
  EXPECT_EQ(torn.named(), std::set<std::string>{name});
  EXPECT_THAT(torn.findings.front().text, HasSubstr("10 octets"));
}

TEST_F(ArchiveCheck, FilesThatAreExchangedRenamedDoubledOrForeignAreNamed) {
  fill_hundred();
  const auto all = all_files();
  const auto messages_of = [&](const std::string& ending) {
    std::vector<std::string> out;
    for (const auto& file : all) {
      if (file.starts_with("INBOX/2") && file.ends_with(ending)) out.push_back(file);
    }
    return out;
  };
  for (const std::string ending : {".eml", ".json"}) {
    const auto files = messages_of(ending);
    const auto &a = files[0], &b = files[1];
    const auto swap = [&] {
      fs::rename(at(a), at("kept"));
      fs::rename(at(b), at(a));
      fs::rename(at("kept"), at(b));
    };
    swap();
    expect_only({a, b}, "exchanged");
    swap();
    fs::rename(at(a), at("INBOX/other" + ending));
    expect_only({a, "INBOX/other" + ending}, "renamed");
    fs::rename(at("INBOX/other" + ending), at(a));
    const auto twin = a.substr(0, a.size() - ending.size()) + "-2" + ending;
    fs::copy_file(at(a), at(twin));
    expect_only({twin}, "doubled");
    fs::remove(at(twin));
    fs::rename(at(a), at("away"));
    fs::create_symlink(at("away"), at(a));
    expect_only({a, "away"}, "a symbolic link");
    fs::remove(at(a));
    fs::create_hard_link(at("away"), at(a));
    expect_only({a, "away"}, "a hard link");
    fs::remove(at(a));
    fs::create_directory(at(a));
    expect_only({a, "away"}, "a directory");
    fs::remove(at(a));
    ASSERT_EQ(::mkfifo(at(a).c_str(), 0600), 0);
    expect_only({a, "away"}, "a pipe");
    fs::remove(at(a));
    fs::rename(at("away"), at(a));
  }
  write_file(at("INBOX/readme.txt"), "x");
  fs::create_directory(at("INBOX/below"));
  fs::create_symlink("/etc/passwd", at("INBOX/passwd"));
  write_file(at("letter"), "x");
  fs::create_symlink(at("INBOX"), at("link"));
  fs::create_directory(at(".hidden"));
  fs::create_directory(at("Foreign"));
  expect_only({"INBOX/readme.txt", "INBOX/below", "INBOX/passwd", "letter", "link", ".hidden",
               "Foreign/manifest.jsonl"},
              "foreign");
}

TEST_F(ArchiveCheck, FoldersThatAreCopiedOrLinksAreNamedAndThoseWithOtherNamesNoted) {
  fill({{a_message(1)}});
  fs::copy(at("INBOX"), at("ZZZ"));
  expect_only({"ZZZ"}, "a copy");
  fs::remove_all(at("INBOX"));
  const auto renamed = check();
  EXPECT_THAT(renamed.named(), IsEmpty()) << renamed;
  ASSERT_EQ(renamed.findings.size(), 1U);
  EXPECT_EQ(renamed.findings.front().file, "ZZZ");
  fs::remove(at("ZZZ/manifest.jsonl"));
  fs::create_symlink("/dev/zero", at("ZZZ/manifest.jsonl"));
  // Nobody can tell whose folder that is.
  expect_only({"ZZZ/manifest.jsonl", "INBOX"}, "a manifest that is a link");
}

// ---- whole mailboxes

TEST_F(ArchiveCheck, AMailboxThatWasTakenAwayIsNamed) {
  fill_hundred();
  const auto work = store::folder_name("Work"), posta = store::folder_name("Posta \xC3\xA9");
  fs::rename(at(work), temp_ / "away");
  const auto checked = check();
  EXPECT_EQ(checked.named(), std::set<std::string>{work}) << checked;
  ASSERT_EQ(checked.findings.size(), 1U);
  EXPECT_EQ(checked.findings[0].kind, Kind::missing);
  EXPECT_THAT(checked.findings[0].text, HasSubstr("mailbox Work "));
  fs::remove_all(at("INBOX"));
  fs::remove_all(at(posta));
  expect_only({work, "INBOX", posta}, "all of them");
  fs::rename(temp_ / "away", at(work));
  expect_only({"INBOX", posta}, "put back");
}

TEST_F(ArchiveCheck, AMailboxThatWasRemovedOrRenamedIsNotMissed) {
  fill_hundred();
  const auto store = connected();
  must(store->rename(find(*store, {{"Work"}}), {{"Play"}}, "Play"));
  must(store->remove(find(*store, {{"Posta \xC3\xA9"}})));
  must(store->close());
  const auto checked = check();
  EXPECT_THAT(checked.findings, IsEmpty()) << checked;
  fs::remove_all(at(store::folder_name("Play")));
  expect_only({store::folder_name("Play")}, "taken away");
}

TEST_F(ArchiveCheck, AFolderThatIsNotOnTheListWasPutThereOrIsNew) {
  fill({{a_message(1)}});
  fill_mailbox({{"Work"}}, {{a_message(2)}});
  fill_mailbox({{"Empty"}}, {});
  const auto lines = lines_of(list());
  ASSERT_EQ(lines.size(), 4U);
  // Cut off at the end of a line.
  write_lines(list(), {lines[0], lines[1], lines[2]});
  const auto killed = check();
  EXPECT_THAT(killed.named(), IsEmpty()) << killed;  // as an export leaves it that is killed there
  ASSERT_EQ(killed.findings.size(), 1U);
  EXPECT_EQ(killed.findings[0].file, store::folder_name("Empty"));
  write_lines(list(), {lines[0], lines[1]});
  expect_only({store::folder_name("Work")}, "one with messages");
  write_lines(list(), lines);
  // From another archive.
  fs::rename(at(), temp_ / "other");
  fill_mailbox({{"Foreign"}}, {{a_message(3)}});
  const auto foreign = store::folder_name("Foreign");
  fs::rename(at(foreign), temp_ / "other" / foreign);
  fs::remove_all(at());
  fs::rename(temp_ / "other", at());
  expect_only({foreign}, "put there");
}

TEST_F(ArchiveCheck, ADamagedListIsNamedWithItsLine) {
  fill_hundred();
  const std::string name = "mailboxes.jsonl";
  expect_disorder_is_noticed(list(), name);
  const auto whole = read_file(list());
  const auto lines = lines_of(list());
  auto flipped = lines;
  flipped[2][flipped[2].find("Work")] = 'V';
  write_lines(list(), flipped);
  const auto checked = check();
  EXPECT_EQ(checked.named(), std::set<std::string>{name}) << checked;
  EXPECT_THAT(checked.findings[0].text, HasSubstr("line 3 "));
  for (const std::string& text : {std::string(), whole.substr(0, whole.size() / 2), whole + "{\"epoch\":\"",
                                  whole + "\n", std::string(2 << 20, '{'), std::string("[]\n")}) {
    write_file(list(), text);
    EXPECT_THAT(check().named(), Contains(name)) << text.substr(0, 1000);
  }
  write_file(list(), whole);
  expect_only({}, "as it was");
  fs::remove(list());
  const auto removed = check();
  EXPECT_EQ(removed.named(), std::set<std::string>{name}) << removed;
  EXPECT_EQ(removed.findings[0].kind, Kind::missing);
  fs::create_symlink("/dev/zero", list());
  expect_only({name}, "a link");
}

TEST_F(ArchiveCheck, AnArchiveOfAnEarlierVersionHasNoListAndIsWhole) {
  fill({{a_message(1)}});
  make_older();
  const auto checked = check();
  EXPECT_THAT(checked.named(), IsEmpty()) << checked;
  ASSERT_EQ(checked.findings.size(), 1U);
  EXPECT_EQ(checked.findings[0].file, "mailboxes.jsonl");
  fill_mailbox({{"Work"}}, {{a_message(2)}});
  const auto listed = check();
  EXPECT_THAT(listed.findings, IsEmpty()) << listed;
  fs::remove_all(at("INBOX"));
  expect_only({"INBOX"}, "taken away after there was a list");
}

// ---- what an export that was killed leaves, and other things worth a note

TEST_F(ArchiveCheck, FlagsThatAreAheadOfTheManifestAreNoted) {
  fill({{a_message(1), "\\Seen"}, {a_message(2)}});
  const auto whole = read_file(manifest());
  {
    const auto store = connected();
    const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), store::Access::write));
    const auto messages = must(mailbox->scan({}, store::ScanFields::refs)).messages;
    must(mailbox->change_flags(
        std::vector<store::FlagChange>{{messages[0].ref, FlagSet::parse("\\Answered"), {}}}));
    must(mailbox->close());
    must(store->close());
  }
  write_file(manifest(), whole);  // killed before the line
  const auto checked = check();
  EXPECT_THAT(checked.named(), IsEmpty()) << checked;
  ASSERT_EQ(checked.findings.size(), 1U);
  const std::string file = checked.findings[0].file;
  EXPECT_TRUE(file.ends_with(".json")) << file;
  // Flags that nobody wrote there so.
  auto text = read_file(at(file));
  text.replace(text.find("Answered"), 8, "Deleted");
  write_file(at(file), text);
  expect_only({file}, "changed by hand");
}

TEST_F(ArchiveCheck, WhatOthersMayReadIsNoted) {
  fill({{a_message(1)}, {a_message(2)}});
  const auto all = all_files();
  const auto open = [](const fs::path& path) {
    fs::permissions(path, fs::perms::others_read, fs::perm_options::add);
  };
  open(at());
  open(at("archive.json"));
  open(at("INBOX"));
  for (const auto& file : all) {
    if (file.starts_with("INBOX/2")) open(at(file));
  }
  const auto checked = check();
  EXPECT_THAT(checked.named(), IsEmpty()) << checked;
  std::set<std::string> files;
  for (const auto& finding : checked.findings) {
    EXPECT_THAT(finding.text, HasSubstr("mode 0")) << checked;
    files.insert(finding.file.substr(0, 7));
  }
  // The four files of messages in one.
  EXPECT_EQ(files, (std::set<std::string>{".", "archive", "INBOX", "INBOX/2"})) << checked;
  EXPECT_THAT(checked.findings, Contains(testing::Field(&ArchiveFinding::text, HasSubstr("and 3 more"))));
}

TEST_F(ArchiveCheck, WhatAKilledWriterLeftIsNoted) {
  fill({{a_message(1)}});
  fs::create_directory(at(".tmp-1"));
  write_file(at(".tmp-2"), "x");
  const auto checked = check();
  EXPECT_THAT(checked.named(), IsEmpty());
  EXPECT_EQ(checked.findings.size(), 2U);
}

// T69: nothing of these is read.
TEST_F(ArchiveCheck, FilesWithoutEndAreRefusedBeforeTheyAreRead) {
  fill({{a_message(1)}, {a_message(2)}});
  const auto all = all_files();
  for (const auto& file : all) {
    if (file == "archive.json") continue;
    const auto whole = read_file(at(file));
    fs::resize_file(at(file), std::uintmax_t{5} << 30);  // a hole: takes no room
    const auto checked = check();
    EXPECT_EQ(checked.named(), std::set<std::string>{file}) << checked;
    fs::resize_file(at(file), 0);
    write_file(at(file), whole);
  }
  write_file(manifest(), std::string(3 << 20, '{'));
  EXPECT_EQ(check().named(), std::set<std::string>{"INBOX/manifest.jsonl"});
  write_file(manifest(), std::string(150'000, '\n'));
  const auto rubbish = check();
  EXPECT_EQ(rubbish.named(), (std::set<std::string>{"INBOX/manifest.jsonl", "INBOX"}));
  EXPECT_LE(rubbish.findings.size(), 100'010U);
}

// Threat 17; tests/slow has a million.
TEST_F(ArchiveCheck, FilesThatNobodyWroteAreEachNamedAndInNobodysWay) {
  fill({{a_message(1)}, {a_message(2)}});
  constexpr int many = 1000;
  for (int i = 0; i < many; ++i) {
    write_file(at(std::to_string(i)), "");
    write_file(at("INBOX") / std::to_string(i), "");
  }
  const auto checked = check();
  ASSERT_TRUE(checked.counts);
  EXPECT_EQ(checked.counts->messages, 2U);
  EXPECT_EQ(checked.named().size(), 2U * many);
  EXPECT_EQ(read_inbox().size(), 2U);
  fill_mailbox({{"Work"}}, {{a_message(3)}});
}

TEST_F(ArchiveCheck, NotesWithoutNumberHideNoProblem) {
  store::ArchiveFindings findings;
  for (int i = 0; i < 100'010; ++i) findings.add({Kind::note, "INBOX/x", "worth a note"});
  findings.add({Kind::damaged, "INBOX/y", "changed"});
  EXPECT_EQ(findings.all().size(), 100'002U);
  EXPECT_EQ(findings.all().back().kind, Kind::damaged);
}

TEST_F(ArchiveCheck, WhereThereIsNoArchiveIsAnError) {
  EXPECT_EQ(check().counts.error().code, Errc::not_found);
  fs::create_directory(at());
  EXPECT_EQ(check().counts.error().code, Errc::usage);
  // Killed when it had made the list, and nothing else.
  write_file(list(), store::ManifestChain().sealed("{\"format\":\"postferry-mailboxes\",\"version\":1}\n"));
  EXPECT_EQ(check().counts.error().code, Errc::usage);
  fs::remove(list());
  write_file(at("letter"), "x");
  EXPECT_EQ(check().counts.error().code, Errc::usage);
  fs::create_directory(at("INBOX"));
  write_file(at("INBOX/1704067200000-0123abcd.eml"), "x");
  EXPECT_EQ(check().counts.error().code, Errc::unsupported);
}

TEST_F(ArchiveCheck, EndsWhenAskedTo) {
  fill({{a_message(1)}});
  store::ArchiveCheck wanted;
  wanted.directory = at();
  wanted.found = [](const ArchiveFinding&) {};
  wanted.stopped = [] { return true; };
  const auto ended = run(check_archive(std::move(wanted)));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::cancelled);
}

}  // namespace
}  // namespace pf::test
