// What doctor finds, and that it changes nothing.
#include "support/cyrus_server.h"
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/free_port.h"
#include "support/mailboxes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pf::test {
namespace {

// The text of the first finding about `topic`, with its level in front; empty when there is none.
std::string finding(const Ran& ran, std::string_view topic) {
  for (const auto& f : ran.all("finding")) {
    if (f.text("topic") == topic) return f.text("level") + ": " + f.text("text");
  }
  return {};
}

TEST(Doctor, DescribesAHealthyAccount) {
  const DovecotServer server({.separator = '.', .prefix = "INBOX.", .create_special_use = true});
  const auto oracle = oracle_of(server, "alice");
  append_all(*oracle, "INBOX", small_messages(3));
  const auto before = state_of(*oracle, {"INBOX"});
  const auto ran = Ferry().doctor(end_at(server, "alice", Way::tls));
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_TRUE(finding(ran, "tls").starts_with("ok: TLSv1.3")) << ran;
  EXPECT_NE(finding(ran, "tls").find(server.spki_sha256()), std::string::npos) << ran;
  EXPECT_TRUE(finding(ran, "login").starts_with("ok: ")) << ran;
  EXPECT_NE(finding(ran, "server").find("Dovecot"), std::string::npos) << ran;
  EXPECT_NE(finding(ran, "namespace").find("INBOX."), std::string::npos) << ran;
  EXPECT_NE(finding(ran, "mailboxes").find("3 messages"), std::string::npos) << ran;
  EXPECT_NE(finding(ran, "special-use").find("Sent"), std::string::npos) << ran;
  EXPECT_EQ(state_of(*oracle, {"INBOX"}), before);
}

TEST(Doctor, DescribesCyrus) {
  const CyrusServer server;
  const auto ran = Ferry().doctor(end_at(server, "alice", Way::starttls));
  EXPECT_EQ(ran.code, 0) << ran;
  EXPECT_NE(finding(ran, "server").find("Cyrus"), std::string::npos) << ran;
  EXPECT_NE(finding(ran, "limits").find("52428800"), std::string::npos) << ran;
}

TEST(Doctor, ThePinItShowsIsThePinOthersTake) {
  const DovecotServer server;
  auto end = end_at(server, "alice", Way::tls);
  end.url = end.url.substr(0, end.url.find('?')) + "?pin=" + server.spki_sha256();
  EXPECT_EQ(Ferry().doctor(end).code, 0);
  end.url.replace(end.url.find("pin=") + 4, 4, "0000");
  const auto ran = Ferry().doctor(end);
  EXPECT_EQ(ran.code, 3) << ran;
}

TEST(Doctor, FindsTheWayAnAdminComesIn) {
  const DovecotServer server({.login_penalty = false});
  auto end = end_at(server, "alice", Way::clear, "admin=admin&admin-form=proxyauth");
  end.password = "adminpw";
  const auto ran = Ferry().doctor(end);
  EXPECT_EQ(ran.code, 3) << ran;
  const auto findings = ran.all("finding");
  const auto login = std::ranges::find_if(
      findings, [](const Record& f) { return f.text("topic") == "login" && f.text("level") == "failure"; });
  ASSERT_NE(login, findings.end()) << ran;
  EXPECT_NE(login->text("remedy").find("admin-form=authzid"), std::string::npos) << ran;
  end.url.replace(end.url.find("proxyauth"), 9, "authzid");
  EXPECT_EQ(Ferry().doctor(end).code, 0);
}

TEST(Doctor, SaysWhereItEnds) {
  const DovecotServer server;
  auto wrong = end_at(server, "alice");
  wrong.password = "wrong";
  const auto refused = Ferry().doctor(wrong);
  EXPECT_EQ(refused.code, 3) << refused;
  EXPECT_TRUE(finding(refused, "tcp").starts_with("ok: ")) << refused;
  EXPECT_TRUE(finding(refused, "login").starts_with("failure: ")) << refused;

  const ReservedPort nobody;
  const auto closed = Ferry().doctor(end_through(nobody.number(), server, "alice"));
  EXPECT_EQ(closed.code, 3) << closed;
  EXPECT_TRUE(finding(closed, "tcp").starts_with("failure: ")) << closed;
}

TEST(Doctor, WarnsOfAFullAccount) {
  const DovecotServer server({.quota = "10k"});
  const auto oracle = oracle_of(server, "alice");
  oracle->append("INBOX", message_of_size(10200).bytes);
  const auto ran = Ferry().doctor(end_at(server, "alice"));
  EXPECT_NE(finding(ran, "quota"), "") << ran;
  EXPECT_NE(finding(ran, "quota"), "note: none told") << ran;
}

}  // namespace
}  // namespace pf::test
