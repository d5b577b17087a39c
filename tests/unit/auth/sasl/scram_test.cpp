#include "auth/sasl/crypto.h"
#include "auth/sasl/mechanism.h"
#include "base/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::sasl {

namespace {

using testing::HasSubstr;

Credentials pencil(std::string user = "user") {
  Credentials c;
  c.user = std::move(user);
  c.password = Secret("pencil");
  return c;
}

constexpr const char* nonce_5802 = "fyko+d2lbbFgONRv9qkxdawL";
constexpr const char* nonce_7677 = "rOprNGfwEbeRWgbNEkqO";

std::unique_ptr<Mechanism> scram(std::string_view name, std::string nonce, Gs2 gs2 = Gs2::unsupported,
                                 ChannelBinding binding = {}, Credentials credentials = pencil()) {
  auto made = make_mechanism(name, std::move(credentials), gs2, std::move(binding), std::move(nonce));
  EXPECT_TRUE(made.ok());
  return std::move(made).value();
}

// What step() answers, or "ERROR: ..." for a failure.
std::string answer(Mechanism& m, std::string_view challenge) {
  auto reply = m.step(challenge);
  return reply ? std::string(reply->reveal()) : "ERROR: " + reply.error().context;
}

constexpr std::string_view first_7677 =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

TEST(Scram, Sha1GivesTheExampleOfRfc5802) {
  const auto m = scram("SCRAM-SHA-1", nonce_5802);
  EXPECT_EQ(m->name(), "SCRAM-SHA-1");
  EXPECT_TRUE(m->client_first());
  EXPECT_EQ(answer(*m, ""), "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
  EXPECT_EQ(answer(*m, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"),
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
  EXPECT_FALSE(m->finish().ok());
  EXPECT_EQ(answer(*m, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), "");
  EXPECT_TRUE(m->finish().ok());
}

TEST(Scram, Sha256GivesTheExampleOfRfc7677) {
  const auto m = scram("SCRAM-SHA-256", nonce_7677);
  EXPECT_EQ(answer(*m, ""), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(answer(*m, first_7677),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+"
            "Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(answer(*m, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), "");
  EXPECT_TRUE(m->finish().ok());
}

TEST(Scram, AWrongServerSignatureIsNoLogin) {
  const auto m = scram("SCRAM-SHA-256", nonce_7677);
  answer(*m, "");
  answer(*m, first_7677);
  const auto reply = m->step("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, Errc::protocol);
  EXPECT_THAT(reply.error().context, HasSubstr("wrong signature"));
  EXPECT_FALSE(m->finish().ok());
  EXPECT_FALSE(m->step("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").ok()) << "no second guess";
  EXPECT_FALSE(m->finish().ok());
}

TEST(Scram, AnOkWithoutTheServersSignatureIsNoLogin) {
  const auto m = scram("SCRAM-SHA-256", nonce_7677);
  EXPECT_FALSE(m->finish().ok());
  answer(*m, "");
  EXPECT_FALSE(m->finish().ok());
  answer(*m, first_7677);
  EXPECT_EQ(m->finish().error().code, Errc::protocol);
}

TEST(Scram, TheServersRefusalIsAnAuthFailure) {
  const auto m = scram("SCRAM-SHA-256", nonce_7677);
  answer(*m, "");
  answer(*m, first_7677);
  const auto reply = m->step("e=invalid-proof");
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, Errc::auth_failed);
  EXPECT_EQ(reply.error().server_text, "invalid-proof");
}

class ScramFirst : public testing::TestWithParam<const char*> {};

// Whatever is wrong with the server's first message, nothing made from the password leaves.
TEST_P(ScramFirst, ThatIsUnsoundEndsTheExchange) {
  const auto m = scram("SCRAM-SHA-256", nonce_7677);
  answer(*m, "");
  const auto reply = m->step(GetParam());
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, Errc::protocol);
  EXPECT_FALSE(m->step(first_7677).ok());
}

INSTANTIATE_TEST_SUITE_P(
    Messages, ScramFirst,
    testing::Values("", "r", "r=", "r=rOprNGfwEbeRWgbNEkqO", "r=rOprNGfwEbeRWgbNEkqOx",
                    "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z", "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=",
                    "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096", "r=rOprNGfwEbeRWgbNEkqOx,s=W2!Z,i=4096",
                    "r=rOprNGfwEbeRWgbNEkqOx,i=4096,s=W22Z", "m=ext,r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4096",
                    // The nonce is ours alone, another, or only ends like ours.
                    "r=rOprNGfwEbeRWgbNEkqO,s=W22Z,i=4096", "r=other,s=W22Z,i=4096",
                    "r=xrOprNGfwEbeRWgbNEkqO,s=W22Z,i=4096",
                    // Counts: too few, a bomb, beyond every integer, no number.
                    "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=0", "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4095",
                    "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=1000001", "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4294967296",
                    "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=99999999999999999999999",
                    "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=-4096", "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4096x",
                    "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i= 4096"));

TEST(Scram, TheBoundsOfTheIterationCountAreAccepted) {
  for (const char* count : {"4096", "1000000"}) {
    const auto m = scram("SCRAM-SHA-256", nonce_7677);
    answer(*m, "");
    EXPECT_TRUE(m->step(std::string("r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=") + count).ok()) << count;
  }
}

TEST(Scram, ToleratesExtensionsAfterTheCount) {
  const auto m = scram("SCRAM-SHA-256", nonce_7677);
  answer(*m, "");
  EXPECT_TRUE(m->step(std::string(first_7677) + ",d=whatever").ok());
}

TEST(Scram, EscapesNamesAndCarriesAnAuthzid) {
  Credentials c = pencil("us,er=x");
  c.authzid = "a=b,c";
  const auto m = scram("SCRAM-SHA-1", nonce_5802, Gs2::unsupported, {}, c);
  EXPECT_EQ(answer(*m, ""), "n,a=a=3Db=2Cc,n=us=2Cer=3Dx,r=fyko+d2lbbFgONRv9qkxdawL");
  // The header comes back under the proof: base64 of "n,a=a=3Db=2Cc,".
  EXPECT_THAT(answer(*m, "r=fyko+d2lbbFgONRv9qkxdawL3,s=QSXCR+Q6sek8bf92,i=4096"),
              HasSubstr("c=" + base64_encode("n,a=a=3Db=2Cc,") + ","));
}

TEST(Scram, SaysYWhenTheServerOfferedNoBinding) {
  const auto m = scram("SCRAM-SHA-256", nonce_7677, Gs2::not_offered);
  EXPECT_EQ(answer(*m, ""), "y,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  EXPECT_THAT(answer(*m, first_7677), HasSubstr("c=eSws,"));
}

// A server of its own, straight from RFC 5802 section 3.
std::string server_proof(std::string_view client_first_bare, std::string_view server_first,
                         std::string_view without_proof, std::string_view key_name) {
  const Secret salted =
      pbkdf2(Hash::sha256, "pencil", *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096).value();
  const Secret key = hmac(Hash::sha256, salted.reveal(), key_name).value();
  const std::string message =
      std::string(client_first_bare) + "," + std::string(server_first) + "," + std::string(without_proof);
  return base64_encode(hmac(Hash::sha256, key.reveal(), message).value().reveal());
}

TEST(Scram, PlusBindsTheChannelIntoTheProof) {
  const std::string data("\x01\x00\xff,binding", 11);
  const auto m = scram("SCRAM-SHA-256-PLUS", nonce_7677, Gs2::bound, {"tls-exporter", data});
  EXPECT_EQ(m->name(), "SCRAM-SHA-256-PLUS");
  EXPECT_EQ(answer(*m, ""), "p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const std::string final_message = answer(*m, first_7677);
  const std::string without_proof = "c=" + base64_encode("p=tls-exporter,," + data) +
                                    ",r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  EXPECT_TRUE(final_message.starts_with(without_proof + ",p="));
  const std::string signature =
      server_proof("n=user,r=rOprNGfwEbeRWgbNEkqO", first_7677, without_proof, "Server Key");
  EXPECT_EQ(answer(*m, "v=" + signature), "");
  EXPECT_TRUE(m->finish().ok());
}

TEST(Scram, PlusWithoutAChannelIsNotMade) {
  EXPECT_EQ(make_mechanism("SCRAM-SHA-256-PLUS", pencil(), Gs2::bound).error().code, Errc::auth_no_mech);
}

TEST(Scram, TheBestBindingIsTheExporter) {
  EXPECT_EQ(pick_binding("e", "s").type, "tls-exporter");
  EXPECT_EQ(pick_binding("", "s").type, "tls-server-end-point");
  EXPECT_EQ(pick_binding("", "s").data, "s");
  EXPECT_FALSE(pick_binding("", "").available());
}

TEST(Scram, NoncesAreNeverTheSame) {
  const auto a = scram("SCRAM-SHA-256", "");
  const auto b = scram("SCRAM-SHA-256", "");
  const std::string first = answer(*a, "");
  EXPECT_GE(first.size(), std::string("n,,n=user,r=").size() + 18);
  EXPECT_NE(first, answer(*b, ""));
}

TEST(Scram, RefusesControlCharactersAndAnEmptyName) {
  for (const char* name : {"a\tb", "a\nb", "\x7f", ""}) {
    EXPECT_EQ(make_mechanism("SCRAM-SHA-256", pencil(name)).error().code, Errc::usage) << name;
  }
  Credentials c = pencil();
  c.password = Secret(std::string("a\0b", 3));
  EXPECT_EQ(make_mechanism("SCRAM-SHA-256", c).error().code, Errc::usage);
  c.password = Secret("gr\u00fc\u00df dich");
  EXPECT_TRUE(make_mechanism("SCRAM-SHA-256", c).ok());
}

// RFC 6070.
TEST(Pbkdf2, GivesTheVectorsOfRfc6070) {
  EXPECT_EQ(hex_encode(pbkdf2(Hash::sha1, "password", "salt", 1)->reveal()),
            "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  EXPECT_EQ(hex_encode(pbkdf2(Hash::sha1, "password", "salt", 4096)->reveal()),
            "4b007901b765489abead49d926f721d065a429c1");
}

RC_GTEST_PROP(Scram, AnyServerMessagesEndInAnErrorAndNeverInALogin,
              (const std::string& first, const std::string& last)) {
  const auto m = scram("SCRAM-SHA-256", nonce_7677);
  (void)m->step("");
  const bool with_prefix = *rc::gen::arbitrary<bool>();
  const auto reply = m->step(with_prefix ? "r=rOprNGfwEbeRWgbNEkqO" + first : first);
  if (reply) (void)m->step("v=" + last);
  RC_ASSERT(!m->finish().ok());
}

}  // namespace

}  // namespace pf::sasl
