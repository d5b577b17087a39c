// STARTTLS: nothing in clear, and nothing that came in clear is believed.
#include "scenario/play.h"
#include "support/temp_dir.h"
#include "support/test_ca.h"

namespace pf::test {
namespace {

class StartTls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files = new Files;
    files->ca.write_ca(files->dir.path());
    files->server = files->ca.issue(files->dir.path(), "server");
  }
  static void TearDownTestSuite() { delete std::exchange(files, nullptr); }

  Result<imap::LoggedIn> log_in(std::string_view dialogue) {
    ScriptedServerOptions how;
    how.certificate = files->server.certificate;
    how.key = files->server.key;
    server = std::make_unique<ScriptedServer>(dialogue, how);
    auto options = joe(server->port());
    options.tls = imap::LoginOptions::Tls::starttls;
    options.trust = {"127.0.0.1", (files->dir.path() / "ca.pem").string(), {}};
    auto result = run(imap::log_in(std::move(options)));
    if (result) connection = result->connection;
    return result;
  }

  void TearDown() override {
    if (connection) connection->close();
    if (server) EXPECT_EQ(server->mismatch(), "");
  }

  struct Files {
    TempDir dir;
    TestCa ca;
    CertificateFiles server;
  };
  static inline Files* files = nullptr;
  std::unique_ptr<ScriptedServer> server;
  std::shared_ptr<imap::Connection> connection;
};

TEST_F(StartTls, ForgetsWhatWasSaidInClear) {
  const auto in = log_in(R"(
    S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=FORGED] hello
    C: $1 STARTTLS
    S: * CAPABILITY IMAP4rev1 AUTH=FORGED
    S: $1 OK begin
    T
    C: $2 CAPABILITY
    S: * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN
    S: $2 OK
    C: $3 AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=
    S: $3 OK [CAPABILITY IMAP4rev1 UIDPLUS] in
  )");
  ASSERT_TRUE(in) << in.error().describe();
  EXPECT_TRUE(in->capabilities.has("UIDPLUS"));
  EXPECT_EQ(in->greeting, "");
  ASSERT_NE(in->connection->stream()->tls(), nullptr);
}

TEST_F(StartTls, GoesOnInClearNeither) {
  for (const auto* refusal : {"NO not now", "BAD unknown command", "NO [ALERT] TLS is not available"}) {
    const auto in = log_in(fmt::format(R"(
      S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello
      C: $1 STARTTLS
      S: $1 {}
      C-eof
    )",
                                       refusal));
    ASSERT_FALSE(in);
    EXPECT_EQ(in.error().code, Errc::tls);
    EXPECT_EQ(in.error().retry, Retry::never);
    EXPECT_EQ(server->mismatch(), "");
  }
}

TEST_F(StartTls, APreauthenticatedLinkCannotBeSecuredAnyMore) {
  const auto in = log_in(R"(
    S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] come in
    C-eof
  )");
  ASSERT_FALSE(in);
  EXPECT_EQ(in.error().code, Errc::tls);
}

// CVE-2011-0411, CVE-2011-1926 and their kin (nostarttls.secvuln.info), in twenty costumes.
const std::vector<std::string> injections{
    R"(* OK INJECTED\r\n)",
    R"(* PREAUTH INJECTED\r\n)",
    R"(* BYE INJECTED\r\n)",
    R"(* CAPABILITY IMAP4rev1 AUTH=INJECTED\r\n)",
    R"(* OK [CAPABILITY IMAP4rev1 AUTH=INJECTED] x\r\n)",
    R"(* OK [ALERT] INJECTED\r\n)",
    R"(* OK [REFERRAL imap://INJECTED/] moved\r\n)",
    R"(* LIST () "/" INJECTED\r\n)",
    R"(* ID ("name" "INJECTED")\r\n)",
    R"(* NAMESPACE (("INJECTED" "/")) NIL NIL\r\n)",
    R"(* ENABLED UTF8=ACCEPT INJECTED\r\n)",
    R"(* 23 EXISTS INJECTED\r\n)",
    R"(* 1 FETCH (BODY[] {8}\r\nINJECTED)\r\n)",
    R"(A2 OK INJECTED\r\n)",
    R"(A2 NO INJECTED\r\n)",
    R"(A3 OK [CAPABILITY IMAP4rev1] INJECTED\r\n)",
    R"(+ INJECTED\r\n)",
    R"(* CAPABILITY INJ)",
    R"(\r\n)",
    R"(\x16\x03\x03\x00\x08INJECTED)",
};

TEST_F(StartTls, OneOctetBehindTheAnswerEndsIt) {
  ASSERT_EQ(injections.size(), 20U);
  for (const auto& injection : injections) {
    SCOPED_TRACE(injection);
    const auto in = log_in(R"(
      S: * OK [CAPABILITY IMAP4rev1 STARTTLS] hello
      C: $1 STARTTLS
      S-raw: $1 OK begin TLS\r\n)" +
                           injection + "\nC-eof\n");
    ASSERT_FALSE(in);
    EXPECT_EQ(in.error().code, Errc::tls);
    EXPECT_EQ(in.error().retry, Retry::never);
    EXPECT_EQ(in.error().describe().find("INJ"), std::string::npos) << in.error().describe();
    EXPECT_EQ(server->mismatch(), "");
    // Not even a ClientHello; above all no name and no password.
    EXPECT_EQ(server->received(), "A1 STARTTLS\r\n");
  }
}

}  // namespace
}  // namespace pf::test
