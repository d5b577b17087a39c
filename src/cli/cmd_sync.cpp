#include "cli/commands.h"
#include "cli/endpoint.h"
#include "config/usage.h"

namespace pf::cli {

Result<int> run_command(const SyncCommand& command, World& world) {
  PF_TRY(const auto configuration, load_configuration(command.common, world.env));
  PF_TRY(auto environment, resolve_environment(command.common, configuration, world.env, true));
  const bool cleartext = command.common.allow_cleartext;
  PF_TRY(const auto from, resolve_endpoint(command.from, "FROM", cleartext, configuration, world));
  PF_TRY(const auto to, resolve_endpoint(command.to, "TO", cleartext, configuration, world));
  if (from.account.label() == to.account.label() && command.policy.mailboxes.map.empty())
    return config::usage_error("FROM and TO are the same account",
                               "to copy within an account say what goes where with --map");

  auto policy = command.policy;
  if (policy.connections == 0) policy.connections = configuration.file.defaults.connections.value_or(0);
  const auto kind = policy.dry_run ? RunKind::dry_run : RunKind::sync;
  const auto renderer = make_renderer(command.common.output, kind, world);
  environment.log = make_log(command.common.output, *renderer);
  environment.ask = make_ask(command.common.output, *renderer, world);
  const auto observer = [&](const sync::Event& event) { renderer->event(event); };
  auto summary = world.engine.run_sync(from, to, policy, environment, observer, *world.stop);
  if (policy.removal.for_good) summary.run.clear();  // nothing of it can be put back
  return finish_run(summary, command.common.output, kind, *renderer, world);
}

}  // namespace pf::cli
