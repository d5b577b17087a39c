// A target that runs full, takes no large messages, or speaks DEFLATE.
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

TEST(Quota, ExceededMidwayNamesWhatIsMissingAndGoesOnWhenThereIsRoom) {
  const DovecotServer source;
  DovecotServer small({.quota = "1200k"});
  const auto at_source = oracle_of(source, "alice");
  std::vector<AwkwardMessage> messages;
  for (std::size_t i = 1; i <= 120; ++i) messages.push_back(message_of_size(20000, i));
  append_all(*at_source, "INBOX", messages);
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(small, "bob");

  const auto ran = ferry.sync(from, to);
  EXPECT_EQ(ran.code, 6) << ran;
  const auto stored = oracle_of(small, "bob")->fetch_all("INBOX");
  // Whole batches: what is in one that does not fit stays out.
  EXPECT_GE(stored.size(), 40U);
  EXPECT_LE(stored.size(), 61U);
  EXPECT_EQ(ran["copied"], stored.size()) << ran;
  const auto left = messages.size() - stored.size();
  EXPECT_EQ(ran["failed"], left) << ran;
  ASSERT_EQ(ran.failures.size(), 1U) << ran;
  EXPECT_EQ(ran.failures[0].text("reason"), "over-quota") << ran;
  EXPECT_NE(ran.failures[0].text("message").find(std::to_string(left * 20000) + " bytes"), std::string::npos)
      << ran;
  EXPECT_NE(ran.failures[0].text("server_text"), "") << ran;

  const auto again = ferry.sync(from, to);
  EXPECT_EQ(again.code, 6) << again;
  EXPECT_EQ(again["copied"], 0U) << again;
  // Somebody makes room.
  const auto at_target = oracle_of(small, "bob");
  at_target->select("INBOX");
  at_target->store("1:40", "+FLAGS", "\\Deleted");
  at_target->expunge();
  const auto more = ferry.sync(from, to, {"--keep-deleted"});
  EXPECT_EQ(more.code, 6) << more;
  EXPECT_GE(more["copied"], 20U) << more;
}

// Dovecot as shipped allows a user ten connections from one address, and the user's own program needs some.
TEST(Connections, AreNotUsedUpByACopy) {
  const DovecotServer source({.max_connections_per_user = 10});
  const DovecotServer target({.max_connections_per_user = 10});
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  for (const auto* name : {"INBOX", "Work", "Family", "Lists"}) {
    if (std::string_view(name) != "INBOX") at_source->create(name);
    append_all(*at_source, name, small_messages(200, 50000));
  }
  const Ferry ferry;
  const auto trace = (ferry.directory() / "trace").string();
  const auto ran = ferry.sync(end_at(source, "alice"), end_at(target, "bob"), {"--trace", trace});
  ASSERT_EQ(ran.code, 0) << ran;
  EXPECT_EQ(ran["copied"], 800U) << ran;
  EXPECT_EQ(read_file(trace).find("Maximum number of connections"), std::string::npos);
}

TEST(Limit, OfTheTargetIsReportedOnceAndRemembered) {
  const DovecotServer source;
  const DovecotServer target({.max_mail_size = "50k"});
  const auto at_source = oracle_of(source, "alice");
  append_all(*at_source, "INBOX",
             std::vector{message_of_size(1000, 1), message_of_size(60000, 2), message_of_size(2000, 3),
                         message_of_size(1500000, 4), message_of_size(3000, 5)});
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");

  const auto ran = ferry.sync(from, to);
  EXPECT_EQ(ran.code, 6) << ran;
  EXPECT_EQ(ran["copied"], 3U) << ran;
  ASSERT_EQ(ran.failures.size(), 2U) << ran;
  std::set<std::string> uids;
  for (const auto& failure : ran.failures) {
    EXPECT_EQ(failure.text("reason"), "too-big") << ran;
    uids.insert(failure.text("uid"));
  }
  EXPECT_EQ(uids, (std::set<std::string>{"2", "4"}));

  const auto again = ferry.sync(from, to);
  EXPECT_EQ(again.code, 6) << again;
  EXPECT_EQ(again.failures.size(), 2U) << again;
  EXPECT_LT(again["bytes_sent"], 5000U) << "refused messages are sent again";
  const auto retried = ferry.sync(from, to, {"--retry-failed"});
  EXPECT_EQ(retried.failures.size(), 2U) << retried;
  EXPECT_EQ(oracle_of(target, "bob")->select("INBOX", true).exists, 3U);
}

TEST(Compression, CarriesEverythingAndSavesOctets) {
  const std::string zlib = "mail_plugins = zlib\nprotocol imap {\n mail_plugins = zlib imap_zlib\n}\n";
  const DovecotServer source({.extra = zlib});
  const DovecotServer target({.extra = zlib});
  const auto at_source = oracle_of(source, "alice");
  auto messages = ordinary(40, 9);
  messages.push_back(message_of_size(2000000, 3));
  append_all(*at_source, "INBOX", messages);
  std::uint64_t received[2] = {};
  for (const bool on : {false, true}) {
    for (const auto way : {Way::clear, Way::tls}) {
      const Ferry ferry;
      const auto* user = way == Way::tls ? "carol" : on ? "bob" : "alice";
      const auto ran = ferry.sync(end_at(source, "alice", way), end_at(target, user, way),
                                  {"--compress", on ? "on" : "off"});
      ASSERT_EQ(ran.code, 0) << ran;
      EXPECT_EQ(difference(*at_source, "INBOX", *oracle_of(target, user), "INBOX"), "");
      if (way == Way::clear) received[on ? 1 : 0] = ran["bytes_received"];
    }
  }
  EXPECT_LT(received[1], received[0]);
}

}  // namespace
}  // namespace pf::test
