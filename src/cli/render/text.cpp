#include "cli/render/text.h"

#include "base/printable.h"
#include "cli/exit_status.h"
#include "cli/render/numbers.h"
#include "cli/render/summary_text.h"
#include "cli/render/table.h"

#include <fmt/format.h>

#include <utility>

namespace pf::cli {
namespace {

struct LevelLook {
  std::string_view word, colour;
};

LevelLook look_of(app::Finding::Level level) {
  switch (level) {
    case app::Finding::Level::ok:
      return {"ok", "\x1b[32m"};
    case app::Finding::Level::note:
      return {"note", "\x1b[36m"};
    case app::Finding::Level::warning:
      return {"warn", "\x1b[33m"};
    case app::Finding::Level::failure:
      return {"FAIL", "\x1b[31m"};
  }
  return {"FAIL", "\x1b[31m"};
}

// "ok    tls           TLSv1.3 ...", with the remedy on a line of its own.
std::string finding_text(const app::Finding& finding, bool colour) {
  const auto look = look_of(finding.level);
  auto text = fmt::format("{}{:<4}{}  {:<12}  {}\n", colour ? look.colour : "", look.word,
                          colour ? "\x1b[0m" : "", printable(finding.topic), printable(finding.text));
  if (!finding.remedy.empty()) text += fmt::format("{:20}-> {}\n", "", printable(finding.remedy));
  return text;
}

std::string difference_text(const sync::Difference& e) {
  auto text = fmt::format("{:<10}  {}", printable(e.kind), printable(e.mailbox));
  if (!e.ref.empty()) text += fmt::format(", uid {}", printable(e.ref));
  if (!e.detail.empty()) text += fmt::format(": {}", printable(e.detail));
  return text + "\n";
}

}  // namespace

std::string error_line(const Error& error) {
  if (error.code != Errc::usage) return fmt::format("postferry: {}\n", error.describe());
  auto text = "postferry: " + printable(error.context);
  if (!error.hint.empty()) text += "; " + printable(error.hint);
  return text + "\n";
}

TextRenderer::TextRenderer(TextStyle style, Streams streams)
    : style_(style), streams_(std::move(streams)), progress_(streams_.err) {}

void TextRenderer::out(std::string_view text) {
  progress_.clear();
  streams_.out(text);
}

void TextRenderer::err(std::string_view text) {
  progress_.clear();
  streams_.err.write(text);
}

void TextRenderer::event(const sync::Event& event) {
  if (const auto* run = std::get_if<sync::RunStarted>(&event))
    out(fmt::format("From {} to {}\n", printable(run->from), printable(run->to)));
  else if (const auto* progress = std::get_if<sync::Progress>(&event))
    progress_.show(*progress);
  else if (const auto* plan = std::get_if<sync::Planned>(&event))
    out(printable(plan->text) + "\n");
  else if (const auto* difference = std::get_if<sync::Difference>(&event))
    out(difference_text(*difference));
  else if (const auto* notice = std::get_if<sync::Notice>(&event))
    style_.verbose > 0 ? err(printable(notice->text) + "\n") : progress_.note(notice->text);
  else if (const auto* failed = std::get_if<sync::MessageFailed>(&event);
           failed != nullptr && style_.verbose > 0)
    err(fmt::format("failed: {}\n", failure_text(failed->failure)));
  else if (const auto* done = std::get_if<sync::MailboxDone>(&event); done != nullptr && style_.verbose > 0)
    err(fmt::format("{}: {} copied, {} already there\n", printable(done->report.source),
                    grouped(done->report.copied), grouped(done->report.matched)));
}

void TextRenderer::summary(const sync::Summary& summary, int exit_status) {
  out(summary_text(summary, {.kind = style_.kind, .all_mailboxes = style_.verbose > 0}));
  if (summary.fatal) err(error_line(*summary.fatal));
  if (exit_status == static_cast<int>(Exit::no_login))
    err("'postferry doctor' examines one account, step by step.\n");
}

void TextRenderer::finding(const app::Finding& finding) {
  failure_shown_ = failure_shown_ || finding.level == app::Finding::Level::failure;
  out(finding_text(finding, style_.colour));
}

void TextRenderer::runs(const std::vector<app::RemovalRun>& runs) {
  if (runs.empty()) return out("No run removed anything.\n");
  std::vector<std::vector<std::string>> rows = {
      {"run", "when", "mode", "can be put back", "put back", "gone for good"}};
  for (const auto& run : runs)
    rows.push_back({fmt::format("{}", run.id), time_text(run.wall_seconds), printable(run.mode),
                    grouped(run.quarantined), grouped(run.undone), grouped(run.for_good)});
  out(table_text(rows));
}

void TextRenderer::findings_done(const Error* stopped, int /*exit_status*/) {
  if (stopped != nullptr && !failure_shown_) err(error_line(*stopped));
}

void TextRenderer::log(std::string_view text) {
  err(printable(text) + "\n");
}

// Line by line, because what it quotes may come from a server.
void TextRenderer::question(std::string_view text) {
  std::string shown;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    shown += printable(text.substr(0, end)) + "\n";
    text.remove_prefix(end + 1);
  }
  err(shown + printable(text) + " [y/N] ");
}

void QuietRenderer::summary(const sync::Summary& summary, int /*exit_status*/) {
  for (const auto& failure : summary.failures) err_(fmt::format("postferry: {}\n", failure_text(failure)));
  if (summary.fatal) err_(error_line(*summary.fatal));
}

void QuietRenderer::finding(const app::Finding& finding) {
  if (finding.level != app::Finding::Level::failure) return;
  failure_shown_ = true;
  err_(finding_text(finding, false));
}

void QuietRenderer::findings_done(const Error* stopped, int /*exit_status*/) {
  if (stopped != nullptr && !failure_shown_) err_(error_line(*stopped));
}

}  // namespace pf::cli
