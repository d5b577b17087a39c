// Runs that look only at what changed, on servers that tell it well, badly and falsely.  Told well the whole
// mailbox is not listed; told in any other way it is, and nothing is lost, doubled or removed.
#include "sync/changes.h"

#include "unit/sync/rig.h"

#include <rapidcheck/gtest.h>

namespace pf::test {
namespace {

using store::Changes;
using store::ref_of_uid;
using store::RefRange;

struct Calls {
  std::map<Op, int> source, target;
  [[nodiscard]] int scans() const { return of(source, Op::scan) + of(target, Op::scan); }
  [[nodiscard]] int asked() const { return of(source, Op::changes) + of(target, Op::changes); }
  static int of(const std::map<Op, int>& calls, Op op) {
    const auto found = calls.find(op);
    return found == calls.end() ? 0 : found->second;
  }
};

class ChangesRun : public ::testing::Test {
 protected:
  // INBOX has messages 1 to `count` on both sides, and all is settled.
  void settle(int count = 10) {
    rig.fill("INBOX", range(1, count));
    expect_ok(rig.copy());
  }

  sync::Summary copy() {
    calls = {};
    count_calls(rig.from->options, calls.source);
    count_calls(rig.to->options, calls.target);
    auto sum = rig.copy();
    rig.from->options.after = rig.to->options.after = nullptr;
    return sum;
  }

  // Not one message too many or too few, with its flags, and nothing left to do.
  void expect_in_step() {
    expect_exact(rig);
    rig.from->options.tell_changes = rig.to->options.tell_changes = nullptr;
    rig.from->options.tell_status = rig.to->options.tell_status = nullptr;
    expect_nothing_left(rig);
  }

  [[nodiscard]] std::size_t there() const { return rig.to->messages("INBOX").size(); }

  static void count_calls(store::MemoryOptions& options, std::map<Op, int>& counts) {
    options.after = [&counts](const MemoryCall& call) -> std::optional<Error> {
      ++counts[call.op];
      return std::nullopt;
    };
  }

  Rig rig;
  Calls calls;
};

RefRange uids(std::uint32_t first, std::uint32_t last) {
  return {ref_of_uid(first), ref_of_uid(last)};
}

// ---- told well

TEST_F(ChangesRun, AFewChangesInThousandsOfMessagesListNone) {
  settle(3000);
  rig.fill("INBOX", {3001});
  rig.from->set_flags("INBOX", 77, "\\Seen \\Flagged");
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 1U);
  EXPECT_EQ(sum.flags_changed, 1U);
  EXPECT_EQ(sum.matched, 3000U);
  EXPECT_EQ(calls.scans(), 0);
  EXPECT_GT(calls.asked(), 0);
  expect_in_step();
}

TEST_F(ChangesRun, EveryRunBeginsWhereTheLastOneEnded) {
  settle(30);
  for (int n = 31; n < 40; ++n) {
    rig.fill("INBOX", {n});
    rig.from->set_flags("INBOX", static_cast<std::uint32_t>(n - 30), "\\Answered");
    const auto sum = copy();
    expect_ok(sum);
    EXPECT_EQ(sum.copied, 1U) << n;
    EXPECT_EQ(sum.flags_changed, 1U) << n;
    EXPECT_EQ(calls.scans(), 0) << n;
  }
  expect_in_step();
}

TEST_F(ChangesRun, AFlagThatWasTakenAwayTravels) {
  settle();
  rig.from->set_flags("INBOX", 4, "");
  const auto sum = copy();
  EXPECT_EQ(sum.flags_changed, 1U);
  EXPECT_EQ(calls.scans(), 0);
  expect_in_step();
}

TEST_F(ChangesRun, ACopyThatVanishedIsRestoredWithoutAListing) {
  settle();
  rig.to->remove("INBOX", 4);
  rig.from->set_flags("INBOX", 4, "\\Draft");  // and goes back as it is now
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.restored, 1U);
  EXPECT_EQ(sum.copied, 0U);
  EXPECT_EQ(calls.scans(), 0);
  expect_in_step();
}

