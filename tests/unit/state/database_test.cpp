// Opening: private files, versions, and every kind of damage we could think of.
#include "state/schema.h"
#include "unit/state/journal_fixture.h"

#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t messages = 400;

// A state directory with some of everything in it, closed and without a log beside the file.
class DatabaseOf : public ::testing::Test {
 protected:
  DatabaseOf() {
    auto journal = place.journal("imaps://a", "imaps://b");
    const auto inbox = run(journal->mailbox("INBOX", "INBOX")).value().id;
    EXPECT_TRUE(run(journal->reset(inbox, Epoch("s"), Epoch("t"))));
    std::vector<PairRow> rows;
    for (std::uint32_t uid = 1; uid <= messages; ++uid) rows.push_back(pair_row(uid));
    EXPECT_TRUE(run(journal->record(inbox, rows)));
    EXPECT_TRUE(run(journal->begin(inbox, intent_row({500, 501}))));
    const auto watched = run(journal->begin(inbox, intent_row({600}))).value();
    EXPECT_TRUE(run(journal->watch(watched, {}, {intent_item(600)})));
    EXPECT_TRUE(run(journal->park(inbox, {parked_row(700)})));
    EXPECT_TRUE(place.writer->close());
    original = read_file(file());
  }

  [[nodiscard]] fs::path file() const { return place.dir / Database::file_name; }
  [[nodiscard]] Result<Opened> open() const {
    return Database::open(place.dir.path(), {.busy_timeout = std::chrono::milliseconds(100)});
  }

  // Puts `content` there instead, with nothing of earlier rounds left.
  void replace(std::string_view content) const {
    for (const auto& entry : fs::directory_iterator(place.dir.path())) fs::remove(entry.path());
    write_file(file(), content);
  }

  [[nodiscard]] std::vector<fs::path> set_aside() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(place.dir.path())) {
      const auto name = entry.path().filename().string();
      if (name.starts_with("postferry.db.damaged-") && !name.ends_with("-wal")) out.push_back(entry.path());
    }
    return out;
  }

  // Opens and reads everything there is.  Whatever the file holds, the answer is one of: all as it was, some
  // rows missing without a word (they are recognised by content), a note, an error; never a row that was not
  // written.
  enum class Answer : std::uint8_t { same, fewer, noted, error };
  [[nodiscard]] Answer examine() const {
    auto opened = open();
    if (!opened) {
      EXPECT_EQ(opened.error().code, Errc::state);
      return Answer::error;
    }
    if (!opened->notes.empty()) {
      EXPECT_EQ(set_aside().size(), 1U);
      return Answer::noted;
    }
    Writer writer(std::move(opened->database));
    SqliteJournal journal(writer, "imaps://a", "imaps://b");
    const auto boxes = run(journal.mailboxes());
    if (!boxes) return Answer::error;
    bool all = boxes->size() == 1;
    for (const auto& box : *boxes) {
      EXPECT_EQ(box.source_epoch.bytes(), "s");
      EXPECT_EQ(box.target_epoch.bytes(), "t");
      const auto pairs = run(journal.pairs(box.id));
      const auto open_intents = run(journal.open_intents(box.id));
      const auto watched = run(journal.watched(box.id));
      const auto parked = run(journal.parked(box.id));
      if (!pairs || !open_intents || !watched || !parked) return Answer::error;
      all = all && pairs->size() == messages && open_intents->size() == 1 && watched->size() == 1 &&
            parked->size() == 1;
      for (const auto& row : *pairs) {
        const auto bytes = row.source.bytes();
        const auto uid = static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[2]) << 8 |
                                                    static_cast<std::uint8_t>(bytes[3]));
        EXPECT_TRUE(same(row, pair_row(uid)));
      }
    }
    return all ? Answer::same : Answer::fewer;
  }

  SqlitePlace place;
  std::string original;
};

mode_t mode_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST_F(DatabaseOf, MakesPrivateDirectoriesAndFiles) {
  TempDir dir;
  const auto state = dir / "a" / "b";
  const auto opened = Database::open(state);
  ASSERT_TRUE(opened) << opened.error().context;
  EXPECT_TRUE(opened->notes.empty());
  EXPECT_EQ(mode_of(dir / "a"), 0700U);
  EXPECT_EQ(mode_of(state), 0700U);
  for (const auto* name : {"postferry.db", "postferry.db-wal", "postferry.db-shm"})
    EXPECT_EQ(mode_of(state / name), 0600U) << name;
}

TEST_F(DatabaseOf, UsesTheSettingsItShould) {
  const auto opened = open();
  ASSERT_TRUE(opened);
  auto& database = *opened->database;
  EXPECT_EQ(database.integer("PRAGMA foreign_keys").value(), 1);
  EXPECT_EQ(database.integer("PRAGMA cache_size").value(), -2048);
  EXPECT_EQ(database.integer("PRAGMA synchronous").value(), 2);
  ASSERT_TRUE(database.set_durable(false));
  EXPECT_EQ(database.integer("PRAGMA synchronous").value(), 1);
  EXPECT_EQ(database.integer("PRAGMA user_version").value(), schema_version());
  EXPECT_EQ(database.integer("PRAGMA application_id").value(), application_id);
  auto mode = database.query("PRAGMA journal_mode");
  ASSERT_TRUE(mode && mode->step());
  EXPECT_EQ(mode->blob(0), "wal");
}

