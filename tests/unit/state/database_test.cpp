// Opening: private files, versions, and every kind of damage we could think of.
#include "base/encoding.h"
#include "state/row_codec.h"
#include "state/row_sum.h"
#include "state/schema.h"
#include "unit/state/journal_fixture.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t messages = 400;
constexpr std::uint32_t removed = 60;
constexpr std::int64_t page_size = 1024;

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
    EXPECT_TRUE(run(journal->pairs_of(inbox, Journal::Side::target, {ref(1001)})));  // makes the index
    const auto removing = run(journal->begin_run("mirror")).value();
    EXPECT_EQ(removing, 1);
    std::vector<RemovalRow> removals;
    for (std::uint32_t i = 0; i < removed; ++i) removals.push_back(removal_row(i));
    EXPECT_TRUE(run(journal->plan_removals(removing, removals)));
    EXPECT_TRUE(run(journal->set_fact("pace", "12345678")));
    EXPECT_TRUE(run(journal->drop(run(journal->mailbox("Gone", "Gone")).value().id)));
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
    const auto runs = run(journal.runs());
    const auto removals = run(journal.removals(1));
    const auto pace = run(journal.fact("pace"));
    if (!runs || !removals || !pace) return Answer::error;
    bool all = boxes->size() == 1 && runs->size() == 1 && removals->size() == removed && *pace == "12345678";
    for (const auto& row : *runs) EXPECT_TRUE(row.id == 1 && row.mode == "mirror");
    for (const auto& row : *removals) EXPECT_TRUE(same(row, removal_row(row.ordinal)));
    EXPECT_TRUE(pace->empty() || *pace == "12345678");
    for (const auto& box : *boxes) {
      EXPECT_EQ(box.source_epoch.bytes(), "s");
      EXPECT_EQ(box.target_epoch.bytes(), "t");
      const auto pairs = run(journal.pairs(box.id));
      std::vector<MessageRef> targets;
      for (std::uint32_t uid = 1; uid <= messages; ++uid) targets.push_back(pair_row(uid).target);
      const auto by_target = run(journal.pairs_of(box.id, Journal::Side::target, targets));
      const auto open_intents = run(journal.open_intents(box.id));
      const auto watched = run(journal.watched(box.id));
      const auto parked = run(journal.parked(box.id));
      if (!pairs || !by_target || !open_intents || !watched || !parked) return Answer::error;
      EXPECT_TRUE(same(*by_target, *pairs));
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
  EXPECT_EQ(database.integer("PRAGMA page_size").value(), page_size);
  EXPECT_EQ(database.integer("PRAGMA wal_autocheckpoint").value(), 1024);
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
  ASSERT_GT(original.size(), 8 * std::size_t{page_size});
  for (std::size_t size = 1; size < original.size(); size += original.size() / 23) {
    replace(std::string_view(original).substr(0, size));
    const auto answer = examine();
    // The last rows of the last page are told by their checksum only.
    EXPECT_TRUE(answer == Answer::noted || (answer == Answer::error && size > original.size() - page_size))
        << size;
  }
}

TEST_F(DatabaseOf, NeverBelievesAFlippedOctet) {
  std::mt19937 random(20240601);  // the same places in every run
  std::uniform_int_distribution<std::size_t> anywhere(0, original.size() - 1);
  const int flips = std::getenv("POSTFERRY_ALL") == nullptr ? 100 : 1000;
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
  // A key in the middle of a row: SQLite cannot know, the checksum does.
  const auto needle = std::string(ref(200).bytes()) + std::string(ref(1200).bytes());
  const auto at = original.find(needle);
  ASSERT_NE(at, std::string::npos);
  std::string damaged = original;
  damaged[at + 11] = static_cast<char>(damaged[at + 11] ^ 4);
  replace(damaged);
  EXPECT_EQ(examine(), Answer::error);
  EXPECT_TRUE(set_aside().empty());
  EXPECT_EQ(examine(), Answer::noted);
}

TEST_F(DatabaseOf, DamageInEveryNewTableIsFound) {
  // Octets inside a row each, found once in the file.
  for (const std::string& inside : {std::string(removal_row(33).quarantine_ref.bytes()),
                                    std::string("mirror"), std::string("12345678")}) {
    const auto at = original.find(inside);
    ASSERT_NE(at, std::string::npos);
    std::string damaged = original;
    damaged[at + 3] = static_cast<char>(damaged[at + 3] ^ 4);
    replace(damaged);
    EXPECT_EQ(examine(), Answer::error) << inside;
    EXPECT_EQ(examine(), Answer::noted) << inside;
  }
  replace(original);
  {
    const auto opened = open();
    ASSERT_TRUE(opened);
    ASSERT_TRUE(opened->database->script("UPDATE dropped SET mailbox_id=1"));
    const rows::Accounts accounts{"imaps://a", "imaps://b"};
    EXPECT_FALSE(rows::mailbox(*opened->database, accounts, "New", "New"));
    EXPECT_TRUE(opened->database->damaged());
  }
}

