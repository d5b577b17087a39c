// The part of the option table that is the bulk migrator's.
#pragma once

#include "cli/bulk_command.h"
#include "cli/options.h"
#include "cli/raw_args.h"

#include <vector>

namespace pf::cli {

// One command a mode.  All take the same options, as the reference does; each shows those that matter to it.
std::vector<CommandSpec> bulk_command_specs();
Result<BulkCommand> bulk_command(BulkMode mode, const RawArgs& raw);

}  // namespace pf::cli
