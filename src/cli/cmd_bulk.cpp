#include "cli/bulk_run.h"
#include "cli/commands.h"

#include <fmt/format.h>

namespace pf::cli {

Result<int> run_command(const BulkCommand& command, World& world) {
  PF_TRY(const auto log,
         BulkLog::open({.directory = command.log_dir, .out = world.out, .now = wall_seconds}));
  log->info(fmt::format("Logging initialized. File: {}", log->path().string()));
  log->info(fmt::format("Starting postferry bulk | mode={}", name(command.mode)));
  app::Environment environment;
  environment.state_dir = command.state_dir;
  if (environment.state_dir.empty()) {
    PF_TRY(environment.state_dir, config::default_state_dir(world.env));
  }
  environment.io_timeout = command.imap_timeout;
  environment.allow_damaged = command.allow_damaged;
  environment.log = [&log](LogLevel level, std::string_view text) {
    if (level == LogLevel::error) log->error(text);
  };
  BulkRun run(command, world, std::move(environment), *log);
  return run.run();
}

}  // namespace pf::cli
