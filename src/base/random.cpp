#include "base/random.h"

#include "base/encoding.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace pf {

void random_bytes(MutableBytes out) {
  while (!out.empty()) {
    const std::size_t n = std::min<std::size_t>(out.size(), std::numeric_limits<int>::max());
    // Guessable nonces and file names are worse than no program.
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(n)) != 1) std::abort();
    out = out.subspan(n);
  }
}

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  random_bytes({reinterpret_cast<char*>(&value), sizeof value});
  return value;
}

double random_unit() {
  // 53 bits: what a double holds exactly.
  return static_cast<double>(random_u64() >> 11U) * 0x1p-53;
}

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  random_bytes(raw);
  return hex_encode(raw);
}

}  // namespace pf
