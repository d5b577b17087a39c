#include "store/archive/archive_store.h"

#include "async/group.h"
#include "base/digest.h"
#include "base/os/directory.h"
#include "store/archive/manifest.h"
#include "store/archive/manifest_chain.h"
#include "support/few_open_files.h"
#include "unit/store/archive/archive_rig.h"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using store::Access;
using store::AppendOutcome;
using store::ScanFields;
using testing::ElementsAre;
using testing::HasSubstr;

class ArchiveStoreTest : public ArchiveRig {
 protected:
  [[nodiscard]] Error connect_error() const {
    const auto store = store_here();
    auto done = run(store->connect());
    return done ? Error{} : done.error();
  }
  [[nodiscard]] fs::path only_message() const {
    for (const auto& name : files()) {
      if (name.ends_with(".eml")) return at("INBOX") / name;
    }
    throw std::runtime_error("no message");
  }
  void append_to_manifest(std::string_view text) const {
    std::ofstream file(manifest(), std::ios::binary | std::ios::app);
    file << text;
  }
  // As a writer would.
  void write_line(const std::string& line) const {
    store::ManifestChain chain;
    std::istringstream lines(read_file(manifest()));
    for (std::string text; std::getline(lines, text);) EXPECT_TRUE(chain.take(text));
    append_to_manifest(chain.sealed(line));
  }
  [[nodiscard]] std::string sum_of_sidecar(const std::string& stem) const {
    const auto text = read_file(at("INBOX") / (stem + ".json"));
    return hex(sha256(std::string_view(text).substr(0, text.find(R"(, "sum")")))).substr(0, 16);
  }
};

// ---- the directory

TEST_F(ArchiveStoreTest, IsMadeByTheFirstChangeAndNotBefore) {
  const auto store = connected();
  EXPECT_TRUE(must(store->list()).empty());
  EXPECT_FALSE(fs::exists(at()));
  make(*store, {{"INBOX"}});
  must(store->close());
  EXPECT_EQ(read_file(at("archive.json")),
            R"({"format": "postferry-archive", "version": 1, "mailboxes": "mailboxes.jsonl"})"
            "\n");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(at())) names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("archive.json", "mailboxes.jsonl", "INBOX"));
  EXPECT_THAT(files(), ElementsAre("manifest.jsonl"));
}

TEST_F(ArchiveStoreTest, AnEmptyDirectoryBecomesOneAndAnotherIsRefused) {
  fs::create_directory(at());
  EXPECT_EQ(connect_error().context, "");
  write_file(at("letter.txt"), "x");
  const auto error = connect_error();
  EXPECT_EQ(error.scope, Scope::account);
  EXPECT_THAT(error.context, HasSubstr(at().native()));
  EXPECT_EQ(tree_of(at()).size(), 1U);
}

TEST_F(ArchiveStoreTest, OfANewerVersionOrAnotherProgramIsRefused) {
  fs::create_directory(at());
  for (const auto* text : {R"({"format": "postferry-archive", "version": 2})",
                           R"({"format": "x", "version": 1})", "{}", "", "[1]"}) {
    write_file(at("archive.json"), text);
    EXPECT_EQ(connect_error().scope, Scope::account) << text;
    EXPECT_THAT(connect_error().context, HasSubstr("archive.json")) << text;
  }
  fs::remove(at("archive.json"));
  fs::create_symlink("/etc/passwd", at("archive.json"));
  EXPECT_NE(connect_error().context, "");
}

TEST_F(ArchiveStoreTest, MustExistWhereSaid) {
  store::ArchiveOptions options;
  options.directory = at();
  options.must_exist = true;
  store::ArchiveStore store(options);
  EXPECT_EQ(run(store.connect()).error().code, Errc::usage);
  fs::create_directory(at());
  EXPECT_EQ(run(store.connect()).error().code, Errc::usage);
}