TEST_F(ChangesRun, AMessageThatVanishedFromTheSourceIsLeftAtTheTarget) {
  settle();
  rig.from->remove("INBOX", 4);
  for (int i = 0; i < 2; ++i) {
    const auto sum = copy();
    expect_ok(sum);
    EXPECT_EQ(rig.to->writes().total(), 10U);
    EXPECT_EQ(there(), 10U);
    EXPECT_EQ(calls.scans(), 0);
  }
}

TEST_F(ChangesRun, WhatIsGoneOnBothSidesComesBackOnNeither) {
  settle();
  rig.from->remove("INBOX", 4);
  expect_ok(copy());
  rig.to->remove("INBOX", 4);
  expect_ok(copy());
  rig.fill("INBOX", {11});
  EXPECT_EQ(copy().copied, 1U);
  expect_in_step();
}

TEST_F(ChangesRun, MailThatCameAndWentIsNothing) {
  settle();
  rig.fill("INBOX", {11, 12});
  rig.from->remove("INBOX", 11);
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 1U);
  expect_in_step();
}

TEST_F(ChangesRun, MailThatArrivesWhileWeLookComesNowOrNext) {
  settle();
  rig.fill("INBOX", {11});
  rig.from->options.tell_changes = [&](std::string_view, Changes&) {
    if (rig.from->messages("INBOX").size() == 11) rig.fill("INBOX", {12});
  };
  (void)copy();
  (void)copy();
  expect_in_step();
}

// ---- what the target had all along

TEST_F(ChangesRun, AMessageTheTargetHadAllAlongIsFoundThere) {
  for (const int n : {101, 102}) rig.to->add("INBOX", mail(n), "\\Seen", date(n));
  settle();
  EXPECT_EQ(there(), 12U);
  rig.fill("INBOX", {101});
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 0U);
  EXPECT_EQ(sum.matched, 11U);
  EXPECT_EQ(there(), 12U);
  EXPECT_GT(calls.scans(), 0);  // nothing less shows it
}

TEST_F(ChangesRun, AMessageDeliveredToBothSidesIsPaired) {
  settle();
  rig.fill("INBOX", {11});
  rig.to->add("INBOX", mail(11), "\\Seen", date(11));
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 0U);
  expect_in_step();
}

TEST_F(ChangesRun, ACopyThatWasMovedAwayAndBackIsNotDoubled) {
  settle();
  rig.to->remove("INBOX", 4);
  rig.to->add("INBOX", mail(4), "\\Seen", date(4));
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.restored, 0U);
  EXPECT_EQ(sum.matched, 10U);
  EXPECT_EQ(there(), 10U);
  expect_in_step();
}

TEST_F(ChangesRun, ATwinOfACopyThatVanishedTakesItsPlace) {
  rig.to->add("INBOX", mail(4), "\\Seen", date(4));
  rig.to->add("INBOX", mail(4), "\\Seen", date(4));
  settle();
  EXPECT_EQ(there(), 11U);
  const auto all = rig.to->messages("INBOX");
  for (const auto& m : all) {
    if (*m.bytes != mail(4)) continue;
    rig.to->remove("INBOX", m.uid);  // which of them is the pair is not said
    break;
  }
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.restored + sum.copied, 0U);
  expect_in_step();
}

// ---- told badly

TEST_F(ChangesRun, AServerThatDoesNotTellWhatVanishedIsListedThen) {
  rig.from->options.features.tells_vanished = rig.to->options.features.tells_vanished = false;
  settle();
  rig.fill("INBOX", {11});
  EXPECT_EQ(copy().copied, 1U);
  EXPECT_EQ(calls.scans(), 0);
  rig.to->remove("INBOX", 4);
  EXPECT_EQ(copy().restored, 1U);
  EXPECT_GT(calls.scans(), 0);
  expect_in_step();
  rig.from->remove("INBOX", 5);
  expect_ok(copy());
  EXPECT_EQ(there(), 11U);
}

