// From the greeting to a session: what is said, and what is never said.
#include "imap/command/commands.h"
#include "scenario/play.h"

#include <gmock/gmock.h>

namespace pf::test {
namespace {

using imap::LoggedIn;
using imap::LoginOptions;

class Login : public ::testing::Test {
 protected:
  Result<LoggedIn> log_in(std::string_view dialogue, const std::function<void(LoginOptions&)>& change = {},
                          imap::Known known = {}) {
    server = std::make_unique<ScriptedServer>(dialogue);
    auto options = joe(server->port());
    if (change) change(options);
    auto result = run(imap::log_in(std::move(options), std::move(known)));
    if (result) connection = result->connection;
    return result;
  }

  void TearDown() override {
    if (connection) connection->close();
    if (server) EXPECT_EQ(server->mismatch(), "");
  }

  std::unique_ptr<ScriptedServer> server;
  std::shared_ptr<imap::Connection> connection;
};

// ---- capabilities

TEST_F(Login, TakesTheCapabilitiesOfGreetingAndLoginAndAsksForNone) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello
    C: $1 AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=
    S: $1 OK [CAPABILITY IMAP4rev1 UIDPLUS LITERAL+] in
  )");
  ASSERT_TRUE(in);
  EXPECT_TRUE(in->capabilities.has("UIDPLUS"));
  EXPECT_FALSE(in->capabilities.has("AUTH=PLAIN"));
  EXPECT_EQ(in->wire.literals, imap::LiteralMode::plus);
}

TEST_F(Login, AsksForCapabilitiesWhereNobodyToldThem) {
  const auto in = log_in(R"(
    S: * OK hello
    C: $1 CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: $1 OK
    C: $2 LOGIN joe "secret"
    S: $2 OK in
    C: $3 CAPABILITY
    S: * CAPABILITY IMAP4rev1 UIDPLUS
    S: $3 OK
  )");
  ASSERT_TRUE(in);
  EXPECT_TRUE(in->capabilities.has("UIDPLUS"));
}

TEST_F(Login, TakesCapabilitiesThatComeUntaggedWithTheLogin) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe "secret"
    S: * CAPABILITY IMAP4rev1 MOVE
    S: $1 OK in
  )");
  ASSERT_TRUE(in);
  EXPECT_TRUE(in->capabilities.has("MOVE"));
}

// iCloud's proxy: the list of the login is not the last word.
TEST_F(Login, AsksAgainWhereTheListOfTheLoginIsKnownToBeWrong) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY XAPPLEPUSHSERVICE IMAP4 IMAP4rev1] ready
    C: $1 LOGIN joe "secret"
    S: $1 OK [CAPABILITY XAPPLEPUSHSERVICE IMAP4rev1] in
    C: $2 CAPABILITY
    S: * CAPABILITY IMAP4rev1 UIDPLUS XAPPLEPUSHSERVICE
    S: $2 OK
  )");
  ASSERT_TRUE(in);
  EXPECT_TRUE(in->capabilities.has("UIDPLUS"));
}

// ---- passwords

TEST_F(Login, QuotesWhatIsNoAtom) {
  ASSERT_TRUE(log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe "a \"b\\ c"
    S: $1 OK [CAPABILITY IMAP4rev1] in
  )",
                     [](LoginOptions& o) { o.password = Secret("a \"b\\ c"); }));
}

TEST_F(Login, SendsAnEightBitPasswordAsALiteralAndWaits) {
  ASSERT_TRUE(log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe {4}
    S: + go
    C-raw: p\xC3\xA4s\r\n
    S: $1 OK [CAPABILITY IMAP4rev1] in
  )",
                     [](LoginOptions& o) { o.password = Secret("p\xC3\xA4s"); }));
}

TEST_F(Login, SendsNoPasswordTheServerWouldNotWaitFor) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe {4}
    S: $1 NO too long
    C-eof
  )",
                         [](LoginOptions& o) { o.password = Secret("p\xC3\xA4s"); });
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code, Errc::auth_failed);
}

TEST_F(Login, WaitsForTheChallengeWithoutSaslIr) {
  for (const std::string plus : {"+", "+ "}) {
    const auto in = log_in(R"(
      S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello
      C: $1 AUTHENTICATE PLAIN
      S-raw: )" + plus + R"(\r\n
      C: AGpvZQBzZWNyZXQ=
      S: $1 OK [CAPABILITY IMAP4rev1] in
    )");
    EXPECT_TRUE(in);
    if (in) in->connection->close();
    EXPECT_EQ(server->mismatch(), "");
  }
}