TEST_F(DatabaseOf, AnIndexThatContradictsItsTableIsFoundAtTheStart) {
  const auto needle = std::string(ref(1200).bytes()) + std::string(ref(200).bytes());
  const auto at = original.find(needle);
  ASSERT_NE(at, std::string::npos);
  std::string damaged = original;
  damaged[at + 3] = static_cast<char>(damaged[at + 3] ^ 1);
  replace(damaged);
  EXPECT_EQ(examine(), Answer::noted);
}

TEST_F(DatabaseOf, AnIndexOverSomethingElseIsNotUsed) {
  replace(original);
  {
    const auto opened = open();
    ASSERT_TRUE(opened);
    ASSERT_TRUE(opened->database->script(
        "DROP INDEX message_by_target; CREATE INDEX message_by_target ON message(mailbox_id, key)"));
  }
  EXPECT_EQ(examine(), Answer::error);
}

std::string hex_literal(std::string_view octets) {
  return "x'" + hex_encode(octets) + "'";
}

// A row of the table that held the messages of intents up to version 3.
std::string row_of_version_1(IntentId intent, std::int64_t ordinal, const IntentItem& item) {
  const auto key = encode_key(item.key);
  const auto flags = item.flags.to_string();
  const auto size = encode_size(item.size);
  const auto sum = row_sum(intent, ordinal, item.source.bytes(), key, size, item.date_seconds, flags);
  return fmt::format("INSERT INTO main.intent_item VALUES({}, {}, {}, {}, {}, {}, {}, {});", intent, ordinal,
                     hex_literal(item.source.bytes()), hex_literal(key), size, item.date_seconds,
                     hex_literal(flags), sum);
}

// A file as version 1 made it, with pages of the size it had, and the rows of `original`.
void make_version_1(const fs::path& file, const fs::path& rows) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  std::string sql = "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;";
  sql += migrations()[0].tables;
  sql += fmt::format("PRAGMA application_id={}; PRAGMA user_version=1; ATTACH '{}' AS later;", application_id,
                     rows.string());
  for (const auto* table : {"pair", "mailbox", "message", "intent", "parked", "server"})
    sql += fmt::format("INSERT INTO main.{0} SELECT * FROM later.{0};", table);
  sql += row_of_version_1(1, 0, intent_item(500)) + row_of_version_1(1, 1, intent_item(501)) +
         row_of_version_1(2, 0, intent_item(600));
  sql += "UPDATE heartbeat SET beats=5";
  char* said = nullptr;
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &said), SQLITE_OK) << said;
  sqlite3_free(said);
  ASSERT_EQ(sqlite3_close(handle), SQLITE_OK);
}

TEST_F(DatabaseOf, AFileOfVersion1KeepsItsRowsAndGetsTheNewTables) {
  TempDir old;
  replace(original);
  make_version_1(old / Database::file_name, file());
  fs::permissions(old / Database::file_name, fs::perms::owner_read | fs::perms::owner_write);
  auto opened = Database::open(old.path());
  ASSERT_TRUE(opened) << opened.error().context;
  EXPECT_TRUE(opened->notes.empty());
  EXPECT_EQ(opened->database->integer("PRAGMA user_version").value(),
            static_cast<std::int64_t>(migrations().size()));
  EXPECT_EQ(opened->database->integer("PRAGMA page_size").value(), 4096);
  EXPECT_EQ(opened->database->integer("PRAGMA wal_autocheckpoint").value(), 256);
  Writer writer(std::move(opened->database));
  SqliteJournal journal(writer, "imaps://a", "imaps://b");
  const auto inbox = run(journal.mailbox("INBOX", "INBOX")).value();
  EXPECT_EQ(inbox.source_epoch.bytes(), "s");
  EXPECT_EQ(run(journal.pairs(inbox.id)).value().size(), messages);
  EXPECT_TRUE(
      same(run(journal.pairs_of(inbox.id, Journal::Side::target, {ref(1007)})).value(), {pair_row(7)}));
  EXPECT_TRUE(same(run(journal.open_intents(inbox.id)).value().at(0).items, intent_row({500, 501}).items));
  EXPECT_TRUE(same(run(journal.watched(inbox.id)).value().at(0).items, {intent_item(600)}));
  EXPECT_TRUE(same(run(journal.parked(inbox.id)).value(), {parked_row(700)}));
  const auto removing = run(journal.begin_run("mirror")).value();
  EXPECT_TRUE(run(journal.plan_removals(removing, {removal_row(1)})));
  EXPECT_EQ(run(journal.fact("pace")).value(), "");
}

