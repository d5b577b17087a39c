#include "imap/uid_set.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <set>
#include <type_traits>

namespace pf::imap {
namespace {

static_assert(!std::is_convertible_v<std::uint32_t, Uid>);
static_assert(!std::is_convertible_v<Uid, SeqNum>);
static_assert(!std::is_constructible_v<Uid, SeqNum>);
static_assert(!std::is_constructible_v<ModSeq, UidValidity>);

UidSet parsed(std::string_view text) {
  auto set = UidSet::parse(text);
  EXPECT_TRUE(set.has_value()) << text;
  return set.value_or(UidSet{});
}

TEST(UidSet, ReadsAndWritesTheExampleOfTheRfc) {
  const auto set = parsed("2,4:7,9,12:15");
  EXPECT_EQ(set.to_string(), "2,4:7,9,12:15");
  EXPECT_EQ(set.count(), 10U);
  EXPECT_TRUE(set.contains(Uid{5}));
  EXPECT_FALSE(set.contains(Uid{8}));
}

TEST(UidSet, JoinsWhatOverlapsTouchesOrComesInAnyOrder) {
  EXPECT_EQ(parsed("7:4,5:6,8,3,1:2").to_string(), "1:8");
  EXPECT_EQ(parsed("10,1,5,1").to_string(), "1,5,10");
  EXPECT_EQ(parsed(" 3:1 ").to_string(), "1:3");
}

TEST(UidSet, KeepsTheWholeRangeAsOneInterval) {
  const auto set = parsed("4294967295:1");
  EXPECT_EQ(set.intervals().size(), 1U);
  EXPECT_EQ(set.count(), 4294967295U);
  EXPECT_EQ(set.intersect(parsed("7,9")).to_string(), "7,9");
  EXPECT_EQ(parsed("7,9").subtract(set).to_string(), "");
  EXPECT_EQ(set.subtract(parsed("1,4294967295")).to_string(), "2:4294967294");
}

TEST(UidSet, RefusesWhatIsNoUidSet) {
  for (const auto* text : {"", " ", "0", "0:5", "1,", ",1", "1,,2", "a", "1:2:3", "-1", "+1", "4294967296",
                           "99999999999999999999", "1 2", "1:", ":1", "*", "1:*", "1.5"}) {
    EXPECT_FALSE(UidSet::parse(text)) << text;
  }
}

TEST(UidSet, TakesAStarOnlyWhereItHasAMeaning) {
  EXPECT_EQ(UidSet::parse("5:*", Uid{9})->to_string(), "5:9");
  EXPECT_EQ(UidSet::parse("12:*", Uid{9})->to_string(), "9:12");
  EXPECT_FALSE(UidSet::parse("5:*"));
}

TEST(UidSet, LeavesOutUidZero) {
  UidSet set;
  set.add(Uid{0});
  EXPECT_TRUE(set.empty());
  set.add(UidRange{Uid{0}, Uid{2}});
  EXPECT_EQ(set.to_string(), "1:2");
}

TEST(UidSet, CutsIntoPiecesThatFitACommandLine) {
  UidSet set;
  for (std::uint32_t uid = 1; uid < 20'000; uid += 2) set.add(Uid{uid});
  const auto chunks = set.chunks(1000);
  UidSet together;
  for (const auto& chunk : chunks) {
    EXPECT_LE(chunk.size(), 1000U);
    EXPECT_GT(chunk.size(), 900U * (&chunk != &chunks.back()));
    together.add(parsed(chunk));
  }
  EXPECT_EQ(together, set);
  EXPECT_TRUE(UidSet{}.chunks(1000).empty());
  EXPECT_EQ(parsed("4294967294:4294967295").chunks(1).size(), 1U);
}

TEST(UidSet, TakesAMillionHostileRangesInNoTime) {
  std::string text;
  for (std::uint32_t uid = 2'000'000; uid > 0; uid -= 2) text += fmt::format("{},", uid);
  text += "1";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(parsed(text).count(), 1'000'001U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{60});
}

TEST(UidSet, WalksAllItsUids) {
  std::vector<std::uint32_t> seen;
  const auto set = parsed("1:3,7,4294967294:4294967295");
  for (auto uid : set.uids()) seen.push_back(uid.value());
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{1, 2, 3, 7, 4294967294U, 4294967295U}));
  for ([[maybe_unused]] auto uid : UidSet{}.uids()) ADD_FAILURE();
}

TEST(UidList, KeepsTheOrderOfACopyuid) {
  const auto source = UidList::parse("304,319:320");
  const auto target = UidList::parse("3956:3958");
  ASSERT_TRUE(source && target);
  EXPECT_EQ(source->count(), 3U);
  EXPECT_EQ(source->index_of(Uid{320}), 2U);
  EXPECT_EQ(target->at(2), Uid{3958});
  EXPECT_EQ(target->at(3), std::nullopt);
  EXPECT_EQ(source->index_of(Uid{305}), std::nullopt);
}

TEST(UidList, SeesWhenAServerDoesNotCountUpwards) {
  EXPECT_TRUE(UidList::parse("1:3,5")->ascending());
  EXPECT_FALSE(UidList::parse("5,1:3")->ascending());
  EXPECT_FALSE(UidList::parse("1:3,3")->ascending());
}

// The model: a std::set of the numbers themselves.
struct Model {
  UidSet set;
  std::set<std::uint32_t> numbers;
};

Model arbitrary_model() {
  Model model;
  const auto ranges = *rc::gen::container<std::vector<std::pair<std::uint32_t, std::uint32_t>>>(
      rc::gen::pair(rc::gen::inRange<std::uint32_t>(0, 80), rc::gen::inRange<std::uint32_t>(0, 80)));
  for (auto [a, b] : ranges) {
    model.set.add(UidRange{Uid{a}, Uid{b}});
    for (auto n = std::max(1U, std::min(a, b)); n <= std::max(a, b); ++n) model.numbers.insert(n);
  }
  return model;
}

std::set<std::uint32_t> numbers_of(const UidSet& set) {
  std::set<std::uint32_t> numbers;
  for (auto uid : set.uids()) numbers.insert(uid.value());
  return numbers;
}

RC_GTEST_PROP(UidSet, AgreesWithASetOfNumbers, ()) {
  const auto a = arbitrary_model();
  const auto b = arbitrary_model();
  RC_ASSERT(numbers_of(a.set) == a.numbers);
  RC_ASSERT(a.set.count() == a.numbers.size());
  std::set<std::uint32_t> both;
  std::set<std::uint32_t> only_a;
  for (auto n : a.numbers) (b.numbers.contains(n) ? both : only_a).insert(n);
  RC_ASSERT(numbers_of(a.set.intersect(b.set)) == both);
  RC_ASSERT(numbers_of(a.set.subtract(b.set)) == only_a);
  auto united = a.set;
  united.add(b.set);
  auto numbers = a.numbers;
  numbers.insert(b.numbers.begin(), b.numbers.end());
  RC_ASSERT(numbers_of(united) == numbers);
  for (std::uint32_t n = 0; n < 82; ++n) RC_ASSERT(a.set.contains(Uid{n}) == a.numbers.contains(n));
}

RC_GTEST_PROP(UidSet, HasOneFormOnly, ()) {
  const auto model = arbitrary_model();
  const auto& ranges = model.set.intervals();
  for (std::size_t at = 1; at < ranges.size(); ++at) {
    RC_ASSERT(ranges[at - 1].last.value() + 1 < ranges[at].first.value());
  }
  if (!model.set.empty()) RC_ASSERT(UidSet::parse(model.set.to_string()) == model.set);
}

}  // namespace
}  // namespace pf::imap
