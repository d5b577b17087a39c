// What the lanes do next, and that they never wait for each other in a circle.
#include "unit/sync/rig.h"

namespace pf::test {
namespace {

// Both servers grant so many connections, and all are used.
void grant(Rig& rig, std::size_t connections) {
  rig.policy.connections = connections;
  rig.from->options.features.parallel = rig.to->options.features.parallel = connections;
}

// Notes whether a mailbox was looked at while mail was still on its way into another one.
class AheadWatch {
 public:
  explicit AheadWatch(Rig& rig) {
    rig.from->options.before = [this](const MemoryCall& call) -> std::optional<Error> {
      if (call.op == Op::open) opened_ = call.mailbox;
      return std::nullopt;
    };
    rig.to->options.before = [this](const MemoryCall& call) -> std::optional<Error> {
      // The messages of one mailbox go one by one: after the first of them the next mailbox is none of ours.
      if (call.op == Op::append && !opened_.empty() && opened_ != call.mailbox && begun_ == call.mailbox)
        ++looks_;
      if (call.op == Op::append) begun_ = call.mailbox;
      return std::nullopt;
    };
  }
  [[nodiscard]] int looks() const { return looks_; }

 private:
  std::string opened_, begun_;
  int looks_ = 0;
};

TEST(LookAhead, TheNextMailboxIsLookedAtWhileTheLastMessagesAreOnTheirWay) {
  for (const bool target_has_them : {false, true}) {
    Rig rig;
    grant(rig, 1);
    rig.to->options.features.atomic_batch = false;  // an append each, so that there is a while
    rig.fill("INBOX", range(1, 120));
    rig.fill("Work", range(201, 320));
    if (target_has_them) rig.to->create("Work");
    const AheadWatch watch(rig);
    expect_ok(rig.copy());
    EXPECT_GT(watch.looks(), 0);
    expect_exact(rig);
    expect_nothing_left(rig);
  }
}

// A mailbox that has nothing to copy holds the connection it was looked at with.
TEST(LookAhead, FromAMailboxWithNothingToCopy) {
  Rig rig;
  grant(rig, 1);
  for (int box = 0; box < 6; ++box) rig.fill(fmt::format("Box{}", box), range(box * 10, box * 10 + 2));
  expect_ok(rig.copy());
  rig.from->options.features.checkpoints = rig.to->options.features.checkpoints = false;  // none is settled
  rig.fill("Box3", {100, 101});
  expect_ok(rig.copy());
  expect_exact(rig);
}

// The lane that looks ahead holds a connection of the next mailbox when it has to look for lost messages.
TEST(LookAhead, LostAnswersAreLookedForWithTheConnectionsThereAre) {
  for (const std::size_t connections : {1U, 2U}) {
    for (const bool refs : {true, false}) {
      for (const auto fault :
           {AppendFault::lose_answer, AppendFault::lose_command, AppendFault::store_late}) {
        // The first, the middle or the last message of every mailbox.
        for (const int which : {1, 4, 8}) {
          SCOPED_TRACE(fmt::format("connections {} refs {} fault {} at {}", connections, refs,
                                   static_cast<int>(fault), which));
          Rig rig;
          grant(rig, connections);
          rig.to->options.features.append_refs = refs;
          rig.to->options.features.atomic_batch = false;
          for (int box = 0; box < 5; ++box)
            rig.fill(fmt::format("Box{}", box), range(box * 10 + 1, box * 10 + 8));
          std::map<std::string, int> appends;
          rig.to->options.append_fault = [&](const MemoryCall& call) {
            return ++appends[std::string(call.mailbox)] == which ? fault : AppendFault::none;
          };
          expect_ok(rig.copy());
          expect_exact(rig);
          rig.to->options.append_fault = nullptr;
          // With new mail and messages that are watched, the end of each mailbox is a look at both sides.
          for (int box = 0; box < 5; ++box)
            rig.fill(fmt::format("Box{}", box), range(box * 10 + 101, box * 10 + 104));
          expect_ok(rig.copy());
          expect_exact(rig);
          expect_nothing_left(rig);
        }
      }
    }
  }
}

TEST(LookAhead, EveryCallMayLoseItsConnection) {
  for (const std::size_t connections : {1U, 2U}) {
    for (const auto op : {Op::open, Op::scan, Op::fetch, Op::read, Op::chunk, Op::append}) {
      for (const bool at_source : {false, true}) {
        if (at_source ? op == Op::append : op == Op::read || op == Op::chunk) continue;
        for (const int every : {2, 3, 5, 7}) {
          SCOPED_TRACE(fmt::format("connections {}: {} at {}, each {}th", connections, store::name(op),
                                   at_source ? "source" : "target", every));
          Rig rig;
          grant(rig, connections);
          rig.to->options.features.atomic_batch = false;
          for (int box = 0; box < 4; ++box)
            rig.fill(fmt::format("Box{}", box), range(box * 10 + 1, box * 10 + 6));
          rig.to->create("Box2");
          rig.to->add("Box3", mail(31), "\\Seen", date(31));
          int calls = 0;
          int cuts = 0;
          auto& server = at_source ? rig.from : rig.to;
          server->options.after = [&](const MemoryCall& call) -> std::optional<Error> {
            if (call.op != op || ++calls % every != 0 || cuts >= 6) return std::nullopt;
            ++cuts;
            return connection_cut();
          };
          expect_ok(rig.copy());
          expect_exact(rig);
          server->options.after = nullptr;
          expect_nothing_left(rig);
        }
      }
    }
  }
}

TEST(LookAhead, KilledAnywhereTheNextRunFinishes) {
  for (int at = 20;; at += 13) {
    SCOPED_TRACE(fmt::format("killed at call {}", at));
    Rig rig;
    grant(rig, 1);
    rig.to->options.features.atomic_batch = false;
    for (int box = 0; box < 3; ++box) rig.fill(fmt::format("Box{}", box), range(box * 10 + 1, box * 10 + 8));
    int calls = 0;
    rig.from->options.before = rig.to->options.before = [&](const MemoryCall&) -> std::optional<Error> {
      ++calls;
      return std::nullopt;
    };
    const bool killed = rig.copy_until([&] { return calls >= at; });
    rig.from->options.before = rig.to->options.before = nullptr;
    expect_ok(rig.copy());
    expect_exact(rig);
    expect_nothing_left(rig);
    if (!killed || ::testing::Test::HasFailure()) return;
  }
}

// What cannot be looked at now is looked at in its turn.
TEST(LookAhead, AMailboxThatCannotBeOpenedYetGetsItsTurn) {
  Rig rig;
  grant(rig, 1);
  rig.to->options.features.atomic_batch = false;
  rig.fill("INBOX", range(1, 60));
  rig.fill("Work", {201, 202});
  rig.to->create("Work");
  int refused = 0;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    const bool busy = rig.to->messages("INBOX").size() < 60;
    if (call.op != Op::open || call.mailbox != "Work" || !busy) return std::nullopt;
    ++refused;
    return Error(Errc::too_many_connections, Scope::connection, Retry::later, "too many");
  };
  expect_ok(rig.copy());
  EXPECT_LE(refused, 1);
  expect_exact(rig);
}

// ---- servers that grant fewer connections than there are lanes

// The lane that began first may be the one that goes without.
TEST(CrewLanes, AnyLaneMayLeaveTheWorkToTheOthers) {
  Rig rig;
  grant(rig, 2);
  rig.policy.timing.attempts_without_progress = 3;
  rig.fill("Box0", {1, 2});
  rig.fill("Box1", {11, 12});
  rig.to->create("Box0");
  rig.to->create("Box1");
  // Box0 is the first lane's.  As often as that lane tries, and not once more.
  int refused = 0;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    if (call.op != Op::open || call.mailbox != "Box0" || refused == 4) return std::nullopt;
    ++refused;
    return Error(Errc::too_many_connections, Scope::connection, Retry::later, "too many");
  };
  expect_ok(rig.copy());
  EXPECT_EQ(refused, 4);
  expect_exact(rig);
}

// It holds a connection of the source that others may wait for.
TEST(CrewLanes, ALaneThatGetsNoConnectionToASharedMailboxGoesAtOnce) {
  Rig rig;
  grant(rig, 2);
  for (int n = 0; n < 200; ++n) rig.from->add("INBOX", mail(n, std::string(60'000, 'a')), "", date(n));
  int refused = 0;
  int opened = 0;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    // The first opens to look, the second to append: they are one lane's.
    if (call.op != Op::open || ++opened <= 2 || rig.to->messages("INBOX").size() == 200) return std::nullopt;
    ++refused;
    return Error(Errc::too_many_connections, Scope::connection, Retry::later, "too many");
  };
  expect_ok(rig.copy());
  EXPECT_EQ(refused, 1);
  expect_exact(rig);
}

}  // namespace
}  // namespace pf::test