TEST_F(ArchiveStoreTest, EverythingIsPrivate) {
  fill({{a_message(1)}});
  for (const auto& entry : fs::recursive_directory_iterator(temp_.path())) {
    const auto mode = entry.status().permissions();
    EXPECT_EQ(mode,
              entry.is_directory() ? fs::perms::owner_all : fs::perms::owner_read | fs::perms::owner_write)
        << entry.path();
  }
}

TEST_F(ArchiveStoreTest, ReadingWritesNothing) {
  fill({{a_message(1), "\\Seen"}, {a_message(2, 3'000'000)}});
  const auto before = tree_of(temp_.path());
  const auto mail = read_inbox();
  EXPECT_EQ(mail.size(), 2U);
  EXPECT_EQ(tree_of(temp_.path()), before);
}

// What an export does that finds nothing new: opens for writing, and closes.
TEST_F(ArchiveStoreTest, OpeningForWritingChangesNothingThatStays) {
  fill({{a_message(1)}});
  auto before = tree_of(at());
  {
    const auto store = connected();
    const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::write));
    EXPECT_TRUE(must(mailbox->change_flags({})).empty());
    must(mailbox->close());
    must(store->close());
  }
  EXPECT_EQ(tree_of(at()), before);
}

// ---- messages

TEST_F(ArchiveStoreTest, AMessageIsTwoFilesAndALine) {
  const auto text = a_message(1);
  fill({{text,
         "\\Seen \\Answered $Forwarded",
         InternalDate(1'704'110'400, 120),
         {"99", "4711", "INBOX.Post &AOk-"}}});
  const std::string digest = hex(sha256(text));
  const std::string stem = "20240101T120000Z-" + digest.substr(0, 16);
  EXPECT_THAT(files(), ElementsAre(stem + ".eml", stem + ".json", "manifest.jsonl"));
  EXPECT_EQ(read_file(at("INBOX") / (stem + ".eml")), text);
  EXPECT_EQ(read_file(at("INBOX") / (stem + ".json")),
            R"({"mailbox": "INBOX.Post &AOk-", "flags": "\\Answered \\Seen $Forwarded", )"
            R"("internaldate": "01-Jan-2024 14:00:00 +0200", "sha256": ")" +
                digest + R"(", "size": )" + std::to_string(text.size()) +
                R"(, "uid": 4711, "uidvalidity": 99, "sum": ")" + sum_of_sidecar(stem) + "\"}\n");
  const std::string lines = read_file(manifest());
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
  EXPECT_THAT(lines, HasSubstr(R"({"n":1,"file":")" + stem + R"(","sha256":")" + digest + R"(",)"));
  EXPECT_THAT(lines, HasSubstr(R"("uid":4711,"uidvalidity":99,"sum":")"));
}

// Some of its files are without a name until they have their places, the others are not: nobody sees which.
TEST_F(ArchiveStoreTest, ABatchMayHaveMoreMessagesThanFilesThatMayBeOpen) {
  std::vector<Mail> mail;
  for (int i = 0; i < 300; ++i) mail.push_back({a_message(i), i % 2 == 0 ? "\\Seen" : ""});
  const auto store = connected();
  const auto inbox = make(*store, {{"INBOX"}});
  {
    FewOpenFiles few;
    few.release(50);
    auto mailbox = must(store->open(inbox, Access::write));
    append(*mailbox, mail);
    must(mailbox->close());
  }
  auto mailbox = must(store->open(inbox, Access::read));
  std::vector<MessageRef> all;
  for (const auto& m : must(mailbox->scan({}, store::ScanFields::refs)).messages) all.push_back(m.ref);
  auto stream = must(mailbox->read(all));
  const auto back = must(read_stream(*stream));
  must(stream->close());
  must(mailbox->close());
  ASSERT_EQ(back.size(), mail.size());
  for (std::size_t i = 0; i < mail.size(); ++i) EXPECT_EQ(back[i].text, mail[i].text);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(at())) {
    const auto ending = entry.path().extension();
    if (ending == ".eml" || (ending == ".json" && entry.path().parent_path() != at())) ++files;
    if (entry.is_directory()) EXPECT_EQ(entry.path(), at("INBOX"));
  }
  EXPECT_EQ(files, 2 * mail.size());
}

