// Random bytes nobody can guess.
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <functional>
#include <string>

namespace pf {

// Fills the buffer.  Passed by whoever needs randomness, so that tests can give known bytes.
using RandomSource = std::function<void(MutableBytes)>;

// From the operating system's generator.  Never fails: a system without randomness ends the program.
void random_bytes(MutableBytes out);
std::uint64_t random_u64();
double random_unit();                       // uniform in [0, 1)
std::string random_hex(std::size_t bytes);  // 2 characters a byte

}  // namespace pf
