// A few threads for a number of things to do.
#pragma once

#include <cstddef>
#include <functional>

namespace pf::bench {

// Runs work(0) to work(count - 1), `at_once` at a time; returns the seconds.  Throws what work threw last.
double in_parallel(std::size_t count, std::size_t at_once, const std::function<void(std::size_t)>& work);

}  // namespace pf::bench
