// Completion scripts, made from the option table.
#pragma once

#include "cli/command.h"

#include <string>

namespace pf::cli {

std::string completion_script(Shell shell);

}  // namespace pf::cli
