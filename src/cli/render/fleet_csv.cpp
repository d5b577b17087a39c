#include "base/printable.h"
#include "cli/render/fleet_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace pf::cli {
namespace {

// https://owasp.org/www-community/attacks/CSV_Injection, with the full-width forms some programs take as
// well.
constexpr std::array<std::string_view, 11> formula_starts = {
    "=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"};

// Names come from a list, all else from servers: neither may begin a formula, end a cell, or hide a
// character.
std::string cell(std::string_view text) {
  auto shown = printable(text);
  if (std::ranges::any_of(formula_starts, [&](auto start) { return text.starts_with(start); }))
    shown.insert(0, "'");
  if (shown.find_first_of(",;\"") == std::string::npos) return shown;
  std::string quoted = "\"";
  for (const char c : shown) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string line(std::initializer_list<std::string> cells) {
  return fmt::format("{}\r\n", fmt::join(cells, ","));
}

std::string number(std::uint64_t value) {
  return fmt::format("{}", value);
}

std::string account_line(const AccountRow& account) {
  const auto& s = account.summary;
  return line({cell(account.name),
               number(account.row),
               cell(account.from),
               cell(account.to),
               std::string(fleet::name(account.phase)),
               number(s.mailboxes),
               number(s.source_messages),
               number(s.copied),
               number(s.matched),
               number(s.restored),
               number(s.flags_changed),
               number(s.deleted),
               number(s.withheld),
               number(s.vanished),
               number(s.failed),
               number(s.missing),
               number(s.extra),
               number(s.different),
               number(s.normalised),
               number(s.bytes_copied),
               fmt::format("{:.3f}", account.seconds),
               number(s.warnings.size()),
               cell(fmt::format("{}", fmt::join(s.warnings, " | "))),
               cell(account.reason)});
}

}  // namespace

std::string accounts_csv(const FleetReport& report) {
  std::string out =
      "account,row,source,target,state,mailboxes,source_messages,copied,already_there,restored,flags_changed,"
      "removed,"
      "withheld,vanished,failed,missing,extra,different,normalised,bytes_copied,seconds,warnings,warning_"
      "texts,"
      "reason\r\n";
  for (const auto& account : report.accounts) out += account_line(account);
  return out;
}

std::string failures_csv(const FleetReport& report) {
  std::string out = "account,row,source,target,state,mailbox,uid,reason,message,server_text\r\n";
  for (const auto& account : report.accounts) {
    const auto row = [&](std::string_view mailbox, std::string_view ref, std::string_view reason,
                         std::string_view message, std::string_view server_text) {
      out += line({cell(account.name), number(account.row), cell(account.from), cell(account.to),
                   std::string(fleet::name(account.phase)), cell(mailbox), cell(ref), cell(reason),
                   cell(message), cell(server_text)});
    };
    const auto& summary = account.summary;
    if (summary.fatal)
      row("", "", name(summary.fatal->code), summary.fatal->describe(), summary.fatal->server_text);
    else if (summary.failures.empty() && !account.reason.empty())
      row("", "", "", account.reason, "");
    for (const auto& failure : summary.failures)
      row(failure.mailbox, failure.ref, failure.reason, failure.message, failure.server_text);
  }
  return out;
}

}  // namespace pf::cli
