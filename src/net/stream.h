// Bytes to and from one peer.  TCP, TLS over it and DEFLATE over either look the same.
#pragma once

#include "async/cancel.h"
#include "async/task.h"
#include "base/bytes.h"
#include "base/clock.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace pf::net {

// What the peer proved, for doctor and channel binding.  Empty for a clear connection.
struct TlsInfo {
  std::string version;  // "TLSv1.3"
  std::string cipher;
  std::string peer_subject, peer_issuer;
  std::string not_after;             // of the leaf, "2027-01-31"
  std::string spki_sha256;           // hex, for pin=
  bool resumed = false;              // by a session of an earlier connection
  std::string tls_exporter;          // RFC 9266, raw bytes; empty below TLS 1.3
  std::string tls_server_end_point;  // RFC 5929, raw bytes
};

class Stream {
 public:
  virtual ~Stream() = default;

  // At least one octet, or an Error (Errc::disconnected at the end of the stream).  One reader at a time.
  virtual Task<std::size_t> read_some(MutableBytes into) = 0;
  // All of it, gathered into as few segments as possible.  One writer at a time; may run beside a read.
  virtual Task<void> write(std::span<const Bytes> pieces) = 0;

  // At once: pending reads and writes end with Errc::cancelled.  `abort`: RST instead of FIN
  // (SO_LINGER{1,0}), so that the peer throws away what it has not processed yet.
  virtual void close(bool abort = false) = 0;
  // From now on a close by anybody, even the kernel after kill -9, is a RST.
  virtual void set_abort_on_close() = 0;

  [[nodiscard]] virtual const TlsInfo* tls() const { return nullptr; }
  [[nodiscard]] virtual std::string peer_address() const = 0;  // "127.0.0.1:993"
  // Octets on the wire since the beginning.
  [[nodiscard]] virtual std::uint64_t wire_sent() const = 0;
  [[nodiscard]] virtual std::uint64_t wire_received() const = 0;
};

// Trust and policy of TLS for one account.
struct TlsOptions {
  std::string host;     // checked against the certificate's subject alternative names
  std::string ca_file;  // PEM, instead of the system's store; empty: system
  std::string pin;  // hex SHA-256 of the leaf's SubjectPublicKeyInfo; when given it replaces the chain check
};

struct DialOptions {
  std::string host;
  std::uint16_t port = 0;
  Duration connect_timeout = std::chrono::seconds(20);  // over all addresses, RFC 8305 staggering
  std::size_t receive_buffer = 0;                       // SO_RCVBUF; 0: the system's
  std::shared_ptr<CancelSignal> cancel;                 // ends it with Errc::cancelled; may be null
};

// TCP, TCP_NODELAY set.  Errors: resolve, refused, timeout with the addresses tried.
Task<std::unique_ptr<Stream>> dial(DialOptions options);
// Client handshake over `below`, TLS 1.2 or newer.  Contexts are cached per TlsOptions in the process and
// sessions are resumed.  Errors: certificate (with what was wrong with it), tls, timeout; cancelled by
// `cancel`, which may be null.
Task<std::unique_ptr<Stream>> start_tls(std::unique_ptr<Stream> below, TlsOptions options, Duration timeout,
                                        std::shared_ptr<CancelSignal> cancel = nullptr);
// RFC 4978: raw DEFLATE in both directions.  Inflating more than `max_ratio` times what came in is
// Errc::limit, once more than 64 MiB came out (a dull attachment of that size is honest).  `already_read`:
// what was read from `below` behind the server's OK, the first compressed octets.
std::unique_ptr<Stream> start_deflate(std::unique_ptr<Stream> below, std::size_t max_ratio = 1000,
                                      std::string already_read = {});

}  // namespace pf::net
