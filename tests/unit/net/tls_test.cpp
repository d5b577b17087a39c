#include "async/group.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "support/temp_dir.h"
#include "unit/net/loop.h"
#include "unit/net/tls_server.h"

#include <asio/experimental/as_tuple.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <csignal>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace pf::test {

TlsServer::TlsServer(TlsServerOptions options)
    : options_(std::move(options)),
      listener_(Socket::listen()),
      ctx_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
  SSL_CTX* ctx = ctx_.get();
  if (options_.max_version < TLS1_2_VERSION) SSL_CTX_set_security_level(ctx, 0);
  SSL_CTX_set_min_proto_version(ctx, options_.min_version);
  SSL_CTX_set_max_proto_version(ctx, options_.max_version);
  SSL_CTX_use_certificate_chain_file(ctx, options_.certificate.certificate.c_str());
  SSL_CTX_use_PrivateKey_file(ctx, options_.certificate.key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_session_id_context(ctx, reinterpret_cast<const unsigned char*>("test"), 4);
  thread_ = std::thread([this] { accept_loop(); });
}

TlsServer::~TlsServer() {
  stop_ = true;
  thread_.join();
}

void TlsServer::accept_loop() {
  std::signal(SIGPIPE, SIG_IGN);
  while (!stop_) {
    pollfd ready{.fd = listener_.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 20) <= 0) continue;
    const Socket peer(::accept(listener_.fd(), nullptr, nullptr));
    if (!peer.open()) continue;
    peer.set_read_timeout(std::chrono::minutes(3));
    handle(peer.fd());
  }
}

void TlsServer::handle(int fd) {
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(ctx_.get()), SSL_free);
  SSL_set_fd(ssl.get(), fd);
  if (SSL_accept(ssl.get()) == 1) {
    if (SSL_session_reused(ssl.get()) == 1) ++resumed_;
    options_.serve(ssl.get());
    SSL_shutdown(ssl.get());
  }
  ERR_clear_error();
}

void send_tls(SSL* ssl, std::string_view text) {
  SSL_write(ssl, text.data(), static_cast<int>(text.size()));
}

void echo(SSL* ssl, bool key_updates) {
  std::vector<char> buffer(65536);
  for (int round = 0;; ++round) {
    const int n = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (n <= 0) return;
    if (key_updates && round % 50 == 0) SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    if (SSL_write(ssl, buffer.data(), n) <= 0) return;
  }
}

}  // namespace pf::test

namespace pf::net {

namespace {

using namespace pf::test;
using namespace std::chrono_literals;
using testing::HasSubstr;

asio::awaitable<Result<std::unique_ptr<Stream>>> connect(std::uint16_t port, TlsOptions options,
                                                         Duration timeout = 100s) {
  DialOptions to;
  to.host = "127.0.0.1";
  to.port = port;
  auto tcp = co_await dial(to);
  co_return co_await start_tls(std::move(tcp).value(), std::move(options), timeout);
}

class Tls : public testing::Test {
 protected:
  Tls() { ca_file_ = ca_.write_ca(dir_.path()).string(); }

  CertificateFiles issue(const CertificateOptions& options) {
    return ca_.issue(dir_.path(), "server", options);
  }
  [[nodiscard]] TlsOptions trusting_ca(std::string host) const {
    TlsOptions options;
    options.host = std::move(host);
    options.ca_file = ca_file_;
    return options;
  }

  // The error of a handshake with `certificate` as `options` want it; empty when it succeeds.
  std::optional<Error> verdict(const CertificateFiles& certificate, const TlsOptions& options) {
    TlsServerOptions server_options;
    server_options.certificate = certificate;
    const TlsServer server(server_options);
    std::optional<Error> out;
    on_loop([&]() -> asio::awaitable<void> {
      auto stream = co_await connect(server.port(), options);
      if (!stream) out = stream.error();
    });
    return out;
  }

