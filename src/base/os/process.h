// Runs a command for its answer, without a shell.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

#include <string>
#include <string_view>
#include <vector>

namespace pf::os {

// Words of a command line: blanks separate; '...' is literal; "..." knows \" and \\; a backslash outside
// quotes takes the next character as it is.  Nothing is expanded: no variables, no globs, no pipes.  Errors:
// usage (open quote, no word).
Result<std::vector<std::string>> split_command(std::string_view line);

struct CommandLimits {
  Duration timeout = std::chrono::seconds(60);  // it may ask the user for a passphrase
  std::size_t max_output = 65536;
};

// The first line (without its end) of what the command prints; for `pass show x` and the like.  The program
// is searched in PATH; stdin is /dev/null, stderr stays ours.  Blocks.  Errors name the program but never
// show its output or arguments: usage (cannot be started, failed, printed nothing), timeout, limit.
Result<Secret> run_secret_command(std::string_view line, const CommandLimits& limits = {});

}  // namespace pf::os
