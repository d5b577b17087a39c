// The invariants at the top of state/writer.h.
#include "unit/state/journal_fixture.h"

#include <array>
#include <atomic>
#include <latch>
#include <thread>

namespace pf::test {
namespace {

class WriterOf : public ::testing::Test {
 protected:
  Status submit(Writer::Kind kind, Writer::Work work) {
    return run(place.writer->submit(kind, std::move(work)));
  }

  // Holds the writer's thread until released, so that everything handed in meanwhile waits together.
  struct Gate {
    std::latch reached{1}, open{1};
    Writer::Work work() {
      return [this](Database&) -> Status {
        reached.count_down();
        open.wait();
        return {};
      };
    }
  };

  static Writer::Work insert(std::string account) {
    return [account = std::move(account)](Database& database) {
      return database.exec("INSERT INTO server VALUES(?, 1)", {account});
    };
  }

  // Hands all in, one after the other, while the gate is closed; the results in the same order.
  std::vector<Status> together(std::vector<std::pair<Writer::Kind, Writer::Work>> jobs) {
    Gate gate;
    std::vector<Status> results(jobs.size());
    auto one = [this](Writer::Kind kind, Writer::Work work, Status* result) -> Task<void> {
      *result = co_await place.writer->submit(kind, std::move(work));
      co_return Status{};
    };
    auto all = [&]() -> Task<void> {
      TaskGroup group;
      co_await group.spawn(place.writer->submit(Writer::Kind::read, gate.work()));
      gate.reached.wait();
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        co_await group.spawn(one(jobs[i].first, std::move(jobs[i].second), &results[i]));
      }
      gate.open.count_down();
      auto joined = co_await group.join();
      co_return joined;
    };
    EXPECT_TRUE(run(all()));
    return results;
  }

  std::int64_t count(std::string_view sql) {
    auto work = [sql](Database& database) { return database.integer(sql); };
    return run(place.writer->call<std::int64_t>(Writer::Kind::read, work)).value();
  }

  SqlitePlace place;
};

TEST_F(WriterOf, ManyWaitingCallsShareOneCommitAndOneSync) {
  const auto before = place.writer->counters();
  std::vector<std::pair<Writer::Kind, Writer::Work>> jobs;
  jobs.reserve(50);
  for (int i = 0; i < 50; ++i)
    jobs.emplace_back(i % 2 == 0 ? Writer::Kind::durable : Writer::Kind::write, insert(fmt::format("{}", i)));
  for (const auto& result : together(std::move(jobs))) EXPECT_TRUE(result);
  const auto after = place.writer->counters();
  EXPECT_EQ(after.calls - before.calls, 51U);
  EXPECT_EQ(after.commits - before.commits, 1U);
  EXPECT_EQ(after.syncs - before.syncs, 1U);
  EXPECT_EQ(count("SELECT count(*) FROM server"), 50);
}

TEST_F(WriterOf, FourLanesNeedFewerCommitsThanCalls) {
  auto journal = place.journal("a", "b");
  const auto inbox = run(journal->mailbox("INBOX", "INBOX")).value().id;
  const auto before = place.writer->counters();
  auto lane = [](Journal& on, MailboxId mailbox, std::uint32_t first) -> Task<void> {
    for (std::uint32_t i = 0; i < 100; ++i) {
      PF_CO_TRY(const auto id, co_await on.begin(mailbox, intent_row({first + i})));
      std::vector stored{pair_row(first + i)};
      PF_CO_TRYV(co_await on.finish(id, std::move(stored), {}));
    }
    co_return Status{};
  };
  auto lanes = [&]() -> Task<void> {
    TaskGroup group;
    for (std::uint32_t i = 0; i < 4; ++i) co_await group.spawn(lane(*journal, inbox, i * 1000));
    auto joined = co_await group.join();
    co_return joined;
  };
  const auto began = MonoClock::now();
  ASSERT_TRUE(run(lanes()));
  const double seconds = std::chrono::duration<double>(MonoClock::now() - began).count();
  const auto after = place.writer->counters();
  const auto commits = after.commits - before.commits;
  RecordProperty("commits_per_second", fmt::format("{:.0f}", static_cast<double>(commits) / seconds));
  fmt::print(
      "4 lanes, 400 begin+finish: {:.3f} s, {:.0f} begins/s, {} commits ({} synced), {:.0f} commits/s\n",
      seconds, 400 / seconds, commits, after.syncs - before.syncs, static_cast<double>(commits) / seconds);
  EXPECT_EQ(run(journal->pairs(inbox)).value().size(), 400U);
  EXPECT_LE(commits, 400U);  // the end of one batch goes with the beginning of the next
}

TEST_F(WriterOf, WorkThatFailsLeavesNothingAndDisturbsNobody) {
  std::vector<std::pair<Writer::Kind, Writer::Work>> jobs;
  jobs.emplace_back(Writer::Kind::write, insert("one"));
  jobs.emplace_back(Writer::Kind::write, [](Database& database) -> Status {
    PF_TRYV(database.exec("INSERT INTO server VALUES(?, 1)", {std::string_view("half")}));
    return database.exec("INSERT INTO server VALUES(?, 1)", {std::string_view("one")});  // there already
  });
  jobs.emplace_back(Writer::Kind::write, [](Database&) -> Status { throw std::runtime_error("thrown"); });
  jobs.emplace_back(Writer::Kind::durable, insert("two"));
  const auto results = together(std::move(jobs));
  EXPECT_TRUE(results[0]);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().code, Errc::state);
  ASSERT_FALSE(results[2]);
  EXPECT_EQ(results[2].error().code, Errc::unexpected);
  EXPECT_TRUE(results[3]);
  EXPECT_EQ(count("SELECT count(*) FROM server"), 2);
}

