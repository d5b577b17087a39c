// Servers that say what is not so: of references, sizes, counts, bodies, and of what they stored.  A run
// among them ends with every message there once, or names those that are not; further runs copy nothing but
// what was named.
#include "unit/sync/rig.h"

#include <gtest/gtest.h>

#include <set>

namespace pf::test {
namespace {

using store::AppendOutcome;
using store::ref_of_uid;
using sync::Outcome;

std::set<std::string> named(const sync::Summary& sum) {
  std::set<std::string> out;
  for (const auto& failure : sum.failures) out.insert(failure.ref);
  return out;
}

// Runs that look into every mailbox, however settled it seems.
sync::Summary look_again(Rig& rig) {
  rig.policy.retry_failed = true;
  auto sum = rig.copy();
  rig.policy.retry_failed = false;
  return sum;
}

void expect_no_more(Rig& rig, int runs = 3) {
  for (int i = 0; i < runs; ++i) {
    const auto before = rig.to->writes().appended;
    const auto sum = i % 2 == 0 ? rig.copy() : look_again(rig);
    EXPECT_EQ(sum.copied + sum.restored, 0U) << text_of(sum);
    EXPECT_EQ(rig.to->writes().appended, before);
  }
}

// ---- references of what was appended

using Lie = std::function<void(std::string_view, std::vector<AppendOutcome>&)>;

struct RefLie {
  std::string name;
  Lie tell;
};

std::vector<RefLie> ref_lies() {
  return {
      {"OfNobody",
       [](auto, auto& told) {
         for (auto& outcome : told) outcome.ref = ref_of_uid(store::uid_of_ref(*outcome.ref) + 100'000);
       }},
      {"OfTheNext",
       [](auto, auto& told) {
         for (auto& outcome : told) outcome.ref = ref_of_uid(store::uid_of_ref(*outcome.ref) + 1);
       }},
      {"OfTheOneBefore",
       [](auto, auto& told) {
         for (auto& outcome : told) outcome.ref = ref_of_uid(store::uid_of_ref(*outcome.ref) - 1);
       }},
      {"AlwaysTheFirst",
       [](auto, auto& told) {
         for (auto& outcome : told) outcome.ref = ref_of_uid(1);
       }},
      {"OfAnotherEpoch",
       [](auto, auto& told) {
         for (auto& outcome : told) outcome.epoch = Epoch("else");
       }},
      {"NowAndThen",
       [](auto, auto& told) {
         for (std::size_t i = 0; i < told.size(); i += 2) told[i].ref.reset();
       }},
  };
}

class LyingRefs : public ::testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(Are, LyingRefs, ::testing::Range(std::size_t{0}, ref_lies().size()),
                         [](const auto& info) { return ref_lies()[info.param].name; });

TEST_P(LyingRefs, NothingIsDoubledOrLost) {
  for (const bool batches : {false, true}) {
    SCOPED_TRACE(batches);
    Rig rig;
    rig.to->options.features.atomic_batch = batches;
    rig.to->options.tell_appended = ref_lies()[GetParam()].tell;
    rig.fill("INBOX", range(1, 8));
    EXPECT_EQ(rig.copy().copied, 8U);
    EXPECT_EQ(contents(*rig.to, "INBOX"), contents(*rig.from, "INBOX"));
    expect_no_more(rig);
    rig.fill("INBOX", range(9, 12));
    EXPECT_EQ(rig.copy().copied, 4U);
    expect_no_more(rig);
    expect_exact(rig);
  }
}

TEST_P(LyingRefs, TwoWayTakesNothingAway) {
  Rig rig;
  rig.source_may_change = true;
  rig.policy.mode = sync::Mode::two_way;
  rig.to->options.tell_appended = ref_lies()[GetParam()].tell;
  rig.fill("INBOX", range(1, 8));
  EXPECT_EQ(rig.copy().copied, 8U);
  for (int i = 0; i < 3; ++i) {
    const auto sum = i == 1 ? look_again(rig) : rig.copy();
    EXPECT_EQ(sum.deleted + sum.withheld, 0U) << text_of(sum);
    EXPECT_EQ(contents(*rig.from, "INBOX").size(), 8U);
    EXPECT_EQ(contents(*rig.to, "INBOX").size(), 8U);
  }
}

// ---- what was stored

class Swallower : public ::testing::TestWithParam<bool> {  // tells references
 protected:
  void SetUp() override { rig.to->options.features.append_refs = GetParam(); }
  // Says OK to messages with "swallow me" and forgets them.
  void swallow() {
    auto hold = std::make_shared<bool>(false);
    rig.to->options.features.atomic_batch = false;
    rig.to->options.arrived = [hold](std::string_view, const std::vector<store::MemoryMessage>& messages) {
      *hold = messages.front().bytes->find("swallow me") != std::string::npos;
    };
    rig.to->options.append_fault = [hold](const MemoryCall&) {
      return *hold ? AppendFault::drop : AppendFault::none;
    };
  }
  Rig rig;
};

INSTANTIATE_TEST_SUITE_P(Telling, Swallower, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "References" : "NoReferences"; });

TEST_P(Swallower, WhatItDidNotStoreIsNamedInEveryRun) {
  swallow();
  rig.fill("INBOX", range(1, 5));
  rig.from->add("INBOX", mail(6, "swallow me"), "", date(6));
  rig.fill("INBOX", range(7, 9));
  for (int i = 0; i < 3; ++i) {
    const auto sum = i == 2 ? look_again(rig) : rig.copy();
    EXPECT_EQ(sum.outcome, Outcome::partial) << text_of(sum);
    EXPECT_EQ(sum.copied, i == 0 ? 8U : 0U);
    EXPECT_EQ(sum.restored, 0U);
    EXPECT_EQ(sum.failed, 1U);
    EXPECT_EQ(named(sum), std::set<std::string>{"6"}) << text_of(sum);
    expect_adds_up(sum);
    EXPECT_EQ(rig.to->messages("INBOX").size(), 8U);
  }
  rig.to->options.append_fault = nullptr;  // the filter is gone
  EXPECT_EQ(rig.copy().copied, 1U);
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST_P(Swallower, TheLastOfAMailboxIsMissedToo) {
  swallow();
  rig.fill("INBOX", range(1, 5));
  rig.from->add("INBOX", mail(6, "swallow me"), "", date(6));
  const auto sum = rig.copy();
  EXPECT_EQ(named(sum), std::set<std::string>{"6"}) << text_of(sum);
  EXPECT_EQ(sum.copied, 5U);
}

TEST_P(Swallower, ACopyThatIsSwallowedWhenItIsPutBackIsNamed) {
  rig.fill("INBOX", range(1, 5));
  rig.from->add("INBOX", mail(6, "swallow me"), "", date(6));
  expect_ok(rig.copy());
  swallow();
  rig.to->remove("INBOX", 6);
  for (int i = 0; i < 2; ++i) {
    const auto sum = rig.copy();
    EXPECT_EQ(sum.outcome, Outcome::partial);
    EXPECT_EQ(sum.copied + sum.restored, 0U);
    EXPECT_EQ(named(sum), std::set<std::string>{"6"}) << text_of(sum);
  }
}

// Taken for deleted there, it would be deleted here.
TEST_P(Swallower, TwoWayDoesNotDeleteAtTheSourceWhatTheTargetSwallowed) {
  rig.source_may_change = true;
  rig.policy.mode = sync::Mode::two_way;
  swallow();
  rig.fill("INBOX", range(1, 5));
  rig.from->add("INBOX", mail(6, "swallow me"), "", date(6));
  for (int i = 0; i < 3; ++i) {
    const auto sum = rig.copy();
    EXPECT_EQ(sum.deleted, 0U) << text_of(sum);
    EXPECT_EQ(rig.from->messages("INBOX").size(), 6U);
    EXPECT_EQ(named(sum), std::set<std::string>{"6"}) << text_of(sum);
  }
}

// Gmail: an equal message gets a uid and is thrown away.
TEST_P(Swallower, ATargetThatDropsDuplicatesIsNotSentThemForEver) {
  auto seen = std::make_shared<std::set<std::string>>();
  auto twin = std::make_shared<bool>(false);
  rig.to->options.features.atomic_batch = false;
  rig.to->options.arrived = [=](std::string_view, const std::vector<store::MemoryMessage>& messages) {
    *twin = !seen->insert(*messages.front().bytes).second;
  };
  rig.to->options.append_fault = [=](const MemoryCall&) {
    return *twin ? AppendFault::drop : AppendFault::none;
  };
  rig.fill("INBOX", {1, 2, 2, 3});
  const auto first = rig.copy();
  EXPECT_EQ(first.outcome, Outcome::partial) << text_of(first);
  EXPECT_EQ(first.copied, 3U);
  EXPECT_EQ(first.failed, 1U);
  for (int i = 0; i < 2; ++i) {
    const auto sum = rig.copy();
    EXPECT_EQ(sum.copied + sum.restored, 0U) << text_of(sum);
    EXPECT_EQ(sum.failed, 1U) << text_of(sum);
  }
  EXPECT_EQ(rig.to->messages("INBOX").size(), 3U);
}

// Two lies that hide each other at the end of the run: the count is short, the reference is one that is
// there.
TEST(SwallowerWithAlibi, IsFoundOut) {
  Rig rig;
  rig.to->options.features.atomic_batch = false;
  rig.fill("INBOX", range(1, 5));
  expect_ok(rig.copy());
  rig.to->options.append_fault = append_fault_at(1, AppendFault::drop);
  rig.to->options.tell_appended = [](std::string_view, std::vector<AppendOutcome>& told) {
    told.front().ref = ref_of_uid(3);
  };
  rig.fill("INBOX", {6});
  (void)rig.copy();
  rig.to->options.tell_appended = nullptr;
  (void)rig.copy();
  (void)rig.copy();
  expect_exact(rig);
  expect_nothing_left(rig);
}

// Somebody else deletes mail at the target while we copy: no failure of ours.
TEST(Recount, WhatOthersDeleteMeanwhileIsNotOurFailure) {
  Rig rig;
  for (const int n : range(100, 110)) rig.to->add("INBOX", mail(n), "", date(n));
  rig.fill("INBOX", range(1, 5));
  rig.to->options.append_fault = [&](const MemoryCall&) {
    rig.to->remove("INBOX", 3);
    return AppendFault::none;
  };
  expect_ok(rig.copy());
  expect_nothing_left(rig);
}

TEST(Recount, ALookThatFailsIsNoFailureButSettlesNothing) {
  Rig rig;
  rig.to->options.features.atomic_batch = false;
  rig.to->options.append_fault = append_fault_at(2, AppendFault::drop);
  rig.fill("INBOX", range(1, 5));
  bool done = false;
  rig.to->options.before = [&](const MemoryCall& call) -> std::optional<Error> {
    done = done || call.op == Op::append;
    if (!done || call.op != Op::scan) return std::nullopt;
    return Error(Errc::unavailable, Scope::mailbox, Retry::never, "being rebuilt");
  };
  (void)rig.copy();
  rig.to->options.before = nullptr;
  (void)rig.copy();
  expect_ok(rig.copy());
  expect_exact(rig);
}

// ---- sizes and bodies

TEST(LyingSizes, AreOnlyHints) {
  for (const auto& lie : std::vector<std::function<std::uint64_t(std::uint64_t)>>{
           [](auto) { return 0; }, [](auto n) { return n / 3; }, [](auto n) { return n * 2; },
           [](auto n) { return n + 2; }, [](auto n) { return n - 2; }, [](auto) { return UINT64_MAX; },
           [](auto) { return std::uint64_t{1} << 40; }}) {
    for (const bool at_source : {false, true}) {
      Rig rig;
      auto& options = at_source ? rig.from->options : rig.to->options;
      options.tell_messages = [&](std::string_view, std::vector<MessageMeta>& told) {
        for (auto& m : told) m.size = lie(m.size);
      };
      rig.fill("INBOX", range(1, 6));
      rig.from->add("INBOX", mail(7, std::string(100'000, 'x')), "", date(7));
      const auto sum = rig.copy();
      expect_ok(sum);
      EXPECT_EQ(sum.copied, 7U);
      expect_exact(rig);
      expect_no_more(rig);
    }
  }
}

// Without the state the sizes are all there is besides the headers: still nothing may be doubled for a lie.
TEST(LyingSizes, DoNotDoubleWhenTheStateIsLost) {
  Rig rig;
  rig.fill("INBOX", range(1, 6));
  expect_ok(rig.copy());
  rig.from->options.tell_messages = [&](std::string_view, std::vector<MessageMeta>& told) {
    for (auto& m : told) m.size = m.size * 4 / 3;
  };
  rig.forget_everything();
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 0U);
  EXPECT_EQ(sum.matched, 6U);
}

// hMailServer: the body of another message.  What was sent is what was served; nothing runs in circles.
TEST(LyingBodies, AnotherMessagesBodyIsNotSentTwice) {
  Rig rig;
  rig.fill("INBOX", range(1, 6));
  rig.from->options.tell_body = [&](std::uint32_t uid, std::string& body) {
    if (uid == 3) body = mail(4);
  };
  (void)rig.copy();
  expect_no_more(rig);
  EXPECT_EQ(rig.to->messages("INBOX").size(), 6U - rig.seen<sync::MessageFailed>().size());
}

TEST(LyingBodies, MayBeEmptyOrHuge) {
  for (const std::string& body : {std::string(), std::string("\r\n"), std::string(3'000'000, 'x')}) {
    Rig rig;
    rig.fill("INBOX", range(1, 4));
    rig.from->options.tell_body = [&](std::uint32_t uid, std::string& told) {
      if (uid == 2) told = body;
    };
    (void)rig.copy();
    expect_no_more(rig);
  }
}

// ---- counts and lists

TEST(LyingCounts, TooManyIsSaidAndNothingIsTakenForGone) {
  for (const bool at_source : {false, true}) {
    SCOPED_TRACE(at_source);
    Rig rig;
    auto& options = at_source ? rig.from->options : rig.to->options;
    options.tell_status = [](std::string_view, store::MailboxStatus& told) { told.count += 7; };
    rig.fill("INBOX", range(1, 6));
    const auto sum = rig.copy();
    EXPECT_EQ(sum.copied, 6U) << text_of(sum);
    EXPECT_FALSE(sum.warnings.empty());
    expect_no_more(rig);
    EXPECT_EQ(rig.to->messages("INBOX").size(), 6U);
  }
}

TEST(LyingCounts, TooFewHidesNothing) {
  for (const bool at_source : {false, true}) {
    SCOPED_TRACE(at_source);
    Rig rig;
    auto& options = at_source ? rig.from->options : rig.to->options;
    options.tell_status = [](std::string_view, store::MailboxStatus& told) { told.count = told.count / 2; };
    rig.fill("INBOX", range(1, 6));
    (void)rig.copy();
    expect_exact(rig);
    expect_no_more(rig);
    expect_exact(rig);
  }
}

// Yahoo: 1,000 of 10,000.
TEST(LyingLists, AListCutShortLosesAndDoublesNothing) {
  for (const bool at_source : {false, true}) {
    SCOPED_TRACE(at_source);
    Rig rig;
    rig.fill("INBOX", range(1, 40));
    expect_ok(rig.copy());
    auto& options = at_source ? rig.from->options : rig.to->options;
    bool scanning = false;
    options.before = [&](const MemoryCall& call) -> std::optional<Error> {
      scanning = call.op == Op::scan;
      return std::nullopt;
    };
    options.tell_messages = [&](std::string_view, std::vector<MessageMeta>& told) {
      if (scanning) told.resize(10);
    };
    const auto sum = look_again(rig);
    EXPECT_FALSE(sum.warnings.empty());
    options.tell_messages = nullptr;
    options.before = nullptr;
    (void)rig.copy();
    EXPECT_EQ(rig.to->messages("INBOX").size(), 40U);
    expect_nothing_left(rig);
  }
}

// threat 14: a list cut short, an empty mailbox, a validity that flips.  A run that may remove removes
// nothing.
TEST(LyingServer, MakesNoModeRemoveAnything) {
  using Manners = std::function<void(store::MemoryServer&)>;
  const std::vector<Manners> lies{
      [](auto& server) {
        server.options.tell_messages = [](std::string_view, auto& told) { told.resize(told.size() / 2); };
      },
      [](auto& server) { server.options.tell_messages = [](std::string_view, auto& told) { told.clear(); }; },
      [](auto& server) {
        server.options.tell_status = [](std::string_view, auto& told) { told.count = 0; };
        server.options.tell_messages = [](std::string_view, auto& told) { told.clear(); };
      },
      [](auto& server) {
        server.options.tell_changes = [](std::string_view, auto& told) {
          told.vanished = {{ref_of_uid(1), ref_of_uid(UINT32_MAX)}};
        };
        server.add("INBOX", mail(41), "", date(41));
      },
      [](auto& server) {
        server.options.tell_status = [](std::string_view, auto& told) {
          told.epoch = Epoch("flip");
          told.count = 0;
        };
        server.options.tell_messages = [](std::string_view, auto& told) { told.clear(); };
      },
  };
  for (const auto mode : {sync::Mode::mirror, sync::Mode::two_way}) {
    for (std::size_t i = 0; i < lies.size(); ++i) {
      for (const bool at_source : {true, false}) {
        if (!at_source && mode == sync::Mode::mirror) continue;
        SCOPED_TRACE(fmt::format("{} {} {}", sync::name(mode), i, at_source));
        Rig rig;
        rig.source_may_change = true;
        rig.fill("INBOX", range(1, 40));
        rig.policy.mode = mode;
        rig.policy.removal.confirmed = true;
        (void)rig.copy();
        ASSERT_EQ(rig.to->messages("INBOX").size(), 40U);
        lies[i](at_source ? *rig.from : *rig.to);
        const auto sum = rig.copy();
        EXPECT_EQ(sum.deleted, 0U) << text_of(sum);
        EXPECT_EQ(rig.from->writes().removed + rig.from->writes().moved, 0U);
        EXPECT_EQ(rig.to->writes().removed + rig.to->writes().moved, 0U);
      }
    }
  }
}

// ---- rewriting

TEST(RewritingTarget, IsCopiedToOnceWhateverItMakesOfMessages) {
  for (const auto& rewrite : std::vector<std::function<std::string(std::string)>>{
           [](std::string bytes) { return "Received: by us\r\n" + bytes; },
           [](std::string bytes) { return bytes + "-- \r\nscanned\r\n"; },
           [](const std::string&) { return std::string("Subject: withheld\r\n\r\nvirus\r\n"); },
           [](std::string) { return std::string(); }}) {
    for (const bool refs : {true, false}) {
      Rig rig;
      rig.to->options.features.append_refs = refs;
      rig.to->options.rewrite = rewrite;
      rig.fill("INBOX", range(1, 5));
      const auto first = rig.copy();
      const auto appended = rig.to->writes().appended;
      EXPECT_EQ(appended, 5U) << text_of(first);
      for (int i = 0; i < 2; ++i) {
        const auto sum = rig.copy();
        EXPECT_LE(rig.to->writes().appended - appended, first.failed * static_cast<std::uint64_t>(i + 1))
            << text_of(sum);
      }
      if (refs) {
        EXPECT_EQ(rig.to->writes().appended, appended);
        expect_no_more(rig);
      }
    }
  }
}

}  // namespace
}  // namespace pf::test
