#include "cli/fleet_run.h"

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/render/account_board.h"
#include "cli/render/fleet_json.h"
#include "cli/render/fleet_text.h"
#include "cli/render/text.h"
#include "cli/report_writer.h"
#include "config/usage.h"

#include <memory>
#include <utility>

namespace pf::cli {
namespace {

std::unique_ptr<FleetRenderer> make_fleet_renderer(const FleetStyle& style, const AccountBoard& board,
                                                   const OutputArgs& output, World& world) {
  if (output.format == Format::json) {
    auto err = output.quiet ? [](std::string_view) {} : world.err;
    return std::make_unique<FleetJsonRenderer>(style, board,
                                               FleetJsonRenderer::Streams{world.out, std::move(err)});
  }
  if (output.quiet) return std::make_unique<FleetQuietRenderer>(world.err);
  return std::make_unique<FleetTextRenderer>(
      style, board, world.out,
      LiveLine::Screen{.write = world.err, .terminal = world.err_is_terminal, .width = world.err_width});
}

FleetStyle style_of(const FleetJob& job, const OutputArgs& output) {
  return {.dry_run = job.policy.sync.dry_run,
          .check = job.policy.work == fleet::Work::check,
          .verbose = output.verbose,
          .reported = !output.report_dir.empty()};
}

}  // namespace

FleetJob checking(FleetJob job) {
  job.policy.work = fleet::Work::check;
  job.policy.order = fleet::Order::list;
  job.policy.fail_fast = false;  // who is told of one wrong password wants to know of all
  return job;
}

Result<int> run_fleet_job(const FleetJob& job, const OutputArgs& output, World& world) {
  const auto style = style_of(job, output);
  AccountBoard board(job.pairs, style.dry_run, style.check);
  std::unique_ptr<ReportWriter> writer;
  if (style.reported) {
    auto begun = ReportWriter::begin(board, output.report_dir);
    if (!begun) return config::usage_error(begun.error().context);
    writer = *std::move(begun);
  }
  const auto renderer = make_fleet_renderer(style, board, output, world);
  auto environment = job.environment;
  environment.log = make_log(output, [&](std::string_view line) { renderer->log(line); });
  const auto observer = [&](const fleet::Event& event) {
    board.event(event);
    renderer->event(event);
  };
  auto summary = world.engine.run_fleet(job.pairs, job.policy, environment, observer, *world.stop, {});
  if (job.policy.sync.removal.for_good)
    for (auto& account : summary.accounts) account.summary.run.clear();  // nothing of it can be put back
  int status = exit_status(summary, style.check, world.stop_signal());
  board.finish(summary, status);
  Status written;
  if (writer) written = writer->finish();
  // A report that could not be written is a failure of its own, but hides no other.
  if (!written && status == 0) status = static_cast<int>(Exit::unexpected);
  renderer->summary(board.report(), status);
  if (!written) world.err(error_line(written.error()));
  return status;
}

}  // namespace pf::cli
