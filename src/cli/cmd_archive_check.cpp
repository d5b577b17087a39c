#include "base/printable.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/render/json_parts.h"
#include "cli/render/numbers.h"
#include "cli/render/text.h"

#include <fmt/format.h>

namespace pf::cli {
namespace {

void tell(const app::ArchiveFinding& finding, const OutputArgs& output, World& world) {
  if (output.format == Format::json) {
    world.out(dumped({{"event", "archive_finding"},
                      {"kind", finding.kind},
                      {"problem", finding.problem},
                      {"file", finding.file},
                      {"text", finding.text}}));
  } else if (finding.problem || !output.quiet) {
    world.out(fmt::format("{:<8}  {}: {}\n", finding.kind, printable(finding.file), printable(finding.text)));
  }
}

void conclude(const Result<app::ArchiveCounts>& counts, int status, const OutputArgs& output, World& world) {
  const auto sum = counts ? *counts : app::ArchiveCounts{};
  if (output.format == Format::json) {
    world.out(dumped({{"event", "summary"},
                      {"status", status == 0 ? "ok" : "failed"},
                      {"mailboxes", sum.mailboxes},
                      {"messages", sum.messages},
                      {"bytes", sum.bytes},
                      {"problems", sum.problems},
                      {"error", counts ? Json(nullptr) : error_json(counts.error())},
                      {"exit_status", status}}));
  } else if (!counts) {
    world.err(error_line(counts.error()));
  } else if (!output.quiet) {
    world.out(fmt::format("{} in {}, {}: {}\n", counted(sum.messages, "message", "messages"),
                          counted(sum.mailboxes, "mailbox", "mailboxes"), bytes_text(sum.bytes),
                          sum.problems == 0 ? std::string("all as it was written")
                                            : counted(sum.problems, "problem", "problems")));
  }
}

int status_of(const Result<app::ArchiveCounts>& counts, const World& world) {
  if (counts) return static_cast<int>(counts->problems == 0 ? Exit::ok : Exit::differs);
  switch (counts.error().code) {
    case Errc::not_found:
    case Errc::permission:
    case Errc::unsupported:
      return static_cast<int>(Exit::usage);
    default:
      return exit_status(counts.error(), world.stop_signal());
  }
}

}  // namespace

Result<int> run_command(const ArchiveCheckCommand& command, World& world) {
  app::Environment environment;
  environment.state = false;
  const auto found = [&](const app::ArchiveFinding& finding) { tell(finding, command.output, world); };
  const auto counts = world.engine.check_archive(command.directory, environment, found, *world.stop);
  const int status = status_of(counts, world);
  conclude(counts, status, command.output, world);
  return status;
}

}  // namespace pf::cli
