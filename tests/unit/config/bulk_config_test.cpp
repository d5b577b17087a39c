#include "config/bulk_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pf::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view ordinary = R"({"server": {"host": "IMAP.Example.com"},
  "accounts": [{"email": "joe@example.com", "password": "s3cret"}, {"email": "ann@example.com", "password": ""}]})";

TEST(BulkConfig, TakesTheReferencesDefaults) {
  const auto parsed = parse_bulk_config(ordinary);
  ASSERT_THAT(parsed.problems, IsEmpty());
  ASSERT_EQ(parsed.config.accounts.size(), 2U);
  const auto& joe = parsed.config.accounts.front();
  EXPECT_EQ(joe.email, "joe@example.com");
  EXPECT_EQ(joe.source.account.label(), "imaps://joe%40example.com@imap.example.com:993");
  EXPECT_EQ(joe.target.account.label(), joe.source.account.label());
  EXPECT_EQ(joe.source.password.reveal(), "s3cret");
  EXPECT_TRUE(parsed.config.accounts[1].source.password.empty());
  EXPECT_FALSE(parsed.config.two_servers);
}

TEST(BulkConfig, TakesStarttlsOnlyWhereSslIsOff) {
  const auto tls_of = [](std::string_view more) {
    const auto parsed = parse_bulk_config(R"({"server": {"host": "h", "port": "143")" + std::string(more) +
                                          R"(}, "accounts": [{"email": "a", "password": ""}]})");
    EXPECT_THAT(parsed.problems, IsEmpty());
    EXPECT_EQ(parsed.config.accounts.front().source.account.port, 143);
    return parsed.config.accounts.front().source.account.tls;
  };
  EXPECT_EQ(tls_of(R"(, "starttls": true)"), Tls::implicit);
  EXPECT_EQ(tls_of(R"(, "ssl": false, "starttls": true)"), Tls::starttls);
  EXPECT_EQ(tls_of(R"(, "ssl": false)"), Tls::none);
}

TEST(BulkConfig, SaysWhatIsWrongInTheReferencesWords) {
  const auto problems = [](std::string_view text) { return parse_bulk_config(text).problems; };
  EXPECT_THAT(problems("[]"), ElementsAre("Config root must be an object"));
  EXPECT_THAT(problems(R"({"accounts": [{"email": "a", "password": ""}]})"),
              ElementsAre("Config must include 'server' object"));
  EXPECT_THAT(problems(R"({"server": {"host": ""}, "accounts": []})"),
              ElementsAre("server.host must be a non-empty string",
                          "Config must include non-empty 'accounts' array"));
  EXPECT_THAT(problems(R"({"server": {"host": "h"}, "accounts": {}})"),
              ElementsAre("Config must include non-empty 'accounts' array"));
}

TEST(BulkConfig, NamesEveryBadAccountAtOnce) {
  const auto parsed = parse_bulk_config(R"({"server": {"port": 0, "ssl": "yes"}, "accounts":
      [7, {"email": " ", "password": 1}, {"email": "a", "password": "x"}, {"password": ""}, {"email": "a", "password": ""}]})");
  EXPECT_THAT(parsed.problems,
              ElementsAre("server.host must be a non-empty string", "server.ssl must be true or false",
                          "server.port must be a number from 1 to 65535", "accounts[0] must be an object",
                          "accounts[1].email must be a non-empty string",
                          "accounts[1].password must be a string (can be empty)",
                          "accounts[3].email must be a non-empty string",
                          HasSubstr("email 'a' is that of accounts[")));
}

TEST(BulkConfig, SaysWhereTheJsonBreaksAndQuotesNothing) {
  const auto parsed = parse_bulk_config("{\"server\": {},\n \"accounts\": [{\"password\": \"s3cret\"\n x]}");
  EXPECT_THAT(parsed.problems, ElementsAre("not valid JSON (line 3)"));
  EXPECT_THAT(parse_bulk_config("").problems, ElementsAre("not valid JSON (line 1)"));
  EXPECT_THAT(parse_bulk_config("\xEF\xBB\xBF" + std::string(ordinary)).problems, IsEmpty());
  EXPECT_THAT(parse_bulk_config(std::string(100'000, '[')).problems, ElementsAre("not valid JSON (line 1)"));
}

TEST(BulkConfig, TakesAPasswordFromElsewhere) {
  const auto parsed = parse_bulk_config(R"({"server": {"host": "h", "ca": "ca.pem"}, "accounts":
      [{"email": "a", "password_file": "a.pw"}, {"email": "b", "password_env": "B"}]})");
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.config.accounts[0].source.account.password_file, "a.pw");
  EXPECT_EQ(parsed.config.accounts[1].source.account.password_env, "B");
  EXPECT_EQ(parsed.config.accounts[1].source.account.ca_file, "ca.pem");
}

TEST(BulkConfig, TheTemplateForImportReadsBackTheSame) {
  const auto config =
      parse_bulk_config(R"({"server": {"host": "h", "port": 10143, "ssl": false, "starttls": true,
      "ca": "ca.pem"}, "accounts": [{"email": "jürgen@x", "password": "pä\"ss"}, {"email": "b", "password_file": "f"}]})");
  ASSERT_THAT(config.problems, IsEmpty());
  const auto text = import_template(config.config);
  const auto again = parse_bulk_config(text.reveal());
  ASSERT_THAT(again.problems, IsEmpty());
  ASSERT_EQ(again.config.accounts.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& before = config.config.accounts[i].source;
    const auto& after = again.config.accounts[i].source;
    EXPECT_EQ(after.account.label(), before.account.label());
    EXPECT_EQ(after.account.tls, before.account.tls);
    EXPECT_EQ(after.account.ca_file, before.account.ca_file);
    EXPECT_EQ(after.account.password_file, before.account.password_file);
    EXPECT_EQ(after.password.reveal(), before.password.reveal());
  }
}