TEST_F(Login, GivesUpAfterTwoTriesHoweverManyMechanismsThereAre) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=CRAM-MD5 AUTH=PLAIN AUTH=LOGIN] hi
    C: $1 AUTHENTICATE SCRAM-SHA-256 *
    S: $1 NO [AUTHENTICATIONFAILED] no such thing
    C: $2 AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=
    S: $2 NO [AUTHENTICATIONFAILED] not you
    C-eof
  )");
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code, Errc::auth_failed);
  EXPECT_EQ(in.error().scope, Scope::account);
  EXPECT_NE(in.error().server_text.find("not you"), std::string::npos);
  EXPECT_EQ(in.error().describe().find("secret"), std::string::npos);
}

TEST_F(Login, FallsBackFromScramToPlain) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] hi
    C: $1 AUTHENTICATE SCRAM-SHA-256 *
    S: $1 NO [AUTHENTICATIONFAILED] hashed otherwise
    C: $2 AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=
    S: $2 OK [CAPABILITY IMAP4rev1] in
  )");
  ASSERT_TRUE(in);
  EXPECT_EQ(in->known.mechanism, "PLAIN");
}

TEST_F(Login, APasswordThatIsCalledWrongIsNotSentAgainInOtherClothes) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] hi
    C: $1 AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=
    S: $1 NO [AUTHENTICATIONFAILED] not you
    C-eof
  )");
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code, Errc::auth_failed);
}

TEST_F(Login, APlainNoMayMeanTheMechanismAndIsTriedOnceMore) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
    C: $1 AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=
    S: $1 NO failed
    C: $2 LOGIN joe "secret"
    S: $2 OK [CAPABILITY IMAP4rev1] in
  )");
  EXPECT_TRUE(in);
}

TEST_F(Login, TriesTheNextWhereTheServerCannotDoWhatItOffers) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] hi
    C: $1 AUTHENTICATE SCRAM-SHA-256 *
    S: $1 BAD unsupported mechanism
    C: $2 AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=
    S: $2 OK [CAPABILITY IMAP4rev1] in
  )");
  EXPECT_TRUE(in);
}

TEST_F(Login, BeginsWithWhatWorkedOnAnEarlierConnection) {
  imap::Known known;
  known.mechanism = "PLAIN";
  EXPECT_TRUE(log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] hi
    C: $1 AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=
    S: $1 OK [CAPABILITY IMAP4rev1] in
  )",
                     {}, known));
}

// It does not know the password, so whoever it is gets it by no other way either.
TEST_F(Login, DoesNotBelieveAServerThatDidNotProveItself) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] hi
    C: $1 AUTHENTICATE SCRAM-SHA-256 *
    S: $1 OK welcome
    C-eof
  )");
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code, Errc::protocol);
  EXPECT_EQ(server->mismatch(), "");
  EXPECT_EQ(server->received().find("PLAIN"), std::string::npos);
}

TEST_F(Login, CancelsAnExchangeTheServerBreaks) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256] hi
    C: $1 AUTHENTICATE SCRAM-SHA-256
    S: +
    C: *
    S: + !!! this is no base64
    C: \*
    S: $1 BAD cancelled
    C-eof
  )",
                         [](LoginOptions& o) { o.mechanism = "SCRAM-SHA-256"; });
  EXPECT_FALSE(in);
}

TEST_F(Login, StopsWhenTheServerHasEnoughOfUs) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=CRAM-MD5 AUTH=PLAIN] hi
    C: $1 AUTHENTICATE CRAM-MD5
    S: $1 NO [ALERT] Too many failed login attempts
    C-eof
  )");
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code, Errc::throttled);
}

TEST_F(Login, SendsNoPasswordWhereLoginIsDisabled) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello
    C-eof
  )");
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code, Errc::auth_no_mech);
  EXPECT_EQ(in.error().scope, Scope::account);
  EXPECT_NE(in.error().hint.find("TLS"), std::string::npos);
}

// ---- on behalf of somebody else

TEST_F(Login, AnAdministratorNamesTheOwnerOfTheMail) {
  EXPECT_TRUE(log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=CRAM-MD5 AUTH=LOGIN AUTH=PLAIN] hello
    C: $1 AUTHENTICATE PLAIN am9lAHJvb3QAc2VjcmV0
    S: $1 OK [CAPABILITY IMAP4rev1] in
  )",
                     [](LoginOptions& o) { o.admin = "root"; }));
}

