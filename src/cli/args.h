// Arguments to a typed command.
#pragma once

#include "base/result.h"
#include "cli/command.h"

#include <span>
#include <string>

namespace pf::cli {

// `words` without the name of the program.  Errors: usage, one exact sentence.
Result<Command> parse_args(std::span<const std::string> words);

}  // namespace pf::cli