  TempDir dir_;
  TestCa ca_;
  std::string ca_file_;
};

CertificateOptions for_names(std::vector<std::string> names) {
  CertificateOptions o;
  o.common_name = "unimportant";
  o.dns_names = std::move(names);
  o.ip_addresses = {};
  return o;
}

TEST_F(Tls, TellsWhatThePeerProved) {
  std::mutex mutex;
  std::string exported(32, '\0');
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.serve = [&](SSL* ssl) {
    const std::scoped_lock lock(mutex);
    SSL_export_keying_material(ssl, reinterpret_cast<unsigned char*>(exported.data()), 32,
                               "EXPORTER-Channel-Binding", 24, nullptr, 0, 1);
    send_tls(ssl, "* OK ready\r\n");
  };
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    auto stream = co_await connect(server.port(), trusting_ca("imap.example.com"));
    EXPECT_TRUE(stream.ok()) << stream.error().context;
    const std::string greeting = co_await read_exactly(**stream, 12);
    EXPECT_EQ(greeting, "* OK ready\r\n");
    const TlsInfo& info = *(*stream)->tls();
    EXPECT_EQ(info.version, "TLSv1.3");
    EXPECT_EQ(info.peer_subject, "CN=unimportant");
    EXPECT_EQ(info.peer_issuer, "CN=postferry test authority");
    EXPECT_EQ(info.not_after.size(), 10U);
    EXPECT_EQ(info.spki_sha256, options.certificate.spki_sha256);
    EXPECT_FALSE(info.resumed);
    const std::scoped_lock lock(mutex);
    EXPECT_EQ(info.tls_exporter, exported);
    const std::unique_ptr<BIO, void (*)(BIO*)> file(
        BIO_new_file(options.certificate.certificate.c_str(), "r"), BIO_free_all);
    const std::unique_ptr<X509, void (*)(X509*)> cert(
        PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
    unsigned char* der = nullptr;
    const int size = i2d_X509(cert.get(), &der);
    const std::string digest = hex(sha256({reinterpret_cast<char*>(der), static_cast<std::size_t>(size)}));
    OPENSSL_free(der);
    EXPECT_EQ(hex_encode(info.tls_server_end_point), digest);
  });
}

TEST_F(Tls, WrongNameSaysWhoseCertificateItIs) {
  const auto e = verdict(issue(for_names({"mail.example.org"})), trusting_ca("imap.example.com"));
  ASSERT_TRUE(e);
  EXPECT_EQ(e->code, Errc::certificate);
  EXPECT_EQ(e->scope, Scope::account);
  EXPECT_THAT(e->context, HasSubstr("certificate is for mail.example.org, not imap.example.com"));
}

TEST_F(Tls, ManyNamesAreCutShort) {
  const auto e =
      verdict(issue(for_names({"a.test", "b.test", "c.test", "d.test", "e.test"})), trusting_ca("x.test"));
  ASSERT_TRUE(e);
  EXPECT_THAT(e->context, HasSubstr("certificate is for a.test, b.test, c.test and 2 more, not x.test"));
}

TEST_F(Tls, TheCommonNameAloneProvesNothing) {
  CertificateOptions options = for_names({});
  options.common_name = "imap.example.com";
  const auto e = verdict(issue(options), trusting_ca("imap.example.com"));
  ASSERT_TRUE(e);
  EXPECT_EQ(e->code, Errc::certificate);
  EXPECT_THAT(e->context, HasSubstr("no subject alternative name"));
}

TEST_F(Tls, AWildcardStandsForExactlyOneLabel) {
  const auto files = issue(for_names({"*.example.com", "imap*.example.org"}));
  EXPECT_FALSE(verdict(files, trusting_ca("imap.example.com")));
  EXPECT_FALSE(verdict(files, trusting_ca("IMAP.EXAMPLE.COM.")));
  EXPECT_TRUE(verdict(files, trusting_ca("a.b.example.com")));
  EXPECT_TRUE(verdict(files, trusting_ca("example.com")));
  EXPECT_TRUE(verdict(files, trusting_ca("imap1.example.org")));
}

TEST_F(Tls, AnAddressNeedsAnAddressInTheCertificate) {
  CertificateOptions options = for_names({"127.0.0.9"});
  options.ip_addresses = {"127.0.0.1", "::1"};
  const auto files = issue(options);
  EXPECT_FALSE(verdict(files, trusting_ca("127.0.0.1")));
  EXPECT_FALSE(verdict(files, trusting_ca("[::1]")));
  const auto e = verdict(files, trusting_ca("127.0.0.9"));
  ASSERT_TRUE(e) << "a DNS name that looks like an address is none";
  EXPECT_THAT(e->context, HasSubstr("127.0.0.1"));
}

TEST_F(Tls, ExpiredSaysSince) {
  CertificateOptions options = for_names({"imap.example.com"});
  options.starts = std::chrono::hours(-24 * 60);
  options.ends = std::chrono::hours(-24 * 30);
  const auto e = verdict(issue(options), trusting_ca("imap.example.com"));
  ASSERT_TRUE(e);
  EXPECT_EQ(e->code, Errc::certificate);
  EXPECT_THAT(e->context,
              testing::ContainsRegex("certificate expired on 20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]"));
}

TEST_F(Tls, NotYetValidAsksForTheClock) {
  CertificateOptions options = for_names({"imap.example.com"});
  options.starts = std::chrono::hours(24);
  options.ends = std::chrono::hours(48);
  const auto e = verdict(issue(options), trusting_ca("imap.example.com"));
  ASSERT_TRUE(e);
  EXPECT_THAT(e->hint, HasSubstr("clock"));
}

TEST_F(Tls, SelfSignedIsRefusedWithTheWayToTrustIt) {
  CertificateOptions options = for_names({"imap.example.com"});
  options.self_signed = true;
  const auto files = issue(options);
  const auto e = verdict(files, trusting_ca("imap.example.com"));
  ASSERT_TRUE(e);
  EXPECT_EQ(e->code, Errc::certificate);
  EXPECT_THAT(e->context, HasSubstr("self-signed certificate"));
  EXPECT_THAT(e->hint, HasSubstr("ca=FILE"));
  EXPECT_THAT(e->hint, HasSubstr("pin=" + files.spki_sha256));
}

TEST_F(Tls, CaFileMayHoldTheSelfSignedCertificateItself) {
  CertificateOptions options = for_names({"imap.example.com"});
  options.self_signed = true;
  const auto files = issue(options);
  TlsOptions trust = trusting_ca("imap.example.com");
  trust.ca_file = files.certificate.string();
  EXPECT_FALSE(verdict(files, trust));
  trust.host = "other.example.com";
  EXPECT_TRUE(verdict(files, trust)) << "the name still counts";
}

TEST_F(Tls, TheSystemDoesNotKnowATestAuthority) {
  TlsOptions trust;
  trust.host = "imap.example.com";
  const auto e = verdict(issue(for_names({"imap.example.com"})), trust);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->code, Errc::certificate);
  EXPECT_THAT(e->context, HasSubstr("CN=postferry test authority"));
}

