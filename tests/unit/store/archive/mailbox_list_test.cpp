// Which mailboxes an archive has to have: written with each change, and read by whoever looks.
#include "store/archive/mailbox_list.h"

#include "store/archive/flat_json.h"
#include "store/archive/mailbox_folder.h"
#include "store/archive/manifest.h"
#include "unit/store/archive/archive_rig.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using store::Access;
using store::ListedMailbox;
using store::MailboxList;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using State = MailboxList::State;

class MailboxListTest : public ArchiveRig {
 protected:
  [[nodiscard]] os::Directory root() const { return os::Directory::open(at()).value(); }
  // What is wrong with it goes to complaints_.
  MailboxList load() {
    complaints_.clear();
    return MailboxList::load(root(), [this](const Error& error) { complaints_.push_back(error.context); })
        .value();
  }
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& mailbox : load().listed()) out.push_back(mailbox.mailbox);
    std::ranges::sort(out);
    return out;
  }
  [[nodiscard]] std::string epoch_of(const std::string& mailbox) const {
    const auto line = lines_of(at(store::folder_name(mailbox)) / store::manifest_file).front();
    store::FlatJsonReader reader(line);
    store::JsonMember member;
    while (reader.next(member)) {
      if (member.key == "epoch") return std::string(member.text);
    }
    return {};
  }
  // Opens something for writing, and closes it.
  void write_nothing() const {
    const auto store = connected();
    must(must(store->open(find(*store, {{"INBOX"}}), Access::append))->close());
    must(store->close());
  }
  void make_three() const {
    fill({{a_message(1)}});
    fill_mailbox({{"Work"}}, {{a_message(2)}});
    fill_mailbox({{"Work", "2024"}}, {{a_message(3)}});
  }

  std::vector<std::string> complaints_;
};

std::string sealed(const std::string& lines) {
  return store::ManifestChain().sealed(lines);
}

// ---- what is written

TEST_F(MailboxListTest, EachChangeOfAMailboxIsALine) {
  make_three();
  const auto inbox = epoch_of("INBOX"), work = epoch_of("Work"), below = epoch_of("Work/2024");
  const auto store = connected();
  must(store->rename(find(*store, {{"Work"}}), {{"Play"}}, "Play"));
  must(store->remove(find(*store, {{"Play", "2024"}})));
  must(store->close());
  const auto named = [](const std::string& epoch, const std::string& name) {
    return "{\"epoch\":\"" + epoch + "\",\"mailbox\":\"" + name + "\"}\n";
  };
  const auto text = read_file(list());
  const bool work_first = text.find("\"Play\"") < text.find("\"Play/2024\"");
  const auto a = named(work, "Play"), b = named(below, "Play/2024");
  EXPECT_EQ(text, sealed("{\"format\":\"postferry-mailboxes\",\"version\":1}\n" + named(inbox, "INBOX") +
                         named(work, "Work") + named(below, "Work/2024") + (work_first ? a + b : b + a) +
                         "{\"epoch\":\"" + below + "\",\"gone\":true}\n"));
  EXPECT_THAT(names(), ElementsAre("INBOX", "Play"));
  EXPECT_EQ(load().state(below), State::gone);
  EXPECT_EQ(load().state("0123"), State::unknown);
  EXPECT_THAT(complaints_, IsEmpty());
}

TEST_F(MailboxListTest, AWriterAddsWhatIsNotThereAndCutsOffWhatWasTorn) {
  make_three();
  const auto whole = lines_of(list());
  // As it is after a kill between folder and line, in the middle of a rename, and between line and folder.
  write_lines(list(), {whole[0], whole[1], whole[2]});
  write_nothing();
  EXPECT_EQ(lines_of(list()), whole);
  const auto work = epoch_of("Work");
  for (const std::string& line : {"{\"epoch\":\"" + work + "\",\"mailbox\":\"Other\"}\n",
                                  "{\"epoch\":\"" + work + "\",\"gone\":true}\n"}) {
    {
      auto loaded = load();
      const std::vector<ListedMailbox> other{{work, "Other"}};
      ASSERT_TRUE(line.find("gone") == std::string::npos ? loaded.add(root(), other)
                                                         : loaded.remove(root(), work));
    }
    EXPECT_THAT(lines_of(list()).back(), HasSubstr(line.substr(0, line.size() - 2)));
    write_nothing();
    EXPECT_THAT(names(), ElementsAre("INBOX", "Work", "Work/2024"));
    EXPECT_THAT(complaints_, IsEmpty());
  }
  const auto text = read_file(list());
  write_file(list(), text + "{\"epoch\":\"01");
  fill_mailbox({{"New"}}, {});
  EXPECT_TRUE(read_file(list()).starts_with(text + "{\"epoch\":\"" + epoch_of("New")));
  EXPECT_THAT(names(), ElementsAre("INBOX", "New", "Work", "Work/2024"));
  EXPECT_THAT(complaints_, IsEmpty());
  // Nothing more to say.
  const auto before = tree_of(at());
  write_nothing();
  EXPECT_EQ(tree_of(at()), before);
}