TEST_F(ArchiveStoreTest, TwinsStayTwoFilesAndNamesDoNotDependOnTheOrder) {
  const Mail a{a_message(1)}, b{a_message(2)}, other_day{a_message(1), "", InternalDate(0, 0)};
  fill({a, b, a, other_day, a});
  const auto names = files();
  EXPECT_EQ(names.size(), 11U);
  EXPECT_EQ(std::ranges::count_if(names, [](const auto& n) { return n.ends_with("-2.eml"); }), 1);
  EXPECT_EQ(std::ranges::count_if(names, [](const auto& n) { return n.ends_with("-3.eml"); }), 1);
  EXPECT_EQ(read_inbox().size(), 5U);
  fs::remove_all(at());
  fill({other_day, a, a, b, a});
  EXPECT_EQ(files(), names);
}

TEST_F(ArchiveStoreTest, FlagsReachTheFileBesideTheMessage) {
  fill({{a_message(1), "\\Seen", InternalDate(0, 0), {"1", "2", "Posta"}}});
  const auto before = tree_of(at("INBOX"));
  const auto store = connected();
  const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::write));
  std::vector<store::FlagChange> changes;
  changes.push_back({must(mailbox->scan({}, ScanFields::refs)).messages.front().ref,
                     FlagSet::parse("\\Flagged"), FlagSet::parse("\\Seen")});
  must(mailbox->change_flags(changes));
  must(mailbox->change_flags(changes));  // nothing is left to change
  must(mailbox->close());
  must(store->close());
  const auto after = tree_of(at("INBOX"));
  for (const auto& [name, status] : before)
    EXPECT_EQ(after.at(name) == status, name.ends_with(".eml")) << name;
  EXPECT_THAT(read_file(fs::path(only_message()).replace_extension(".json")),
              HasSubstr(R"("mailbox": "Posta", "flags": "\\Flagged", )"));
  const auto lines = read_file(manifest());
  EXPECT_THAT(lines, HasSubstr("\n{\"n\":1,\"flags\":\"\\\\Flagged\",\"sum\":\""));
  EXPECT_EQ(std::ranges::count(lines, '\n'), 3);
}

TEST_F(ArchiveStoreTest, ALostFileBesideTheMessageIsMadeAgainWithItsFlags) {
  fill_mailbox({{"Entw\xC3\xBCrfe"}}, {{a_message(1)}});
  const auto store = connected();
  const auto mailbox = must(store->open(find(*store, {{"Entw\xC3\xBCrfe"}}), Access::write));
  for (const auto& entry : fs::recursive_directory_iterator(at())) {
    if (entry.path().extension() == ".json" && entry.path().parent_path() != at()) fs::remove(entry.path());
  }
  std::vector<store::FlagChange> changes;
  changes.push_back(
      {must(mailbox->scan({}, ScanFields::refs)).messages.front().ref, FlagSet::parse("\\Seen"), {}});
  must(mailbox->change_flags(changes));
  std::string found;
  for (const auto& entry : fs::recursive_directory_iterator(at())) {
    if (entry.path().extension() == ".json" && entry.path().parent_path() != at())
      found = read_file(entry.path());
  }
  EXPECT_THAT(found, HasSubstr(R"({"mailbox": "Entw&APw-rfe", "flags": "\\Seen")"));
  must(mailbox->close());
  must(store->close());
}

TEST_F(ArchiveStoreTest, WhatIsRemovedLeavesNoFiles) {
  fill({{a_message(1)}, {a_message(2)}});
  const auto store = connected();
  const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::write));
  must(mailbox->remove({must(mailbox->scan({}, ScanFields::refs)).messages.front().ref}));
  must(mailbox->close());
  must(store->close());
  EXPECT_EQ(files().size(), 3U);
  const auto left = read_inbox();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left.front().text, a_message(2));
}

