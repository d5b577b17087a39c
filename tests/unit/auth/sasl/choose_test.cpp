#include "auth/sasl/choose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pf::sasl {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Names = std::vector<std::string>;

ChoiceRules clear() {
  return {};
}
ChoiceRules over_tls() {
  ChoiceRules rules;
  rules.tls = rules.channel_binding = true;
  return rules;
}

Offer offering(const Names& mechanisms, bool login_disabled) {
  Offer offer;
  offer.mechanisms = mechanisms;
  offer.login_disabled = login_disabled;
  return offer;
}

// "SCRAM-SHA-256/y" with the GS2 flag of SCRAM; "login" for the command.
std::vector<std::string> order(const Names& mechanisms, const ChoiceRules& rules,
                               bool login_disabled = false) {
  const auto chosen = choose(offering(mechanisms, login_disabled), rules);
  std::vector<std::string> out;
  if (!chosen) return out;
  for (const Choice& c : *chosen) {
    if (c.login_command) {
      out.emplace_back("login");
    } else if (c.mechanism.starts_with("SCRAM")) {
      out.push_back(c.mechanism + "/" + static_cast<char>(c.gs2));
    } else {
      out.push_back(c.mechanism);
    }
  }
  return out;
}

Error refusal(const Names& mechanisms, const ChoiceRules& rules, bool login_disabled = false) {
  const auto chosen = choose(offering(mechanisms, login_disabled), rules);
  EXPECT_FALSE(chosen.ok());
  return chosen ? Error() : chosen.error();
}

const Names everything{
    "LOGIN",    "PLAIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS",
    "EXTERNAL", "GSSAPI"};

TEST(Choose, PutsTheStrongestFirstAndThePasswordAsSuchSecond) {
  EXPECT_THAT(order(everything, over_tls()),
              ElementsAre("SCRAM-SHA-256-PLUS/p", "PLAIN", "SCRAM-SHA-256/n", "SCRAM-SHA-1-PLUS/p",
                          "SCRAM-SHA-1/n", "CRAM-MD5", "LOGIN", "login"));
}

TEST(Choose, InClearOnlyWhatKeepsThePassword) {
  EXPECT_THAT(order(everything, clear()), ElementsAre("SCRAM-SHA-256/n", "SCRAM-SHA-1/n", "CRAM-MD5"));
}

TEST(Choose, OnLoopbackThePasswordMayGoInClear) {
  ChoiceRules rules = clear();
  rules.loopback = true;
  EXPECT_THAT(order({"CRAM-MD5", "PLAIN"}, rules), ElementsAre("CRAM-MD5", "PLAIN", "login"));
  EXPECT_THAT(order({}, rules), ElementsAre("login"));
}

TEST(Choose, WhoeverInsistsMaySendThePasswordInClear) {
  ChoiceRules rules = clear();
  rules.allow_cleartext = true;
  EXPECT_THAT(order({"CRAM-MD5", "PLAIN"}, rules), ElementsAre("CRAM-MD5", "PLAIN", "login"));
}

