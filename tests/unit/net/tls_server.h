// A TLS server of plain blocking OpenSSL in a thread of its own: shares nothing with the client under test.
#pragma once

#include "support/socket.h"
#include "support/test_ca.h"

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>

namespace pf::test {

struct TlsServerOptions {
  CertificateFiles certificate;
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  // What the server does with a connection once the handshake is done; then it closes.
  std::function<void(SSL*)> serve = [](SSL*) {};
};

class TlsServer {
 public:
  explicit TlsServer(TlsServerOptions options);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listener_.local_port(); }
  [[nodiscard]] int resumed() const { return resumed_; }  // handshakes

 private:
  void accept_loop();
  void handle(int fd);

  TlsServerOptions options_;
  Socket listener_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> ctx_;
  std::atomic<bool> stop_{false};
  std::atomic<int> resumed_{0};
  std::thread thread_;
};

void send_tls(SSL* ssl, std::string_view text);
// Sends back what comes until the client goes; with `key_updates`, renews keys all the time and wants the
// client to do so too.
void echo(SSL* ssl, bool key_updates = false);

}  // namespace pf::test
