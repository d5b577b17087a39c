#include "base/digest.h"
#include "base/encoding.h"
#include "base/printable.h"
#include "cli/render/fleet_report.h"
#include "cli/render/numbers.h"
#include "cli/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace pf::cli {
namespace {

using fleet::Phase;

constexpr std::size_t max_rows = 10'000;  // a browser bears no more; accounts.csv has all
constexpr std::size_t max_lines = 100;    // of one account

constexpr std::string_view style = R"(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#5c6672;--line:#d9dee4;--card:#f5f7f9;--ok:#1a7f37;--bad:#cf222e;--warn:#9a6700;--run:#0969da}
@media(prefers-color-scheme:dark){:root{--bg:#0f1318;--fg:#e6edf3;--soft:#9aa5b1;--line:#2d343c;--card:#171c22;--ok:#3fb950;--bad:#ff7b72;--warn:#d29922;--run:#58a6ff}}
body{margin:0 auto;padding:2rem 1rem;max-width:75rem;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0;color:var(--soft)}
.cards{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0;padding:0;list-style:none}
.cards li{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.5rem 1rem;min-width:6rem}
.cards b{display:block;font-size:1.25rem}.cards span{color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:600;white-space:nowrap}th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid var(--run)}
th[aria-sort=ascending] button::after{content:" \2191"}th[aria-sort=descending] button::after{content:" \2193"}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td.r{overflow-wrap:anywhere;min-width:14rem}
.done{color:var(--ok)}.failed{color:var(--bad)}.not-done{color:var(--warn)}.running{color:var(--run)}.waiting,.skipped{color:var(--soft)}
details{border-bottom:1px solid var(--line);padding:.3rem 0}summary{cursor:pointer}li{overflow-wrap:anywhere}
@media print{body{max-width:none;padding:0}}
)";

constexpr std::string_view script = R"(
document.querySelectorAll("th button").forEach(function(button){button.addEventListener("click",function(){
var th=button.parentNode,at=th.cellIndex,body=th.closest("table").tBodies[0];
var down=th.getAttribute("aria-sort")==="ascending";
th.parentNode.querySelectorAll("th").forEach(function(other){other.removeAttribute("aria-sort")});
th.setAttribute("aria-sort",down?"descending":"ascending");
var value=function(row){var cell=row.cells[at];return cell.dataset.v===undefined?cell.textContent:Number(cell.dataset.v)};
Array.from(body.rows).sort(function(a,b){var x=value(a),y=value(b);
var less=typeof x==="number"?x-y:x.localeCompare(y);return down?-less:less}).forEach(function(row){body.appendChild(row)});
})});
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string head(const FleetReport& report) {
  const auto digest = sha256(script);
  const std::string_view octets(reinterpret_cast<const char*>(digest.data()), digest.size());
  auto out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'sha256-{}'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
      base64_encode(octets));
  if (!report.exit_status) out += "<meta http-equiv=\"refresh\" content=\"15\">\n";
  return out + fmt::format("<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
                           escaped(headline(report)), style);
}

std::string card(std::string_view value, std::string_view what) {
  return fmt::format("<li><b>{}</b><span>{}</span></li>\n", value, what);
}

std::string top(const FleetReport& report) {
  const auto& t = report.totals;
  auto out = fmt::format("<h1>{}</h1>\n<p>{} {}, {} {}, by postferry {}</p>\n", escaped(headline(report)),
                         report.check     ? "Check of logins, begun"
                         : report.dry_run ? "Dry run, begun"
                                          : "Begun",
                         time_text(report.began), report.exit_status ? "ended" : "as of",
                         time_text(report.written), escaped(version()));
  if (report.exit_status) out += fmt::format("<p>Exit status {}</p>\n", *report.exit_status);
  if (!report.fatal.empty()) out += fmt::format("<p class=\"failed\">{}</p>\n", escaped(report.fatal));
  for (const auto& warning : report.warnings) out += fmt::format("<p>{}</p>\n", escaped(warning));
  const auto sum = sum_of(report.accounts);
  out += "<ul class=\"cards\">\n" + card(grouped(t.accounts), "accounts") + card(grouped(t.done), "done");
  for (const auto& [count, what] :
       {std::pair{t.failed, "failed"}, std::pair{t.not_done, "not done"}, std::pair{t.running, "running"},
        std::pair{t.waiting, "waiting"}, std::pair{t.skipped, "not asked for"}})
    if (count > 0) out += card(grouped(count), what);
  out += card(grouped(sum.source_messages), "messages at the source") + card(grouped(sum.copied), "copied") +
         card(grouped(sum.matched), "already there");
  for (const auto& [count, what] :
       {std::pair{sum.failed, "messages failed"}, std::pair{sum.deleted, "removed"},
        std::pair{sum.missing, "missing"}, std::pair{sum.different, "different"},
        std::pair{sum.normalised, "normalised by the target"}})
    if (count > 0) out += card(grouped(count), what);
  return out + card(bytes_text(sum.bytes_copied), "copied") + card(span_text(t.seconds), "duration") +
         "</ul>\n";
}