TEST_F(Tls, ARightPinReplacesChainAndName) {
  CertificateOptions options = for_names({"mail.example.org"});
  options.self_signed = true;
  const auto files = issue(options);
  TlsOptions trust;
  trust.host = "imap.example.com";
  trust.pin = files.spki_sha256;
  EXPECT_FALSE(verdict(files, trust));
}

TEST_F(Tls, AWrongPinIsRefusedEvenWithAGoodChain) {
  const auto files = issue(for_names({"imap.example.com"}));
  TlsOptions trust = trusting_ca("imap.example.com");
  trust.pin = std::string(64, 'a');
  const auto e = verdict(files, trust);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->code, Errc::certificate);
  EXPECT_THAT(e->context, HasSubstr("pin=" + files.spki_sha256));
}

TEST_F(Tls, APinThatIsNoDigestAndACaFileThatIsNoneAreTold) {
  const auto files = issue(for_names({"imap.example.com"}));
  TlsOptions trust = trusting_ca("imap.example.com");
  trust.pin = "abc";
  EXPECT_EQ(verdict(files, trust)->code, Errc::usage);
  trust.pin.clear();
  trust.ca_file = (dir_ / "nowhere.pem").string();
  const auto missing = verdict(files, trust);
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->code, Errc::certificate);
  EXPECT_THAT(missing->context, HasSubstr("nowhere.pem"));
}

TEST_F(Tls, RefusesServersThatStoppedAtTls11) {
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.min_version = TLS1_VERSION;
  options.max_version = TLS1_1_VERSION;
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    const auto stream = co_await connect(server.port(), trusting_ca("imap.example.com"));
    EXPECT_FALSE(stream.ok());
    EXPECT_EQ(stream.error().code, Errc::tls);
    EXPECT_THAT(stream.error().context, HasSubstr("older than 1.2"));
  });
}

class TlsVersions : public Tls, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Both, TlsVersions, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsVersions, ResumesTheSessionOfAnEarlierConnection) {
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.min_version = options.max_version = GetParam();
  options.serve = [](SSL* ssl) { send_tls(ssl, "hello"); };
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      auto stream = co_await connect(server.port(), trusting_ca("imap.example.com"));
      EXPECT_TRUE(stream.ok());
      const std::string greeting = co_await read_exactly(**stream, 5);
      EXPECT_EQ(greeting, "hello");
      const TlsInfo& info = *(*stream)->tls();
      EXPECT_EQ(info.resumed, i > 0);
      EXPECT_EQ(info.spki_sha256, options.certificate.spki_sha256);
      EXPECT_EQ(info.tls_server_end_point.size(), 32U);
      EXPECT_EQ(info.tls_exporter.empty(), GetParam() == TLS1_2_VERSION);
    }
  });
  EXPECT_EQ(server.resumed(), 2);
}

