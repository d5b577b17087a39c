// What is left after a process died without a chance to tidy up.
#include "state/pair_lock.h"
#include "unit/state/journal_fixture.h"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace pf::test {
namespace {

// Of a child: a loop and a writer of its own.
struct Leftover {
  explicit Leftover(const std::filesystem::path& dir)
      : writer(std::move(Database::open(dir).value().database)), journal(writer, "imaps://a", "imaps://b") {}
  Loop loop;
  Writer writer;
  SqliteJournal journal;
};

// Before anything is tidied up.
void die() {
  ::raise(SIGKILL);
}

// Runs `body` in a child; true when it came to die().
template <class Body>
bool in_killed_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(Durability, AnIntentIsThereWhenTheProcessIsKilledRightAfterBegin) {
  TempDir dir;
  ASSERT_TRUE(in_killed_child([&] {
    Leftover run(dir.path());
    const auto inbox = run.loop.run(run.journal.mailbox("INBOX", "INBOX"));
    if (inbox && run.loop.run(run.journal.begin(inbox->id, intent_row({1, 2, 3})))) die();
  }));
  auto opened = Database::open(dir.path());
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->notes.empty());
  Writer writer(std::move(opened->database));
  SqliteJournal journal(writer, "imaps://a", "imaps://b");
  const auto inbox = run(journal.mailbox("INBOX", "INBOX"));
  ASSERT_TRUE(inbox);
  const auto open = run(journal.open_intents(inbox->id));
  ASSERT_TRUE(open);
  ASSERT_EQ(open->size(), 1U);
  EXPECT_TRUE(same(open->front().items, intent_row({1, 2, 3}).items));
}

TEST(Durability, KilledAtAnyMomentTheFileOpensAndEveryIntentIsWholeOrAbsent) {
  TempDir dir;
  std::size_t last_pairs = 0;
  for (int round = 0; round < 8; ++round) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      Leftover run(dir.path());
      const auto inbox = run.loop.run(run.journal.mailbox("INBOX", "INBOX")).value().id;
      for (std::uint32_t i = 0;; ++i) {
        const auto uid = static_cast<std::uint32_t>(round) * 100000 + i;
        const auto id = run.loop.run(run.journal.begin(inbox, intent_row({uid, uid + 50000})));
        const auto done = run.loop.run(run.journal.finish(*id, {pair_row(uid), pair_row(uid + 50000)}, {}));
        if (!done || ::write(ready[1], "x", 1) != 1) ::_exit(1);
      }
    }
    // Some way into the work, then at whatever it is doing.
    char octet = 0;
    for (int i = 0; i <= round * 3; ++i) ASSERT_EQ(::read(ready[0], &octet, 1), 1);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ::close(ready[0]);
    ::close(ready[1]);

    auto opened = Database::open(dir.path());
    ASSERT_TRUE(opened) << opened.error().context;
    EXPECT_TRUE(opened->notes.empty()) << opened->notes.front();
    Writer writer(std::move(opened->database));
    SqliteJournal journal(writer, "imaps://a", "imaps://b");
    const auto inbox = run(journal.mailbox("INBOX", "INBOX")).value().id;
    const auto pairs = run(journal.pairs(inbox)).value();
    EXPECT_EQ(pairs.size() % 2, 0U);
    EXPECT_GE(pairs.size(), last_pairs + static_cast<std::size_t>(round * 3) * 2);
    last_pairs = pairs.size();
    const auto open = run(journal.open_intents(inbox)).value();
    ASSERT_LE(open.size(), 1U);
    for (const auto& intent : open) {
      EXPECT_EQ(intent.items.size(), 2U);
      ASSERT_TRUE(run(journal.finish(intent.id, {}, {})));
    }
  }
}

TEST(Durability, PlannedRemovalsAreThereWhenTheProcessIsKilledRightAfter) {
  TempDir dir;
  ASSERT_TRUE(in_killed_child([&] {
    Leftover run(dir.path());
    const auto id = run.loop.run(run.journal.begin_run("mirror"));
    if (id && run.loop.run(run.journal.plan_removals(*id, {removal_row(1), removal_row(2)}))) die();
  }));
  auto opened = Database::open(dir.path());
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->notes.empty());
  Writer writer(std::move(opened->database));
  SqliteJournal journal(writer, "imaps://a", "imaps://b");
  const auto runs = run(journal.runs()).value();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].mode, "mirror");
  EXPECT_TRUE(same(run(journal.removals(runs[0].id)).value(), {removal_row(1), removal_row(2)}));
}

TEST(Durability, RunsAndPlansReachTheDiskBeforeTheyReturn) {
  SqlitePlace place;
  const auto journal = place.journal("imaps://a", "imaps://b");
  const auto syncs = [&] { return place.writer->counters().syncs; };
  const auto before = syncs();
  const auto id = run(journal->begin_run("mirror")).value();
  EXPECT_EQ(syncs(), before + 1);
  ASSERT_TRUE(run(journal->plan_removals(id, {removal_row(1)})));
  EXPECT_EQ(syncs(), before + 2);
  ASSERT_TRUE(run(journal->set_fact("pace", "1")));
  EXPECT_EQ(syncs(), before + 2);
}