TEST_F(ArchiveStoreTest, AnyNameOfAMailboxComesBack) {
  const std::vector<MailboxPath> paths{{{"a/b"}},        {{"a", "b"}},     {{".."}},
                                       {{"..", ".."}},   {{"CON"}},        {{"x."}},
                                       {{" x "}},        {{"Trash"}},      {{"trash"}},
                                       {{"\xE4 raw"}},   {{"bell\a\n"}},   {{"50%"}},
                                       {{"%41"}},        {{"\xC3\xA9"}},   {{"e\xCC\x81"}},
                                       {{"", "x"}},      {{"INBOX", "x"}}, {{"manifest.jsonl"}},
                                       {{"/etc/passwd"}}};
  {
    const auto store = connected();
    for (const auto& path : paths) make(*store, path);
    must(store->close());
  }
  const auto store = connected();
  std::vector<MailboxPath> found;
  for (const auto& mailbox : must(store->list())) found.push_back(mailbox.path);
  EXPECT_THAT(found, testing::UnorderedElementsAreArray(paths));
  // All of it is right below the archive.
  for (const auto& entry : fs::directory_iterator(temp_.path())) EXPECT_EQ(entry.path(), at());
  for (const auto& entry : fs::directory_iterator(at())) {
    if (entry.is_directory()) EXPECT_EQ(std::distance(fs::directory_iterator(entry), {}), 1) << entry;
  }
}

// ---- damage

TEST_F(ArchiveStoreTest, AMessageThatIsNotWhatWasWrittenIsNamedAndNotHandedOut) {
  for (const std::size_t octets : {1000U, 3'000'000U}) {
    fs::remove_all(at());
    fill({{a_message(1, octets)}});
    const auto path = only_message();
    const auto good = read_file(path);
    auto flipped = good;
    flipped[good.size() - 10] ^= 1;
    for (const auto& bad : {flipped, good.substr(0, good.size() - 1), good + "x", std::string()}) {
      write_file(path, bad);
      const auto mail = read_inbox();
      ASSERT_EQ(mail.size(), 1U);
      ASSERT_TRUE(mail[0].error);
      EXPECT_EQ(mail[0].text, "");
      EXPECT_EQ(mail[0].error->scope, Scope::message);
      EXPECT_FALSE(mail[0].ref.empty());
      EXPECT_THAT(mail[0].error->context, HasSubstr(path.native()));
      const auto lenient = read_inbox(true);
      ASSERT_FALSE(lenient[0].error);
      EXPECT_EQ(lenient[0].text, bad);
    }
  }
}

TEST_F(ArchiveStoreTest, OneDamagedMessageIsNotInTheWayOfTheOthers) {
  fill({{a_message(1)}, {a_message(2)}, {a_message(3)}});
  fs::remove(only_message());
  const auto mail = read_inbox();
  ASSERT_EQ(mail.size(), 3U);
  EXPECT_EQ(std::ranges::count_if(mail, [](const auto& m) { return m.error.has_value(); }), 1);
}

TEST_F(ArchiveStoreTest, LinksAndDevicesAreNoMessages) {
  fill({{a_message(1)}});
  const auto path = only_message();
  const auto elsewhere = temp_ / "elsewhere";
  fs::rename(path, elsewhere);
  fs::create_symlink(elsewhere, path);
  EXPECT_TRUE(read_inbox().front().error);
  fs::remove(path);
  fs::create_hard_link(elsewhere, path);
  EXPECT_TRUE(read_inbox().front().error);
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_TRUE(read_inbox().front().error);
  fs::remove(path);
  fs::rename(elsewhere, path);
  EXPECT_FALSE(read_inbox().front().error);
}

TEST_F(ArchiveStoreTest, AFolderThatIsALinkIsNoMailbox) {
  fill({{a_message(1)}});
  fs::rename(at("INBOX"), temp_ / "elsewhere");
  fs::create_directory_symlink(temp_ / "elsewhere", at("INBOX"));
  fs::create_directory_symlink(temp_ / "elsewhere", at("Other"));
  const auto store = connected();
  EXPECT_EQ(must(store->list()).size(), 1U);  // the list has it
  EXPECT_FALSE(run(store->open(find(*store, {{"INBOX"}}), Access::read)));
}

