// --help, made from the option table.
#pragma once

#include "cli/options.h"

#include <string>

namespace pf::cli {

std::string program_help();
std::string command_help(const CommandSpec& command);
// Of the commands that begin with `family`: "postferry bulk --help".
std::string family_help(std::string_view family);

// "sync FROM TO"
std::string usage_of(const CommandSpec& command);
// "-n, --dry-run" or "--mailbox GLOB"
std::string usage_of(const Option& option);
// Text broken at blanks into lines of at most `width`, each after `indent` blanks; ends with a newline.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 80);

}  // namespace pf::cli