TEST_F(DatabaseOf, AMigrationThatDoesNotEndLeavesTheOldFile) {
  TempDir old;
  replace(original);
  make_version_1(old / Database::file_name, file());
  {
    // As much of the step as there was before the power went: a transaction without its end.
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open((old / Database::file_name).c_str(), &handle), SQLITE_OK);
    const auto half = "BEGIN IMMEDIATE;" + std::string(migrations()[1].tables) + "PRAGMA user_version=2";
    EXPECT_EQ(sqlite3_exec(handle, half.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
  }
  const auto opened = Database::open(old.path());
  ASSERT_TRUE(opened) << opened.error().context;
  EXPECT_TRUE(opened->notes.empty());
  EXPECT_EQ(opened->database->integer("SELECT count(*) FROM message").value(), messages);
  EXPECT_EQ(opened->database->integer("SELECT count(*) FROM removal").value(), 0);
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

// The disk is often that of a server.  Batches of ten, as a lane sends to a slow target.
TEST(JournalSpeed, ACopiedMessageCostsLittleLog) {
  SqlitePlace place;
  auto journal = place.journal("imaps://a", "imaps://b");
  const auto inbox = run(journal->mailbox("INBOX", "INBOX")).value().id;
  const auto log = [&] { return fs::file_size(place.dir / "postferry.db-wal"); };
  const auto before = log();
  constexpr std::uint32_t copied = 1000;
  for (std::uint32_t first = 1; first <= copied; first += 10) {
    std::vector<std::uint32_t> uids(10);
    std::iota(uids.begin(), uids.end(), first);
    const auto id = run(journal->begin(inbox, intent_row(uids))).value();
    std::vector<PairRow> stored;
    for (const auto uid : uids) stored.push_back(pair_row(uid));
    ASSERT_TRUE(run(journal->finish(id, stored, {})));
  }
  const auto each = (log() - before) / copied;
  fmt::print("{} octets of log a message\n", each);
  EXPECT_LT(each, 2200U);
}

// What they guard against is a search through all.  By the time of the processor that this program got, and
// the best of many tries: another program that comes between must not count.
TEST(JournalSpeed, AFewOfManyPairsAreFoundAtOnce) {
  SqlitePlace place;
  auto journal = place.journal("imaps://a", "imaps://b");
  const auto inbox = run(journal->mailbox("INBOX", "INBOX")).value().id;
  std::vector<PairRow> rows;
  for (std::uint32_t uid = 1; uid <= 20'000; ++uid) rows.push_back(pair_row(uid));
  ASSERT_TRUE(run(journal->record(inbox, rows)));
  const auto milliseconds = [](auto&& body) {
    const auto processor = [] {
      timespec now{};
      ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
      return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
    };
    const auto began = processor();
    body();
    return processor() - began;
  };
  const auto best = [&](auto&& body) {
    double least = milliseconds(body);
    for (int i = 0; i < 20; ++i) least = std::min(least, milliseconds(body));
    return least;
  };
  const auto few = [&](Journal::Side side) {
    std::vector<MessageRef> refs;
    for (std::size_t i = 0; i < 20; ++i) {
      const auto& row = rows[i * 999];
      refs.push_back(side == Journal::Side::source ? row.source : row.target);
    }
    EXPECT_EQ(run(journal->pairs_of(inbox, side, refs)).value().size(), 20U);
  };
  const auto all = best([&] { EXPECT_EQ(run(journal->pairs(inbox)).value().size(), rows.size()); });
  const auto by_source = best([&] { few(Journal::Side::source); });
  const auto indexing = milliseconds([&] { few(Journal::Side::target); });
  const auto by_target = best([&] { few(Journal::Side::target); });
  const auto counting =
      milliseconds([&] { EXPECT_EQ(run(journal->pair_count(inbox)).value(), rows.size()); });
  fmt::print(
      "of 20,000 pairs: all {:.2f} ms, 20 by source {:.2f} ms, index {:.2f} ms, 20 by target {:.2f} ms, "
      "counted in {:.2f} ms\n",
      all, by_source, indexing, by_target, counting);
  EXPECT_LT(by_source, all / 5);
  EXPECT_LT(by_target, all / 5);
}

}  // namespace
}  // namespace pf::test
