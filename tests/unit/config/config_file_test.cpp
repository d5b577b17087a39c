#include "config/config_file.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <ostream>

namespace pf::config {
namespace {

std::string sentence(std::string_view text) {
  const auto config = parse_config(text, "postferry.toml");
  if (config) return "accepted";
  EXPECT_EQ(config.error().code, Errc::usage);
  const auto& e = config.error();
  return e.hint.empty() ? e.context : e.context + "; " + e.hint;
}

TEST(ConfigFile, AccountFromUrlWithPasswordSource) {
  const auto config = parse_config(R"(
[account.old]
url = "imap://joe%40example.com@imap.example.com:1143"
ca = "/etc/ssl/ca.pem"
auth = "plain"
admin = "boss"
admin-form = "star"
password-file = "/run/secrets/old"
)",
                                   "f");
  ASSERT_TRUE(config.ok()) << config.error().context;
  const auto& account = config->accounts.at("old");
  EXPECT_EQ(account.label(), "imap://joe%40example.com@imap.example.com:1143");
  EXPECT_EQ(account.tls, Tls::starttls);
  EXPECT_EQ(account.ca_file, "/etc/ssl/ca.pem");
  EXPECT_EQ(account.auth, "PLAIN");
  EXPECT_EQ(account.admin, "boss");
  EXPECT_EQ(account.admin_form, AdminForm::star);
  EXPECT_EQ(account.password_file, "/run/secrets/old");
}

TEST(ConfigFile, AccountFromHostAndUser) {
  const auto config = parse_config(R"(
[account.a]
host = "imap.example.com"
user = "joe@example.com"
[account."b.c"]
host = "::1"
user = "joe"
port = 1143
tls = "starttls"
)",
                                   "f");
  ASSERT_TRUE(config.ok()) << config.error().context;
  EXPECT_EQ(config->accounts.at("a").label(), "imaps://joe%40example.com@imap.example.com:993");
  EXPECT_EQ(config->accounts.at("b.c").label(), "imap://joe@[::1]:1143");
}

TEST(ConfigFile, DefaultsAreTaken) {
  const auto config = parse_config("[defaults]\nstate-dir = '/s'\nconnections = 4\ncompress = 'auto'\n", "f");
  ASSERT_TRUE(config.ok()) << config.error().context;
  EXPECT_EQ(config->defaults.state_dir, "/s");
  EXPECT_EQ(config->defaults.connections, 4U);
  EXPECT_EQ(config->defaults.compress, true);
}

TEST(ConfigFile, AnEmptyFileIsFine) {
  const auto config = parse_config("", "f");
  ASSERT_TRUE(config.ok());
  EXPECT_TRUE(config->accounts.empty());
}

struct Case {
  const char* text;
  const char* sentence;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.text;
}

class ConfigFileRefuses : public testing::TestWithParam<Case> {};

TEST_P(ConfigFileRefuses, WithFileAndLine) {
  EXPECT_EQ(sentence(GetParam().text), GetParam().sentence);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ConfigFileRefuses,
    testing::Values(
        Case{"[account.a]\nurl = 'imaps://j@h'\nprot = 1\n",
             "postferry.toml, line 3: unknown key 'prot' in [account.a]"},
        Case{"[account.a]\nurl = 'imaps://j@h'\npassword = 'x'\n",
             "postferry.toml, line 3: a password does not belong in this file; use password-file, "
             "password-command or "
             "password-env"},
        Case{"[account.a]\nurl = 'imaps://j:secret@h'\n",
             "postferry.toml, line 2: a password does not belong in a URL; use password-file, "
             "password-command or "
             "password-env"},
        Case{"[account.a]\nurl = 'imaps://j@h:x'\n",
             "postferry.toml, line 2: bad port 'x': a port is a number from 1 to 65535"},
        Case{"\n[account.a]\nuser = 'j'\n",
             "postferry.toml, line 2: [account.a] has neither 'url' nor 'host'"},
        Case{"[account.a]\nhost = 'h'\n", "postferry.toml, line 1: [account.a] has neither 'url' nor 'user'"},
        Case{"[account.a]\nurl = 'imaps://j@h'\nport = 1\n",
             "postferry.toml, line 3: [account.a] has both 'url' and 'port'"},
        Case{"[account.a]\nhost = 'h'\nuser = 'j'\nport = 70000\n",
             "postferry.toml, line 4: 'port' is not a whole number from 1 to 65535"},
        Case{"[account.a]\nhost = 'h h'\nuser = 'j'\n", "postferry.toml, line 2: 'h h' is no host name"},
        Case{"[account.a]\nhost = 'h'\nuser = 7\n", "postferry.toml, line 3: 'user' is not a text in quotes"},
        Case{"[account.a]\nhost = ''\nuser = 'j'\n", "postferry.toml, line 2: 'host' is empty"},
        Case{"[account.a]\nurl = 'imaps://j@h'\npassword-env = 'A'\npassword-file = 'B'\n",
             "postferry.toml, line 4: [account.a] has two sources of its password"},
        Case{"[account.a]\nurl = 'imaps://j@h'\nadmin-form = 'star'\n",
             "postferry.toml, line 1: admin-form is of no use without admin"},
        Case{"[account.'a b']\nurl = 'imaps://j@h'\n",
             "postferry.toml, line 1: 'a b' is no account name: use letters, digits, '.', '_' and '-'"},
        Case{"account = 1\n", "postferry.toml, line 1: 'account' is not a section"},
        Case{"[account]\na = 1\n", "postferry.toml, line 2: [account.a] is not a section"},
        Case{"[acount.a]\nx = 1\n", "postferry.toml, line 1: unknown section [acount]"},
        Case{"debug = true\n", "postferry.toml, line 1: unknown key 'debug'"},
        Case{"[defaults]\nconnections = 33\n",
             "postferry.toml, line 2: 'connections' is not a whole number from 1 to 32"},
        Case{"[defaults]\ncompress = 'maybe'\n",
             "postferry.toml, line 2: compress: 'maybe' is unknown: use auto, on or off"},
        Case{"[defaults]\nstatedir = 'x'\n",
             "postferry.toml, line 2: unknown key 'statedir' in [defaults]"}));

TEST(ConfigFile, SyntaxErrorsNameTheLine) {
  EXPECT_TRUE(sentence("[defaults]\nstate-dir = \n").starts_with("postferry.toml, line 2: "))
      << sentence("[defaults]\nstate-dir = \n");
}

TEST(ConfigFile, AFileThatIsNotThereIsNamed) {
  const auto config = load_config("/nonexistent/postferry.toml");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().context, "cannot open /nonexistent/postferry.toml (No such file or directory)");
}

TEST(ConfigFile, IsReadFromDisk) {
  const test::TempDir dir;
  const auto path = dir / "postferry.toml";
  std::ofstream(path) << "[account.x]\nurl = 'imaps://j@h'\n";
  const auto config = load_config(path.string());
  ASSERT_TRUE(config.ok()) << config.error().context;
  EXPECT_TRUE(config->accounts.contains("x"));
}

TEST(ConfigFile, ADirectoryIsNoFile) {
  EXPECT_FALSE(load_config("/").ok());
}

}  // namespace
}  // namespace pf::config