TEST_F(ArchiveStoreTest, ADamagedManifestConcernsItsMailboxAndIsNamed) {
  fill({{a_message(1)}});
  fill_mailbox({{"Other"}}, {{a_message(2)}});
  append_to_manifest("{\"n\":1,\"gone\":tru}\n");
  const auto store = connected();
  const auto listed = must(store->list());
  EXPECT_EQ(listed.size(), 2U);
  const auto inbox = find(*store, {{"INBOX"}});
  EXPECT_FALSE(inbox.status);
  const auto opened = run(store->open(inbox, Access::read));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().scope, Scope::mailbox);
  EXPECT_THAT(opened.error().context, HasSubstr("line 3"));
  EXPECT_THAT(opened.error().context, HasSubstr(at("INBOX").native()));
  const auto status = must(store->status({inbox, find(*store, {{"Other"}})}));
  EXPECT_FALSE(status[0]);
  ASSERT_TRUE(status[1]);
  EXPECT_EQ(status[1]->count, 1U);
  // Taken as it is when that is wanted.
  EXPECT_EQ(read_inbox(true).size(), 1U);
  EXPECT_FALSE(logged_.empty());
}

TEST_F(ArchiveStoreTest, AManifestWithoutItsFirstLineStillHasAFolder) {
  fill({{a_message(1)}});
  write_file(manifest(), "rubbish\n");
  const auto store = connected();
  const auto inbox = find(*store, {{"INBOX"}});
  EXPECT_FALSE(run(store->open(inbox, Access::read)));
}

TEST_F(ArchiveStoreTest, ALineWithoutEndIsRefusedBeforeItIsAllRead) {
  fill({{a_message(1)}});
  append_to_manifest(std::string(5 << 20, '{'));
  const auto store = connected();
  const auto opened = run(store->open(find(*store, {{"INBOX"}}), Access::read));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::limit);
}

TEST_F(ArchiveStoreTest, TwoFoldersOfOneMailboxAreOne) {
  fill({{a_message(1)}});
  fs::create_directory(at("INBOX copy"));
  fs::copy_file(manifest(), at("INBOX copy") / store::manifest_file);
  const auto store = connected();
  EXPECT_EQ(must(store->list()).size(), 1U);
  EXPECT_THAT(logged_, ElementsAre(HasSubstr("INBOX copy")));
  EXPECT_FALSE(read_inbox().front().error);
}

// ---- crashes

TEST_F(ArchiveStoreTest, ATornLastLineIsLeftOutAndCutOffByTheNextWriter) {
  fill({{a_message(1)}});
  const auto whole = read_file(manifest());
  for (const std::string torn : {"{\"n\":2,\"fi", "{\"n\":1,\"gone\":true}", "\0\0\0\0"}) {
    write_file(manifest(), whole + torn);
    EXPECT_EQ(read_inbox().size(), 1U);
    EXPECT_EQ(read_file(manifest()), whole + torn);
    const auto store = connected();
    const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::append));
    append(*mailbox, {{a_message(2)}});
    must(mailbox->close());
    must(store->close());
    EXPECT_TRUE(read_file(manifest()).starts_with(whole + "{\"n\":2,\"file\""));
    EXPECT_EQ(read_inbox().size(), 2U);
    write_file(manifest(), whole);
  }
}

// Killed between the files and the line: the same message takes their place.
TEST_F(ArchiveStoreTest, FilesWithoutALineAreReplacedByTheSameMessage) {
  fill({{a_message(1)}});
  const auto names = files();
  const auto whole = read_file(manifest());
  write_file(manifest(), whole.substr(0, whole.find('\n') + 1));
  EXPECT_TRUE(read_inbox().empty());
  {
    const auto store = connected();
    const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::write));
    append(*mailbox, {{a_message(1)}});
    must(mailbox->close());
    must(store->close());
  }
  EXPECT_EQ(files(), names);
  EXPECT_EQ(read_inbox().front().text, a_message(1));
}

