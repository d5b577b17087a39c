// Contexts and sessions shared by all TLS connections of the process: loading the system's authorities costs
// 10-50 ms, a full handshake a round trip and a signature more than a resumed one.
#pragma once

#include "base/result.h"
#include "net/openssl_ptr.h"
#include "net/stream.h"

#include <map>
#include <mutex>
#include <string>

namespace pf::net {

class TlsContext {
 public:
  // `ca_file` empty: the system's authorities.  Errors: certificate when the file cannot be read or holds no
  // certificate.
  static Result<std::shared_ptr<TlsContext>> create(const std::string& ca_file);

  // The process-wide one for `ca_file`; made anew when the file changed.
  static Result<std::shared_ptr<TlsContext>> shared(const std::string& ca_file);

  [[nodiscard]] SSL_CTX* get() const { return ctx_.get(); }

  // Offers the newest session under `key` and keeps those the server hands out.  A session stands for a peer
  // that was verified once, so the key must name everything the verification depended on.  `key` must outlive
  // `ssl`.
  void resume(SSL* ssl, const std::string* key);
  void forget_session(const std::string& key);

 private:
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  SslCtxPtr ctx_;
  std::mutex mutex_;  // the command line has one event loop, a desktop may have several
  std::map<std::string, SslSessionPtr> sessions_;
};

}  // namespace pf::net