TEST_F(WriterOf, WorkThatEndsTheTransactionFailsItsWholeBatch) {
  std::vector<std::pair<Writer::Kind, Writer::Work>> jobs;
  jobs.emplace_back(Writer::Kind::write, insert("one"));
  jobs.emplace_back(Writer::Kind::write, [](Database& database) { return database.script("ROLLBACK"); });
  jobs.emplace_back(Writer::Kind::write, insert("two"));
  for (const auto& result : together(std::move(jobs))) EXPECT_FALSE(result);
  EXPECT_EQ(count("SELECT count(*) FROM server"), 0);
  EXPECT_TRUE(submit(Writer::Kind::write, insert("three")));
}

TEST_F(WriterOf, TheEventLoopGoesOnWhileTheDiskIsBusy) {
  Gate gate;
  bool ticked = false;
  auto tick = [&]() -> Task<void> {
    co_await sleep_for(Duration::zero());
    ticked = true;
    gate.open.count_down();  // only a loop that goes on gets here
    co_return Status{};
  };
  auto both = [&]() -> Task<void> {
    TaskGroup group;
    co_await group.spawn(place.writer->submit(Writer::Kind::durable, gate.work()));
    co_await group.spawn(tick());
    auto joined = co_await group.join();
    co_return joined;
  };
  EXPECT_TRUE(run(both()));
  EXPECT_TRUE(ticked);
}

