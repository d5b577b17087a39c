#include "cli/render/fleet_json.h"

#include "base/printable.h"
#include "cli/render/json.h"
#include "cli/render/json_parts.h"
#include "cli/render/numbers.h"
#include "cli/version.h"

#include <array>
#include <string_view>
#include <utility>

namespace pf::cli {
namespace {

using sync::Summary;

constexpr std::array<std::pair<const char*, std::uint64_t Summary::*>, 20> counters = {{
    {"mailboxes", &Summary::mailboxes},
    {"source_messages", &Summary::source_messages},
    {"copied", &Summary::copied},
    {"matched", &Summary::matched},
    {"restored", &Summary::restored},
    {"deleted", &Summary::deleted},
    {"flags_changed", &Summary::flags_changed},
    {"vanished", &Summary::vanished},
    {"failed", &Summary::failed},
    {"withheld", &Summary::withheld},
    {"moved", &Summary::moved},
    {"copied_back", &Summary::copied_back},
    {"left", &Summary::left},
    {"missing", &Summary::missing},
    {"extra", &Summary::extra},
    {"different", &Summary::different},
    {"normalised", &Summary::normalised},
    {"bytes_copied", &Summary::bytes_copied},
    {"bytes_sent", &Summary::bytes_sent},
    {"bytes_received", &Summary::bytes_received},
}};

void add_counters(Json& json, const Summary& summary) {
  for (const auto& [name, counter] : counters) json[name] = summary.*counter;
}

Json account_json(const AccountRow& account) {
  const auto& s = account.summary;
  Json json = {{"account", account.name},
               {"row", account.row},
               {"from", account.from},
               {"to", account.to},
               {"state", fleet::name(account.phase)}};
  add_counters(json, s);
  json["seconds"] = account.seconds;
  json["reason"] = account.reason.empty() ? Json(nullptr) : Json(account.reason);
  json["run"] = s.run.empty() ? Json(nullptr) : Json(s.run);
  json["warnings"] = s.warnings;
  json["conflicts"] = s.conflicts;
  json["failures"] = Json::array();
  for (const auto& failure : s.failures) json["failures"].push_back(failure_json(failure));
  json["error"] = s.fatal ? error_json(*s.fatal) : Json(nullptr);
  return json;
}

Json totals_json(const fleet::Totals& totals) {
  return {{"accounts", totals.accounts}, {"waiting", totals.waiting}, {"running", totals.running},
          {"stalled", totals.stalled},   {"done", totals.done},       {"accounts_failed", totals.failed},
          {"not_done", totals.not_done}, {"skipped", totals.skipped}};
}

Json progress_json(const fleet::Totals& totals) {
  Json json = {{"event", "progress"}};
  json.update(totals_json(totals));
  json["checking"] = totals.checking;
  json["messages_done"] = totals.messages;
  json["messages_total"] = totals.messages_expected;
  json["bytes_done"] = totals.bytes;
  json["bytes_total"] = totals.bytes_expected;
  json["bytes_per_second"] = totals.bytes_per_second;
  json["seconds"] = totals.seconds;
  json["seconds_left"] = totals.seconds_left ? Json(*totals.seconds_left) : Json(nullptr);
  return json;
}

std::string_view status_name(const FleetReport& report) {
  const auto& t = report.totals;
  if (!report.exit_status) return "running";
  constexpr int signals = 128;
  if (*report.exit_status > signals) return "interrupted";
  if (*report.exit_status == 0) return "ok";
  return t.done == 0 ? "failed" : "partial";
}

// Who failed, and why, in a line each.
Json failures_json(const FleetReport& report) {
  Json all = Json::array();
  for (const auto& account : report.accounts) {
    if (account.phase != fleet::Phase::failed) continue;
    const auto& s = account.summary;
    Json reason = nullptr;
    if (s.fatal)
      reason = name(s.fatal->code);
    else if (!s.failures.empty())
      reason = s.failures.front().reason;
    all.push_back({{"account", account.name},
                   {"row", account.row},
                   {"reason", std::move(reason)},
                   {"message", account.reason}});
  }
  return all;
}

Json summary_json(const FleetReport& report) {
  Json json = {{"status", status_name(report)}};
  json.update(totals_json(report.totals));
  add_counters(json, sum_of(report.accounts));
  json["seconds"] = report.totals.seconds;
  json["failures"] = failures_json(report);
  json["warnings"] = report.warnings;
  json["error"] = report.fatal.empty() ? Json(nullptr) : Json(report.fatal);
  json["exit_status"] = report.exit_status ? Json(*report.exit_status) : Json(nullptr);
  return json;
}

}  // namespace

FleetJsonRenderer::FleetJsonRenderer(FleetStyle style, const AccountBoard& board, Streams streams)
    : style_(style), board_(board), streams_(std::move(streams)), told_(board.size()) {
  streams_.out(dumped({{"event", "run"},
                       {"format", json_format},
                       {"version", version()},
                       {"accounts", board.size()},
                       {"dry_run", style.dry_run},
                       {"check", style.check}}));
}

void FleetJsonRenderer::account(std::size_t pair, const AccountRow& row) {
  told_[pair] = true;
  Json json = {{"event", "account"}};
  json.update(account_json(row));
  streams_.out(dumped(json));
}

void FleetJsonRenderer::event(const fleet::Event& event) {
  if (const auto* finished = std::get_if<fleet::AccountFinished>(&event)) {
    account(finished->result->pair, board_.row(finished->result->pair));
  } else if (const auto* progress = std::get_if<fleet::Progress>(&event)) {
    streams_.out(dumped(progress_json(progress->totals)));
  } else if (const auto* notice = std::get_if<fleet::Notice>(&event)) {
    if (style_.verbose > 0) log(notice->text);
  } else if (const auto* told = std::get_if<fleet::AccountEvent>(&event)) {
    const auto& name = board_.name(told->pair);
    if (const auto* plan = std::get_if<sync::Planned>(&told->event))
      streams_.out(dumped({{"event", "plan"}, {"account", name}, {"text", plan->text}}));
    else if (const auto* difference = std::get_if<sync::Difference>(&told->event))
      streams_.out(dumped({{"event", "difference"},
                           {"account", name},
                           {"mailbox", difference->mailbox},
                           {"uid", ref_json(difference->ref)},
                           {"kind", difference->kind},
                           {"detail", difference->detail}}));
  }
}

void FleetJsonRenderer::summary(const FleetReport& report, int /*exit_status*/) {
  for (std::size_t pair = 0; pair < report.accounts.size(); ++pair)
    if (!told_[pair]) account(pair, report.accounts[pair]);
  Json json = {{"event", "summary"}};
  json.update(summary_json(report));
  streams_.out(dumped(json));
}

void FleetJsonRenderer::log(std::string_view text) {
  streams_.err(printable(text) + "\n");
}

std::string accounts_json(const FleetReport& report) {
  Json json = {{"format", json_format},
               {"version", version()},
               {"began", time_text(report.began)},
               {"written", time_text(report.written)},
               {"dry_run", report.dry_run},
               {"check", report.check}};
  json["summary"] = summary_json(report);
  json["accounts"] = Json::array();
  for (const auto& account : report.accounts) json["accounts"].push_back(account_json(account));
  return dumped(json, 1);
}

}  // namespace pf::cli