TEST_F(Login, AnAdministratorWastesNoTryOnScram) {
  EXPECT_TRUE(log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] hello
    C: $1 AUTHENTICATE PLAIN am9lAHJvb3QAc2VjcmV0
    S: $1 OK [CAPABILITY IMAP4rev1] in
  )",
                     [](LoginOptions& o) { o.admin = "root"; }));
}

TEST_F(Login, AnAdministratorMayComeAsUserStarAdmin) {
  EXPECT_TRUE(log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN "joe\*root" "secret"
    S: $1 OK [CAPABILITY IMAP4rev1] in
  )",
                     [](LoginOptions& o) {
                       o.admin = "root";
                       o.admin_form = LoginOptions::AdminForm::star;
                     }));
}

void proxyauth(LoginOptions& options) {
  options.admin = "root";
  options.admin_form = LoginOptions::AdminForm::proxyauth;
}

// Sun and Oracle: the admin's own login, then as somebody else.
TEST_F(Login, AnAdministratorMayBecomeTheUserAfterTheLogin) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] Oracle Communications Messaging Exchange Server
    C: $1 AUTHENTICATE PLAIN AHJvb3QAc2VjcmV0
    S: $1 OK [CAPABILITY IMAP4rev1 ADMINPOWERS] User logged in
    C: $2 PROXYAUTH joe
    S: $2 OK Completed
    C: $3 CAPABILITY
    S: * CAPABILITY IMAP4rev1 UIDPLUS
    S: $3 OK
  )",
                         proxyauth);
  ASSERT_TRUE(in) << in.error().describe();
  EXPECT_TRUE(in->capabilities.has("UIDPLUS"));
  EXPECT_FALSE(in->capabilities.has("ADMINPOWERS"));
}

// Going on would copy the admin's mail.
TEST_F(Login, AnAdministratorWhoMayNotBecomeTheUserGoesNoFurther) {
  for (const std::string answer : {"NO not an administrator", "BAD unknown command"}) {
    const auto in = log_in(
        "S: * OK [CAPABILITY IMAP4rev1] hello\n"
        "C: $1 LOGIN root \"secret\"\n"
        "S: $1 OK in\n"
        "C: $2 PROXYAUTH joe\n"
        "S: $2 " +
            answer +
            "\n"
            "C-eof\n",
        proxyauth);
    ASSERT_FALSE(in);
    EXPECT_THAT(in.error().hint, testing::HasSubstr("check the admin rights"));
    EXPECT_EQ(server->mismatch(), "");
  }
}

// As root himself we would copy root's mail.
TEST_F(Login, AnAdministratorNeverLogsInAsHimself) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=CRAM-MD5 AUTH=LOGIN] hello
    C-eof
  )",
                         [](LoginOptions& o) { o.admin = "root"; });
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code, Errc::auth_no_mech);
}

// ---- after the login

TEST_F(Login, IntroducesItselfInOneGo) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe "secret"
    S: $1 OK [CAPABILITY IMAP4rev1 ID ENABLE CONDSTORE QRESYNC NAMESPACE UTF8=ACCEPT IMAP4rev2] in
    C: $2 ID ("name" "postferry" *)
    C: $3 ENABLE QRESYNC CONDSTORE
    C: $4 NAMESPACE
    S: * ID ("name" "Dovecot")
    S: $2 OK
    S: * ENABLED QRESYNC CONDSTORE
    S: $3 OK
    S: * NAMESPACE (("INBOX." ".")) NIL NIL
    S: $4 OK
  )");
  ASSERT_TRUE(in);
  EXPECT_TRUE(in->condstore);
  EXPECT_TRUE(in->qresync);
  EXPECT_FALSE(in->utf8);
  EXPECT_EQ(in->profile.family, "dovecot");
  ASSERT_TRUE(in->known.namespaces);
  ASSERT_EQ(in->known.namespaces->personal.size(), 1U);
  EXPECT_EQ(in->known.namespaces->personal.front().prefix, "INBOX.");
  EXPECT_EQ(in->known.namespaces->personal.front().separator, '.');
}

TEST_F(Login, TakesUtf8OnlyWhereTheServerInsists) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe "secret"
    S: $1 OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ONLY] in
    C: $2 ENABLE UTF8=ACCEPT
    S: * ENABLED UTF8=ACCEPT
    S: $2 OK
  )");
  ASSERT_TRUE(in);
  EXPECT_TRUE(in->utf8);
  EXPECT_TRUE(in->wire.utf8);
}