TEST_P(TlsVersions, ASessionDoesNotCarryTrustToOtherNamesOrPins) {
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.min_version = options.max_version = GetParam();
  options.serve = [](SSL* ssl) { send_tls(ssl, "hello"); };
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    auto good = co_await connect(server.port(), trusting_ca("imap.example.com"));
    (void)co_await read_exactly(**good, 5);
    auto other_name = co_await connect(server.port(), trusting_ca("other.example.com"));
    EXPECT_EQ(other_name.error().code, Errc::certificate);
    TlsOptions pinned = trusting_ca("imap.example.com");
    pinned.pin = std::string(64, '0');
    auto other_pin = co_await connect(server.port(), pinned);
    EXPECT_EQ(other_pin.error().code, Errc::certificate);
  });
  EXPECT_EQ(server.resumed(), 0);
}

TEST_P(TlsVersions, CarriesMegabytesBothWaysAtOnce) {
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.min_version = options.max_version = GetParam();
  const bool key_updates = GetParam() == TLS1_3_VERSION;
  options.serve = [key_updates](SSL* ssl) { echo(ssl, key_updates); };
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    auto stream = co_await connect(server.port(), trusting_ca("imap.example.com"));
    const std::string big = noise(32'000'000);
    TaskGroup group;
    auto writer = [&]() -> Task<void> {
      Bytes rest(big);
      for (std::size_t size = 1; !rest.empty(); size = size * 3 + 1) {
        const std::size_t n = std::min({size, rest.size(), std::size_t{3'000'000}});
        const std::vector<Bytes> pieces{rest.first(n / 2), {}, rest.subspan(n / 2, n - n / 2)};
        PF_CO_TRYV(co_await (*stream)->write(pieces));
        rest = rest.subspan(n);
      }
      co_return Status{};
    };
    co_await group.spawn(writer());
    const std::string got = co_await read_exactly(**stream, big.size());
    const auto joined = co_await group.join();
    EXPECT_TRUE(joined.ok());
    EXPECT_TRUE(got == big);
    EXPECT_GT((*stream)->wire_sent(), big.size());
  });
}

TEST_F(Tls, PutsManySmallPiecesIntoOneRecord) {
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.serve = [](SSL* ssl) { echo(ssl); };
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    auto stream = co_await connect(server.port(), trusting_ca("imap.example.com"));
    const std::string text = noise(2000);
    std::vector<Bytes> pieces;
    pieces.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) pieces.push_back(Bytes(text).subspan(i, 1));
    const std::uint64_t before = (*stream)->wire_sent();
    const auto written = co_await (*stream)->write(pieces);
    EXPECT_TRUE(written.ok());
    EXPECT_LT((*stream)->wire_sent() - before, text.size() + 64);
    const std::string got = co_await read_exactly(**stream, text.size());
    EXPECT_EQ(got, text);
  });
}

TEST_F(Tls, DeliversWhatCameBeforeTheServerCloses) {
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.serve = [](SSL* ssl) { send_tls(ssl, "* BYE shutting down\r\n"); };
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    auto stream = co_await connect(server.port(), trusting_ca("imap.example.com"));
    const std::string got = co_await read_exactly(**stream, 1000);
    EXPECT_EQ(got, "* BYE shutting down\r\n");
    const Error e = co_await read_error(**stream);
    EXPECT_EQ(e.code, Errc::disconnected);
  });
}

TEST_F(Tls, CloseEndsAPendingRead) {
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.serve = [](SSL* ssl) { echo(ssl); };
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    auto stream = co_await connect(server.port(), trusting_ca("imap.example.com"));
    TaskGroup group;
    Error seen;
    auto reader = [&]() -> Task<void> {
      seen = co_await read_error(**stream);
      co_return Status{};
    };
    co_await group.spawn(reader());
    co_await sleep_for(Duration::zero());
    stream->reset();
    ignore(co_await group.join());
    EXPECT_EQ(seen.code, Errc::cancelled);
  });
}

// Gives one octet a read, so that every record comes in pieces.
class Dribble final : public Stream {
 public:
  explicit Dribble(std::unique_ptr<Stream> below) : below_(std::move(below)) {}
  Task<std::size_t> read_some(MutableBytes into) override { return below_->read_some(into.first(1)); }
  Task<void> write(std::span<const Bytes> pieces) override { return below_->write(pieces); }
  void close(bool abort) override { below_->close(abort); }
  void set_abort_on_close() override { below_->set_abort_on_close(); }
  [[nodiscard]] std::string peer_address() const override { return below_->peer_address(); }
  [[nodiscard]] std::uint64_t wire_sent() const override { return below_->wire_sent(); }
  [[nodiscard]] std::uint64_t wire_received() const override { return below_->wire_received(); }

