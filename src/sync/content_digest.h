// Digests of a message's content, taken as it passes by.
//
// `exact` is the SHA-256 of the octets.  `normal` is the SHA-256 of their normal form: what remains of a
// message after the changes that servers are known to make without telling.  Two messages of equal normal
// form are the same message, one of them normalised.  Measured:
//   - Dovecot 2.3 drops one CR of CR CR LF or of a trailing bare CR at each APPEND.  No run of CR before LF
//   or
//     at the end counts.
//   - Dovecot 2.3 serves 0x80 for NUL.  NUL counts as 0x80.
//   - Cyrus 3.6 stores X for each octet above 127 in the header (munge8bit, its default).  There, up to the
//     first empty line, these count as X, and so does NUL.
#pragma once

#include "base/bytes.h"
#include "base/digest.h"

#include <string>
#include <string_view>

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
  void take_run(std::string_view run);
  void end_line();

  Sha256 exact_;
  Sha256 normal_;
  std::string pending_;               // normal form not yet digested
  std::size_t carriage_returns_ = 0;  // an undecided run of CR precedes what comes
  bool in_header_ = true;
  bool empty_line_ = true;  // nothing of this line yet
  std::uint64_t size_ = 0;
};

}  // namespace pf::sync
