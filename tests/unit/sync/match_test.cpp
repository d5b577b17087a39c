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

TEST(Match, OfTwinsOnlyTheContentTellsWhoIsWho) {
  const std::vector source{message(1, 10), message(1, 10)};
  // As many here as there: still not as many of each.
  for (const auto& target : {std::vector{message(1, 10)}, source}) {
    const auto result = match(source, target, {});
    EXPECT_TRUE(result.pairs.empty());
    ASSERT_EQ(result.open.size(), 1U);
    EXPECT_EQ(result.open[0].source, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(result.open[0].target.size(), target.size());
  }
}

TEST(Match, TwinsMeetInTheOrderOfTheirDatesAndFlags) {
  std::vector source{message(1, 10, 1, 200), message(1, 10, 1, 100), message(1, 10, 1, 100)};
  source[1].flags = FlagSet::parse("\\Seen");
  const std::vector target{source[2], source[1], source[0]};
  const auto result = match(source, target, {});
  ASSERT_EQ(result.open.size(), 1U);
  EXPECT_EQ(result.open[0].source, (std::vector<std::size_t>{2, 1, 0}));
  EXPECT_EQ(result.open[0].target, (std::vector<std::size_t>{0, 1, 2}));
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
  EXPECT_TRUE(match(source, target, options).pairs.empty());
  options.compare_object_ids = true;
  const auto result = match(source, target, options);
  EXPECT_EQ(sorted(result.pairs), (Pairs{{0, 1}, {1, 0}}));  // the rest is one here and one there
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
Kind kind(const MessageMeta& m) {
  return {m.key->from_message_id ? m.key->id : Digest128{}, m.key->from_message_id, m.key->headers, m.size};
}
std::map<Kind, std::size_t> kinds(const std::vector<MessageMeta>& list) {
  std::map<Kind, std::size_t> out;
  for (const auto& m : list) ++out[kind(m)];
  return out;
}

RC_GTEST_PROP(Match, PairsOneHereWithOneThere, ()) {
  const auto source = *any_messages();
  const auto target = *any_messages();
  const auto result = match(source, target, {});
  std::set<Kind> paired;
  for (const auto& [s, t] : result.pairs) paired.insert(kind(source[s]));
  const auto there = kinds(target);
  for (const auto& [what, count] : kinds(source)) {
    const auto found = there.find(what);
    const bool single = count == 1 && found != there.end() && found->second == 1;
    RC_ASSERT(paired.contains(what) == single);
  }
}

// Nothing that has an equal at the other side falls through.
RC_GTEST_PROP(Match, AMailboxAndItsCopyInAnyOrderPairOrStayOpenCompletely, ()) {
  const auto source = *any_messages();
  auto target = source;
  std::ranges::reverse(target);
  const auto result = match(source, target, {});
  std::size_t all = result.pairs.size();
  for (const auto& open : result.open) {
    RC_ASSERT(open.source.size() == open.target.size());
    all += open.source.size();
  }
  RC_ASSERT(all == source.size());
}

}  // namespace
}  // namespace pf::test
