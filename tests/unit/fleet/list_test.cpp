#include "fleet/list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::fleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

AccountList parsed(std::string_view text, std::string from = {}, std::string to = {}) {
  return parse_list(text, {.url = std::move(from)}, {.url = std::move(to)});
}

std::vector<std::string> problems(std::string_view text, std::string from = {}, std::string to = {}) {
  std::vector<std::string> out;
  for (const auto& problem : parsed(text, std::move(from), std::move(to)).problems)
    out.push_back(problem.text);
  return out;
}

constexpr std::string_view full_header =
    "source_host,source_port,source_tls,source_user,source_password,target_host,target_user,target_"
    "password\n";

TEST(List, ATableNamesBothEnds) {
  const auto list = parsed(std::string(full_header) +
                           "Old.Example,143,starttls,joe,\"pw,1\",new.example,joe@new.example, pw2 \n"
                           "old.example,,,ann,pw3,new.example,,pw4\n");
  ASSERT_THAT(list.problems, IsEmpty());
  ASSERT_EQ(list.pairs.size(), 2U);
  const auto& joe = list.pairs[0];
  EXPECT_EQ(joe.from.label(), "imap://joe@old.example:143");
  EXPECT_EQ(joe.to.label(), "imaps://joe%40new.example@new.example:993");
  EXPECT_EQ(joe.from_password.reveal(), "pw,1");
  EXPECT_EQ(joe.to_password.reveal(), " pw2 ");
  EXPECT_EQ(joe.row, 2U);
  EXPECT_EQ(joe.name, "joe@new.example");
  EXPECT_EQ(list.pairs[1].to.label(), "imaps://ann@new.example:993");  // called as at the source
  EXPECT_EQ(list.pairs[1].row, 3U);
  EXPECT_TRUE(list.holds_passwords);
}

TEST(List, WhatIsTheSameForAllIsGivenOnce) {
  const auto list = parse_list(
      "source_user\njoe@old.example\nann\n",
      {.url = "imaps://{user}@imap.old.example?admin=root&admin-form=star", .password_file = "old.pw"},
      {.url = "imap://{user}@new.example:1143?admin=boss", .password_env = "NEW"});
  ASSERT_THAT(list.problems, IsEmpty());
  const auto& joe = list.pairs.front();
  EXPECT_EQ(joe.from.label(), "imaps://joe%40old.example@imap.old.example:993");
  EXPECT_EQ(joe.from.admin, "root");
  EXPECT_EQ(joe.from.admin_form, config::AdminForm::star);
  EXPECT_EQ(joe.from.password_file, "old.pw");
  EXPECT_EQ(joe.to.label(), "imap://joe%40old.example@new.example:1143");
  EXPECT_EQ(joe.to.admin, "boss");
  EXPECT_EQ(joe.to.password_env, "NEW");
  EXPECT_FALSE(list.holds_passwords);
}

TEST(List, ACellWinsOverWhatIsTheSameForAll) {
  const auto list = parse_list(
      "source_user,source_host,source_tls,source_password,source_password_file,target_user\n"
      "joe,other.example,starttls,,joe.pw,joe2\nann,,,pw,,\n",
      {.url = "imaps://{user}@old.example", .password_file = "all.pw"},
      {.url = "imaps://{user}@new.example:1993", .password_env = "NEW"});
  ASSERT_THAT(list.problems, IsEmpty());
  EXPECT_EQ(list.pairs[0].from.label(), "imap://joe@other.example:143");
  EXPECT_EQ(list.pairs[0].from.password_file, "joe.pw");
  EXPECT_EQ(list.pairs[0].to.label(), "imaps://joe2@new.example:1993");
  EXPECT_EQ(list.pairs[1].from.label(), "imaps://ann@old.example:993");
  EXPECT_EQ(list.pairs[1].from_password.reveal(), "pw");
  EXPECT_EQ(list.pairs[1].from.password_file, "");
}

TEST(List, AnAdminNeedsNoPasswordOfTheRow) {
  EXPECT_THAT(problems("source_host,source_user,source_admin,source_admin_form,target_host,target_admin\n"
                       "old,joe,root,star,new,boss\n"),
              IsEmpty());
  EXPECT_THAT(
      problems("source_host,source_user,source_auth,target_host,target_admin\nold,joe,external,new,boss\n"),
      IsEmpty());
}

TEST(List, MicrosoftsColumnsAreTargetUserSourceUserAndSourcePassword) {
  const auto list = parse_list(
      "\xEF\xBB\xBF"
      "EmailAddress,UserName,Password,UserRoot\r\n"
      "terry@contoso.edu,contoso\\terry,1091990,\r\n"
      "ann@contoso.edu,contoso\\ann,2111991,/users/ann\r\n",
      {.url = "imaps://{user}@old.example"}, {.url = "imaps://{user}@new.example?admin=boss"});
  ASSERT_THAT(list.problems, IsEmpty());
  EXPECT_EQ(list.pairs[0].from.user, "contoso\\terry");
  EXPECT_EQ(list.pairs[0].from_password.reveal(), "1091990");
  EXPECT_EQ(list.pairs[0].to.user, "terry@contoso.edu");
  EXPECT_EQ(list.pairs[0].name, "terry@contoso.edu");
  EXPECT_THAT(list.notes, ElementsAre(HasSubstr("UserRoot")));
}

