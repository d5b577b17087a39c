// The numbers of IMAP, each its own type: a Uid cannot be passed where a sequence number is wanted.
// RFC 3501 2.3.1 (uid, uidvalidity, sequence number), RFC 7162 3.1 (mod-sequence, 63 bit).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace pf::imap {

template <class Tag, class Int>
class Number {
 public:
  using value_type = Int;

  constexpr Number() = default;
  constexpr explicit Number(Int value) : value_(value) {}

  [[nodiscard]] constexpr Int value() const { return value_; }

  friend constexpr auto operator<=>(Number, Number) = default;

 private:
  Int value_ = 0;
};

using Uid = Number<struct UidTag, std::uint32_t>;  // 0 is no uid
using UidValidity = Number<struct UidValidityTag, std::uint32_t>;
using SeqNum =
    Number<struct SeqNumTag, std::uint32_t>;  // 0 comes from broken servers only (Courier's "* 0 FETCH")
using ModSeq = Number<struct ModSeqTag, std::uint64_t>;

}  // namespace pf::imap

template <class Tag, class Int>
struct std::hash<pf::imap::Number<Tag, Int>> {
  std::size_t operator()(pf::imap::Number<Tag, Int> number) const noexcept {
    return std::hash<Int>{}(number.value());
  }
};
