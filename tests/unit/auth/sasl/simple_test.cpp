#include "auth/sasl/mechanism.h"

#include <gtest/gtest.h>

namespace pf::sasl {

namespace {

using namespace std::string_literals;

Credentials tim(std::string authzid = {}) {
  Credentials c;
  c.user = "tim";
  c.authzid = std::move(authzid);
  c.password = Secret("tanstaaftanstaaf");
  return c;
}

std::unique_ptr<Mechanism> make(std::string_view name, Credentials c) {
  return make_mechanism(name, std::move(c)).value();
}

TEST(Plain, GivesTheExamplesOfRfc4616) {
  const auto own = make("PLAIN", tim());
  EXPECT_TRUE(own->client_first());
  EXPECT_FALSE(own->finish().ok());
  EXPECT_EQ(own->step("")->reveal(), "\0tim\0tanstaaftanstaaf"s);
  EXPECT_TRUE(own->finish().ok());

  const auto other = make("PLAIN", tim("Ursel"));
  EXPECT_EQ(other->step("")->reveal(), "Ursel\0tim\0tanstaaftanstaaf"s);
}

TEST(Plain, SaysItOnce) {
  const auto m = make("PLAIN", tim());
  ASSERT_TRUE(m->step("").ok());
  EXPECT_EQ(m->step("again?").error().code, Errc::protocol);
}

TEST(Plain, RefusesANulThatWouldShiftTheFields) {
  Credentials c = tim("admin\0x"s);
  EXPECT_EQ(make_mechanism("PLAIN", c).error().code, Errc::usage);
  c = tim();
  c.user = "tim\0"s;
  EXPECT_EQ(make_mechanism("PLAIN", c).error().code, Errc::usage);
  c = tim();
  c.password = Secret("secret\0x"s);
  const auto made = make_mechanism("PLAIN", c);
  EXPECT_EQ(made.error().code, Errc::usage);
  EXPECT_EQ(made.error().describe().find("secret"), std::string::npos);
}

TEST(Login, AnswersInOrderWhateverThePrompts) {
  const auto m = make("LOGIN", tim());
  EXPECT_FALSE(m->client_first());
  EXPECT_EQ(m->step("User Name\0"s)->reveal(), "tim");
  EXPECT_FALSE(m->finish().ok()) << "OK before the password was asked for";
  EXPECT_EQ(m->step("")->reveal(), "tanstaaftanstaaf");
  EXPECT_TRUE(m->finish().ok());
  EXPECT_EQ(m->step("Pin:").error().code, Errc::protocol);
}

TEST(Login, AndCramMd5CannotLogInForOthers) {
  EXPECT_EQ(make_mechanism("LOGIN", tim("ursel")).error().code, Errc::usage);
  EXPECT_EQ(make_mechanism("CRAM-MD5", tim("ursel")).error().code, Errc::usage);
}

TEST(CramMd5, GivesTheExampleOfRfc2195) {
  const auto m = make("CRAM-MD5", tim());
  EXPECT_FALSE(m->client_first());
  EXPECT_FALSE(m->finish().ok());
  EXPECT_EQ(m->step("<1896.697170952@postoffice.reston.mci.net>")->reveal(),
            "tim b913a602c7eda7a495b4e6e7334d3890");
  EXPECT_TRUE(m->finish().ok());
}

TEST(CramMd5, TakesOneChallengeAndNoEmptyOne) {
  const auto m = make("CRAM-MD5", tim());
  EXPECT_EQ(m->step("").error().code, Errc::protocol);
  ASSERT_TRUE(m->step("<1@x>").ok());
  EXPECT_EQ(m->step("<2@x>").error().code, Errc::protocol);
}

TEST(External, SendsTheAuthzidAndNoPassword) {
  EXPECT_EQ(make("EXTERNAL", tim("ursel"))->step("")->reveal(), "ursel");
  EXPECT_EQ(make("EXTERNAL", tim())->step("")->reveal(), "");
}

TEST(Mechanism, OthersAreNotMade) {
  for (const char* name : {"", "GSSAPI", "plain", "SCRAM-SHA-512", "SCRAM-", "SCRAM-SHA-1-PLUS-PLUS"}) {
    EXPECT_EQ(make_mechanism(name, tim()).error().code, Errc::auth_no_mech) << name;
  }
}

}  // namespace

}  // namespace pf::sasl
