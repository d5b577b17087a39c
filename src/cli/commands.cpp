#include "cli/commands.h"

#include "base/ascii.h"
#include "base/os/file.h"
#include "base/printable.h"
#include "cli/exit_status.h"
#include "cli/render/json.h"
#include "cli/render/text.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace pf::cli {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

Status write_report(const sync::Summary& summary, const std::string& dir, RunKind kind, int status) {
  PF_TRYV(os::make_private_dir(dir));
  return os::write_file_atomically(std::filesystem::path(dir) / "summary.json",
                                   as_bytes(report_json(summary, kind, status)));
}

}  // namespace

std::unique_ptr<Renderer> make_renderer(const OutputArgs& output, RunKind kind, World& world) {
  if (output.format == Format::json) {
    auto err = output.quiet ? [](std::string_view) {} : world.err;
    return std::make_unique<JsonRenderer>(kind, output.verbose,
                                          JsonRenderer::Streams{world.out, std::move(err)});
  }
  if (output.quiet) return std::make_unique<QuietRenderer>(world.err);
  const TextStyle style{.kind = kind,
                        .verbose = output.verbose,
                        .colour = world.out_is_terminal && world.env("NO_COLOR").empty()};
  const ProgressView::Screen screen{
      .write = world.err, .terminal = world.err_is_terminal, .width = world.err_width};
  return std::make_unique<TextRenderer>(style, TextRenderer::Streams{world.out, screen});
}

Log make_log(const OutputArgs& output, std::function<void(std::string_view)> line) {
  const auto lowest = output.verbose >= 2   ? LogLevel::debug
                      : output.verbose == 1 ? LogLevel::info
                                            : LogLevel::error;
  return [lowest, line = std::move(line)](LogLevel level, std::string_view text) {
    if (level >= lowest) line(fmt::format("{}: {}", level_name(level), text));
  };
}

Log make_log(const OutputArgs& output, Renderer& renderer) {
  return make_log(output, [&renderer](std::string_view text) { renderer.log(text); });
}

std::function<bool(const std::string& question)> make_ask(const OutputArgs& output, Renderer& renderer,
                                                          const World& world) {
  const bool for_a_person = output.format == Format::text && !output.quiet;
  if (!for_a_person || !world.in_is_terminal || !world.err_is_terminal) return {};
  return [&renderer, &world](const std::string& question) {
    renderer.question(question);
    const auto answer = world.read_answer();
    return answer && (iequals(trim_blanks(*answer), "y") || iequals(trim_blanks(*answer), "yes"));
  };
}

int finish_run(const sync::Summary& summary, const OutputArgs& output, RunKind kind, Renderer& renderer,
               World& world) {
  int status = exit_status(summary, world.stop_signal());
  Status reported;
  if (!output.report_dir.empty()) reported = write_report(summary, output.report_dir, kind, status);
  // A report that could not be written is a failure of its own, but hides no other.
  if (!reported && status == 0) status = static_cast<int>(Exit::unexpected);
  renderer.summary(summary, status);
  if (!reported) world.err(error_line(reported.error()));
  return status;
}

}  // namespace pf::cli