 private:
  std::unique_ptr<Stream> below_;
};

TEST_F(Tls, PutsRecordsTogetherFromSingleOctets) {
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.serve = [](SSL* ssl) { echo(ssl); };
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    DialOptions to;
    to.host = "127.0.0.1";
    to.port = server.port();
    auto tcp = co_await dial(to);
    auto slow = std::make_unique<Dribble>(std::move(tcp).value());
    auto stream = co_await start_tls(std::move(slow), trusting_ca("imap.example.com"), 100s);
    EXPECT_TRUE(stream.ok());
    const std::string text = noise(40'000);
    const auto sent = co_await send_text(**stream, text);
    EXPECT_TRUE(sent.ok());
    const std::string got = co_await read_exactly(**stream, text.size());
    EXPECT_TRUE(got == text);
  });
}

TEST_F(Tls, AFloodOfKeyUpdatesIsCut) {
  TlsServerOptions options;
  options.certificate = issue(for_names({"imap.example.com"}));
  options.serve = [](SSL* ssl) {
    for (int i = 0; i < 100'000; ++i) {
      if (SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) != 1 || SSL_do_handshake(ssl) != 1) return;
    }
  };
  const TlsServer server(options);
  on_loop([&]() -> asio::awaitable<void> {
    auto stream = co_await connect(server.port(), trusting_ca("imap.example.com"));
    const Error e = co_await read_error(**stream);
    EXPECT_EQ(e.code, Errc::limit);
    stream->reset();
  });
}

// --- Peers that are no TLS servers.

asio::awaitable<Error> handshake_error(std::unique_ptr<Stream> below, Duration timeout = 100s) {
  TlsOptions options;
  options.host = "imap.example.com";
  auto stream = co_await start_tls(std::move(below), options, timeout);
  EXPECT_FALSE(stream.ok());
  co_return stream ? Error() : stream.error();
}

TEST(TlsPeer, InClearTextIsRecognisedAndTheRemedyNamed) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    const std::string greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n";
    const auto buffer = asio::buffer(greeting);
    (void)co_await asio::async_write(pair.server, buffer, asio::use_awaitable);
    const Error e = co_await handshake_error(std::move(pair.client));
    EXPECT_EQ(e.code, Errc::tls);
    EXPECT_THAT(e.context, HasSubstr("the server answered in clear text"));
    EXPECT_EQ(e.server_text, "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready");
    EXPECT_THAT(e.hint, HasSubstr("STARTTLS port (143)? use imap://"));
  });
}

TEST(TlsPeer, ThatSaysNothingIsATimeout) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    const Error e = co_await handshake_error(std::move(pair.client), 100ms);
    EXPECT_EQ(e.code, Errc::timeout);
    EXPECT_THAT(e.context, HasSubstr("imap.example.com"));
  });
}

TEST(TlsPeer, ThatSaysNothingIsLeftAtOnceWhenCancelled) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    const auto cancel = std::make_shared<CancelSignal>();
    // Runs when the handshake waits for an answer.
    asio::post(co_await asio::this_coro::executor, [cancel] { cancel->cancel(); });
    TlsOptions options;
    options.host = "imap.example.com";
    const auto stream = co_await start_tls(std::move(pair.client), options, 200s, cancel);
    EXPECT_FALSE(stream.ok());
    EXPECT_EQ(stream.error().code, Errc::cancelled);
    pair = co_await connected_pair();
    const auto again = co_await start_tls(std::move(pair.client), options, 200s, cancel);
    EXPECT_EQ(again.error().code, Errc::cancelled);
  });
}

TEST(TlsPeer, ThatClosesIsADisconnectInTheHandshake) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    pair.server.shutdown(asio::ip::tcp::socket::shutdown_send);
    const Error e = co_await handshake_error(std::move(pair.client));
    EXPECT_EQ(e.code, Errc::disconnected);
    EXPECT_THAT(e.context, HasSubstr("TLS handshake with imap.example.com"));
  });
}

TEST(TlsPeer, ThatSendsRubbishInRecordsIsATlsError) {
  on_loop([]() -> asio::awaitable<void> {
    auto pair = co_await connected_pair();
    const std::string rubbish = std::string("\x16\x03\x03\x00\x20", 5) + noise(32);
    const auto buffer = asio::buffer(rubbish);
    (void)co_await asio::async_write(pair.server, buffer, asio::use_awaitable);
    const Error e = co_await handshake_error(std::move(pair.client));
    EXPECT_EQ(e.code, Errc::tls);
  });
}

}  // namespace

}  // namespace pf::net