TEST_F(DatabaseOf, OpensAnUndamagedFileAsItWas) {
  replace(original);
  EXPECT_EQ(examine(), Answer::same);
  EXPECT_TRUE(set_aside().empty());
}

TEST_F(DatabaseOf, SetsAsideAFileThatIsNoDatabaseAndKeepsItsBytes) {
  const std::string garbage(5000, 'x');
  replace(garbage);
  EXPECT_EQ(examine(), Answer::noted);
  ASSERT_EQ(set_aside().size(), 1U);
  EXPECT_EQ(read_file(set_aside().front()), garbage);
  // Said once; the new one is used from then on.
  const auto next = open();
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->notes.empty());
}

TEST_F(DatabaseOf, SetsAsideADatabaseOfAnotherProgram) {
  for (const auto* sql : {"PRAGMA application_id=7", "PRAGMA user_version=0", "PRAGMA user_version=-3"}) {
    replace(original);
    {
      const auto opened = open();
      ASSERT_TRUE(opened);
      ASSERT_TRUE(opened->database->script(sql));
    }
    EXPECT_EQ(examine(), Answer::noted) << sql;
  }
}

TEST_F(DatabaseOf, SetsAsideATableThatIsNotOurs) {
  replace(original);
  {
    const auto opened = open();
    ASSERT_TRUE(opened);
    ASSERT_TRUE(opened->database->script("ALTER TABLE parked RENAME COLUMN reason TO raeson"));
  }
  EXPECT_EQ(examine(), Answer::noted);
}

TEST_F(DatabaseOf, RefusesAFileOfANewerVersionAndLeavesItAlone) {
  {
    const auto opened = open();
    ASSERT_TRUE(opened);
    ASSERT_TRUE(opened->database->script("PRAGMA user_version=99"));
  }
  const auto before = read_file(file());
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::state);
  EXPECT_NE(refused.error().context.find("newer"), std::string::npos) << refused.error().context;
  EXPECT_TRUE(set_aside().empty());
  EXPECT_EQ(read_file(file()), before);
}

TEST_F(DatabaseOf, NotesAnEmptyFile) {
  replace("");
  const auto opened = open();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->notes.size(), 1U);
  EXPECT_EQ(opened->database->integer("SELECT count(*) FROM message").value(), 0);
}

TEST_F(DatabaseOf, NeverBelievesATruncatedFile) {
  ASSERT_GT(original.size(), 8 * 4096U);
  for (std::size_t size = 1; size < original.size(); size += original.size() / 23) {
    replace(std::string_view(original).substr(0, size));
    const auto answer = examine();
    // The last rows of the last page are told by their checksum only.
    EXPECT_TRUE(answer == Answer::noted || (answer == Answer::error && size > original.size() - 4096))
        << size;
  }
}

TEST_F(DatabaseOf, NeverBelievesAFlippedOctet) {
  std::mt19937 random(20240601);  // the same places in every run
  std::uniform_int_distribution<std::size_t> anywhere(0, original.size() - 1);
  constexpr int flips = 160;
  std::map<Answer, int> answers;
  for (int round = 0; round < flips; ++round) {
    // The header and the table definitions are small: aim at them every other time.
    const std::size_t place_of_damage =
        round % 2 == 0 ? static_cast<std::size_t>(round) % 128 : anywhere(random);
    std::string damaged = original;
    damaged[place_of_damage] = static_cast<char>(damaged[place_of_damage] ^ (1U << (random() % 8)));
    replace(damaged);
    ++answers[examine()];
    if (HasFailure()) FAIL() << "octet " << place_of_damage;
  }
  // Octets nobody uses may change unseen, rows may not go without a word.
  EXPECT_EQ(answers[Answer::fewer], 0);
  EXPECT_GT(answers[Answer::noted], 0);
  EXPECT_GT(answers[Answer::error], 0);
  fmt::print("{} flips: {} without effect, {} set aside at once, {} found when read\n", flips,
             answers[Answer::same], answers[Answer::noted], answers[Answer::error]);
}

TEST_F(DatabaseOf, DamageFoundWhenReadSetsTheFileAsideAtTheNextStart) {
  // A reference in the middle of a row: SQLite cannot know, the checksum does.
  const auto needle = std::string(ref(200).bytes()) + std::string(ref(1200).bytes());
  const auto at = original.find(needle);
  ASSERT_NE(at, std::string::npos);
  std::string damaged = original;
  damaged[at + 7] = static_cast<char>(damaged[at + 7] ^ 4);
  replace(damaged);
  EXPECT_EQ(examine(), Answer::error);
  EXPECT_TRUE(set_aside().empty());
  EXPECT_EQ(examine(), Answer::noted);
}