TEST_F(MailboxListTest, AnArchiveOfAnEarlierVersionGetsOneWhenItIsWrittenTo) {
  make_three();
  make_older();
  EXPECT_EQ(must(connected()->list()).size(), 3U);
  EXPECT_THAT(logged_, IsEmpty());
  EXPECT_FALSE(fs::exists(list()));
  write_nothing();
  EXPECT_THAT(names(), ElementsAre("INBOX", "Work", "Work/2024"));
  EXPECT_THAT(complaints_, IsEmpty());
}

TEST_F(MailboxListTest, OneThatWasLostIsSaidAndMadeAgainByTheNextWriter) {
  make_three();
  fs::remove(list());
  EXPECT_EQ(must(connected()->list()).size(), 3U);
  EXPECT_THAT(logged_, ElementsAre(HasSubstr("mailboxes.jsonl is not there")));
  write_nothing();
  EXPECT_THAT(names(), ElementsAre("INBOX", "Work", "Work/2024"));
}

TEST_F(MailboxListTest, AnArchiveWhoseMakingWasCutOffIsMade) {
  fs::create_directory(at());
  write_file(list(), sealed("{\"format\":\"postferry-mailboxes\",\"version\":1}\n"));
  EXPECT_THAT(must(connected()->list()), IsEmpty());
  make_three();
  EXPECT_THAT(names(), ElementsAre("INBOX", "Work", "Work/2024"));
  // One that lost the file which says what it is is another matter.
  fs::remove(at("archive.json"));
  for (const auto* folder : {"INBOX", "Work", "Work/2024"}) fs::remove_all(at(store::folder_name(folder)));
  EXPECT_FALSE(run(store_here()->connect()));
}

// ---- what a reader makes of it

TEST_F(MailboxListTest, AMailboxThatWasTakenAwayIsListedAndCannotBeHad) {
  make_three();
  fs::remove_all(at(store::folder_name("Work")));
  const auto before = tree_of(temp_.path());
  const auto store = connected();
  EXPECT_EQ(must(store->list()).size(), 3U);
  const auto work = find(*store, {{"Work"}});
  EXPECT_FALSE(work.status);
  for (const auto access : {Access::read, Access::append, Access::write}) {
    const auto opened = run(store->open(work, access));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().scope, Scope::mailbox);
    // Not as one that was removed: a mirror would follow.
    EXPECT_EQ(opened.error().code, Errc::io);
    EXPECT_THAT(opened.error().context, HasSubstr("mailbox Work is missing"));
    EXPECT_THAT(opened.error().hint, HasSubstr("mailboxes.jsonl"));
  }
  const auto status = must(store->status({work, find(*store, {{"Work", "2024"}})}));
  EXPECT_FALSE(status[0]);
  EXPECT_TRUE(status[1]);
  EXPECT_EQ(tree_of(temp_.path()), before);
  // A stranger, who did not list before.
  EXPECT_EQ(run(connected()->open(work, Access::read)).error().code, Errc::io);
}

TEST_F(MailboxListTest, AMailboxThatWasTakenAwayIsNotMadeAnewNorRenamedNorForgotten) {
  make_three();
  fs::remove_all(at(store::folder_name("Work/2024")));
  const auto store = connected();
  EXPECT_FALSE(run(store->create({{"Work", "2024"}}, "Work/2024", SpecialUse::none)));
  EXPECT_FALSE(run(store->remove(find(*store, {{"Work", "2024"}}))));
  must(store->rename(find(*store, {{"Work"}}), {{"Play"}}, "Play"));
  must(store->close());
  EXPECT_THAT(names(), ElementsAre("INBOX", "Play", "Work/2024"));
  // To do without it.
  fs::remove(list());
  write_nothing();
  EXPECT_THAT(names(), ElementsAre("INBOX", "Play"));
  fill_mailbox({{"Work", "2024"}}, {{a_message(9)}});
}