TEST(Choose, SaysYOnlyWhenNoPlusAtAllWasOffered) {
  EXPECT_THAT(order({"SCRAM-SHA-256", "SCRAM-SHA-1"}, over_tls(), true),
              ElementsAre("SCRAM-SHA-256/y", "SCRAM-SHA-1/y"));
  EXPECT_THAT(order({"SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"}, over_tls(), true),
              ElementsAre("SCRAM-SHA-256/n", "SCRAM-SHA-1-PLUS/p", "SCRAM-SHA-1/n"));
  // GNU imap4d offers -PLUS without TLS.
  EXPECT_THAT(order({"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}, clear(), true), ElementsAre("SCRAM-SHA-256/n"));
}

TEST(Choose, KeepsLoginBehindWhatIsThere) {
  EXPECT_THAT(order({"LOGIN"}, over_tls()), ElementsAre("LOGIN", "login"));
  EXPECT_THAT(order({"PLAIN", "LOGIN"}, over_tls()), ElementsAre("PLAIN", "LOGIN", "login"));
  EXPECT_THAT(order({"CRAM-MD5"}, over_tls()), ElementsAre("CRAM-MD5", "login"));
  EXPECT_THAT(order({"CRAM-MD5"}, over_tls(), true), ElementsAre("CRAM-MD5"));
}

TEST(Choose, ReadsNamesInAnyCase) {
  EXPECT_THAT(order({"scram-sha-256", "Plain"}, over_tls(), true), ElementsAre("SCRAM-SHA-256/y", "PLAIN"));
}

TEST(Choose, AdminLoginsNeedAnAuthzid) {
  ChoiceRules rules = over_tls();
  rules.authzid = true;
  EXPECT_THAT(order({"LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-1"}, rules),
              ElementsAre("PLAIN", "SCRAM-SHA-1/y"));
  const Error e = refusal({"LOGIN", "CRAM-MD5"}, rules);
  EXPECT_EQ(e.code, Errc::auth_no_mech);
  EXPECT_THAT(e.hint, HasSubstr("admin-form=star"));
}

// Dovecot 2.3 offers SCRAM and refuses every authzid in it.
TEST(Choose, AdminLoginsTryThePasswordFirstWhereNobodyListens) {
  ChoiceRules rules = clear();
  rules.authzid = true;
  rules.loopback = true;
  EXPECT_THAT(order({"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"}, rules),
              ElementsAre("PLAIN", "SCRAM-SHA-256/n", "SCRAM-SHA-1/n"));
  EXPECT_THAT(order({"SCRAM-SHA-256"}, rules), ElementsAre("SCRAM-SHA-256/n"));
  // Insisting on clear text is no reason to begin with it.
  rules.loopback = false;
  rules.allow_cleartext = true;
  EXPECT_THAT(order({"SCRAM-SHA-256", "PLAIN"}, rules), ElementsAre("SCRAM-SHA-256/n", "PLAIN"));
  rules.allow_cleartext = false;
  EXPECT_THAT(order({"SCRAM-SHA-256", "PLAIN"}, rules), ElementsAre("SCRAM-SHA-256/n"));
}

TEST(Choose, AForcedMechanismIsTheOnlyOne) {
  ChoiceRules rules = over_tls();
  rules.forced = "scram-sha-1";
  EXPECT_THAT(order(everything, rules), ElementsAre("SCRAM-SHA-1/n"));
  rules.forced = "EXTERNAL";
  EXPECT_THAT(order(everything, rules), ElementsAre("EXTERNAL"));
  rules.forced = "LOGIN";
  EXPECT_THAT(order(everything, rules), ElementsAre("login"));
  EXPECT_THAT(order(everything, rules, true), ElementsAre("LOGIN"));
  EXPECT_THAT(order({"PLAIN"}, rules, true), IsEmpty());
}

TEST(Choose, AForcedMechanismTheServerLacksNamesWhatItHas) {
  ChoiceRules rules = over_tls();
  rules.forced = "SCRAM-SHA-256";
  const Error e = refusal({"PLAIN", "CRAM-MD5"}, rules, true);
  EXPECT_EQ(e.code, Errc::auth_no_mech);
  EXPECT_EQ(e.scope, Scope::account);
  EXPECT_THAT(e.context, HasSubstr("PLAIN, CRAM-MD5"));
  EXPECT_THAT(e.context, HasSubstr("SCRAM-SHA-256"));
  EXPECT_THAT(e.hint, HasSubstr("auth="));
}

TEST(Choose, ForcingPlainDoesNotSendItInClear) {
  ChoiceRules rules = clear();
  rules.forced = "PLAIN";
  const Error e = refusal({"PLAIN", "SCRAM-SHA-256"}, rules);
  EXPECT_EQ(e.code, Errc::cleartext);
  EXPECT_THAT(e.hint, HasSubstr("imaps://"));
}

TEST(Choose, WhenOnlyTlsIsMissingItSaysSo) {
  EXPECT_EQ(refusal({"PLAIN"}, clear()).code, Errc::cleartext);
  EXPECT_EQ(refusal({}, clear()).code, Errc::cleartext);
  // Nothing to use even with TLS.
  const Error e = refusal({"GSSAPI"}, clear(), true);
  EXPECT_EQ(e.code, Errc::auth_no_mech);
  EXPECT_THAT(e.context, HasSubstr("GSSAPI"));
  const Error starttls = refusal({}, clear(), true);
  EXPECT_EQ(starttls.code, Errc::auth_no_mech);
  EXPECT_THAT(starttls.hint, HasSubstr("tls=starttls"));
}

TEST(Choose, EveryChoiceCanBeMade) {
  const auto chosen = choose(offering(everything, false), over_tls()).value();
  for (const Choice& c : chosen) {
    Credentials credentials;
    credentials.user = "joe";
    EXPECT_TRUE(make_mechanism(c.mechanism, credentials, c.gs2, {"tls-exporter", "x"}).ok()) << c.mechanism;
  }
}

}  // namespace

}  // namespace pf::sasl
