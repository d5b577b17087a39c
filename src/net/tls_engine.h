// One TLS connection without any I/O: ciphertext goes in and comes out of memory, every call returns at once.
//
// Why not asio::ssl::stream: it moves 17 KB a read and one record a write; here one lower read feeds 128 KB
// of records, and many records leave in one write.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "net/stream.h"
#include "net/tls_context.h"
#include "net/tls_verify.h"

#include <vector>

namespace pf::net {

class TlsEngine {
 public:
  static Result<std::unique_ptr<TlsEngine>> create(const TlsOptions& options);
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;
  ~TlsEngine();

  // True when done, false when it needs more input.  Errors: certificate, tls.  Either way output() may hold
  // something to send, after an error the alert.
  Result<bool> handshake();

  // Ciphertext to take in; `bytes` must stay until input_empty().
  void feed(Bytes bytes);
  [[nodiscard]] bool input_empty() const { return input_.empty(); }

  // Plaintext as far as the input goes; 0: needs input.  Errors: disconnected (the peer closed TLS), tls.
  Result<std::size_t> read(MutableBytes into);
  // Appends to output().
  Status write(Bytes plaintext);

  // Ciphertext to send.  The caller takes it out; reading adds to it too (answers to KeyUpdate), which may
  // wait for the next write (RFC 8446 section 4.6.3).
  [[nodiscard]] std::vector<char>& output() { return output_; }

  // After the handshake.
  [[nodiscard]] TlsInfo info() const;

 private:
  TlsEngine() = default;
  Error failure(int result);
  Error handshake_failure();
  static const BIO_METHOD* bio_method();
  static int bio_write(BIO* bio, const char* data, int size);
  static int bio_read(BIO* bio, char* data, int size);
  static long bio_ctrl(BIO* bio, int command, long number, void* pointer);

  std::shared_ptr<TlsContext> context_;
  PeerCheck check_;
  std::string session_key_;
  Bytes input_;
  std::vector<char> output_;
  std::optional<Error> pending_;
  SslPtr ssl_;  // last: refers to the others
};

}  // namespace pf::net
