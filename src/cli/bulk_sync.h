// `postferry bulk sync`, understood: its words in the table, and what they mean.
#pragma once

#include "cli/command.h"
#include "cli/options.h"
#include "cli/raw_args.h"

namespace pf::cli {

CommandSpec bulk_sync_spec();
Result<BulkSyncCommand> bulk_sync_command(const RawArgs& raw);

}  // namespace pf::cli
