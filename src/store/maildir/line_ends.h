// Lines end with LF in the files of a Maildir (Dovecot, mbsync, Postfix and local readers have it so) and
// with CRLF over IMAP.  Served is a message as IMAP has it: each LF of the file that no CR precedes is CRLF.
//
// A message is stored with LF only if serving the file gives back every octet.  One with a LF of its own, or
// with CR CR LF, is stored as it is.  Then all but lone LFs come back as they were; those are served as CRLF,
// as Dovecot serves them.
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <string>

namespace pf::store::maildir {

// File to served, piece by piece.
class ToServed {
 public:
  void append(Bytes file, std::string& served);
  // How many octets append() would add.
  std::uint64_t size_of(Bytes file);

 private:
  bool after_cr_ = false;
};

// Served to file with LF, piece by piece.
class ToFile {
 public:
  // False: this cannot be undone, and what was written to `file` since the last call that returned true means
  // nothing.
  [[nodiscard]] bool append(Bytes served, std::string& file);
  // A CR whose fate was open.
  void finish(std::string& file);
  [[nodiscard]] bool holds_cr() const { return holds_cr_; }

 private:
  bool after_cr_ = false;  // the last octet of `file` is a CR
  bool holds_cr_ = false;  // the last octet of `served` was a CR, not yet in `file`
};

}  // namespace pf::store::maildir
