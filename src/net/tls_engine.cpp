#include "net/tls_engine.h"

#include "net/certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace pf::net {

namespace {

// As certificates and SNI have it: no final dot, no brackets around an IPv6 address.
std::string bare_host(std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  if (host.size() > 1 && host.back() == '.') host.pop_back();
  return host;
}

std::string exporter(SSL* ssl) {
  // RFC 9266: label, no context, 32 octets.  Below TLS 1.3 it is safe only with extended master secret: not
  // offered.
  if (SSL_version(ssl) < TLS1_3_VERSION) return {};
  constexpr std::string_view label = "EXPORTER-Channel-Binding";
  std::array<unsigned char, 32> out{};
  if (SSL_export_keying_material(ssl, out.data(), out.size(), label.data(), label.size(), nullptr, 0, 0) != 1)
    return {};
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

}  // namespace

Result<std::unique_ptr<TlsEngine>> TlsEngine::create(const TlsOptions& options) {
  std::unique_ptr<TlsEngine> self(new TlsEngine);
  PF_TRY(self->check_.pin, normalise_pin(options.pin));
  self->check_.host = bare_host(options.host);
  // A pin replaces the chain, so its context needs no authorities of the account's own.
  const std::string ca_file = self->check_.pin.empty() ? options.ca_file : std::string();
  PF_TRY(self->context_, TlsContext::shared(ca_file));
  // The context stands for the authorities.  NUL cannot be in a name.
  self->session_key_ = self->check_.host + '\0' + self->check_.pin;

  ERR_clear_error();
  self->ssl_.reset(SSL_new(self->context_->get()));
  BIO* bio = BIO_new(bio_method());
  if (!self->ssl_ || bio == nullptr) {
    BIO_free(bio);
    return Error(Errc::tls, Scope::run, Retry::never, "cannot set up OpenSSL");
  }
  BIO_set_data(bio, self.get());
  BIO_set_init(bio, 1);
  SSL* ssl = self->ssl_.get();
  SSL_set_bio(ssl, bio, bio);
  SSL_set_connect_state(ssl);
  PF_TRYV(attach(ssl, &self->check_));
  self->context_->resume(ssl, &self->session_key_);
  return self;
}

TlsEngine::~TlsEngine() {
  // Without this OpenSSL takes the missing close_notify for an attack and spoils the session for all who
  // would resume it.
  if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

Result<bool> TlsEngine::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return true;
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return false;
  // Whatever was wrong, the next try starts afresh.
  context_->forget_session(session_key_);
  if (check_.failure) return *check_.failure;
  return handshake_failure();
}

void TlsEngine::feed(Bytes bytes) {
  input_ = bytes;
}

Result<std::size_t> TlsEngine::read(MutableBytes into) {
  if (pending_) return *std::exchange(pending_, std::nullopt);
  std::size_t done = 0;
  while (done < into.size()) {
    ERR_clear_error();
    std::size_t n = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data() + done, into.size() - done, &n);
    if (result == 1) {
      done += n;
      continue;
    }
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) break;
    if (done == 0) return failure(result);
    pending_ = failure(result);  // after what came before it is delivered
    break;
  }
  return done;
}

Status TlsEngine::write(Bytes plaintext) {
  if (plaintext.empty()) return {};
  ERR_clear_error();
  std::size_t n = 0;
  const int result = SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &n);
  // Our BIO takes everything and partial writes are off: all of it or a failure.
  if (result == 1) return {};
  return failure(result);
}

TlsInfo TlsEngine::info() const {
  TlsInfo info;
  SSL* ssl = ssl_.get();
  info.version = SSL_get_version(ssl);
  info.cipher = SSL_get_cipher_name(ssl);
  info.resumed = SSL_session_reused(ssl) == 1;
  info.tls_exporter = exporter(ssl);
  if (const X509* leaf = SSL_get0_peer_certificate(ssl); leaf != nullptr) {
    info.peer_subject = subject_text(leaf);
    info.peer_issuer = issuer_text(leaf);
    info.not_after = date_text(X509_get0_notAfter(leaf));
    info.spki_sha256 = spki_sha256(leaf);
    info.tls_server_end_point = server_end_point(leaf);
  }
  return info;
}

Error TlsEngine::failure(int result) {
  const int kind = SSL_get_error(ssl_.get(), result);
  if (kind == SSL_ERROR_ZERO_RETURN) {
    return {Errc::disconnected, Scope::connection, Retry::now,
            fmt::format("{} closed the connection", check_.host)};
  }
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return {Errc::tls, Scope::connection, Retry::now,
          fmt::format("TLS to {} broke: {}", check_.host, reason != nullptr ? reason : "unexpected state")};
}

Error TlsEngine::handshake_failure() {
  const unsigned long code = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(code);
  const auto error = [&](std::string_view what, std::string hint) {
    return Error(Errc::tls, Scope::account, Retry::never,
                 fmt::format("TLS handshake with {}: {}", check_.host, what), {}, std::move(hint));
  };
  if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION) {
    return error("the server speaks only TLS older than 1.2", "the server has to be updated");
  }
  if (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE) {
    return error("the server found no cipher or protocol version in common", "the server has to be updated");
  }
  if (reason == SSL_R_TLSV1_UNRECOGNIZED_NAME) return error("the server does not know this host name", {});
  const char* text = ERR_reason_error_string(code);
  return error(text != nullptr ? text : "failed", {});
}

// --- The BIO: OpenSSL reads from input_ and writes to output_.

const BIO_METHOD* TlsEngine::bio_method() {
  static const BIO_METHOD* method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "postferry memory");
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_ctrl(m, bio_ctrl);
    return m;
  }();
  return method;
}

int TlsEngine::bio_write(BIO* bio, const char* data, int size) {
  auto& out = static_cast<TlsEngine*>(BIO_get_data(bio))->output_;
  BIO_clear_retry_flags(bio);
  out.insert(out.end(), data, data + size);
  return size;
}

int TlsEngine::bio_read(BIO* bio, char* data, int size) {
  auto& in = static_cast<TlsEngine*>(BIO_get_data(bio))->input_;
  BIO_clear_retry_flags(bio);
  if (in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t n = std::min(in.size(), static_cast<std::size_t>(size));
  std::memcpy(data, in.data(), n);
  in = in.subspan(n);
  return static_cast<int>(n);
}

long TlsEngine::bio_ctrl(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace pf::net
