#include "cli/render/summary_text.h"

#include "base/printable.h"
#include "cli/render/numbers.h"
#include "cli/render/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace pf::cli {
namespace {

using sync::MailboxReport;
using sync::Outcome;
using sync::Summary;

std::string messages(std::uint64_t count) {
  return counted(count, "message", "messages");
}
std::string mailboxes(std::uint64_t count) {
  return counted(count, "mailbox", "mailboxes");
}

// "4 copied (52.4 MB, 4.3 MB/s), 120 already there, 3 restored"
std::string what_was_done(const Summary& s) {
  auto text = fmt::format("{} copied", messages(s.copied));
  if (s.copied > 0)
    text += fmt::format(" ({}, {})", bytes_text(s.bytes_copied),
                        rate_text(s.seconds > 0 ? static_cast<double>(s.bytes_copied) / s.seconds : 0));
  text += fmt::format(", {} already there", grouped(s.matched));
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format(", {} {}", grouped(count), what);
  };
  add(s.restored, "restored");
  add(s.flags_changed, "with changed flags");
  add(s.copied_back, "copied from TO to FROM");
  add(s.moved, "moved");
  add(s.deleted, "removed");
  add(s.withheld, "not removed");
  add(s.vanished, "vanished at the source meanwhile");
  add(s.failed, "failed");
  return text;
}

std::string differences(const Summary& s) {
  return fmt::format("{} missing, {} extra, {} different", grouped(s.missing), grouped(s.extra),
                     grouped(s.different));
}

std::string compared(const Summary& s) {
  auto text = fmt::format("{} in {}", messages(s.source_messages), mailboxes(s.mailboxes));
  if (s.normalised > 0) text += fmt::format(", {} changed by the target on arrival", grouped(s.normalised));
  return text;
}

std::string verify_headline(const Summary& s) {
  const auto time = span_text(s.seconds);
  switch (s.outcome) {
    case Outcome::failed:
      return s.nothing_done ? "Failed: nothing was compared." : fmt::format("Failed after {}.", time);
    case Outcome::interrupted:
      return fmt::format("Interrupted after {}.", time);
    default:
      break;
  }
  if (s.verify_differs)
    return fmt::format("Different: {}; compared {} in {}.", differences(s), compared(s), time);
  if (s.extra > 0)
    return fmt::format("Complete: nothing is missing, {} extra; compared {} in {}.", grouped(s.extra),
                       compared(s), time);
  return fmt::format("Equal: compared {} in {}.", compared(s), time);
}

std::string dry_run_headline(const Summary& s) {
  if (s.outcome == Outcome::failed) return "Dry run failed: nothing was changed.";
  if (s.outcome == Outcome::interrupted) return "Dry run interrupted: nothing was changed.";
  // What would be copied stands above, line by line: the plan.
  auto text = fmt::format("Dry run, nothing was changed: {} in {} looked at, {} already there",
                          messages(s.source_messages), mailboxes(s.mailboxes), grouped(s.matched));
  if (s.withheld > 0)
    text += fmt::format("; a safety guard would not let {} be removed", messages(s.withheld));
  return text + ".";
}

std::string sync_headline(const Summary& s) {
  const auto time = span_text(s.seconds);
  switch (s.outcome) {
    case Outcome::ok:
      if (s.copied + s.copied_back + s.restored + s.flags_changed + s.deleted + s.moved + s.withheld == 0)
        return fmt::format("Nothing to do: {} in {} are all there ({}).", messages(s.source_messages),
                           mailboxes(s.mailboxes), time);
      return fmt::format("Done in {}: {}.", time, what_was_done(s));
    case Outcome::partial:
      return fmt::format("Finished in {}, not all of it: {}.", time, what_was_done(s));
    case Outcome::failed:
      if (s.nothing_done) return "Failed: nothing was done.";
      return fmt::format("Failed after {}: {}.", time, what_was_done(s));
    case Outcome::refused:
      return fmt::format("Finished in {}, a safety guard withheld some of it: {}.", time, what_was_done(s));
    case Outcome::interrupted:
      return fmt::format("Interrupted after {}: {}. The same command goes on from here.", time,
                         what_was_done(s));
  }
  return {};
}

