#include "sync/match.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace pf::test {
namespace {

using sync::match;
using sync::MatchOptions;
using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

Digest128 digest(int number) {
  Digest128 out{};
  out[0] = static_cast<std::uint8_t>(number + 1);
  return out;
}

// `id` 0: no Message-ID; the key is then of headers and size, as HeaderScan makes it.
MessageMeta message(int id, std::uint64_t size, int headers = 1, std::int64_t at = 0) {
  MessageMeta out;
  out.size = size;
  out.date = InternalDate(at, 0);
  MessageKey key;
  key.from_message_id = id != 0;
  key.id = id != 0 ? digest(id) : digest(static_cast<int>(size % 200) + 50);
  key.headers = digest(headers);
  out.key = key;
  return out;
}

Pairs sorted(Pairs pairs) {
  std::ranges::sort(pairs);
  return pairs;
}

TEST(Match, PairsByMessageIdWhateverTheOrder) {
  const std::vector source{message(1, 10), message(2, 20), message(3, 30)};
  const std::vector target{message(3, 30), message(1, 10)};
  const auto result = match(source, target, {});
  EXPECT_EQ(sorted(result.pairs), (Pairs{{0, 1}, {2, 0}}));
  EXPECT_TRUE(result.open.empty());
}

TEST(Match, EqualKeysAreCountedNotCollapsed) {
  const std::vector source{message(1, 10), message(1, 10)};
  EXPECT_EQ(match(source, {message(1, 10), message(1, 10)}, {}).pairs.size(), 2U);
  // Two here, one there: which one it is only the content knows.
  const auto result = match(source, {message(1, 10)}, {});
  EXPECT_TRUE(result.pairs.empty());
  ASSERT_EQ(result.open.size(), 1U);
  EXPECT_EQ(result.open[0].source, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(result.open[0].target, (std::vector<std::size_t>{0}));
}

TEST(Match, TwinsPairInTheOrderOfTheirDates) {
  const std::vector source{message(1, 10, 1, 200), message(1, 10, 1, 100)};
  const std::vector target{message(1, 10, 1, 100), message(1, 10, 1, 200)};
  EXPECT_EQ(sorted(match(source, target, {}).pairs), (Pairs{{0, 1}, {1, 0}}));
}

TEST(Match, ADifferentSizeIsForTheContentToDecide) {
  const auto result = match({message(1, 10)}, {message(1, 9)}, {});
  EXPECT_TRUE(result.pairs.empty());
  ASSERT_EQ(result.open.size(), 1U);
}

TEST(Match, OneIdOnTwoBodiesPairsTheOneThatIsThere) {
  const auto result = match({message(1, 10), message(1, 20)}, {message(1, 20)}, {});
  EXPECT_EQ(result.pairs, (Pairs{{1, 0}}));
  EXPECT_TRUE(result.open.empty());
}

TEST(Match, TheSameIdUnderOtherHeadersIsAnotherMessage) {
  const auto result = match({message(1, 10, 1)}, {message(1, 10, 2)}, {});
  EXPECT_TRUE(result.pairs.empty());
  EXPECT_TRUE(result.open.empty());
}

TEST(Match, WithoutMessageIdTheHeadersAndTheSizeDecide) {
  EXPECT_EQ(match({message(0, 10)}, {message(0, 10)}, {}).pairs.size(), 1U);
  EXPECT_EQ(match({message(0, 10, 1)}, {message(0, 10, 2)}, {}).pairs.size(), 0U);
  // A target that normalises changes the size, and with it the id of the key.
  const auto resized = match({message(0, 10)}, {message(0, 11)}, {});
  EXPECT_TRUE(resized.pairs.empty());
  EXPECT_EQ(resized.open.size(), 1U);
}

TEST(Match, AMessageWithAnIdIsNeverOneWithout) {
  const auto result = match({message(1, 10)}, {message(0, 10)}, {});
  EXPECT_TRUE(result.pairs.empty());
  EXPECT_TRUE(result.open.empty());
}

TEST(Match, ObjectIdsComeFirstAndOnlyWhenTheFamiliesAgree) {
  std::vector source{message(1, 10), message(1, 10)};
  std::vector target{message(1, 10), message(1, 10)};
  source[0].object_id = target[1].object_id = ObjectId("x");
  MatchOptions options;
  EXPECT_EQ(sorted(match(source, target, options).pairs), (Pairs{{0, 0}, {1, 1}}));
  options.compare_object_ids = true;
  EXPECT_EQ(sorted(match(source, target, options).pairs), (Pairs{{0, 1}, {1, 0}}));
}

TEST(Match, AnObjectIdPairsOnlyOnce) {
  std::vector source{message(1, 10), message(2, 10)};
  std::vector target{message(3, 10)};
  source[0].object_id = source[1].object_id = target[0].object_id = ObjectId("x");
  EXPECT_EQ(match(source, target, {.compare_object_ids = true}).pairs.size(), 1U);
}

TEST(Match, ATargetThatRewritesIsTakenByItsWord) {
  const auto result =
      match({message(1, 10), message(1, 20), message(2, 5)}, {message(1, 77)}, {.target_rewrites = true});
  EXPECT_EQ(result.pairs.size(), 1U);
  EXPECT_TRUE(result.open.empty());
}

TEST(Match, NothingOnEitherSideIsNothing) {
  EXPECT_TRUE(match({}, {message(1, 1)}, {}).pairs.empty());
  EXPECT_TRUE(match({message(1, 1)}, {}, {}).pairs.empty());
  EXPECT_TRUE(match({message(1, 1)}, {}, {}).open.empty());
}

rc::Gen<std::vector<MessageMeta>> any_messages() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::array<int, 4>>>(
          rc::gen::container<std::array<int, 4>>(rc::gen::inRange(0, 3))),
      [](const std::vector<std::array<int, 4>>& numbers) {
        std::vector<MessageMeta> out;
        for (const auto& n : numbers) {
          out.push_back(message(n[0], static_cast<std::uint64_t>(n[1]) + 10, n[2] == 0 ? 1 : 2, n[3]));
        }
        return out;
      });
}