TEST_F(ChangesRun, ATargetWithoutCheckpointsIsListedOnlyWhenItChanged) {
  rig.to->options.features.checkpoints = false;
  settle();
  rig.fill("INBOX", {11});
  EXPECT_EQ(copy().copied, 1U);
  EXPECT_EQ(calls.scans(), 0);
  rig.to->remove("INBOX", 4);
  EXPECT_EQ(copy().restored, 1U);
  EXPECT_GT(calls.scans(), 0);
  expect_in_step();
}

TEST_F(ChangesRun, OverlappingRangesAndThoseNobodyHadCountOnce) {
  settle();
  rig.to->remove("INBOX", 4);
  rig.to->remove("INBOX", 5);
  rig.to->options.tell_changes = [](std::string_view, Changes& told) {
    told.vanished = {uids(4, 5), uids(5, 5), uids(4, 4), uids(5, 5), uids(500, UINT32_MAX), uids(0, 0)};
  };
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.restored, 2U);
  EXPECT_EQ(calls.scans(), 0);
  expect_in_step();
}

// threat 3: a range bomb.  It can take nothing away, because the numbers do not agree.
TEST_F(ChangesRun, EverythingVanishedSaysAServerThatStillHasIt) {
  for (const bool at_target : {false, true}) {
    SCOPED_TRACE(at_target);
    Rig fresh;
    fresh.fill("INBOX", range(1, 20));
    expect_ok(fresh.copy());
    auto& options = at_target ? fresh.to->options : fresh.from->options;
    options.tell_changes = [](std::string_view, Changes& told) { told.vanished = {uids(1, UINT32_MAX)}; };
    fresh.fill("INBOX", {21});
    if (at_target) fresh.to->remove("INBOX", 3);
    const auto sum = fresh.copy();
    expect_ok(sum);
    EXPECT_EQ(sum.copied + sum.restored, at_target ? 2U : 1U);
    expect_exact(fresh);
    expect_nothing_left(fresh);
  }
}

// The count agrees: one went, one is said to have gone.  But it is another.
TEST_F(ChangesRun, WhatIsSaidToHaveVanishedAndIsThereIsNotRestored) {
  settle();
  rig.to->remove("INBOX", 6);
  rig.to->options.tell_changes = [](std::string_view, Changes& told) { told.vanished = {uids(5, 5)}; };
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.restored, 1U);
  expect_in_step();
}

TEST_F(ChangesRun, VanishedAndChangedAtOnceIsBelievedInNeither) {
  settle();
  rig.from->set_flags("INBOX", 5, "\\Draft");
  rig.from->remove("INBOX", 6);
  rig.from->options.tell_changes = [](std::string_view, Changes& told) { told.vanished = {uids(5, 5)}; };
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.source_messages, 9U);
  EXPECT_EQ(there(), 10U);
  EXPECT_EQ(rig.to->messages("INBOX").at(4).flags, FlagSet::parse("\\Draft"));
}

TEST_F(ChangesRun, AHiddenArrivalIsFound) {
  settle();
  rig.fill("INBOX", {11, 12});
  rig.from->options.tell_changes = [](std::string_view, Changes& told) { told.changed.pop_back(); };
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 2U);
  EXPECT_GT(calls.scans(), 0);
  expect_in_step();
}

TEST_F(ChangesRun, AHiddenRemovalIsFound) {
  settle();
  rig.to->remove("INBOX", 4);
  rig.to->options.tell_changes = [](std::string_view, Changes& told) { told.vanished.clear(); };
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.restored, 1U);
  expect_in_step();
}

TEST_F(ChangesRun, AnInventedArrivalIsNotCopied) {
  settle();
  rig.fill("INBOX", {11});
  rig.from->options.tell_changes = [](std::string_view, Changes& told) {
    MessageMeta ghost;
    ghost.ref = ref_of_uid(4000);
    told.changed.push_back(ghost);
  };
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 1U);
  expect_in_step();
}