std::string number_cell(std::uint64_t value) {
  return fmt::format("<td class=\"n\" data-v=\"{}\">{}</td>", value, grouped(value));
}

std::string account_row(const AccountRow& account) {
  const auto& s = account.summary;
  const auto state = fleet::name(account.phase);
  std::string what = account.reason;
  if (account.phase == Phase::running && account.messages_expected > 0)
    what = fmt::format("{} of {}", grouped(account.messages_done),
                       counted(account.messages_expected, "message", "messages"));
  if (what.empty() && !s.warnings.empty()) what = counted(s.warnings.size(), "warning", "warnings");
  return fmt::format("<tr><td title=\"{} &rarr; {}\">{}</td><td class=\"{}\">{}</td>", escaped(account.from),
                     escaped(account.to), escaped(account.name), state, state) +
         number_cell(s.mailboxes) + number_cell(s.source_messages) + number_cell(s.copied) +
         number_cell(s.matched) + number_cell(s.failed) +
         fmt::format("<td class=\"n\" data-v=\"{}\">{}</td><td class=\"n\" data-v=\"{:.3f}\">{}</td>",
                     s.bytes_copied, bytes_text(s.bytes_copied), account.seconds,
                     account.seconds > 0 ? span_text(account.seconds) : std::string()) +
         fmt::format("<td class=\"r\">{}</td></tr>\n", escaped(what));
}

bool needs_a_look(const AccountRow& account) {
  return account.phase == Phase::failed || account.phase == Phase::not_done;
}

std::string table(const FleetReport& report) {
  std::string out = "<h2>Accounts</h2>\n<div class=\"scroll\"><table>\n<thead><tr>";
  for (const auto* title : {"Account", "State"})
    out += fmt::format("<th scope=\"col\"><button>{}</button></th>", title);
  for (const auto* title : {"Mailboxes", "Messages", "Copied", "There", "Failed", "Bytes", "Time"})
    out += fmt::format("<th scope=\"col\" class=\"n\"><button>{}</button></th>", title);
  out += "<th scope=\"col\"><button>What to know</button></th></tr></thead>\n<tbody>\n";
  std::size_t shown = 0;
  // Those that need a look stand first.
  for (const bool looked_for : {true, false})
    for (const auto& account : report.accounts)
      if (needs_a_look(account) == looked_for && shown < max_rows) {
        out += account_row(account);
        ++shown;
      }
  out += "</tbody>\n</table></div>\n";
  if (shown < report.accounts.size())
    out += fmt::format("<p>{} more are in accounts.csv.</p>\n", grouped(report.accounts.size() - shown));
  return out;
}

std::string failure_line(const sync::Failure& failure) {
  auto place = failure.mailbox;
  if (!failure.ref.empty()) place += ", uid " + failure.ref;
  return place.empty() ? failure.message : place + ": " + failure.message;
}

std::string list_of(const AccountRow& account, const std::vector<std::string>& lines) {
  auto out = fmt::format("<details><summary>{} ({})</summary>\n<ul>\n", escaped(account.name),
                         grouped(lines.size()));
  for (std::size_t i = 0; i < std::min(lines.size(), max_lines); ++i)
    out += fmt::format("<li>{}</li>\n", escaped(lines[i]));
  if (lines.size() > max_lines)
    out += fmt::format("<li>and {} more</li>\n", grouped(lines.size() - max_lines));
  return out + "</ul></details>\n";
}

// A section with an entry for each account that has lines; nothing when none has.
template <class Lines>
std::string section(const FleetReport& report, std::string_view title, Lines lines_of) {
  std::string out;
  std::size_t shown = 0;
  for (const auto& account : report.accounts) {
    const auto lines = lines_of(account);
    if (lines.empty() || shown == max_rows) continue;
    out += list_of(account, lines);
    ++shown;
  }
  return out.empty() ? out : fmt::format("<h2>{}</h2>\n{}", title, out);
}

std::vector<std::string> failures_of(const AccountRow& account) {
  std::vector<std::string> lines;
  if (account.summary.fatal) lines.push_back(account.summary.fatal->describe());
  for (const auto& failure : account.summary.failures) lines.push_back(failure_line(failure));
  return lines;
}

}  // namespace

std::string index_html(const FleetReport& report) {
  return head(report) + top(report) + table(report) + section(report, "Failures", failures_of) +
         section(report, "Warnings, and what was changed on the way",
                 [](const AccountRow& account) { return account.summary.warnings; }) +
         section(report, "Changed on both sides",
                 [](const AccountRow& account) { return account.summary.conflicts; }) +
         fmt::format("<script>{}</script>\n</body>\n</html>\n", script);
}

}  // namespace pf::cli
