// Digests of a message's content, taken as it passes by.
//
// `exact` is the SHA-256 of the octets.  `normal` is the SHA-256 of their normal form: what remains of a
// message after the changes that servers are known to make without telling (measured with Dovecot 2.3: one CR
// of CR CR LF or of a trailing bare CR is dropped at each APPEND, NUL is served as 0x80).  Two messages of
// equal normal form are the same message, one of them normalised.
#pragma once

#include "base/bytes.h"
#include "base/digest.h"

namespace pf::sync {

struct ContentDigest {
  Digest256 exact{};
  Digest256 normal{};
  std::uint64_t size = 0;
};

class ContentDigester {
 public:
  void feed(Bytes chunk);
  // Ends the message and starts over.
  ContentDigest finish();

 private:
  void flush_normal();

  Sha256 exact_;
  Sha256 normal_;
  std::string pending_;            // normal form not yet digested
  bool carriage_returns_ = false;  // an undecided run of CR precedes what comes
  std::size_t run_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace pf::sync