// Multisets by identity and size: how many of each kind there are.
using Kind = std::tuple<Digest128, bool, Digest128, std::uint64_t>;
std::map<Kind, std::size_t> kinds(const std::vector<MessageMeta>& list) {
  std::map<Kind, std::size_t> out;
  for (const auto& m : list)
    ++out[{m.key->from_message_id ? m.key->id : Digest128{}, m.key->from_message_id, m.key->headers, m.size}];
  return out;
}

RC_GTEST_PROP(Match, UsesEachMessageAtMostOnceAndPairsOnlyEquals, ()) {
  const auto source = *any_messages();
  const auto target = *any_messages();
  const auto result = match(source, target, {});
  std::set<std::size_t> used_source;
  std::set<std::size_t> used_target;
  for (const auto& [s, t] : result.pairs) {
    RC_ASSERT(used_source.insert(s).second);
    RC_ASSERT(used_target.insert(t).second);
    RC_ASSERT(source[s].key == target[t].key);
    RC_ASSERT(source[s].size == target[t].size);
  }
  for (const auto& open : result.open) {
    RC_ASSERT(!open.source.empty());
    RC_ASSERT(!open.target.empty());
    for (const auto s : open.source) RC_ASSERT(used_source.insert(s).second);
    for (const auto t : open.target) RC_ASSERT(used_target.insert(t).second);
  }
}

RC_GTEST_PROP(Match, PairsWhateverIsThereInEqualNumbers, ()) {
  const auto source = *any_messages();
  const auto target = *any_messages();
  const auto result = match(source, target, {});
  std::vector<MessageMeta> paired;
  for (const auto& [s, t] : result.pairs) paired.push_back(source[s]);
  const auto have = kinds(paired);
  const auto there = kinds(target);
  for (const auto& [kind, count] : kinds(source)) {
    const auto found = there.find(kind);
    const auto same = found != there.end() && found->second == count;
    const auto got = have.find(kind);
    RC_ASSERT((got == have.end() ? 0U : got->second) == (same ? count : 0U));
  }
}

RC_GTEST_PROP(Match, AMailboxAndItsCopyInAnyOrderPairCompletely, ()) {
  const auto source = *any_messages();
  auto target = source;
  std::ranges::reverse(target);
  RC_ASSERT(match(source, target, {}).pairs.size() == source.size());
}

}  // namespace
}  // namespace pf::test