TEST_F(MailboxListTest, AMailboxThatCannotBeReadIsCalledAsTheListHasIt) {
  make_three();
  const auto folder = at(store::folder_name("Work"));
  write_file(folder / store::manifest_file, "rubbish\n");
  const auto store = connected();
  const auto work = find(*store, {{"Work"}});
  EXPECT_FALSE(work.status);
  EXPECT_THAT(run(store->open(work, Access::read)).error().context, HasSubstr("line 1"));
  EXPECT_EQ(must(store->list()).size(), 3U);
  fs::remove(folder / store::manifest_file);
  const auto opened = run(connected()->open(work, Access::read));
  ASSERT_FALSE(opened);
  EXPECT_EQ(must(connected()->list()).size(), 3U);
}

TEST_F(MailboxListTest, ADamagedListIsSaidAndKeepsNobodyFromReading) {
  make_three();
  const auto lines = lines_of(list());
  for (const auto& text : {lines[0] + lines[2] + lines[3], std::string("rubbish\n"), std::string(),
                           std::string(3 << 20, '{'), std::string(200'000, '\n')}) {
    write_file(list(), text);
    logged_.clear();
    EXPECT_EQ(must(connected()->list()).size(), 3U) << text.substr(0, 1000);
    ASSERT_EQ(logged_.size(), 1U) << text.substr(0, 1000);
    EXPECT_THAT(logged_[0], HasSubstr("mailboxes.jsonl"));
    EXPECT_EQ(read_inbox().size(), 1U);
  }
  fs::remove(list());
  fs::create_symlink("/dev/zero", list());
  EXPECT_EQ(read_inbox().size(), 1U);
}

TEST_F(MailboxListTest, AWriterGoesOnWithADamagedListAndRefusesOneItCannotRead) {
  make_three();
  const auto lines = lines_of(list());
  write_lines(list(), {lines[0], lines[2], lines[3]});  // line 2 was lost
  fill_mailbox({{"New"}}, {});
  EXPECT_THAT(names(), ElementsAre("INBOX", "New", "Work", "Work/2024"));
  EXPECT_THAT(complaints_, ElementsAre(HasSubstr("line 2 ")));
  fs::remove(list());
  fs::create_symlink(temp_ / "elsewhere", list());
  const auto store = connected();
  const auto opened = run(store->open(find(*store, {{"INBOX"}}), Access::write));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().scope, Scope::account);
  EXPECT_THAT(opened.error().context, HasSubstr("mailboxes.jsonl"));
  EXPECT_NE(opened.error().hint, "");
  EXPECT_FALSE(fs::exists(temp_ / "elsewhere"));
}

// Whoever looks while others make, rename and remove mailboxes misses none of them.
TEST_F(MailboxListTest, AReaderBesideAWriterMissesNothing) {
  fill({});
  std::atomic<bool> done = false;
  std::string failure;
  std::thread writer([&] {
    Loop loop;
    store::ArchiveOptions options;
    options.directory = at();
    store::ArchiveStore store(options);
    const auto fine = [&](const auto& result) {
      if (!result && failure.empty()) failure = result.error().describe();
      return result.has_value();
    };
    if (fine(loop.run(store.connect()))) {
      for (int i = 0; i < 30 && failure.empty(); ++i) {
        const std::string name = "M" + std::to_string(i), other = "N" + std::to_string(i);
        const auto made = loop.run(store.create({{name}}, name, SpecialUse::none));
        if (!fine(made)) break;
        const auto renamed = loop.run(store.rename(*made, {{other}}, other));
        if (fine(renamed) && i % 2 == 0) fine(loop.run(store.remove(*renamed)));
      }
      fine(loop.run(store.close()));
    }
    done = true;
  });
  const auto store = connected();
  do {
    for (const auto& mailbox : must(store->list())) {
      if (mailbox.status) continue;
      // Renamed or removed while it was looked for; never missed.
      const auto opened = run(store->open(mailbox, Access::read));
      if (!opened) EXPECT_THAT(opened.error().context, testing::Not(HasSubstr("is missing")));
    }
  } while (!done);
  writer.join();
  EXPECT_EQ(failure, "");
  EXPECT_EQ(must(connected()->list()).size(), 16U);
}

// ---- hostile ones

TEST(MailboxListLines, WhatMakesNoSenseIsNamedAndLeftOut) {
  for (const auto* line :
       {"", "x", "[]", "{}", "{\"epoch\":\"1\"}", "{\"mailbox\":\"x\"}", "{\"epoch\":1,\"mailbox\":\"x\"}",
        "{\"epoch\":\"\",\"mailbox\":\"x\"}", "{\"epoch\":\"1\",\"mailbox\":\"\"}",
        "{\"epoch\":\"1\",\"epoch\":\"2\",\"mailbox\":\"x\"}", "{\"epoch\":\"1\",\"gone\":false}",
        "{\"epoch\":\"1\",\"gone\":true}", "{\"epoch\":\"1\",\"mailbox\":\"x\",\"gone\":true}",
        "{\"format\":\"postferry-mailbox\",\"version\":1}",
        "{\"format\":\"postferry-mailboxes\",\"version\":2}"}) {
    MailboxList list;
    const auto applied = list.apply(line, true);
    ASSERT_FALSE(applied) << line;
    EXPECT_THAT(applied.error().context, HasSubstr("line 1 of mailboxes.jsonl")) << line;
    EXPECT_THAT(list.listed(), IsEmpty()) << line;
  }
  MailboxList list;
  EXPECT_FALSE(list.apply("{\"epoch\":\"" + std::string(65, '1') + "\",\"mailbox\":\"x\"}", true));
  EXPECT_FALSE(list.apply("{\"epoch\":\"1\",\"mailbox\":\"" + std::string(4097, 'x') + "\"}", true));
  EXPECT_FALSE(list.apply(std::string(store::manifest_line_limit + 1, ' '), true));
  EXPECT_THAT(list.listed(), IsEmpty());
  // A wrong sum is said; what the line says is all there is.
  EXPECT_FALSE(list.apply("{\"epoch\":\"1\",\"mailbox\":\"x\",\"later\":7}", false));
  EXPECT_EQ(list.state("1"), State::listed);
}

TEST(MailboxListLines, NoListTakesAllMemory) {
  MailboxList list;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < MailboxList::most_mailboxes + 10; ++i) {
    const auto taken = list.apply("{\"epoch\":\"" + std::to_string(i) + "\",\"mailbox\":\"x\"}", true);
    refused += taken ? 0U : 1U;
  }
  EXPECT_EQ(refused, 10U);
  EXPECT_TRUE(list.apply("{\"epoch\":\"7\",\"mailbox\":\"y\"}", true));  // a rename needs no more room
}