TEST_F(WriterOf, MoreThanABatchHoldsWaitsForTheNextAndKeepsItsOrder) {
  TempDir dir;
  auto opened = Database::open(dir.path());
  ASSERT_TRUE(opened);
  Writer small(std::move(opened->database), 2);
  std::vector<int> order;  // touched by the writer's thread, read after all have ended
  auto all = [&]() -> Task<void> {
    TaskGroup group;
    for (int i = 0; i < 40; ++i) {
      Writer::Work work = [&order, i](Database&) -> Status {
        order.push_back(i);
        return {};
      };
      co_await group.spawn(small.submit(Writer::Kind::read, std::move(work)));
    }
    auto joined = co_await group.join();
    co_return joined;
  };
  ASSERT_TRUE(run(all()));
  ASSERT_EQ(order.size(), 40U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(WriterOf, ABatchIsNoLargerThanWanted) {
  TempDir dir;
  auto opened = Database::open(dir.path());
  ASSERT_TRUE(opened);
  Writer small(std::move(opened->database), 2);
  Gate gate;
  auto all = [&]() -> Task<void> {
    TaskGroup group;
    co_await group.spawn(small.submit(Writer::Kind::read, gate.work()));
    gate.reached.wait();
    for (int i = 0; i < 6; ++i) {
      Writer::Work work = insert(fmt::format("{}", i));
      co_await group.spawn(small.submit(Writer::Kind::write, std::move(work)));
    }
    gate.open.count_down();
    auto joined = co_await group.join();
    co_return joined;
  };
  ASSERT_TRUE(run(all()));
  EXPECT_EQ(small.counters().commits, 3U);
}

// ---- several loops, each on a thread of its own

TEST_F(WriterOf, ServesSeveralLoopsAndResumesEachCallerOnItsOwn) {
  TempDir dir;
  auto opened = Database::open(dir.path());
  ASSERT_TRUE(opened);
  constexpr int threads = 4;
  constexpr int calls = 200;
  std::array<std::vector<int>, threads> order;  // touched by the writer's thread, read after all have ended
  std::vector<std::unique_ptr<Loop>> loops;
  Writer writer(std::move(opened->database));
  auto one_loop = [&](int thread) -> Task<void> {
    const auto home = std::this_thread::get_id();
    TaskGroup group;
    for (int i = 0; i < calls; ++i) {
      Writer::Work work = [&order, thread, i](Database& database) -> Status {
        order[static_cast<std::size_t>(thread)].push_back(i);
        return database.exec("INSERT INTO server VALUES(?, 1)", {fmt::format("{} {}", thread, i)});
      };
      const auto kind = i % 10 == 0 ? Writer::Kind::durable : Writer::Kind::write;
      if (i % 3 == 0) {
        PF_CO_TRYV(co_await writer.submit(kind, std::move(work)));
        EXPECT_EQ(std::this_thread::get_id(), home);
      } else {
        co_await group.spawn(writer.submit(kind, std::move(work)));
      }
    }
    auto joined = co_await group.join();
    EXPECT_EQ(std::this_thread::get_id(), home);
    co_return joined;
  };
  {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i) loops.push_back(std::make_unique<Loop>());
    for (int i = 0; i < threads; ++i) {
      running.emplace_back([&, i] {
        const auto done = loops[static_cast<std::size_t>(i)]->run(one_loop(i));
        EXPECT_TRUE(done) << (done ? "" : done.error().describe());
      });
    }
  }
  EXPECT_TRUE(writer.close());
  for (const auto& of_loop : order) {
    EXPECT_EQ(of_loop.size(), static_cast<std::size_t>(calls));
    EXPECT_TRUE(std::ranges::is_sorted(of_loop));
  }
  EXPECT_EQ(writer.counters().calls, static_cast<std::uint64_t>(threads) * calls);
  const auto again = Database::open(dir.path());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->database->integer("SELECT count(*) FROM server").value(), threads * calls);
}

TEST_F(WriterOf, CallersOnSeveralLoopsShareOneSync) {
  Gate gate;
  std::vector<std::unique_ptr<Loop>> loops;
  for (int i = 0; i < 3; ++i) loops.push_back(std::make_unique<Loop>());
  std::latch handed_in(2);
  auto hold = [&]() -> Task<void> {
    auto held = co_await place.writer->submit(Writer::Kind::read, gate.work());
    co_return held;
  };
  auto write = [&](int thread) -> Task<void> {
    TaskGroup group;
    for (int i = 0; i < 5; ++i) {
      Writer::Work work = insert(fmt::format("{} {}", thread, i));
      co_await group.spawn(place.writer->submit(Writer::Kind::durable, std::move(work)));
    }
    handed_in.count_down();
    auto joined = co_await group.join();
    co_return joined;
  };
  const auto before = place.writer->counters();
  {
    std::jthread holder([&] { EXPECT_TRUE(loops[0]->run(hold())); });
    gate.reached.wait();
    std::jthread first([&] { EXPECT_TRUE(loops[1]->run(write(1))); });
    std::jthread second([&] { EXPECT_TRUE(loops[2]->run(write(2))); });
    handed_in.wait();
    gate.open.count_down();
  }
  EXPECT_TRUE(place.writer->close());  // before the loops it answers to
  EXPECT_EQ(place.writer->counters().syncs - before.syncs, 1U);
}

