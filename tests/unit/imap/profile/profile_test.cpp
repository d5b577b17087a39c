#include "imap/profile/profile.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace pf::imap {
namespace {

struct Sample {
  std::string_view greeting;
  std::string_view id_name;
  std::string_view capabilities;
  std::string_view family;
};

Profile identified(const Sample& sample) {
  IdData id;
  if (!sample.id_name.empty()) id.fields.emplace_back("name", std::string{sample.id_name});
  return identify(sample.greeting, &id, Capabilities::parse(sample.capabilities));
}

constexpr std::array samples{
    Sample{"Gimap ready for requests from 192.0.2.1 x1mb123", "", "", "gmail"},
    Sample{"Hoodiecrow ready for rumble", "", "IMAP4rev1 ID X-GM-EXT-1", "gmail"},
    Sample{"The Microsoft Exchange IMAP4 service is ready. [QQBNADIA]", "", "", "microsoft"},
    Sample{"hi", "", "IMAP4rev1 XYMHIGHESTMODSEQ", "yahoo"},
    Sample{"hi", "", "IMAP4rev1 XAPPLEPUSHSERVICE", "icloud"},
    Sample{"[CAPABILITY IMAP4rev1] ProtonMail Bridge 03.00.00 - gluon session ID 1", "", "", "proton"},
    Sample{"Coremail System IMap Server Ready(163com[...])", "", "", "netease"},
    Sample{"[CAPABILITY IMAP4 IMAP4rev1] QQMail XMIMAP4Server ready", "", "", "qq"},
    Sample{"Yandex IMAP4rev1 at imap12j.mail.yandex.net ready", "", "", "yandex"},
    Sample{"Zoho Mail IMAP4rev1 Server Ready", "", "", "zoho"},
    Sample{"IMAPrev1", "", "", "hmailserver"},
    Sample{"Domino IMAP4 Server Release 8.5.3 ready", "", "", "domino"},
    Sample{"[CAPABILITY IMAP4REV1] host IMAP4rev1 2007f.404 at now", "", "", "uw"},
    Sample{"IMAP4rev1 GNU Mailutils", "", "", "imap4d"},
    Sample{"[CAPABILITY IMAP4rev1] Courier-IMAP ready. Copyright 1998-2018 Double Precision, Inc.", "", "",
           "courier"},
    Sample{"host.example Cyrus IMAP 3.6.1-Debian server ready", "", "", "cyrus"},
    Sample{"ready", "Cyrus IMAPD", "", "cyrus"},
    Sample{"[CAPABILITY IMAP4rev1 SASL-IR] Dovecot (Debian) ready.", "", "", "dovecot"},
    Sample{"ready", "", "IMAP4rev1 SNIPPET=FUZZY", "dovecot"},
    Sample{"IMAP4 ready", "", "IMAP4rev1", "generic"},
    Sample{"", "", "", "generic"},
};

TEST(Profile, KnowsServersByWhatTheySay) {
  for (const auto& sample : samples) EXPECT_EQ(identified(sample).family, sample.family) << sample.greeting;
}

TEST(Profile, CanDoWithoutAnId) {
  EXPECT_EQ(identify("Gimap ready", nullptr, {}).family, "gmail");
}

TEST(Profile, OfDovecotTellsWhatItDoesToMessages) {
  const auto profile = identify("Dovecot ready.", nullptr, {});
  EXPECT_TRUE(profile.has(Quirk::nul_becomes_0x80));
  EXPECT_TRUE(profile.has(Quirk::trailing_cr_dropped));
  EXPECT_FALSE(profile.has(Quirk::refuses_nul));
}

TEST(Profile, OfCyrusTellsWhatItRefuses) {
  const auto profile = identify("x Cyrus IMAP y", nullptr, {});
  for (auto quirk :
       {Quirk::refuses_nul, Quirk::refuses_bare_newlines, Quirk::refuses_no_header,
        Quirk::refuses_8bit_header, Quirk::channel_binding_outdated, Quirk::mailbox_id_untrusted}) {
    EXPECT_TRUE(profile.has(quirk)) << info(quirk).name;
  }
}

TEST(Profile, OfImap4dShowsInWhatItOffersBeforeTheLogin) {
  const auto offered = Capabilities::parse("IMAP4rev1 AUTH=PLAIN AUTH=OPENID20");
  EXPECT_TRUE(identify("IMAP4rev1", nullptr, offered).has(Quirk::rewrites_messages));
}

TEST(Profile, OfAnUnknownServerHasNoQuirkAndSafeLimits) {
  const auto profile = identify("hello", nullptr, {});
  EXPECT_TRUE(profile.quirks.none());
  EXPECT_LE(profile.max_command_octets, 8192U);  // RFC 7162 4
  EXPECT_TRUE(profile.object_id_family.empty());
}

TEST(Profile, KeepsTheLimitsOfGmailAndYahoo) {
  const auto gmail = identify("Gimap ready", nullptr, {});
  EXPECT_LE(gmail.max_connections, 10U);
  EXPECT_EQ(gmail.append_limit, 35651584U);
  EXPECT_EQ(gmail.object_id_item, "X-GM-MSGID");
  EXPECT_EQ(identify("", nullptr, Capabilities::parse("XYMHIGHESTMODSEQ")).max_command_octets, 1000U);
}

TEST(Profile, AsksForObjectIdsWhereTheyAreOffered) {
  EXPECT_EQ(identify("x", nullptr, Capabilities::parse("OBJECTID")).object_id_item, "EMAILID");
  EXPECT_EQ(identify("x", nullptr, {}).object_id_item, "");
}

TEST(Profile, TakesAQuirkAwayAndAddsAnother) {
  auto profile = identify("Dovecot ready.", nullptr, {});
  profile.set(Quirk::nul_becomes_0x80, false);
  profile.set(Quirk::no_keywords);
  EXPECT_FALSE(profile.has(Quirk::nul_becomes_0x80));
  EXPECT_TRUE(profile.has(Quirk::no_keywords));
}

TEST(Quirks, AreAllNamedAndEvidenced) {
  std::set<std::string_view> names;
  EXPECT_EQ(all_quirks().size(), quirk_count);
  for (const auto& row : all_quirks()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.description.empty() || row.servers.empty() || row.evidence.empty()) << row.name;
    EXPECT_EQ(info(row.quirk).name, row.name);
  }
}

}  // namespace
}  // namespace pf::imap
