#include "config/account.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>

namespace pf::config {
namespace {

Account parsed(std::string_view url) {
  auto account = parse_account_url(url);
  EXPECT_TRUE(account.ok()) << url << ": " << (account ? "" : account.error().context);
  return account ? *account : Account{};
}

std::string sentence(std::string_view url) {
  const auto account = parse_account_url(url);
  if (account) return "accepted";
  EXPECT_EQ(account.error().code, Errc::usage);
  const auto& e = account.error();
  return e.hint.empty() ? e.context : e.context + "; " + e.hint;
}

TEST(AccountUrl, ImapsMeansImplicitTlsAt993) {
  const auto a = parsed("imaps://joe@imap.example.com");
  EXPECT_EQ(a.user, "joe");
  EXPECT_EQ(a.host, "imap.example.com");
  EXPECT_EQ(a.port, 993);
  EXPECT_EQ(a.tls, Tls::implicit);
  EXPECT_EQ(a.label(), "imaps://joe@imap.example.com:993");
}

TEST(AccountUrl, ImapMeansStarttlsAt143) {
  const auto a = parsed("imap://joe@imap.example.com/");
  EXPECT_EQ(a.port, 143);
  EXPECT_EQ(a.tls, Tls::starttls);
  EXPECT_EQ(a.label(), "imap://joe@imap.example.com:143");
}

TEST(AccountUrl, TlsItemChangesThePortThatIsAssumed) {
  EXPECT_EQ(parsed("imap://joe@h?tls=implicit").port, 993);
  EXPECT_EQ(parsed("imap://joe@h?tls=none").port, 143);
  EXPECT_EQ(parsed("imap://joe@h?tls=none").tls, Tls::none);
  EXPECT_EQ(parsed("imap://joe@h:1143?tls=implicit").port, 1143);
  EXPECT_EQ(parsed("imaps://joe@h:1993/?tls=implicit").port, 1993);
}

TEST(AccountUrl, UserIsPercentDecodedAndMayHoldAnAt) {
  EXPECT_EQ(parsed("imaps://joe%40example.com@host").user, "joe@example.com");
  EXPECT_EQ(parsed("imaps://joe@example.com@host").user, "joe@example.com");
  EXPECT_EQ(parsed("imaps://joe%40example.com@host").label(), "imaps://joe%40example.com@host:993");
  EXPECT_EQ(parsed("imaps://a%3Ab%2f%25@host").user, "a:b/%");
  EXPECT_EQ(parsed("imaps://a+b@host").user, "a+b");
}

TEST(AccountUrl, SchemeAndHostAreTakenInLowerCase) {
  EXPECT_EQ(parsed("IMAPS://Joe@Mail.Example.COM").label(), "imaps://Joe@mail.example.com:993");
}

TEST(AccountUrl, Ipv6HostsStandInBrackets) {
  const auto a = parsed("imaps://joe@[2001:DB8::1]:1993");
  EXPECT_EQ(a.host, "2001:db8::1");
  EXPECT_EQ(a.port, 1993);
  EXPECT_EQ(a.label(), "imaps://joe@[2001:db8::1]:1993");
  EXPECT_EQ(parsed("imap://joe@[::1]").port, 143);
}

TEST(AccountUrl, QueryItemsAreAllTaken) {
  const auto a = parsed(
      "imaps://joe@h/?ca=/etc/ssl/my%20ca.pem&auth=scram-sha-256&admin=boss&admin-form=star&pin="
      "AB:CD:EF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC");
  EXPECT_EQ(a.ca_file, "/etc/ssl/my ca.pem");
  EXPECT_EQ(a.auth, "SCRAM-SHA-256");
  EXPECT_EQ(a.admin, "boss");
  EXPECT_EQ(a.admin_form, AdminForm::star);
  EXPECT_EQ(a.pin, "abcdef00112233445566778899aabbccddeeff00112233445566778899aabbcc");
}

TEST(AccountUrl, PinInBase64BecomesHex) {
  // SHA-256 of nothing, as openssl prints it both ways.
  const std::string hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  EXPECT_EQ(parsed("imaps://joe@h?pin=47DEQpj8HBSa%2B/TImW%2B5JCeuQeRkm5NMpJWZG3hSuFU%3D").pin, hex);
  EXPECT_EQ(parsed("imaps://joe@h?pin=sha256//47DEQpj8HBSa%2B/TImW%2B5JCeuQeRkm5NMpJWZG3hSuFU=").pin, hex);
}

TEST(AccountUrl, ArchivesAndMaildirsAreDirectories) {
  const auto maildir = parsed("maildir:/srv/mail/joe%40x/");
  EXPECT_EQ(maildir.scheme, Scheme::maildir);
  EXPECT_EQ(maildir.directory, "/srv/mail/joe%40x");
  EXPECT_EQ(maildir.label(), "maildir:/srv/mail/joe%40x");
  const auto archive = parsed("Archive:///srv//a:b/../@c?d#e");
  EXPECT_EQ(archive.scheme, Scheme::archive);
  EXPECT_EQ(archive.directory, "/srv/@c?d#e");
  EXPECT_EQ(parsed("maildir:here").directory, (std::filesystem::current_path() / "here").native());
  EXPECT_EQ(parsed("maildir:.").directory, std::filesystem::current_path().native());
  EXPECT_EQ(parsed("maildir:/").directory, "/");
}

TEST(AccountUrl, LabelHoldsNoQueryItem) {
  EXPECT_EQ(parsed("imaps://joe@h?admin=boss&auth=PLAIN").label(), "imaps://joe@h:993");
}

struct Case {
  const char* url;
  const char* sentence;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.url;
}

class AccountUrlRefuses : public testing::TestWithParam<Case> {};

TEST_P(AccountUrlRefuses, WithOneExactSentence) {
  EXPECT_EQ(sentence(GetParam().url), GetParam().sentence);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, AccountUrlRefuses,
    testing::Values(
        Case{"joe", "no URL: write imaps://USER@HOST"}, Case{"", "no URL: write imaps://USER@HOST"},
        Case{"http://joe@h", "unknown scheme 'http': known are imaps, imap, archive and maildir"},
        Case{"maildir:", "the directory is missing: write archive:DIR or maildir:DIR"},
        Case{"imaps:joe@h", "'//' is missing after 'imaps:'"},
        Case{"imaps://h", "the URL names no user: write imaps://USER@HOST"},
        Case{"imaps://@h", "the URL names no user: write imaps://USER@HOST"},
        Case{"imaps://joe@", "the URL names no host: write imaps://USER@HOST"},
        Case{"imaps://joe@:993", "the URL names no host: write imaps://USER@HOST"},
        Case{"imaps://joe@ho st", "'ho st' is no host name"},
        Case{"imaps://joe@h:99x", "bad port '99x': a port is a number from 1 to 65535"},
        Case{"imaps://joe@h:0", "bad port '0': a port is a number from 1 to 65535"},
        Case{"imaps://joe@h:65536", "bad port '65536': a port is a number from 1 to 65535"},
        Case{"imaps://joe@h:", "bad port '': a port is a number from 1 to 65535"},
        Case{"imaps://joe@::1", "an IPv6 address in a URL stands in brackets: imaps://USER@[::1]"},
        Case{"imaps://joe@[::1", "']' is missing after the IPv6 address"},
        Case{"imaps://joe@[::1]x", "'x' after the host is no port"},
        Case{"imaps://joe@[host]", "'host' is no IPv6 address"},
        Case{"imaps://joe:hunter2@h",
             "a password does not belong in a URL; put it in a file and use --from-password-file"},
        Case{"imaps://joe@h?password=hunter2",
             "a password does not belong in a URL; put it in a file and use --from-password-file"},
        Case{"imaps://joe%4@h", "a '%' in the URL is not followed by two hex digits"},
        Case{"imaps://joe%00@h", "a user name holds no control characters"},
        Case{"imaps://joe@h/INBOX",
             "'/INBOX' after the host is not understood; choose mailboxes with --mailbox"},
        Case{"imaps://joe@h#x", "'#x' after the host is not understood; choose mailboxes with --mailbox"},
        Case{"imaps://joe@h?tsl=none",
             "unknown item 'tsl' in the URL: known are tls, ca, pin, auth, admin and admin-form"},
        Case{"imaps://joe@h?ca", "'ca' in the URL has no value"},
        Case{"imaps://joe@h?ca=", "'ca' in the URL has no value"},
        Case{"imaps://joe@h?ca=a&ca=b", "'ca' is given twice in the URL"},
        Case{"imaps://joe@h?ca=%zz", "a '%' in the URL is not followed by two hex digits"},
        Case{"imap://joe@h?tls=yes", "tls=yes is unknown: use implicit, starttls or none"},
        Case{"imaps://joe@h?tls=none",
             "imaps:// means TLS from the first octet; write imap:// for tls=starttls or tls=none"},
        Case{"imaps://joe@h?auth=PL%20AIN",
             "auth=PL AIN is no name of a mechanism, such as PLAIN or SCRAM-SHA-256"},
        Case{"imaps://joe@h?pin=abcd", "pin=abcd is no SHA-256: write 64 hex digits or 44 of base64"},
        Case{"imaps://joe@h?admin=a&admin-form=x", "admin-form=x is unknown: use authzid, star or proxyauth"},
        Case{"imaps://joe@h?admin-form=star", "admin-form is of no use without admin"}));

TEST(AccountUrl, NoErrorTextHoldsThePasswordOfAUrl) {
  for (const char* url :
       {"imaps://joe:hunter2@h", "imaps://joe:hun@ter2@h", "imaps://joe@h?password-file=x&password=hunter2"})
    EXPECT_EQ(sentence(url).find("hun"), std::string::npos) << url;
}

RC_GTEST_PROP(AccountUrl, LabelParsesBackToTheSameAccount, (const std::string& raw)) {
  std::string user = "u";
  for (const char c : raw)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) user += c;
  Account account;
  account.user = user;
  account.host = "mail.example.com";
  const auto again = parse_account_url(account.label());
  RC_ASSERT(again.ok());
  RC_ASSERT(again->user == user);
  RC_ASSERT(again->label() == account.label());
}

RC_GTEST_PROP(AccountUrl, AnyBytesAreParsedOrRefused, (const std::string& tail)) {
  const auto result = parse_account_url("imaps://" + tail);
  RC_ASSERT(result.ok() || result.error().code == Errc::usage);
}

}  // namespace
}  // namespace pf::config