TEST_F(ArchiveStoreTest, WhatAKilledWriterLeftIsSweptByTheNext) {
  fill({{a_message(1)}, {a_message(2)}});
  fs::create_directory(at(".tmp-0123"));
  write_file(at(".tmp-0123") / "1.eml", "half");
  write_file(at(".tmp-file"), "half");
  // Said to be gone, but its files are there.
  write_line("{\"n\":2,\"gone\":true}\n");
  EXPECT_EQ(read_inbox().size(), 1U);
  EXPECT_TRUE(fs::exists(at(".tmp-file")));  // reading writes nothing
  {
    const auto store = connected();
    const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::write));
    append(*mailbox, {{a_message(3)}});
    must(mailbox->close());
    must(store->close());
  }
  for (const auto& entry : fs::directory_iterator(at()))
    EXPECT_FALSE(entry.path().filename().native().starts_with('.'));
  EXPECT_EQ(files().size(), 5U);
}

// ---- several

TEST_F(ArchiveStoreTest, TwoProcessesDoNotWriteToOneArchive) {
  fill({{a_message(1)}});
  int ready[2], go[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto directory = os::Directory::open(at());
    const auto lock = directory->lock_file(store::archive_file);
    char c = lock ? 'y' : 'n';
    if (::write(ready[1], &c, 1) != 1 || ::read(go[0], &c, 1) != 1) ::_exit(2);
    ::_exit(0);
  }
  char c = 0;
  ASSERT_EQ(::read(ready[0], &c, 1), 1);
  EXPECT_EQ(c, 'y');
  const auto store = connected();
  const auto inbox = find(*store, {{"INBOX"}});
  EXPECT_EQ(run(store->open(inbox, Access::write)).error().code, Errc::locked);
  EXPECT_EQ(run(store->open(inbox, Access::append)).error().code, Errc::locked);
  EXPECT_EQ(run(store->subscribe(inbox)).error().code, Errc::locked);
  EXPECT_TRUE(run(store->open(inbox, Access::read)));
  ASSERT_EQ(::write(go[1], &c, 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(run(store->open(inbox, Access::write)));
  must(store->close());
}

TEST_F(ArchiveStoreTest, TwoStoresOfOneProcessWriteInTurn) {
  fill({});
  const auto a = connected(), b = connected();
  const auto in_a = must(a->open(find(*a, {{"INBOX"}}), Access::write));
  const auto in_b = must(b->open(find(*b, {{"INBOX"}}), Access::write));
  for (int i = 0; i < 5; ++i) {
    append(*in_a, {{a_message(2 * i)}});
    append(*in_b, {{a_message(2 * i + 1)}});
  }
  must(in_a->refresh());
  EXPECT_EQ(in_a->status().count, 10U);
  must(in_a->close());
  must(in_b->close());
  must(a->close());
  must(b->close());
  EXPECT_EQ(read_inbox().size(), 10U);
}

// They have read its manifest each for itself, and their messages go to the disk together.
TEST_F(ArchiveStoreTest, TwoWhoOpenedAMailboxAtTheSameTimeLoseNothing) {
  fill({});
  const auto store = connected();
  const auto inbox = find(*store, {{"INBOX"}});
  std::vector<std::unique_ptr<store::OpenMailbox>> opened(2);
  const auto open_one = [&](std::size_t i) -> Task<void> {
    PF_CO_TRY(opened[i], co_await store->open(inbox, Access::append));
    co_return Status{};
  };
  const auto append_one = [&](int number) -> Task<void> {
    PieceSource body(a_message(number));
    std::vector<store::AppendItem> items(1);
    items.front().body = &body;
    PF_CO_TRY(const auto outcomes, co_await opened[static_cast<std::size_t>(number) % 2]->append(items));
    EXPECT_EQ(outcomes.front().kind, store::AppendOutcome::Kind::stored);
    co_return Status{};
  };
  const auto scene = [&]() -> Task<void> {
    TaskGroup opening, appending;
    for (std::size_t i = 0; i < opened.size(); ++i) co_await opening.spawn(open_one(i));
    PF_CO_TRYV(co_await opening.join());
    for (int i = 0; i < 20; ++i) co_await appending.spawn(append_one(i));
    auto done = co_await appending.join();
    co_return done;
  };
  must(scene());
  for (const auto& mailbox : opened) must(mailbox->close());
  must(store->close());
  EXPECT_EQ(read_inbox().size(), 20U);
}

TEST_F(ArchiveStoreTest, WhoHasAMailboxOpenThatGetsAnotherNameMustOpenItAgain) {
  fill_mailbox({{"Work"}}, {{a_message(1)}});
  fill({});
  const auto store = connected();
  const auto mailbox = must(store->open(find(*store, {{"Work"}}), Access::write));
  const auto other = must(store->open(find(*store, {{"INBOX"}}), Access::write));
  const auto renamed = must(store->rename(find(*store, {{"Work"}}), {{"Office"}}, "Office"));
  const auto again = must(store->open(renamed, Access::write));
  PieceSource body(a_message(2));
  std::vector<store::AppendItem> items(1);
  items.front().body = &body;
  const auto refused = run(mailbox->append(items));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().scope, Scope::connection);
  EXPECT_EQ(append(*again, {{a_message(3)}}).front().kind, AppendOutcome::Kind::stored);
  EXPECT_EQ(append(*other, {{a_message(4)}}).front().kind, AppendOutcome::Kind::stored);
  must(store->close());
  EXPECT_EQ(files(store::folder_name("Office")).size(), 5U);
}

// ---- what does not fit

TEST_F(ArchiveStoreTest, MoreFlagsThanALineHoldsAreRefused) {
  fill({});
  const auto store = connected();
  const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::write));
  const auto outcomes = append(*mailbox, {{a_message(1), std::string(store::archive_flags_limit + 1, 'k')}});
  EXPECT_EQ(outcomes.front().kind, AppendOutcome::Kind::refused);
  EXPECT_EQ(outcomes.front().error->code, Errc::invalid_flag);
  must(mailbox->close());
  must(store->close());
  EXPECT_THAT(files(), ElementsAre("manifest.jsonl"));
}

