// How many bytes may be held at once.  Counts only; who waits for room, and how, is the caller's business.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pf {

class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t limit) : limit_(limit) {}

  // Takes `n` bytes when they fit.  Something larger than the whole budget is let in when nothing else is
  // out, or it would wait for ever.
  [[nodiscard]] bool try_take(std::uint64_t n) {
    if (!fits(n)) return false;
    used_ += n;
    return true;
  }
  // Takes them whether or not they fit (bytes that are already here).
  void take(std::uint64_t n) { used_ += n; }
  void give(std::uint64_t n) { used_ -= std::min(n, used_); }

  [[nodiscard]] bool fits(std::uint64_t n) const { return used_ == 0 || n <= left(); }
  [[nodiscard]] bool over() const { return used_ > limit_; }
  [[nodiscard]] std::uint64_t left() const { return limit_ - std::min(limit_, used_); }
  [[nodiscard]] std::uint64_t used() const { return used_; }
  [[nodiscard]] std::uint64_t limit() const { return limit_; }

 private:
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
};

}  // namespace pf
