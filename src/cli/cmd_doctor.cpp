#include "cli/commands.h"
#include "cli/endpoint.h"
#include "cli/exit_status.h"

namespace pf::cli {

Result<int> run_command(const DoctorCommand& command, World& world) {
  PF_TRY(const auto configuration, load_configuration(command.common, world.env));
  PF_TRY(auto environment, resolve_environment(command.common, configuration, world.env, false));
  PF_TRY(const auto endpoint,
         resolve_endpoint(command.endpoint, "", command.common.allow_cleartext, configuration, world));
  if (!endpoint.account.directory.empty()) {
    return Error{Errc::usage,  Scope::run,
                 Retry::never, "doctor examines mail servers, not directories",
                 {},           "\"postferry archive check DIR\" examines an archive."};
  }

  const auto renderer = make_renderer(command.common.output, RunKind::verify, world);
  environment.log = make_log(command.common.output, *renderer);
  bool failed = false;
  const auto report = [&](const app::Finding& finding) {
    failed = failed || finding.level == app::Finding::Level::failure;
    renderer->finding(finding);
  };
  const auto done = world.engine.run_doctor(endpoint, environment, report, *world.stop);
  const int status = !done    ? exit_status(done.error(), world.stop_signal())
                     : failed ? static_cast<int>(Exit::unexpected)
                              : static_cast<int>(Exit::ok);
  renderer->findings_done(done ? nullptr : &done.error(), status);
  return status;
}

}  // namespace pf::cli