TEST_F(ArchiveStoreTest, AMailboxWithoutANameIsRefused) {
  const auto store = connected();
  EXPECT_EQ(run(store->create({}, "", SpecialUse::none)).error().scope, Scope::mailbox);
  const std::string long_name(5000, 'x');
  EXPECT_EQ(run(store->create({{long_name}}, long_name, SpecialUse::none)).error().scope, Scope::mailbox);
  must(store->close());
}

TEST_F(ArchiveStoreTest, AMovedMessageSaysWhereItIsNow) {
  fill({{a_message(1), "\\Seen", InternalDate(0, 0), {"7", "8", "Posteingang"}}});
  const auto store = connected();
  const auto quarantine = make(*store, {{"deleted_from_source"}});
  const auto mailbox = must(store->open(find(*store, {{"INBOX"}}), Access::write));
  const auto moved =
      must(mailbox->move({must(mailbox->scan({}, ScanFields::refs)).messages.front().ref}, quarantine));
  EXPECT_TRUE(moved.front());
  must(mailbox->close());
  must(store->close());
  EXPECT_THAT(files(), ElementsAre("manifest.jsonl"));
  const auto there = files(store::folder_name("deleted_from_source"));
  ASSERT_EQ(there.size(), 3U);
  EXPECT_THAT(read_file(at(store::folder_name("deleted_from_source")) / there[1]),
              testing::AllOf(HasSubstr(R"("mailbox": "deleted_from_source")"), HasSubstr(R"("uid": 8)")));
}

}  // namespace
}  // namespace pf::test