TEST(List, ImapsyncsLinesHaveNoHeaderAndNoQuoting) {
  const auto list = parsed(
      "# host1;user1;password1;host2;user2;password2;\n\n"
      "old.example;joe;\"pw#,1;new.example;joe2;pw 2;\n"
      "  # another comment\r\n"
      "old.example ; ann ;pw3;new.example;ann;pw4;;\r\n"
      "old.example;eve;pw5;new.example;eve;pw6\n");
  ASSERT_THAT(list.problems, IsEmpty());
  ASSERT_EQ(list.pairs.size(), 3U);
  EXPECT_EQ(list.pairs[0].from.label(), "imaps://joe@old.example:993");
  EXPECT_EQ(list.pairs[0].from_password.reveal(), "\"pw#,1");
  EXPECT_EQ(list.pairs[0].to_password.reveal(), "pw 2");
  EXPECT_EQ(list.pairs[0].row, 3U);
  EXPECT_EQ(list.pairs[1].from.user, "ann");
  EXPECT_EQ(list.pairs[2].row, 6U);
  EXPECT_THAT(problems("a;b;c;d;e;f;\na;b;c\na;b2;c;d;e2;f;--ssl1\n"),
              ElementsAre("line 2: this is not host1;user1;password1;host2;user2;password2;",
                          HasSubstr("line 3: something stands behind password2")));
}

TEST(List, JsonHasBothServersOrOneAndAUrl) {
  const auto both = parsed(R"({"source": {"provider": "imap", "host": "old.example"},
      "target": {"provider": "imap", "host": "new.example"},
      "accounts": [{"source_email": "joe@a.example", "target_email": "joe@b.example",
                    "source_auth": {"method": "password", "password": "pw1"},
                    "target_auth": {"method": "password", "password": "pw2"}}]})");
  ASSERT_THAT(both.problems, IsEmpty());
  EXPECT_EQ(both.pairs[0].from.label(), "imaps://joe%40a.example@old.example:993");
  EXPECT_EQ(both.pairs[0].to.label(), "imaps://joe%40b.example@new.example:993");
  EXPECT_EQ(both.pairs[0].to_password.reveal(), "pw2");

  constexpr std::string_view one =
      R"({"server": {"host": "old.example"}, "accounts": [{"email": "joe@a.example", "password": "pw"}]})";
  const auto to = parsed(one, {}, "imaps://{user}@new.example");
  ASSERT_THAT(to.problems, IsEmpty());
  EXPECT_EQ(to.pairs[0].from.host, "old.example");
  EXPECT_EQ(to.pairs[0].to.label(), "imaps://joe%40a.example@new.example:993");
  EXPECT_EQ(to.pairs[0].to_password.reveal(), "pw");
  EXPECT_TRUE(to.holds_passwords);
  const auto admin = parsed(one, "imaps://{user}@older.example?admin=root");
  ASSERT_THAT(admin.problems, IsEmpty());
  EXPECT_EQ(admin.pairs[0].to.host, "old.example");
  EXPECT_TRUE(admin.pairs[0].from_password.empty());
  EXPECT_THAT(problems(one), ElementsAre(HasSubstr("--from URL or --to URL")));
  EXPECT_THAT(
      problems(R"({"server": {"host": "h"}, "accounts": [7, {"email": "a", "password": 1}]})", {},
               "imaps://{user}@new.example"),
      ElementsAre("accounts[0] must be an object", "accounts[1].password must be a string (can be empty)"));
  EXPECT_THAT(problems(R"({"server": {"host": "h"}, "accounts": [{"email": "a", "password": ""}]})", {},
                       "imaps://{user}@new.example"),
              ElementsAre("accounts[0]: there is no password for the source",
                          "accounts[0]: there is no password for the target"));
}

TEST(List, EveryBadRowIsNamedAtOnceAndNoPasswordShown) {
  const auto found = problems(std::string(full_header) +
                              "old,,,joe,secret1,new,,secret2\n"
                              ",,,ann,secret1,new,,secret2\n"
                              "old,99999,,bob,secret1,new,,secret2\n"
                              "o d,143,ssl,cat,secret1,new,,secret2\n"
                              "old,,,dan,sec,ret1,new,,secret2\n"
                              "old,,,,secret1,new,,secret2\n"
                              "old,,,eve,,new,,\n"
                              "old,,,joe2,secret1,NEW,joe,secret2\n"
                              "new,,,fay,secret1,new,fay,secret2\n"
                              "old,,,\"gus,secret1,new,,secret2\n");
  EXPECT_THAT(
      found, ElementsAre(
                 "line 3: source_host is missing", "line 4: source_port is no port: a number from 1 to 65535",
                 "line 5: source_host is no host name",
                 "line 5: source_tls is unknown: use implicit, starttls or none",
                 "line 6: 9 cells, but the header has 8", "line 7: source_user and target_user are missing",
                 "line 8: there is no password for the source", "line 8: there is no password for the target",
                 "line 9: the target is that of line 2 too: one target takes one source",
                 "line 10: source and target are the same account", "line 11: a quote is not closed"));
  for (const auto& text : found) EXPECT_EQ(text.find("secret"), std::string::npos) << text;
}

