// One function a command: from its arguments to an exit status.
#pragma once

#include "cli/command.h"
#include "cli/render/renderer.h"
#include "cli/world.h"

#include <functional>
#include <memory>
#include <string>

namespace pf::cli {

// An error is one of usage or configuration: nothing was begun, and the caller says it.
Result<int> run_command(const SyncCommand& command, World& world);
Result<int> run_command(const VerifyCommand& command, World& world);
Result<int> run_command(const UndoCommand& command, World& world);
Result<int> run_command(const SyncimapCommand& command, World& world);
Result<int> run_command(const BulkCommand& command, World& world);
Result<int> run_command(const BulkSyncCommand& command, World& world);
Result<int> run_command(const ArchiveCheckCommand& command, World& world);
Result<int> run_command(const DoctorCommand& command, World& world);

// What is shared by the three.
std::unique_ptr<Renderer> make_renderer(const OutputArgs& output, RunKind kind, World& world);
Log make_log(const OutputArgs& output, std::function<void(std::string_view)> line);
Log make_log(const OutputArgs& output, Renderer& renderer);
// Asks the person at the terminal; empty when standard input or error is none, or the output is for programs
// or nobody.  Anything but "y" or "yes" is no.
std::function<bool(const std::string& question)> make_ask(const OutputArgs& output, Renderer& renderer,
                                                          const World& world);
// Writes summary.json to the directory of --report, shows the summary, and gives the exit status.
int finish_run(const sync::Summary& summary, const OutputArgs& output, RunKind kind, Renderer& renderer,
               World& world);

}  // namespace pf::cli
