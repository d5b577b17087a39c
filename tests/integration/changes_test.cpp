// A run of a large mailbox where little changed: right, and only what changed is asked for.
#include "support/two_accounts.h"

#include <algorithm>

namespace pf::test {
namespace {

// What some 15 changed messages take; a look at all of 300 takes 50 KB.
constexpr std::uint64_t few_bytes = 20'000;

// Cyrus takes its time with each message.
std::size_t many(bool of_dovecot) {
  return of_dovecot || everything_wanted() ? 2000 : 300;
}

struct Case {
  std::string name;
  std::string mode;
  Between between{};
  bool tells_changes = true;  // servers with CONDSTORE
  bool large = false;
};
std::ostream& operator<<(std::ostream& out, const Case& tested) {
  return out << tested.name;
}

class Changes : public TwoAccounts, public testing::WithParamInterface<Case> {
 protected:
  Changes() : TwoAccounts(GetParam().between) {}
  Ran run() const { return GetParam().mode == "copy" ? sync("copy") : sync(GetParam().mode, {"--yes"}); }
  // Five new, five with other flags, three expunged at the source; two expunged at the target.
  void change() const {
    std::vector<AwkwardMessage> fresh;
    for (std::size_t i = 1; i <= 5; ++i) fresh.push_back(small_message(count_ + i));
    append_all(*at_source_, "INBOX", fresh);
    at_source_->select("INBOX");
    at_source_->store("100,150,200:201", "+FLAGS", "\\Flagged");
    at_source_->store("240", "-FLAGS", "\\Seen");
    lose(*at_source_, "INBOX", "50,51,290");
    lose(*at_target_, "INBOX", "210,220");
  }
  // What the target holds afterwards.
  [[nodiscard]] std::vector<StoredMessage> expected(const std::vector<StoredMessage>& before) const {
    auto all = at_source_->fetch_all("INBOX");
    if (GetParam().mode != "copy") return all;
    std::ranges::copy_if(before, std::back_inserter(all),
                         [](const auto& m) { return m.uid == 50 || m.uid == 51 || m.uid == 290; });
    return all;
  }

  std::size_t count_ = many(GetParam().large);
};

TEST_P(Changes, AreFoundWithoutReadingTheWholeMailbox) {
  const auto& tested = GetParam();
  append_all(*at_source_, "INBOX", small_messages(count_));
  const auto first = run();
  ASSERT_EQ(first.code, 0) << first;
  // After a run that copied, the next one looks at what was copied: others may have been at it meanwhile.
  append_all(*at_source_, "INBOX", std::vector{small_message(count_ + 10)});
  const auto second = run();
  ASSERT_EQ(second.code, 0) << second;
  EXPECT_EQ(second["copied"], 1U) << second;
  const auto before = at_source_->fetch_all("INBOX");
  change();

  const auto third = run();
  ASSERT_EQ(third.code, 0) << third;
  EXPECT_EQ(third["copied"], 5U) << third;
  EXPECT_EQ(third["flags_changed"], 5U) << third;
  const bool two_way = tested.mode == "two-way";
  EXPECT_EQ(third["restored"], two_way ? 0U : 2U) << third;
  EXPECT_EQ(third["deleted"], tested.mode == "copy" ? 0U : two_way ? 5U : 3U) << third;
  EXPECT_EQ(compare(expected(before), at_target_->fetch_all("INBOX")), "");
  if (tested.tells_changes) EXPECT_LT(third["bytes_sent"] + third["bytes_received"], few_bytes) << third;

  const auto settled = state();
  expect_idle(run());
  EXPECT_EQ(state(), settled);
}

INSTANTIATE_TEST_SUITE_P(
    Servers, Changes,
    testing::Values(Case{"CopyDovecotToDovecot", "copy", {"", a_dovecot, a_dovecot}, true, true},
                    Case{"MirrorDovecotToCyrus", "mirror", {"", a_dovecot, a_cyrus}},
                    Case{"MirrorCyrusToDovecot", "mirror", {"", a_cyrus, a_dovecot}},
                    Case{"TwoWayDovecotToDovecot", "two-way", {"", a_dovecot, a_dovecot}},
                    Case{"TwoWayDovecotToCyrus", "two-way", {"", a_dovecot, a_cyrus}},
                    Case{"MirrorPlainDovecotToDovecot", "mirror", {"", a_plain_dovecot, a_dovecot}, false},
                    Case{"TwoWayDovecotToPlainDovecot", "two-way", {"", a_dovecot, a_plain_dovecot}, false}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace pf::test
