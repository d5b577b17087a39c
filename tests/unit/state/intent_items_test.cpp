#include "state/intent_items.h"

#include "unit/state/journal_fixture.h"

namespace pf::test {
namespace {

TEST(IntentItems, ComeBackAsTheyWere) {
  auto items = intent_row({1, 2, 4'000'000'000U}).items;
  items[0].source = MessageRef(awkward);
  items[1].source = MessageRef();
  items[1].flags = FlagSet();
  items[1].date_seconds = -62'135'596'800;  // the year 1
  items[2].size = ~std::uint64_t{0};
  const auto back = decode_items(encode_items(items));
  ASSERT_TRUE(back);
  EXPECT_TRUE(same(*back, items));
  EXPECT_TRUE(decode_items("").value().empty());
}

TEST(IntentItems, CutOffTellNoMessageThatIsNotWhole) {
  const auto items = intent_row({1, 2, 3}).items;
  const auto octets = encode_items(items);
  const auto one = encode_items(std::span(items).first(1)).size();
  for (std::size_t end = 0; end < octets.size(); ++end) {
    const auto some = decode_items(std::string_view(octets).substr(0, end));
    EXPECT_EQ(some.has_value(), end % one == 0) << end;
    if (some) EXPECT_EQ(some->size(), end / one);
  }
}

TEST(IntentItems, LengthsBeyondTheEndAreRefused) {
  const auto octets = encode_items(intent_row({1}).items);
  for (std::size_t i = 0; i < 4; ++i) {
    auto longer = octets;
    longer[i] = '\xFF';
    EXPECT_FALSE(decode_items(longer)) << i;
  }
}

}  // namespace
}  // namespace pf::test
