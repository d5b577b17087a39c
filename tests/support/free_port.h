// Port numbers on loopback that stay ours.
#pragma once

#include <cstdint>

namespace pf::test {

// Reserved among all test programs of this machine by a file lock, and outside the range the kernel hands out
// for outgoing connections: a server can be stopped and started again on the same port.
class ReservedPort {
 public:
  ReservedPort();  // throws std::runtime_error when none is free
  ~ReservedPort();
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;

  [[nodiscard]] std::uint16_t number() const { return number_; }

 private:
  std::uint16_t number_ = 0;
  int lock_ = -1;
};

}  // namespace pf::test
