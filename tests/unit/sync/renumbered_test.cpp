// A mailbox with a new UIDVALIDITY is the same one or it is not.  The same is paired anew and nothing is
// sent; another is left alone until somebody says so.
#include "sync/renumbered.h"

#include "unit/sync/rig.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

using sync::Agreement;
using sync::agreement;

// ---- how much agrees

MessageKey key(std::uint8_t id, std::uint8_t headers = 0) {
  MessageKey out;
  out.id[0] = id;
  out.headers[0] = headers;
  out.from_message_id = true;
  return out;
}

std::vector<state::PairRow> known(const std::vector<std::uint8_t>& ids) {
  std::vector<state::PairRow> out(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) out[i].key = key(ids[i]);
  return out;
}

std::vector<MessageMeta> now(const std::vector<std::uint8_t>& ids) {
  std::vector<MessageMeta> out(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) out[i].key = key(ids[i]);
  return out;
}

std::uint64_t missing(const std::vector<std::uint8_t>& then, const std::vector<std::uint8_t>& there) {
  const auto agreed = agreement(known(then), now(there));
  EXPECT_EQ(agreed.known, then.size());
  return agreed.missing;
}

TEST(Agreement, CountsWhatIsNotThereAnyMore) {
  EXPECT_EQ(missing({}, {}), 0U);
  EXPECT_EQ(missing({}, {1, 2}), 0U);
  EXPECT_EQ(missing({1, 2, 3}, {3, 2, 1}), 0U);
  EXPECT_EQ(missing({1, 2, 3}, {3, 9, 1, 8}), 1U);
  EXPECT_EQ(missing({1, 2, 3}, {}), 3U);
}

TEST(Agreement, TwinsAreCounted) {
  EXPECT_EQ(missing({1, 1, 1}, {1}), 2U);
  EXPECT_EQ(missing({1, 1, 2}, {1, 1, 1, 2}), 0U);
}

TEST(Agreement, WhatHasNoKeyAgreesWithNothing) {
  auto there = now({1, 2});
  there[0].key.reset();
  EXPECT_EQ(agreement(known({1, 2}), there).missing, 1U);
}

// The size, which is part of the id of a message without a Message-ID, is the source's.
TEST(Agreement, ATargetThatMendsMessagesHasThemAllTheSame) {
  auto then = known({1, 2, 3, 4, 5});
  auto there = now({1, 2, 3, 4, 5});
  for (std::uint8_t i = 0; i < 5; ++i) {
    then[i].key = key(i, static_cast<std::uint8_t>(i + 100));
    there[i].key = key(static_cast<std::uint8_t>(i + 50), static_cast<std::uint8_t>(i + 100));
    then[i].key.from_message_id = there[i].key->from_message_id = false;
  }
  EXPECT_EQ(agreement(then, there).missing, 0U);
}

TEST(Agreement, ConvincesWithNinetyNinePercentOrAllButThree) {
  EXPECT_TRUE((Agreement{10, 3}.convincing()));
  EXPECT_FALSE((Agreement{10, 4}.convincing()));
  EXPECT_TRUE((Agreement{1000, 10}.convincing()));
  EXPECT_FALSE((Agreement{1000, 11}.convincing()));
  EXPECT_FALSE((Agreement{UINT64_MAX / 100, UINT64_MAX / 100}.convincing()));
}

// ---- in a run

// Made anew: another validity, other uids, and only what `keep` says.
void rebuild(store::MemoryServer& server, std::string_view mailbox, const std::function<bool(int)>& keep) {
  const auto all = server.messages(mailbox);
  server.drop(mailbox);
  server.create(mailbox);
  server.remove(mailbox, server.add(mailbox, mail(9999)));  // so that the uids are others
  int index = 0;
  for (const auto& m : all) {
    if (keep(index++)) server.add(mailbox, *m.bytes, m.flags.to_string(), m.date);
  }
}
bool all_of_it(int) {
  return true;
}

enum class Where : std::uint8_t { source, target, both };

