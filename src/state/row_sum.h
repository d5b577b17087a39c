// A checksum over the fields of one row.  SQLite keeps none; without it a flipped bit in a reference would be
// believed. FNV-1a: one changed octet always changes the sum, anything worse goes unseen once in 2^32.
#pragma once

#include <cstdint>
#include <string_view>

namespace pf::state {

class RowSum {
 public:
  RowSum& add(std::string_view octets) {
    add(static_cast<std::int64_t>(octets.size()));  // so that octets cannot wander from one field to the next
    for (const char c : octets) mix(static_cast<std::uint8_t>(c));
    return *this;
  }
  RowSum& add(std::int64_t number) {
    auto rest = static_cast<std::uint64_t>(number);
    for (int i = 0; i < 8; ++i, rest >>= 8) mix(static_cast<std::uint8_t>(rest));
    return *this;
  }
  [[nodiscard]] std::int64_t value() const { return sum_; }

 private:
  void mix(std::uint8_t octet) { sum_ = (sum_ ^ octet) * 16777619U; }
  std::uint32_t sum_ = 2166136261U;
};

template <class... Fields>
std::int64_t row_sum(const Fields&... fields) {
  RowSum sum;
  (sum.add(fields), ...);
  return sum.value();
}

}  // namespace pf::state