// A list may say what it likes: nothing outside the archive is looked at or touched.
TEST_F(MailboxListTest, NamesThatLeadElsewhereLeadNowhere) {
  fill({{a_message(1)}});
  const auto secret = temp_ / "secret";
  fs::create_directory(secret);
  fs::copy_file(manifest(), secret / store::manifest_file);
  const auto before = tree_of(secret);
  std::string lines = "{\"format\":\"postferry-mailboxes\",\"version\":1}\n";
  int epoch = 0;
  for (const std::string name :
       {"../secret", "..", ".", "/etc", "../../secret", "a/../../secret", "x\\u0000y", "."})
    lines += "{\"epoch\":\"" + std::to_string(epoch++) + "\",\"mailbox\":\"" + name + "\"}\n";
  write_file(list(), sealed(lines));
  {
    const auto store = connected();
    for (const auto& mailbox : must(store->list())) {
      if (mailbox.path.is_inbox()) continue;
      EXPECT_FALSE(run(store->open(mailbox, Access::write))) << mailbox.id;
      EXPECT_FALSE(run(store->remove(mailbox))) << mailbox.id;
    }
    must(store->close());
  }
  write_nothing();
  EXPECT_EQ(tree_of(secret), before);
  EXPECT_EQ(read_inbox().size(), 1U);
}

// The same of manifests, whose folders a writer calls after their mailboxes.
TEST_F(MailboxListTest, FoldersOfMailboxesWithSuchNamesStayWhereTheyAre) {
  fill({{a_message(1)}});
  const std::vector<std::string> hostile{"../evil",         "/tmp/evil",  "..",
                                         "a/../../../evil", "x\n\x1B[2J", ".tmp-x"};
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    const store::MailboxHeader header{std::to_string(i), hostile[i], SpecialUse::none, false};
    ASSERT_TRUE(store::MailboxFolder::make(root(), "Folder" + std::to_string(i), header));
  }
  write_nothing();
  for (const auto& entry : fs::directory_iterator(temp_.path())) EXPECT_EQ(entry.path(), at());
  for (const auto& name : hostile) {
    EXPECT_TRUE(fs::exists(at(store::folder_name(name)) / store::manifest_file)) << name;
    EXPECT_EQ(fs::path(store::folder_name(name)).filename(), store::folder_name(name));
  }
  EXPECT_EQ(names().size(), hostile.size() + 1);
}

}  // namespace
}  // namespace pf::test
