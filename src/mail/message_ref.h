// Opaque handles a store gives out.  Only the store that made one knows what is inside; everybody else
// compares, keeps and hands back.  Bytewise order is the store's own order of arrival (IMAP: the uid, big
// endian).
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace pf {

template <class Tag>
class Opaque {
 public:
  Opaque() = default;
  explicit Opaque(std::string bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  friend bool operator==(const Opaque&, const Opaque&) = default;
  friend std::strong_ordering operator<=>(const Opaque& a, const Opaque& b) {
    // char_traits<char>::compare orders as unsigned char, which big-endian uids need.
    return a.bytes_.compare(b.bytes_) <=> 0;
  }

 private:
  std::string bytes_;
};

// One message in one mailbox, valid within one Epoch.  IMAP: the Uid.  At most 64 bytes.
using MessageRef = Opaque<struct MessageRefTag>;
// References of different epochs must never be compared.  IMAP: UIDVALIDITY.  Empty: references are not
// stable.
using Epoch = Opaque<struct EpochTag>;
// A place in the arrival order: everything that arrives later has a reference at or above it.  IMAP: UIDNEXT.
using Position = Opaque<struct PositionTag>;
// Up to where changes are known.  IMAP: HIGHESTMODSEQ.  Empty: the store cannot say.
using Checkpoint = Opaque<struct CheckpointTag>;
// An identity the store itself guarantees across mailboxes.  IMAP: EMAILID or X-GM-MSGID with its family
// name.
using ObjectId = Opaque<struct ObjectIdTag>;

}  // namespace pf