std::string undo_headline(const Summary& s) {
  const auto time = span_text(s.seconds);
  const auto done = fmt::format("{} put back", messages(s.restored));
  switch (s.outcome) {
    case Outcome::ok:
      return fmt::format("Done in {}: {}.", time, done);
    case Outcome::interrupted:
      return fmt::format("Interrupted after {}: {}. The same command goes on from here.", time, done);
    case Outcome::failed:
      if (s.nothing_done) return "Failed: nothing was done.";
      return fmt::format("Failed after {}: {}.", time, done);
    default:
      return fmt::format("Finished in {}, not all of it: {}.", time, done);
  }
}

std::string headline(const Summary& summary, RunKind kind) {
  switch (kind) {
    case RunKind::verify:
      return verify_headline(summary);
    case RunKind::dry_run:
      return dry_run_headline(summary);
    case RunKind::undo:
      return undo_headline(summary);
    case RunKind::sync:
      break;
  }
  return sync_headline(summary);
}

bool is_worth_a_line(const MailboxReport& m) {
  return m.created || m.copied + m.restored + m.flags_changed + m.vanished + m.failed + m.deleted +
                              m.withheld + m.moved + m.copied_back + m.missing + m.extra + m.different +
                              m.normalised >
                          0;
}

// One column of the table; left out when it is optional and all zero.
struct Column {
  std::string_view title;
  std::string (*cell)(const MailboxReport&);
  bool (*wanted)(const MailboxReport&);
};

template <std::uint64_t MailboxReport::* field>
std::string number_cell(const MailboxReport& m) {
  return grouped(m.*field);
}
template <std::uint64_t MailboxReport::* field>
bool not_zero(const MailboxReport& m) {
  return m.*field > 0;
}
bool always(const MailboxReport& /*m*/) {
  return true;
}

std::string size_cell(const MailboxReport& m) {
  return bytes_text(m.bytes_copied);
}
std::string rate_cell(const MailboxReport& m) {
  if (m.seconds <= 0 || m.bytes_copied == 0) return "-";
  return rate_text(static_cast<double>(m.bytes_copied) / m.seconds);
}
std::string time_cell(const MailboxReport& m) {
  return span_text(m.seconds);
}

std::vector<Column> columns(RunKind kind) {
  using M = MailboxReport;
  if (kind == RunKind::verify)
    return {{"source", number_cell<&M::source_messages>, always},
            {"target", number_cell<&M::target_messages>, always},
            {"missing", number_cell<&M::missing>, always},
            {"extra", number_cell<&M::extra>, always},
            {"different", number_cell<&M::different>, always},
            {"normalised", number_cell<&M::normalised>, not_zero<&M::normalised>}};
  return {{"messages", number_cell<&M::source_messages>, always},
          {kind == RunKind::dry_run ? "to copy" : "copied", number_cell<&M::copied>, always},
          {"there", number_cell<&M::matched>, always},
          {"restored", number_cell<&M::restored>, not_zero<&M::restored>},
          {"flags", number_cell<&M::flags_changed>, not_zero<&M::flags_changed>},
          {"from TO", number_cell<&M::copied_back>, not_zero<&M::copied_back>},
          {"moved", number_cell<&M::moved>, not_zero<&M::moved>},
          {"removed", number_cell<&M::deleted>, not_zero<&M::deleted>},
          {"withheld", number_cell<&M::withheld>, not_zero<&M::withheld>},
          {"vanished", number_cell<&M::vanished>, not_zero<&M::vanished>},
          {"failed", number_cell<&M::failed>, not_zero<&M::failed>},
          {"missing", number_cell<&M::missing>, not_zero<&M::missing>},
          {"different", number_cell<&M::different>, not_zero<&M::different>},
          {"size", size_cell, always},
          {"rate", rate_cell, always},
          {"time", time_cell, always}};
}