TEST_F(WriterOf, ClosingWhileSeveralLoopsHandInLosesNothingThatWasToldDone) {
  std::vector<std::unique_ptr<Loop>> loops;
  for (int i = 0; i < 3; ++i) loops.push_back(std::make_unique<Loop>());
  std::atomic<int> told_done{0};
  std::latch some_done(30);
  auto write = [&](int thread) -> Task<void> {
    for (int i = 0;; ++i) {
      Writer::Work work = insert(fmt::format("{} {}", thread, i));
      const auto done = co_await place.writer->submit(Writer::Kind::write, std::move(work));
      if (!done) {
        EXPECT_EQ(done.error().code, Errc::cancelled);
        co_return Status{};
      }
      ++told_done;
      if (i < 10) some_done.count_down();
    }
  };
  {
    std::vector<std::jthread> running;
    for (int i = 0; i < 3; ++i) {
      running.emplace_back([&, i] { EXPECT_TRUE(loops[static_cast<std::size_t>(i)]->run(write(i))); });
    }
    some_done.wait();
    EXPECT_TRUE(place.writer->close());
  }
  const auto opened = Database::open(place.dir.path());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->database->integer("SELECT count(*) FROM server").value(), told_done.load());
}

TEST_F(WriterOf, AfterDamageEveryCallGetsTheSameErrorAndTheNextStartSetsTheFileAside) {
  EXPECT_TRUE(submit(Writer::Kind::write, insert("one")));
  const auto bad = submit(Writer::Kind::read,
                          [](Database& database) -> Status { return database.damage("a row is wrong"); });
  ASSERT_FALSE(bad);
  const auto later = submit(Writer::Kind::durable, insert("two"));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().context, bad.error().context);
  EXPECT_TRUE(place.writer->close());
  const auto opened = Database::open(place.dir.path());
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->notes.size(), 1U);
  EXPECT_EQ(opened->database->integer("SELECT count(*) FROM server").value(), 0);
  const auto next = Database::open(place.dir.path());
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->notes.empty());
}

TEST_F(WriterOf, ClosingServesWhatIsQueuedAndRefusesWhatComesLater) {
  Status queued = Error{};
  auto one = [&]() -> Task<void> {
    queued = co_await place.writer->submit(Writer::Kind::write, insert("queued"));
    co_return Status{};
  };
  auto both = [&]() -> Task<void> {
    TaskGroup group;
    co_await group.spawn(one());
    EXPECT_TRUE(place.writer->close());
    auto joined = co_await group.join();
    co_return joined;
  };
  ASSERT_TRUE(run(both()));
  EXPECT_TRUE(queued);
  const auto late = submit(Writer::Kind::write, insert("late"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::cancelled);
  const auto opened = Database::open(place.dir.path());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->database->integer("SELECT count(*) FROM server").value(), 1);
}

TEST_F(WriterOf, ACallerThatIsGoneDoesNotMatter) {
  // The loop goes with its suspended coroutine after the writer has ended, as the header asks.
  auto loop = std::make_unique<Loop>();
  auto call = [](Writer& writer) -> Task<void> {
    Writer::Work work = [](Database& database) {
      return database.exec("INSERT INTO server VALUES(x'01', 1)");
    };
    auto done = co_await writer.submit(Writer::Kind::write, std::move(work));
    co_return done;
  };
  asio::co_spawn(loop->context(), call(*place.writer),
                 [](const std::exception_ptr&, const Status&) { FAIL(); });
  loop->context().poll_one();
  EXPECT_TRUE(place.writer->close());
  loop.reset();
  place.open();
  EXPECT_EQ(count("SELECT count(*) FROM server"), 1);
}

}  // namespace
}  // namespace pf::test
