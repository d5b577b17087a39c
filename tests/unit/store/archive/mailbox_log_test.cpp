#include "store/archive/mailbox_log.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::store {
namespace {

MessageRecord record(std::uint32_t n, std::uint64_t seed, std::uint32_t ordinal = 1) {
  MessageRecord out;
  out.n = n;
  out.ordinal = ordinal;
  out.size = 100 + seed;
  out.sha256 = sha256(std::to_string(seed));
  out.date = InternalDate(1'700'000'000 + static_cast<std::int64_t>(seed), 60);
  out.key.from_message_id = seed % 2 == 0;
  out.key.id.fill(static_cast<std::uint8_t>(seed));
  return out;
}

std::string line_of(const MessageRecord& message, std::string_view flags = {}) {
  std::string out;
  append_line(out, message, flags);
  out.pop_back();
  return out;
}

constexpr std::string_view header =
    R"({"format":"postferry-mailbox","version":1,"epoch":"e1","mailbox":"Work/2024","subscribed":false})";

class Log : public testing::Test {
 protected:
  void SetUp() override { take(header); }
  void take(std::string_view line) {
    const auto taken = log.apply(line);
    EXPECT_TRUE(taken) << line << (taken ? "" : taken.error().describe());
  }
  // Why the line is refused.
  std::string refusal(std::string_view line) {
    const auto before = log.status();
    const auto taken = log.apply(line);
    if (taken) return "taken";
    EXPECT_EQ(taken.error().scope, Scope::mailbox);
    EXPECT_EQ(log.status().count, before.count);
    return taken.error().context;
  }
  std::vector<std::uint32_t> numbers() {
    std::vector<std::uint32_t> out;
    for (const auto* at = log.first_from(0); at != nullptr; at = log.first_from(at->record.n + 1))
      out.push_back(at->record.n);
    return out;
  }
  MailboxLog log;
};

using Numbers = std::vector<std::uint32_t>;

TEST_F(Log, KnowsTheMailboxAndItsMessages) {
  auto first = record(1, 7);
  first.uid = 4711;
  first.uid_validity = 99;
  take(line_of(first, "\\Seen $Done"));
  take(line_of(record(5, 8)));
  EXPECT_EQ(log.header().mailbox, "Work/2024");
  EXPECT_EQ(numbers(), (Numbers{1, 5}));
  const auto meta = log.meta(*log.find(1), ScanFields::keys);
  EXPECT_EQ(meta.ref, ref_of(1));
  EXPECT_EQ(meta.flags, FlagSet::parse("\\Seen $Done"));
  EXPECT_EQ(meta.date, first.date);
  EXPECT_EQ(meta.date->zone_minutes(), 60);
  EXPECT_EQ(meta.size, first.size);
  EXPECT_EQ(meta.key, first.key);
  EXPECT_EQ(log.find(1)->record.uid, 4711U);
  EXPECT_EQ(log.find(1)->record.uid_validity, 99U);
  const auto status = log.status();
  EXPECT_EQ(status.count, 2U);
  EXPECT_EQ(status.epoch.bytes(), "e1");
  EXPECT_EQ(status.position.bytes(), ref_of(6).bytes());
  EXPECT_EQ(lines_of(status.checkpoint), 3U);
}

TEST_F(Log, LaterLinesWin) {
  take(line_of(record(1, 1), "\\Seen"));
  take(line_of(record(2, 2)));
  take(R"({"n":1,"flags":"\\Flagged"})");
  take(R"({"n":2,"gone":true})");
  take(
      R"({"format":"postferry-mailbox","version":1,"epoch":"e1","mailbox":"Play","special_use":"\\Sent","subscribed":true})");
  EXPECT_EQ(numbers(), Numbers{1});
  EXPECT_EQ(log.flags(*log.find(1)), FlagSet::parse("\\Flagged"));
  EXPECT_EQ(log.header().mailbox, "Play");
  EXPECT_EQ(log.header().special_use, SpecialUse::sent);
  EXPECT_TRUE(log.header().subscribed);
  EXPECT_EQ(log.next_number(), 3U);
}

TEST_F(Log, TellsWhatChangedSinceALine) {
  for (std::uint32_t n = 1; n <= 5; ++n) take(line_of(record(n, n)));
  const auto since = log.lines();
  take(R"({"n":2,"flags":"\\Seen"})");
  take(R"({"n":3,"gone":true})");
  take(line_of(record(6, 6)));
  take(R"({"n":4,"gone":true})");
  take(R"({"n":1,"gone":true})");
  const auto changes = log.changes_since(since);
  ASSERT_EQ(changes.changed.size(), 2U);
  EXPECT_EQ(changes.changed[0].ref, ref_of(2));
  EXPECT_EQ(changes.changed[1].ref, ref_of(6));
  EXPECT_EQ(changes.vanished, (std::vector<RefRange>{{ref_of(1), ref_of(1)}, {ref_of(3), ref_of(4)}}));
  EXPECT_TRUE(log.changes_since(log.lines()).changed.empty());
  EXPECT_TRUE(log.changes_since(log.lines()).vanished.empty());
}

TEST_F(Log, RefusesLinesThatMakeNoSense) {
  take(line_of(record(3, 3)));
  const auto good = line_of(record(4, 4));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string out = good;
    const auto at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return out.replace(at, from.size(), to);
  };
  for (const auto& line :
       std::vector<std::string>{"",
                                "x",
                                "{}",
                                "[]",
                                good + good,
                                good.substr(0, good.size() - 1),
                                R"({"n":3})",
                                R"({"gone":true})",
                                R"({"n":3,"gone":false})",
                                R"({"n":9,"gone":true})",
                                R"({"n":3,"flags":7})",
                                R"({"n":4294967296,"gone":true})",
                                R"({"n":3,"n":3,"gone":true})",
                                line_of(record(3, 9)),
                                line_of(record(2, 9)),
                                with("\"n\":4", "\"n\":0"),
                                with("\"n\":4", "\"n\":4294967295"),
                                with("\"size\"", "\"sice\""),
                                with("\"sha256\":\"", "\"sha256\":\"00"),
                                with("\"key\":\"m", "\"key\":\"x"),
                                with("\"key\":\"m", "\"key\":\"mf"),
                                with("14-Nov-2023", "15-Nov-2023"),
                                with("14-Nov-2023", "32-Nov-2023"),
                                with("\"file\":\"2", "\"file\":\"../2"),
                                with("\"file\":\"20231114", "\"file\":\"20231115"),
                                R"({"format":"postferry-mailbox","version":1,"epoch":"e2","mailbox":"x"})",
                                R"({"format":"postferry-mailbox","version":2,"epoch":"e1","mailbox":"x"})",
                                R"({"format":"postferry-mailbox","version":1,"epoch":"e1"})",
                                std::string(manifest_line_limit + 1, ' ')})
    EXPECT_NE(refusal(line), "taken") << line.substr(0, 200);
  EXPECT_EQ(numbers(), Numbers{3});
  EXPECT_NE(refusal("x").find("line "), std::string::npos);
  take(good);
}

TEST(MailboxLog, WantsItsNameFirst) {
  MailboxLog log;
  EXPECT_FALSE(log.apply(line_of(record(1, 1))));
  EXPECT_FALSE(log.has_header());
  EXPECT_TRUE(log.apply(header));
  EXPECT_TRUE(log.apply(line_of(record(1, 1))));
}

TEST_F(Log, GivesTwinsOrdinalsInTurnAndThoseThatAreFreeAgain) {
  const auto one = record(1, 1);
  const auto seconds = one.date.unix_seconds();
  const auto prefix = digest_prefix(one.sha256);
  take(line_of(one));
  EXPECT_EQ(log.take_ordinal(seconds, prefix), 2U);
  EXPECT_EQ(log.take_ordinal(seconds, prefix), 3U);
  EXPECT_EQ(log.take_ordinal(seconds + 1, prefix), 1U);
  log.give_back({seconds, prefix, 2});
  EXPECT_EQ(log.take_ordinal(seconds, prefix), 2U);
  take(line_of(record(2, 1, 2)));
  take(R"({"n":1,"gone":true})");
  EXPECT_EQ(log.take_ordinal(seconds, prefix), 1U);
}

TEST_F(Log, AHundredThousandTwinsAreNoTroubleToName) {
  for (std::uint32_t i = 1; i <= 100'000; ++i) ASSERT_EQ(log.take_ordinal(5, 7), i);
}

TEST_F(Log, TellsWhoseFilesAWriterMayHaveLeft) {
  for (std::uint32_t n = 1; n <= 4; ++n) take(line_of(record(n, n)));
  EXPECT_TRUE(log.just_gone().empty());
  take(R"({"n":1,"gone":true})");
  take(R"({"n":2,"flags":"\\Seen"})");
  EXPECT_TRUE(log.just_gone().empty());  // somebody wrote after that, and had looked before
  take(R"({"n":3,"gone":true})");
  take(R"({"n":2,"gone":true})");
  EXPECT_EQ(log.just_gone(), (std::vector{record(2, 2).stem(), record(3, 3).stem()}));
}

TEST_F(Log, ForgetsWhatIsGoneAndStaysInOrder) {
  for (std::uint32_t n = 1; n <= 5000; ++n) take(line_of(record(n, n)));
  Numbers left;
  for (std::uint32_t n = 1; n <= 5000; ++n) {
    if (n % 50 == 0) {
      left.push_back(n);
      continue;
    }
    std::string line;
    append_gone_line(line, n);
    line.pop_back();
    take(line);
  }
  EXPECT_EQ(numbers(), left);
  EXPECT_EQ(log.status().count, left.size());
  EXPECT_NE(refusal(R"({"n":7,"gone":true})"), "taken");
}

RC_GTEST_PROP(MailboxLogProperty, AnyMessageComesBackFromItsLine,
              (const std::string& keyword, std::uint32_t uid)) {
  MailboxLog log;
  RC_ASSERT(log.apply(header));
  auto message = record(1, *rc::gen::inRange<std::uint64_t>(0, 1000));
  message.uid = uid;
  FlagSet flags = FlagSet::parse("\\Seen");
  flags.add(keyword);
  RC_ASSERT(log.apply(line_of(message, flags.to_string())));
  const auto* back = log.find(1);
  RC_ASSERT(back != nullptr);
  RC_ASSERT(log.flags(*back) == flags);
  RC_ASSERT(back->record.sha256 == message.sha256);
  RC_ASSERT(back->record.key == message.key);
  RC_ASSERT(back->record.uid == uid);
}

RC_GTEST_PROP(MailboxLogProperty, AnyLinesAreRead, (const std::vector<std::string>& lines)) {
  MailboxLog log;
  ignore(log.apply(header));
  for (const auto& line : lines) ignore(log.apply(line));
  RC_ASSERT(log.lines() == lines.size() + 1);
}

}  // namespace
}  // namespace pf::store
