// `postferry syncimap`: the eight words of syncimap.py.
#pragma once

#include "base/secret.h"
#include "cli/options.h"
#include "cli/raw_args.h"

#include <string>

namespace pf::cli {

struct SyncimapEnd {
  std::string user, master_user, server;
  Secret master_password;  // "-": to be asked for
};
struct SyncimapCommand {
  SyncimapEnd source, destination;
  std::string ca_file;
};

CommandSpec syncimap_spec();
// `raw` has all eight.
SyncimapCommand syncimap_command(const RawArgs& raw);
// What any mistake in the words gets: it quotes nothing, for each may be a password.
Error syncimap_usage();

}  // namespace pf::cli