class Renumbered : public ::testing::TestWithParam<Where> {
 protected:
  void settle(int count) {
    rig.fill("INBOX", {1});
    rig.fill("Box", range(1, count));
    expect_ok(rig.copy());
  }
  void rebuild_with(const std::function<bool(int)>& keep) {
    if (GetParam() != Where::target) rebuild(*rig.from, "Box", keep);
    if (GetParam() != Where::source) rebuild(*rig.to, "Box", keep);
  }
  // That mailbox alone failed and was not touched.
  void expect_guarded(const sync::Summary& sum) {
    EXPECT_EQ(sum.outcome, sync::Outcome::refused) << text_of(sum);
    ASSERT_EQ(sum.failures.size(), 1U) << text_of(sum);
    EXPECT_EQ(sum.failures[0].mailbox, "Box");
    EXPECT_EQ(sum.failures[0].reason, name(Errc::guard));
    EXPECT_NE(sum.failures[0].message.find("--adopt-renumbered"), std::string::npos) << text_of(sum);
  }

  // What is gone from the source stays at the target, what is gone from the target comes back.
  void expect_exact_or_kept() {
    if (GetParam() != Where::source) {
      expect_exact(rig);
      return;
    }
    const auto there = contents(*rig.to, "Box");
    EXPECT_TRUE(std::ranges::includes(there, contents(*rig.from, "Box")));
    EXPECT_EQ(there.size(), rig.to->writes().appended - 1);  // but for the one in INBOX
  }

  Rig rig;
};

INSTANTIATE_TEST_SUITE_P(At, Renumbered, ::testing::Values(Where::source, Where::target, Where::both),
                         [](const auto& info) {
                           return info.param == Where::source   ? "Source"
                                  : info.param == Where::target ? "Target"
                                                                : "Both";
                         });

TEST_P(Renumbered, WithAllItsMessagesNothingIsSent) {
  settle(40);
  rebuild_with(all_of_it);
  const auto before = rig.to->writes().total();
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.matched, 41U);
  EXPECT_EQ(rig.to->writes().total(), before);
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST_P(Renumbered, WithNinetyNinePercentItIsTheSame) {
  settle(400);
  rebuild_with([](int i) { return i % 100 != 7; });
  expect_ok(rig.copy());
  expect_exact_or_kept();
}

TEST_P(Renumbered, WithAllButThreeItIsTheSame) {
  settle(10);
  rebuild_with([](int i) { return i >= 3; });
  expect_ok(rig.copy());
  expect_exact_or_kept();
}

TEST_P(Renumbered, NewMailComesAlong) {
  settle(40);
  rebuild_with(all_of_it);
  rig.fill("Box", range(41, 200));
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 160U);
  expect_exact(rig);
}

TEST_P(Renumbered, WithNinetyPercentItFailsAloneAndIsLeftAlone) {
  settle(40);
  rebuild_with([](int i) { return i % 10 != 0; });
  rig.fill("INBOX", {2});
  const auto at_target = contents(*rig.to, "Box");
  for (int i = 0; i < 2; ++i) {
    const auto sum = rig.copy();
    expect_guarded(sum);
    EXPECT_EQ(sum.copied, i == 0 ? 1U : 0U);  // the other mailbox goes on
    EXPECT_EQ(contents(*rig.to, "Box"), at_target);
  }
  EXPECT_EQ(contents(*rig.to, "INBOX"), contents(*rig.from, "INBOX"));
}

TEST_P(Renumbered, IsTakenAsItIsWhenSaidSo) {
  settle(40);
  rebuild_with([](int i) { return i % 10 != 0; });
  rig.policy.adopt_renumbered = true;
  expect_ok(rig.copy());
  expect_exact_or_kept();
  rig.policy.adopt_renumbered = false;
  expect_nothing_left(rig);
}

TEST_P(Renumbered, AnotherMailboxOfTheSameNameIsNotMixedIn) {
  settle(40);
  for (auto* server : {rig.from.get(), rig.to.get()}) {
    const bool there = server == rig.from.get() ? GetParam() != Where::target : GetParam() != Where::source;
    if (!there) continue;
    rebuild(*server, "Box", [](int) { return false; });
    for (const int n : range(500, 540)) server->add("Box", mail(n), "", date(n));
  }
  const auto at_target = contents(*rig.to, "Box");
  expect_guarded(rig.copy());
  EXPECT_EQ(contents(*rig.to, "Box"), at_target);
}