TEST(List, OfOneSourceSeveralTargetsAreDistinguished) {
  const auto list =
      parsed("source_user,target_host,target_user,target_password\njoe,n1,joe,x\njoe,n2,joe,x\n",
             "imaps://{user}@old?admin=root");
  ASSERT_THAT(list.problems, IsEmpty());
  EXPECT_EQ(list.pairs[0].name, "joe -> imaps://joe@n1:993");
  EXPECT_EQ(list.pairs[1].name, "joe -> imaps://joe@n2:993");
}

TEST(List, SeparatorsAreFoundOut) {
  for (const std::string separator : {",", ";", "\t"}) {
    std::string text =
        "source_host,source_user,source_password,target_host,target_password\nold,joe,p,new,q\n";
    for (auto& c : text)
      if (c == ',') c = separator.front();
    EXPECT_THAT(problems(text), IsEmpty()) << separator;
    EXPECT_THAT(problems("sep=" + separator + "\r\n" + text), IsEmpty()) << separator;
    EXPECT_EQ(parsed("sep=" + separator + "\n\n" + text).pairs.front().row, 4U);
  }
}

TEST(List, AHeaderIsCheckedBeforeTheRows) {
  EXPECT_THAT(problems("source_host,source_usr,source_host\na,b,c\n"),
              ElementsAre(HasSubstr("line 1: column 2 is unknown: known are source_host, source_port"),
                          "line 1: column 3 (source_host) is there twice"));
  EXPECT_THAT(problems("joe\nann\n"),
              ElementsAre(HasSubstr("line 1: this is no header and no line of imapsync's")));
  EXPECT_THAT(problems("Source_Host,SOURCE_USER\n", "imaps://{user}@a", "imaps://{user}@b"),
              ElementsAre("the list names no account"));
  EXPECT_THAT(problems(" \r\n"), ElementsAre("the list is empty"));
  EXPECT_THAT(problems(""), ElementsAre("the list is empty"));
}

TEST(List, BytesThatAreNoTextAreNamedByLine) {
  EXPECT_THAT(problems("source_user\njo\xE9\nann\nb\xFF"
                       "b\n"),
              ElementsAre("line 2: these octets are no UTF-8: save the list as UTF-8",
                          "line 4: these octets are no UTF-8: save the list as UTF-8"));
  EXPECT_THAT(problems(std::string_view("source_user\na\0b\n", 16)), ElementsAre(HasSubstr("line 2: a NUL")));
  EXPECT_THAT(problems(std::string_view("\xFF\xFEs\0o\0", 6)), ElementsAre(HasSubstr("UTF-16")));
}

TEST(List, AUrlForAllHasAPlaceForTheUser) {
  EXPECT_THAT(problems("source_user\njoe\n", "imaps://joe@old", "imaps://{user}@new:x"),
              ElementsAre(HasSubstr("--from names no {user}"), HasSubstr("--to: bad port")));
}

TEST(List, IsBounded) {
  EXPECT_THAT(problems(std::string(max_list_bytes + 1, 'x')), ElementsAre("the list is larger than 64 MB"));
  EXPECT_THAT(problems("source_user,target_password\njoe," + std::string(5000, 'x') + "\n",
                       "imaps://{user}@old?admin=a", "imaps://{user}@new"),
              ElementsAre("line 2: target_password is longer than 4096 octets"));
  std::string many = "source_user,source_host\n";
  for (int i = 0; i < 20'000; ++i) many += "u,\n";
  const auto found = problems(many);
  EXPECT_EQ(found.size(), 10'001U);
  EXPECT_EQ(found.back(), "and more");
}

TEST(List, HasRoomForSoManyAccounts) {
  std::string text = "source_user\n";
  for (std::size_t i = 0; i <= max_list_accounts; ++i) text += "u" + std::to_string(i) + "\n";
  EXPECT_THAT(problems(text, "imaps://{user}@a?admin=x", "imaps://{user}@b?admin=x"),
              ElementsAre("more than 100000 accounts: make several lists of it"));
}

RC_GTEST_PROP(ListProperty, AnyTextIsAListOrSaysWhatIsWrong, (std::string text)) {
  for (const std::string front : {"", "source_user,target_user\n", "{", "a;b;c;d;e;f;\n"}) {
    const auto list = parsed(front + text, "imaps://{user}@a?admin=x", "imaps://{user}@b?admin=y");
    RC_ASSERT(!list.pairs.empty() || !list.problems.empty());
  }
}

}  // namespace
}  // namespace pf::fleet