TEST_F(ChangesRun, ToldTwiceIsOnce) {
  settle();
  rig.fill("INBOX", {11});
  rig.from->set_flags("INBOX", 3, "\\Draft");
  rig.from->options.tell_changes = [](std::string_view, Changes& told) {
    const auto once = told.changed;
    told.changed.insert(told.changed.end(), once.begin(), once.end());
  };
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 1U);
  EXPECT_EQ(sum.flags_changed, 1U);
  expect_in_step();
}

// More than was asked for is allowed: RFC 7162 3.1.4 lets a server forget what it knew.
TEST_F(ChangesRun, ToldMoreThanAskedIsNoHarm) {
  settle();
  rig.fill("INBOX", {11});
  rig.from->options.tell_changes = [](std::string_view, Changes& told) {
    told.changed.clear();
    for (std::uint32_t uid = 1; uid <= 11; ++uid) {
      MessageMeta m;
      m.ref = ref_of_uid(uid);
      told.changed.push_back(m);
    }
  };
  const auto sum = copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 1U);
  EXPECT_EQ(sum.flags_changed, 0U);  // flags are fetched, not believed
  expect_in_step();
}

TEST_F(ChangesRun, AServerThatWillNotSayIsListed) {
  for (const auto& server : {rig.from, rig.to}) {
    SCOPED_TRACE(server == rig.from);
    rig.fill("INBOX", {1, 2, 3});
    (void)rig.copy();
    server->options.before = [](const MemoryCall& call) -> std::optional<Error> {
      if (call.op != Op::changes) return std::nullopt;
      return Error(Errc::unavailable, Scope::mailbox, Retry::never, "the index is being rebuilt");
    };
    rig.fill("INBOX", {4});
    rig.to->add("INBOX", mail(50), "\\Seen", date(50));
    const auto sum = copy();
    expect_ok(sum);
    EXPECT_EQ(sum.copied, 1U);
    EXPECT_GT(calls.scans(), 0);
    server->options.before = nullptr;
  }
}

TEST_F(ChangesRun, ACountThatLiesIsListedEachTimeAndCopiesNothing) {
  settle();
  rig.from->options.tell_status = [](std::string_view, store::MailboxStatus& told) { told.count += 2; };
  rig.fill("INBOX", {11});
  const auto sum = copy();
  EXPECT_EQ(sum.copied, 1U);
  EXPECT_FALSE(sum.warnings.empty());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(copy().copied, 0U);
    EXPECT_EQ(there(), 11U);
  }
  expect_in_step();
}

// ---- told, and then the line breaks

TEST(ChangesCut, AnyCallMayLoseItsConnection) {
  for (int at = 1; at < 60; ++at) {
    SCOPED_TRACE(at);
    Rig rig;
    rig.fill("INBOX", range(1, 12));
    expect_ok(rig.copy());
    rig.fill("INBOX", {13});
    rig.from->set_flags("INBOX", 2, "\\Draft");
    rig.to->remove("INBOX", 7);
    int calls = 0;
    bool cut = false;
    auto count = [&](const MemoryCall&) -> std::optional<Error> {
      if (++calls != at) return std::nullopt;
      cut = true;
      return connection_cut();
    };
    rig.from->options.before = rig.to->options.before = count;
    expect_ok(rig.copy());
    expect_exact(rig);
    rig.from->options.before = rig.to->options.before = nullptr;
    expect_nothing_left(rig);
    if (!cut) {
      EXPECT_GT(at, 8);
      return;
    }
  }
  ADD_FAILURE() << "the run takes more calls than were tried";
}

TEST(ChangesCut, AnyCallMayBeTheLastOfTheRun) {
  for (int at = 1; at < 60; ++at) {
    SCOPED_TRACE(at);
    Rig rig;
    rig.fill("INBOX", range(1, 12));
    expect_ok(rig.copy());
    rig.fill("INBOX", {13});
    rig.from->set_flags("INBOX", 2, "\\Draft");
    rig.to->remove("INBOX", 7);
    int calls = 0;
    auto count = [&](const MemoryCall&) -> std::optional<Error> {
      ++calls;
      return std::nullopt;
    };
    rig.from->options.before = rig.to->options.before = rig.to->options.after = count;
    const bool died = rig.copy_until([&] { return calls >= at; });
    rig.from->options.before = rig.to->options.before = rig.to->options.after = nullptr;
    expect_ok(rig.copy());
    expect_exact(rig);
    expect_nothing_left(rig);
    if (!died) return;
  }
  ADD_FAILURE() << "the run takes more calls than were tried";
}

