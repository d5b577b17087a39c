#include "cli/run.h"

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/exit_status.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/render/text.h"
#include "cli/version.h"

namespace pf::cli {
namespace {

Result<int> print(World& world, std::string_view text) {
  world.out(text);
  return 0;
}

struct Dispatch {
  World& world;

  Result<int> operator()(const SyncCommand& command) const { return run_command(command, world); }
  Result<int> operator()(const VerifyCommand& command) const { return run_command(command, world); }
  Result<int> operator()(const UndoCommand& command) const { return run_command(command, world); }
  Result<int> operator()(const SyncimapCommand& command) const { return run_command(command, world); }
  Result<int> operator()(const BulkCommand& command) const { return run_command(command, world); }
  Result<int> operator()(const BulkSyncCommand& command) const { return run_command(command, world); }
  Result<int> operator()(const ArchiveCheckCommand& command) const { return run_command(command, world); }
  Result<int> operator()(const DoctorCommand& command) const { return run_command(command, world); }
  Result<int> operator()(const CompletionCommand& command) const {
    return print(world, completion_script(command.shell));
  }
  Result<int> operator()(const ManCommand& /*command*/) const { return print(world, man_page()); }
  Result<int> operator()(const HelpCommand& command) const {
    if (is_family(command.topic)) return print(world, family_help(command.topic));
    const auto* spec = find_command(command.topic);
    return print(world, spec == nullptr ? program_help() : command_help(*spec));
  }
  Result<int> operator()(const VersionCommand& /*command*/) const {
    return print(world, version_line() + "\n");
  }
};

// A password that cannot be read is a matter of configuration, whatever the system calls it.
int status_of(const Error& error, const World& world) {
  if (error.code == Errc::cancelled) return exit_status(error, world.stop_signal());
  return static_cast<int>(Exit::usage);
}

}  // namespace

int run(std::span<const std::string> words, World& world) {
  const auto command = parse_args(words);
  const auto status = command ? std::visit(Dispatch{world}, *command) : Result<int>(command.error());
  if (status) return *status;
  world.err(error_line(status.error()));
  return status_of(status.error(), world);
}

}  // namespace pf::cli
