// The program behind main().
#pragma once

#include "cli/world.h"

#include <span>
#include <string>

namespace pf::cli {

// `words` without the name of the program; returns the exit status.
int run(std::span<const std::string> words, World& world);

}  // namespace pf::cli