std::string mailbox_name(const MailboxReport& m) {
  auto text = printable(m.source.empty() ? m.target : m.source);
  if (!m.target.empty() && !m.source.empty() && m.target != m.source) text += " -> " + printable(m.target);
  return m.created ? text + " (new)" : text;
}

std::string mailbox_table(const Summary& summary, const SummaryStyle& style) {
  std::vector<const MailboxReport*> shown;
  for (const auto& mailbox : summary.per_mailbox)
    if (style.all_mailboxes || is_worth_a_line(mailbox)) shown.push_back(&mailbox);
  if (shown.empty()) return {};

  auto all = columns(style.kind);
  std::erase_if(all, [&](const Column& column) {
    return std::ranges::none_of(shown, [&](const auto* mailbox) { return column.wanted(*mailbox); });
  });
  std::vector<std::vector<std::string>> rows(1, {"mailbox"});
  for (const auto& column : all) rows.front().emplace_back(column.title);
  for (const auto* mailbox : shown) {
    auto& row = rows.emplace_back(1, mailbox_name(*mailbox));
    for (const auto& column : all) row.push_back(column.cell(*mailbox));
  }
  auto text = "\n" + table_text(rows);
  if (const auto quiet = summary.per_mailbox.size() - shown.size(); quiet > 0)
    text += fmt::format("  and {} without a change\n", mailboxes(quiet));
  return text;
}

std::string traffic(const Summary& s) {
  if (s.bytes_received + s.bytes_sent == 0) return {};
  auto text = fmt::format("\nReceived {}, sent {}.", bytes_text(s.bytes_received), bytes_text(s.bytes_sent));
  if (s.waited_source + s.waited_target + s.waited_commit >= 0.05)
    text += fmt::format(" Connections waited {} for the source, {} for the target, {} for its commits.",
                        span_text(s.waited_source), span_text(s.waited_target), span_text(s.waited_commit));
  return text + "\n";
}

std::string listed(std::string_view title, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  auto text = fmt::format("\n{}\n", title);
  for (const auto& line : lines) text += fmt::format("  {}\n", line);
  return text;
}

std::vector<std::string> all_printable(const std::vector<std::string>& lines) {
  std::vector<std::string> out;
  out.reserve(lines.size());
  for (const auto& line : lines) out.push_back(printable(line));
  return out;
}

std::string how_to_undo(const Summary& s) {
  if (s.run.empty()) return {};
  return fmt::format("\n'postferry undo {} FROM TO' puts back what was removed.\n", printable(s.run));
}

std::string failures(const Summary& summary) {
  std::vector<std::string> lines;
  bool set_aside = false;
  for (const auto& failure : summary.failures) {
    lines.push_back(failure_text(failure));
    set_aside = set_aside || failure.set_aside;
  }
  auto text = listed("Failures:", lines);
  if (set_aside) text += "A message the target refused for good is sent again only with --retry-failed.\n";
  return text;
}

}  // namespace

std::string failure_text(const sync::Failure& failure) {
  auto where = printable(failure.mailbox);
  if (!failure.ref.empty())
    where += fmt::format("{}uid {}", where.empty() ? "" : ", ", printable(failure.ref));
  auto what = printable(failure.message.empty() ? failure.reason : failure.message);
  return where.empty() ? what : fmt::format("{}: {}", where, what);
}

std::string summary_text(const Summary& summary, const SummaryStyle& style) {
  auto text = headline(summary, style.kind) + "\n";
  const bool compared_after = style.kind == RunKind::sync && summary.verify_differs;
  if (compared_after)
    text += fmt::format("The comparison afterwards found differences: {}.\n", differences(summary));
  if (style.kind != RunKind::dry_run) text += mailbox_table(summary, style);
  text += traffic(summary);
  text += how_to_undo(summary);
  text += listed("Changed on both sides:", all_printable(summary.conflicts));
  text += listed("Warnings:", all_printable(summary.warnings));
  return text + failures(summary);
}

}  // namespace pf::cli
