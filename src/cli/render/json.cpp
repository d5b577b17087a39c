#include "cli/render/json.h"

#include "base/printable.h"
#include "cli/render/json_parts.h"
#include "cli/render/numbers.h"
#include "cli/version.h"

#include <utility>

namespace pf::cli {
namespace {

void add_differences(Json& json, std::uint64_t missing, std::uint64_t extra, std::uint64_t different,
                     std::uint64_t normalised) {
  json["missing"] = missing;
  json["extra"] = extra;
  json["different"] = different;
  json["normalised"] = normalised;
}

Json mailbox_json(const sync::MailboxReport& report, RunKind kind) {
  Json json = {{"source", report.source},
               {"target", report.target},
               {"source_messages", report.source_messages},
               {"target_messages", report.target_messages},
               {"copied", report.copied},
               {"matched", report.matched},
               {"restored", report.restored},
               {"flags_changed", report.flags_changed},
               {"vanished", report.vanished},
               {"failed", report.failed},
               {"deleted", report.deleted},
               {"withheld", report.withheld},
               {"moved", report.moved},
               {"copied_back", report.copied_back},
               {"bytes_copied", report.bytes_copied},
               {"seconds", report.seconds},
               {"created", report.created},
               {"settled", report.settled}};
  if (kind == RunKind::verify)
    add_differences(json, report.missing, report.extra, report.different, report.normalised);
  return json;
}

Json summary_json(const sync::Summary& summary, RunKind kind, int exit_status) {
  Json json = {{"event", "summary"},
               {"status", sync::name(summary.outcome)},
               {"mailboxes", summary.mailboxes},
               {"source_messages", summary.source_messages},
               {"copied", summary.copied},
               {"matched", summary.matched},
               {"restored", summary.restored},
               {"deleted", summary.deleted},
               {"flags_changed", summary.flags_changed},
               {"vanished", summary.vanished},
               {"failed", summary.failed},
               {"withheld", summary.withheld},
               {"moved", summary.moved},
               {"copied_back", summary.copied_back},
               {"left", summary.left},
               {"bytes_copied", summary.bytes_copied},
               {"bytes_sent", summary.bytes_sent},
               {"bytes_received", summary.bytes_received},
               {"seconds", summary.seconds},
               {"warnings", summary.warnings},
               {"failures", Json::array()}};
  for (const auto& failure : summary.failures) json["failures"].push_back(failure_json(failure));
  json["conflicts"] = summary.conflicts;
  json["run"] = summary.run.empty() ? Json(nullptr) : Json(summary.run);
  const bool compared = kind == RunKind::verify || summary.verify_differs ||
                        summary.missing + summary.extra + summary.different + summary.normalised > 0;
  if (compared) add_differences(json, summary.missing, summary.extra, summary.different, summary.normalised);
  json["waited"] = {{"source", summary.waited_source},
                    {"target", summary.waited_target},
                    {"commit", summary.waited_commit}};
  json["error"] = summary.fatal ? error_json(*summary.fatal) : Json(nullptr);
  json["exit_status"] = exit_status;
  return json;
}

std::string_view level_name(app::Finding::Level level) {
  switch (level) {
    case app::Finding::Level::ok:
      return "ok";
    case app::Finding::Level::note:
      return "note";
    case app::Finding::Level::warning:
      return "warning";
    case app::Finding::Level::failure:
      return "failure";
  }
  return "failure";
}

// One overload for each event; null for what JSON does not tell.
struct ToJson {
  RunKind kind;

  Json operator()(const sync::RunStarted& e) const {
    return {{"event", "run"},
            {"format", json_format},
            {"version", version()},
            {"from", e.from},
            {"to", e.to},
            {"dry_run", e.dry_run},
            {"verify", kind == RunKind::verify}};
  }
  // The first progress of a mailbox says the same.
  Json operator()(const sync::MailboxStarted& /*e*/) const { return nullptr; }
  Json operator()(const sync::MailboxDone& e) const {
    Json json = {{"event", "mailbox"}};
    json.update(mailbox_json(e.report, kind));
    return json;
  }
  Json operator()(const sync::Planned& e) const { return {{"event", "plan"}, {"text", e.text}}; }
  Json operator()(const sync::Progress& e) const {
    return {{"event", "progress"},
            {"mailbox", e.mailbox},
            {"mailboxes_done", e.mailboxes_done},
            {"mailboxes_total", e.mailboxes_total},
            {"messages_done", e.messages_done},
            {"messages_total", e.messages_total},
            {"bytes_done", e.bytes_done},
            {"bytes_total", e.bytes_total},
            {"seconds", e.seconds}};
  }
  Json operator()(const sync::MessageFailed& e) const {
    Json json = {{"event", "message_failed"}};
    json.update(failure_json(e.failure));
    return json;
  }
  Json operator()(const sync::Difference& e) const {
    return {{"event", "difference"},
            {"mailbox", e.mailbox},
            {"uid", ref_json(e.ref)},
            {"kind", e.kind},
            {"detail", e.detail}};
  }
  Json operator()(const sync::Warning& e) const { return {{"event", "warning"}, {"text", e.text}}; }
  // Not for programs: -v shows it on standard error.
  Json operator()(const sync::Notice& /*e*/) const { return nullptr; }
};

}  // namespace

void JsonRenderer::event(const sync::Event& event) {
  if (const auto* notice = std::get_if<sync::Notice>(&event); notice != nullptr && verbose_ > 0)
    log(notice->text);
  if (const auto json = std::visit(ToJson{kind_}, event); !json.is_null()) streams_.out(dumped(json));
}

void JsonRenderer::summary(const sync::Summary& summary, int exit_status) {
  streams_.out(dumped(summary_json(summary, kind_, exit_status)));
}

void JsonRenderer::finding(const app::Finding& finding) {
  streams_.out(dumped({{"event", "finding"},
                       {"level", level_name(finding.level)},
                       {"topic", finding.topic},
                       {"text", finding.text},
                       {"remedy", finding.remedy}}));
}

void JsonRenderer::runs(const std::vector<app::RemovalRun>& runs) {
  for (const auto& run : runs)
    streams_.out(dumped({{"event", "removal_run"},
                         {"run", std::to_string(run.id)},
                         {"time", time_text(run.wall_seconds)},
                         {"mode", run.mode},
                         {"quarantined", run.quarantined},
                         {"undone", run.undone},
                         {"for_good", run.for_good}}));
}

void JsonRenderer::findings_done(const Error* stopped, int exit_status) {
  streams_.out(dumped({{"event", "summary"},
                       {"status", exit_status == 0 ? "ok" : "failed"},
                       {"error", stopped == nullptr ? Json(nullptr) : error_json(*stopped)},
                       {"exit_status", exit_status}}));
}

void JsonRenderer::log(std::string_view text) {
  streams_.err(printable(text) + "\n");
}

std::string report_json(const sync::Summary& summary, RunKind kind, int exit_status) {
  auto json = summary_json(summary, kind, exit_status);
  json["per_mailbox"] = Json::array();
  for (const auto& mailbox : summary.per_mailbox) json["per_mailbox"].push_back(mailbox_json(mailbox, kind));
  return dumped(json, 2);
}

}  // namespace pf::cli