TEST(Durability, KilledAtAnyMomentAPlanIsWholeOrAbsent) {
  TempDir dir;
  constexpr std::uint32_t rows_of_a_plan = 200;
  for (int round = 0; round < 6; ++round) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      Leftover run(dir.path());
      std::vector<RemovalRow> plan;
      for (std::uint32_t i = 0; i < rows_of_a_plan; ++i) plan.push_back(removal_row(i));
      for (;;) {
        const auto id = run.loop.run(run.journal.begin_run("mirror")).value();
        const auto planned = run.loop.run(run.journal.plan_removals(id, plan));
        if (!planned || ::write(ready[1], "x", 1) != 1) ::_exit(1);
      }
    }
    char octet = 0;
    for (int i = 0; i <= round; ++i) ASSERT_EQ(::read(ready[0], &octet, 1), 1);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ::close(ready[0]);
    ::close(ready[1]);

    auto opened = Database::open(dir.path());
    ASSERT_TRUE(opened) << opened.error().context;
    EXPECT_TRUE(opened->notes.empty());
    Writer writer(std::move(opened->database));
    SqliteJournal journal(writer, "imaps://a", "imaps://b");
    std::size_t whole = 0;
    for (const auto& found : run(journal.runs()).value()) {
      const auto removals = run(journal.removals(found.id)).value();
      EXPECT_TRUE(removals.empty() || removals.size() == rows_of_a_plan) << removals.size();
      if (!removals.empty()) ++whole;
    }
    EXPECT_GT(whole, static_cast<std::size_t>(round));
  }
}

TEST(Durability, TwoProcessesWriteToTheSameFile) {
  TempDir dir;
  constexpr std::uint32_t rounds = 50;
  const auto work = [&](const std::string& source) {
    Leftover run(dir.path());
    SqliteJournal journal(run.writer, source, "imaps://b");
    const auto inbox = run.loop.run(journal.mailbox("INBOX", "INBOX"));
    if (!inbox) return false;
    for (std::uint32_t i = 0; i < rounds; ++i) {
      const auto id = run.loop.run(journal.begin(inbox->id, intent_row({i})));
      if (!id || !run.loop.run(journal.finish(*id, {pair_row(i)}, {}))) return false;
    }
    return true;
  };
  std::vector<pid_t> children;
  for (const auto* source : {"imaps://x", "imaps://y"}) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work(source) ? 0 : 1);
    children.push_back(child);
  }
  for (const auto child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  auto opened = Database::open(dir.path());
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->notes.empty());
  Writer writer(std::move(opened->database));
  for (const auto* source : {"imaps://x", "imaps://y"}) {
    SqliteJournal journal(writer, source, "imaps://b");
    const auto inbox = run(journal.mailbox("INBOX", "INBOX")).value().id;
    EXPECT_EQ(run(journal.pairs(inbox)).value().size(), rounds);
    EXPECT_TRUE(run(journal.open_intents(inbox)).value().empty());
  }
}

TEST(PairLock, IsHeldByOneRunOfAPairAndDirectionOnly) {
  TempDir dir;
  const auto state = (dir / "new" / "state").string();
  {
    const auto held = PairLock::acquire(state, "imaps://a", "imaps://b");
    ASSERT_TRUE(held) << held.error().context;
    const auto again = PairLock::acquire(state, "imaps://a", "imaps://b");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::locked);
    EXPECT_NE(again.error().context.find(fmt::format("process {}", ::getpid())), std::string::npos)
        << again.error().context;
    EXPECT_TRUE(PairLock::acquire(state, "imaps://b", "imaps://a"));
    EXPECT_TRUE(PairLock::acquire(state, "imaps://ai", "maps://b"));  // same letters, other labels
  }
  EXPECT_TRUE(PairLock::acquire(state, "imaps://a", "imaps://b"));
}

TEST(PairLock, IsReleasedWhenTheHolderIsKilled) {
  TempDir dir;
  const auto state = dir.path().string();
  ASSERT_TRUE(in_killed_child([&] {
    const auto held = PairLock::acquire(state, "a", "b");
    if (held) die();
  }));
  EXPECT_TRUE(PairLock::acquire(state, "a", "b"));
}

TEST(PairLock, NamesTheProcessThatHoldsIt) {
  TempDir dir;
  const auto state = dir.path().string();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = PairLock::acquire(state, "a", "b");
    if (held && ::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char octet = 0;
  ASSERT_EQ(::read(ready[0], &octet, 1), 1);
  const auto refused = PairLock::acquire(state, "a", "b");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().context.find(fmt::format("process {}", child)), std::string::npos)
      << refused.error().context;
  EXPECT_TRUE(PairLock::acquire(state, "a", "b"));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(PairLock, SaysSoWhenTheDirectoryCannotBeUsed) {
  TempDir dir;
  write_file(dir / "file", "");
  const auto refused = PairLock::acquire((dir / "file").string(), "a", "b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::state);
}

}  // namespace
}  // namespace pf::test