TEST_F(Login, WhatWasNotEnabledIsNotThere) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe "secret"
    S: $1 OK [CAPABILITY IMAP4rev1 ENABLE CONDSTORE] in
    C: $2 ENABLE CONDSTORE
    S: * ENABLED
    S: $2 OK
  )");
  ASSERT_TRUE(in);
  EXPECT_FALSE(in->condstore);
  EXPECT_FALSE(in->qresync);
}

TEST_F(Login, RefusedPolitenessIsNoFailure) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe "secret"
    S: $1 OK [CAPABILITY IMAP4rev1 ID ENABLE CONDSTORE NAMESPACE] in
    C: $2 ID *
    C: $3 ENABLE CONDSTORE
    C: $4 NAMESPACE
    S: $2 BAD what
    S: $3 NO never
    S: $4 BAD NAMESPACE?
  )");
  ASSERT_TRUE(in);
  EXPECT_FALSE(in->known.namespaces);
  EXPECT_TRUE(in->connection->usable());
}

TEST_F(Login, NamespaceMayBeNil) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe "secret"
    S: $1 OK [CAPABILITY IMAP4rev1 NAMESPACE] in
    C: $2 NAMESPACE
    S: * NAMESPACE NIL NIL NIL
    S: $2 OK
  )");
  ASSERT_TRUE(in);
  ASSERT_TRUE(in->known.namespaces);
  EXPECT_TRUE(in->known.namespaces->personal.empty());
}

// What is known is told again (ENABLE counts for one connection), but not waited for.
TEST_F(Login, AFurtherConnectionWaitsForNothingItKnows) {
  imap::Known known;
  known.introduced = true;
  known.condstore = true;
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe "secret"
    S: $1 OK [CAPABILITY IMAP4rev1 ID ENABLE CONDSTORE NAMESPACE] in
    C: $2 ID *
    C: $3 ENABLE CONDSTORE
    C: $4 NOOP
    S: $2 OK
    S: $3 OK
    S: $4 OK
  )",
                         {}, known);
  ASSERT_TRUE(in);
  EXPECT_TRUE(in->condstore);
  EXPECT_TRUE(run(in->connection->run(imap::command::noop())));
}

// ---- other greetings

TEST_F(Login, APreauthenticatedLinkNeedsNoPassword) {
  const auto in = log_in(R"(
    S: * PREAUTH [CAPABILITY IMAP4rev1 UIDPLUS] joe is here
  )");
  ASSERT_TRUE(in);
  EXPECT_TRUE(in->capabilities.has("UIDPLUS"));
}

TEST_F(Login, AFarewellInsteadOfAGreetingIsToldWithItsText) {
  const auto in = log_in(R"(
    S: * BYE come back tomorrow
    C-eof
  )");
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().scope, Scope::connection);
  EXPECT_NE(in.error().server_text.find("come back tomorrow"), std::string::npos);
}

TEST_F(Login, TooManyConnectionsAreKnownAsSuch) {
  for (const auto* dialogue : {R"(
         S: * BYE [UNAVAILABLE] Maximum number of connections from user+IP exceeded
         C-eof
       )",
                               R"(
         S: * OK [CAPABILITY IMAP4rev1] hello
         C: $1 LOGIN joe "secret"
         S: $1 NO [ALERT] Too many simultaneous connections. (Failure)
         C-eof
       )"}) {
    const auto in = log_in(dialogue);
    ASSERT_FALSE(in);
    EXPECT_EQ(in.error().code, Errc::too_many_connections);
    EXPECT_EQ(in.error().retry, Retry::later);
    EXPECT_EQ(server->mismatch(), "");
  }
}

TEST_F(Login, WhatDoesNotGreetIsNoImapServer) {
  const auto in = log_in(R"(
    S: HTTP/1.1 400 Bad Request
    C-eof
  )");
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code, Errc::protocol);
}

TEST_F(Login, AServerThatSaysByeInsteadOfAnsweringTheLoginIsLost) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1] hello
    C: $1 LOGIN joe "secret"
    S: * BYE going down
    X
  )");
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().scope, Scope::connection);
  EXPECT_NE(in.error().server_text.find("going down"), std::string::npos);
}

}  // namespace
}  // namespace pf::test