constexpr std::string_view two_servers = R"({
  "source": {"provider": "gmail", "auth": {"method": "app_password", "username": "joe", "env_var": "OLD"}},
  "target": {"provider": "imap", "host": "new.example", "port": 143, "ssl": false, "starttls": true,
             "auth": {"password": "new"}, "available_bytes": 1000},
  "migration": {"target_mode": "empty", "folder_map": {"Sent Mail": "Sent"}},
  "limits": {"throttle": {"max_bytes_per_second": 5000}},
  "accounts": [{"source_email": "joe@gmail.com", "target_email": "joe@new.example"}]})";

TEST(BulkConfig, UnderstandsTwoServers) {
  const auto parsed = parse_bulk_config(two_servers);
  ASSERT_THAT(parsed.problems, IsEmpty());
  const auto& config = parsed.config;
  ASSERT_TRUE(config.two_servers);
  const auto& joe = config.accounts.front();
  EXPECT_EQ(joe.email, "joe@gmail.com");
  EXPECT_EQ(joe.source.account.label(), "imaps://joe@imap.gmail.com:993");
  EXPECT_EQ(joe.source.account.password_env, "OLD");
  EXPECT_EQ(joe.target.account.label(), "imap://joe%40new.example@new.example:143");
  EXPECT_EQ(joe.target.account.tls, Tls::starttls);
  EXPECT_EQ(joe.target.password.reveal(), "new");
  EXPECT_THAT(config.folder_map, ElementsAre(testing::Pair("Sent Mail", "Sent")));
  EXPECT_EQ(config.bytes_per_second, 5000U);
  EXPECT_EQ(config.target_available_bytes, 1000U);
  EXPECT_THAT(config.notes, Contains(HasSubstr("target_mode empty")));
}

TEST(BulkConfig, SaysPlainlyWhatIsNotOfferedYet) {
  const auto parsed = parse_bulk_config(R"({
    "source": {"provider": "gmail", "auth": {"method": "xoauth2", "token_file": "t"}},
    "target": {"host": "imap.gmail.com", "auth": {"password": "x", "env_var": "Y"}},
    "migration": {"account_merge_mode": "many_to_one"},
    "accounts": [{"source_email": "a@x", "target_email": "j.o.e@gmail.com"},
                 {"source_email": "b@x", "target_email": "Joe@googlemail.com"}]})");
  EXPECT_THAT(parsed.problems, Contains(HasSubstr("source.auth.method xoauth2 is not offered yet")));
  EXPECT_THAT(parsed.problems, Contains("target.host imap.gmail.com belongs to provider gmail"));
  EXPECT_THAT(parsed.problems, Contains(HasSubstr("target.auth must hold at most one of")));
  EXPECT_THAT(parsed.problems, Contains(HasSubstr("many_to_one is not offered yet")));
  EXPECT_THAT(parsed.problems,
              Contains(HasSubstr("accounts[1].target_email Joe@googlemail.com is that of accounts[0]")));
  EXPECT_THAT(parsed.problems, Contains(HasSubstr("accounts[0].source_auth must hold the password")));
  EXPECT_THAT(parsed.problems, Not(Contains(HasSubstr("token_file belongs"))));
}

// As the reference reads them.
TEST(BulkConfig, FilesAreThoseBesideTheConfiguration) {
  const auto one = parse_bulk_config(R"({"server": {"host": "h", "ca": "ca.pem"}, "accounts": [
      {"email": "a", "password_file": "secrets/a"}, {"email": "b", "password_file": "/b"}]})",
                                     "/etc/move");
  ASSERT_THAT(one.problems, IsEmpty());
  EXPECT_EQ(one.config.accounts[0].source.account.password_file, "/etc/move/secrets/a");
  EXPECT_EQ(one.config.accounts[0].target.account.ca_file, "/etc/move/ca.pem");
  EXPECT_EQ(one.config.accounts[1].source.account.password_file, "/b");
  const auto two = parse_bulk_config(R"({"source": {"host": "h"}, "target": {"host": "i"}, "accounts": [
      {"source_email": "a", "target_email": "b", "source_auth": {"password_file": "x"},
       "target_auth": {"password_file": "y"}}]})",
                                     "c");
  ASSERT_THAT(two.problems, IsEmpty());
  EXPECT_EQ(two.config.accounts[0].source.account.password_file, "c/x");
  EXPECT_EQ(two.config.accounts[0].target.account.password_file, "c/y");
}

TEST(BulkConfig, ICloudKnowsUsersWithoutTheirDomain) {
  const auto parsed = parse_bulk_config(R"({"source": {"host": "h"}, "target": {"provider": "icloud"},
      "accounts": [{"source_email": "a@x", "target_email": "joe@icloud.com", "source_auth": {"password": "p"},
                    "target_auth": {"method": "app_password", "password": "q"}}]})");
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.config.accounts[0].target.account.user, "joe");
  EXPECT_EQ(parsed.config.accounts[0].source.account.user, "a@x");
}

}  // namespace
}  // namespace pf::config