TEST_F(DatabaseOf, AStaleLogIsNotReplayedIntoANewFile) {
  // The damaged file's log must go with it.
  std::string log;
  replace(original);
  {
    auto opened = open();
    ASSERT_TRUE(opened);
    ASSERT_TRUE(opened->database->exec("INSERT INTO server VALUES(x'00', 5)"));
    log = read_file(file().string() + "-wal");
    ASSERT_FALSE(log.empty());
  }
  replace(std::string(4096, '?'));
  write_file(file().string() + "-wal", log);
  EXPECT_EQ(examine(), Answer::noted);
  const auto next = open();
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->notes.empty());
  EXPECT_EQ(next->database->integer("SELECT count(*) FROM message").value(), 0);
}

TEST_F(DatabaseOf, DoesNotFollowASymbolicLink) {
  TempDir elsewhere;
  replace(original);
  fs::rename(file(), elsewhere / "victim");
  fs::create_symlink(elsewhere / "victim", file());
  EXPECT_FALSE(open());
  EXPECT_EQ(read_file(elsewhere / "victim"), original);
}

TEST_F(DatabaseOf, WaitsForAnotherProcessAndThenSaysWhoIsInTheWay) {
  replace(original);
  const auto first = open();
  const auto second = open();
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(first->database->script("BEGIN IMMEDIATE"));
  const auto refused = second->database->script("BEGIN IMMEDIATE");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::state);
  EXPECT_EQ(refused.error().retry, Retry::later);
  EXPECT_FALSE(second->database->damaged());
  ASSERT_TRUE(first->database->script("COMMIT"));
  EXPECT_TRUE(second->database->script("BEGIN IMMEDIATE; COMMIT"));
}

TEST_F(DatabaseOf, RefusesADirectoryItCannotWriteTo) {
  replace(original);
  fs::permissions(file(), fs::perms::all);
  fs::permissions(place.dir.path(), fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                                        fs::perms::others_exec);
  const pid_t child = ::fork();
  if (child == 0) {
    // Root may write anywhere, so be nobody.
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const auto refused = open();
    ::_exit(!refused && refused.error().code == Errc::state ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  fs::permissions(place.dir.path(), fs::perms::owner_all);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(set_aside().empty());
  EXPECT_EQ(read_file(file()), original);
}

TEST_F(DatabaseOf, AFullDiskFailsTheCallAndIsNoDamage) {
  replace(original);
  auto opened = open();
  ASSERT_TRUE(opened);
  const auto pages = opened->database->integer("PRAGMA page_count").value();
  ASSERT_TRUE(opened->database->script(fmt::format("PRAGMA max_page_count={}", pages)));
  Writer writer(std::move(opened->database));
  SqliteJournal journal(writer, "imaps://a", "imaps://b");
  const auto inbox = run(journal.mailbox("INBOX", "INBOX")).value().id;
  std::vector<PairRow> many;
  for (std::uint32_t uid = 1000; uid < 3000; ++uid) many.push_back(pair_row(uid));
  const auto full = run(journal.record(inbox, many));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Errc::state);
  EXPECT_FALSE(full.error().hint.empty());
  EXPECT_EQ(run(journal.pairs(inbox)).value().size(), messages);
  ASSERT_TRUE(writer.close());
  EXPECT_EQ(examine(), Answer::same);
}

// Prints how long it takes (release build, idle machine: well under a second each); a bound would fail on
// busy machines.
TEST(JournalSpeed, LoadsAndRecordsAHundredThousandPairs) {
  SqlitePlace place;
  auto journal = place.journal("imaps://a", "imaps://b");
  const auto inbox = run(journal->mailbox("INBOX", "INBOX")).value().id;
  std::vector<PairRow> rows;
  for (std::uint32_t uid = 1; uid <= 100'000; ++uid) rows.push_back(pair_row(uid));
  const auto seconds = [](auto since) {
    return std::chrono::duration<double>(MonoClock::now() - since).count();
  };
  auto began = MonoClock::now();
  ASSERT_TRUE(run(journal->record(inbox, rows)));
  const double recording = seconds(began);
  began = MonoClock::now();
  const auto loaded = run(journal->pairs(inbox)).value();
  const double loading = seconds(began);
  EXPECT_TRUE(same(loaded, rows));
  ASSERT_TRUE(place.writer->close());
  began = MonoClock::now();
  place.open();
  fmt::print("100,000 pairs: recorded in {:.3f} s, loaded in {:.3f} s, file {} KB, opened in {:.3f} s\n",
             recording, loading, fs::file_size(place.dir / "postferry.db") / 1024, seconds(began));
  RecordProperty("record_seconds", fmt::format("{:.3f}", recording));
  RecordProperty("load_seconds", fmt::format("{:.3f}", loading));
}

}  // namespace
}  // namespace pf::test