TEST_P(Renumbered, ADryRunSaysTheSame) {
  settle(40);
  rebuild_with([](int i) { return i % 10 != 0; });
  const auto remembered = rig.state->mailboxes;
  const auto before = rig.to->writes().total();
  rig.policy.dry_run = true;
  expect_guarded(rig.copy());
  EXPECT_EQ(rig.to->writes().total(), before);
  rig.policy.adopt_renumbered = true;
  EXPECT_EQ(rig.copy().outcome, sync::Outcome::ok);
  EXPECT_EQ(rig.to->writes().total(), before);
  for (const auto& [id, mailbox] : remembered)
    EXPECT_EQ(rig.state->mailboxes.at(id).pairs.size(), mailbox.pairs.size());
}

TEST_P(Renumbered, ALookThatBreaksIsTakenAgain) {
  settle(40);
  for (int at = 1; at < 40; ++at) {
    rebuild_with(all_of_it);
    int calls = 0;
    rig.from->options.before = rig.to->options.before = [&](const MemoryCall&) -> std::optional<Error> {
      return ++calls == at ? std::optional(connection_cut()) : std::nullopt;
    };
    const auto sum = rig.copy();
    expect_ok(sum);
    EXPECT_EQ(sum.copied + sum.restored, 0U) << at;
    rig.from->options.before = rig.to->options.before = nullptr;
    if (calls < at) break;
  }
  expect_exact(rig);
}

// ---- sides that are not alike

TEST(RenumberedTarget, AnEmptyOneGetsAllAgain) {
  Rig rig;
  rig.fill("Box", range(1, 40));
  expect_ok(rig.copy());
  rebuild(*rig.to, "Box", [](int) { return false; });
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 40U);
  expect_exact(rig);
  expect_nothing_left(rig);
}

TEST(RenumberedSource, AnEmptyOneChangesNothingAtTheTarget) {
  Rig rig;
  rig.fill("Box", range(1, 40));
  expect_ok(rig.copy());
  rebuild(*rig.from, "Box", [](int) { return false; });
  expect_ok(rig.copy());
  EXPECT_EQ(rig.to->messages("Box").size(), 40U);
}

TEST(RenumberedTarget, ThatMendsWhatItIsGivenIsKnownAgain) {
  Rig rig;
  rig.to->options.rewrite = [](std::string bytes) {
    for (std::size_t at = 0; (at = bytes.find("\r\r\n", at)) != std::string::npos;) bytes.erase(at, 1);
    return bytes;
  };
  for (const int n : range(1, 30)) rig.from->add("Box", mail_without_id(n, "a\r\r\nb"), "", date(n));
  expect_ok(rig.copy());
  rebuild(*rig.to, "Box", all_of_it);
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 0U);
  EXPECT_EQ(rig.to->messages("Box").size(), 30U);
}

// A copy keeps what the source removed long ago: that is not missing now.
TEST(RenumberedSource, WhatWasRemovedBeforeIsNotMissed) {
  Rig rig;
  rig.fill("Box", range(1, 40));
  expect_ok(rig.copy());
  for (std::uint32_t uid = 1; uid <= 20; ++uid) rig.from->remove("Box", uid);
  expect_ok(rig.copy());
  rebuild(*rig.from, "Box", all_of_it);
  const auto sum = rig.copy();
  expect_ok(sum);
  EXPECT_EQ(sum.copied, 0U);
  EXPECT_EQ(rig.to->messages("Box").size(), 40U);
  expect_nothing_left(rig);
}

TEST(RenumberedSource, WhatWasRemovedBeforeExcusesNoOther) {
  Rig rig;
  rig.fill("Box", range(1, 40));
  expect_ok(rig.copy());
  for (std::uint32_t uid = 1; uid <= 20; ++uid) rig.from->remove("Box", uid);
  expect_ok(rig.copy());
  rebuild(*rig.from, "Box", [](int i) { return i < 15; });
  const auto sum = rig.copy();
  EXPECT_EQ(sum.outcome, sync::Outcome::refused) << text_of(sum);
}

// hMailServer, Proton Bridge: other uids in each session.
TEST(RenumberedSource, EachRunAnewDoublesNothing) {
  Rig rig;
  rig.fill("Box", range(1, 40));
  for (int i = 0; i < 4; ++i) {
    const auto sum = rig.copy();
    expect_ok(sum);
    EXPECT_EQ(sum.copied, i == 0 ? 40U : 0U);
    rebuild(*rig.from, "Box", all_of_it);
  }
  EXPECT_EQ(rig.to->messages("Box").size(), 40U);
}

}  // namespace
}  // namespace pf::test