// ---- whatever happens between two runs, checkpoints only save time

struct Edit {
  enum class Kind : std::uint8_t { arrive, leave, flag } kind;
  bool at_target;
  int which;
  int flags;
};

rc::Gen<std::vector<Edit>> any_edits() {
  return rc::gen::container<std::vector<Edit>>(
      rc::gen::build<Edit>(rc::gen::set(&Edit::kind, rc::gen::element(Edit::Kind::arrive, Edit::Kind::leave,
                                                                      Edit::Kind::leave, Edit::Kind::flag)),
                           rc::gen::set(&Edit::at_target, rc::gen::arbitrary<bool>()),
                           rc::gen::set(&Edit::which, rc::gen::inRange(0, 12)),
                           rc::gen::set(&Edit::flags, rc::gen::inRange(0, 4))));
}

void showValue(const std::vector<Edit>& edits, std::ostream& out) {
  for (const auto& e : edits) {
    out << fmt::format("{} {} {} {}; ", e.at_target ? "target" : "source",
                       e.kind == Edit::Kind::arrive  ? "+"
                       : e.kind == Edit::Kind::leave ? "-"
                                                     : "flags",
                       e.which, e.flags);
  }
  out << "\n";
}

void make(Rig& rig, const std::vector<Edit>& edits) {
  static constexpr std::array<std::string_view, 4> flags{"", "\\Seen", "\\Seen \\Flagged", "\\Draft"};
  for (const auto& e : edits) {
    auto& server = e.at_target ? *rig.to : *rig.from;
    if (e.kind == Edit::Kind::arrive) {
      server.add("INBOX", mail(e.which), flags.at(static_cast<std::size_t>(e.flags)), date(e.which));
      continue;
    }
    const auto all = server.messages("INBOX");
    if (all.empty()) continue;
    const auto uid = all[static_cast<std::size_t>(e.which) % all.size()].uid;
    if (e.kind == Edit::Kind::leave) {
      server.remove("INBOX", uid);
    } else {
      server.set_flags("INBOX", uid, flags.at(static_cast<std::size_t>(e.flags)));
    }
  }
}

RC_GTEST_PROP(ChangesProperty, CheckpointsOnlySaveTime, ()) {
  const auto first = *any_edits();
  const auto between = *rc::gen::container<std::vector<std::vector<Edit>>>(3, any_edits());
  const bool vanished = *rc::gen::arbitrary<bool>();
  const bool only_source = *rc::gen::arbitrary<bool>();
  Rig with, without;
  with.from->options.features.tells_vanished = with.to->options.features.tells_vanished = vanished;
  with.to->options.features.checkpoints = !only_source;
  without.from->options.features.checkpoints = without.to->options.features.checkpoints = false;
  for (Rig* rig : {&with, &without}) make(*rig, first);
  for (std::size_t i = 0;; ++i) {
    const auto told = with.copy();
    const auto listed = without.copy();
    RC_ASSERT(told.outcome == sync::Outcome::ok);
    RC_ASSERT(listed.outcome == sync::Outcome::ok);
    RC_ASSERT(contents(*with.to, "INBOX") == contents(*without.to, "INBOX"));
    RC_ASSERT(told.copied == listed.copied);
    RC_ASSERT(told.restored == listed.restored);
    RC_ASSERT(told.matched == listed.matched);
    RC_ASSERT(told.flags_changed == listed.flags_changed);
    if (i == between.size()) break;
    for (Rig* rig : {&with, &without}) make(*rig, between[i]);
  }
}

}  // namespace
}  // namespace pf::test
