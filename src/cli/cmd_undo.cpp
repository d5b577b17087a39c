#include "cli/commands.h"
#include "cli/endpoint.h"
#include "cli/exit_status.h"

namespace pf::cli {
namespace {

Result<int> list(const UndoCommand& command, const Configuration& configuration,
                 const app::Environment& environment, World& world) {
  const bool cleartext = command.common.allow_cleartext;
  PF_TRY(const auto from, resolve_account(command.from, "FROM", cleartext, configuration));
  PF_TRY(const auto to, resolve_account(command.to, "TO", cleartext, configuration));
  const auto renderer = make_renderer(command.common.output, RunKind::undo, world);
  const auto runs = world.engine.list_runs(from, to, environment);
  const int status = runs ? static_cast<int>(Exit::ok) : exit_status(runs.error(), world.stop_signal());
  if (runs) renderer->runs(*runs);
  renderer->findings_done(runs ? nullptr : &runs.error(), status);
  return status;
}

}  // namespace

Result<int> run_command(const UndoCommand& command, World& world) {
  PF_TRY(const auto configuration, load_configuration(command.common, world.env));
  PF_TRY(auto environment, resolve_environment(command.common, configuration, world.env, true));
  if (!command.run) return list(command, configuration, environment, world);
  const bool cleartext = command.common.allow_cleartext;
  PF_TRY(const auto from, resolve_endpoint(command.from, "FROM", cleartext, configuration, world));
  PF_TRY(const auto to, resolve_endpoint(command.to, "TO", cleartext, configuration, world));
  const auto renderer = make_renderer(command.common.output, RunKind::undo, world);
  environment.log = make_log(command.common.output, *renderer);
  const auto observer = [&](const sync::Event& event) { renderer->event(event); };
  const auto summary =
      world.engine.run_undo(from, to, *command.run, command.timing, environment, observer, *world.stop);
  return finish_run(summary, command.common.output, RunKind::undo, *renderer, world);
}

}  // namespace pf::cli
