#include "base/ascii.h"
#include "fleet/csv.h"
#include "fleet/list_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pf::fleet {
namespace {

constexpr std::size_t max_columns = 64;

// Nothing as field: a column that is known and not used.
struct Column {
  std::optional<Field> field;
  std::string name;
};

// https://learn.microsoft.com/exchange/mailbox-migration/csv-files-for-imap-migration-batches
std::optional<Column> microsoft_column(std::string_view name) {
  if (iequals(name, "EmailAddress")) return Column{Field{End::target, "user"}, "EmailAddress"};
  if (iequals(name, "UserName")) return Column{Field{End::source, "user"}, "UserName"};
  if (iequals(name, "Password")) return Column{Field{End::source, "password"}, "Password"};
  if (iequals(name, "UserRoot")) return Column{std::nullopt, "UserRoot"};
  return std::nullopt;
}

std::optional<Column> column_of(std::string_view cell) {
  const auto name = trim_blanks(cell);
  if (const auto field = field_of(name)) return Column{field, std::string(name)};
  return microsoft_column(name);
}

struct Header {
  char separator = ',';
  std::size_t line = 0;
  std::vector<Column> columns;
};

// The separator of a spreadsheet's "sep=;" line, which is taken off.
std::optional<char> take_separator_line(std::string_view& text, std::size_t& line) {
  const auto first = text.substr(0, text.find_first_of("\r\n"));
  if (first.size() != 5 || !iequals(first.substr(0, 4), "sep=")) return std::nullopt;
  const char separator = first.back();
  text.remove_prefix(first.size());
  text.remove_prefix(std::min<std::size_t>(text.starts_with("\r\n") ? 2 : 1, text.size()));
  ++line;
  return separator;
}

// The first line that is not blank, parted as most of its cells are known.
std::optional<CsvRecord> header_record(std::string_view text, std::size_t line, std::optional<char> said,
                                       char& separator) {
  std::optional<CsvRecord> best;
  std::ptrdiff_t most = 0;
  for (const char candidate : said ? std::vector<char>{*said} : std::vector<char>{',', ';', '\t'}) {
    CsvReader reader(text, candidate, line);
    auto record = reader.next();
    while (record && record->blank()) record = reader.next();
    if (!record || !record->problem.empty()) continue;
    const auto known =
        std::ranges::count_if(record->cells, [](const auto& c) { return column_of(c).has_value(); });
    if (known <= most) continue;
    most = known;
    separator = candidate;
    best = std::move(record);
  }
  return best;
}

// False: the header is wrong, and it was said why.
bool read_header(const CsvRecord& record, Header& header, ListBuilder& builder) {
  if (record.cells.size() > max_columns) {
    builder.problem(record.line, fmt::format("more than {} columns", max_columns));
    return false;
  }
  bool fine = true;
  for (std::size_t i = 0; i < record.cells.size(); ++i) {
    auto column = column_of(record.cells[i]);
    const bool twice =
        column && column->field && std::ranges::any_of(header.columns, [&](const Column& c) {
          return c.field && c.field->end == column->field->end && c.field->item == column->field->item;
        });
    if (!column) {
      builder.problem(record.line, fmt::format("column {} is unknown: known are {}", i + 1, field_names()));
    } else if (twice) {
      builder.problem(record.line, fmt::format("column {} ({}) is there twice", i + 1, column->name));
    }
    fine = fine && column && !twice;
    header.columns.push_back(column ? *std::move(column) : Column{});
  }
  return fine;
}

// Names and numbers are told without the blanks around them; a password is what it is.
std::string cell_value(std::string cell, const Field& field) {
  if (field.item == "password") return cell;
  return std::string(trim_blanks(cell));
}

void read_record(CsvRecord record, const Header& header, ListBuilder& builder, bool& told_unused) {
  if (!record.problem.empty()) return builder.problem(record.line, std::string(record.problem));
  if (record.blank()) return;
  if (record.cells.size() != header.columns.size())
    return builder.problem(record.line, fmt::format("{} cells, but the header has {}", record.cells.size(),
                                                    header.columns.size()));
  Row row{.number = record.line, .cells = {}};
  for (std::size_t i = 0; i < record.cells.size(); ++i) {
    const auto& field = header.columns[i].field;
    if (field) {
      row.cells.push_back({*field, cell_value(std::move(record.cells[i]), *field)});
    } else if (!trim_blanks(record.cells[i]).empty() && !std::exchange(told_unused, true)) {
      builder.list().notes.push_back(
          "the column UserRoot is not used: where mailboxes begin, the server tells");
    }
  }
  builder.add(std::move(row));
}

}  // namespace

bool read_table(std::string_view text, ListBuilder& builder) {
  Header header;
  std::size_t first_line = 1;
  const auto said = take_separator_line(text, first_line);
  const auto first = header_record(text, first_line, said, header.separator);
  if (!first) {
    if (said)
      builder.problem(first_line, fmt::format("this is no header: known columns are {}", field_names()));
    return said.has_value();
  }
  if (!read_header(*first, header, builder)) return true;
  CsvReader reader(text, header.separator, first_line);
  bool told_unused = false;
  bool header_passed = false;
  while (auto record = reader.next()) {
    if (std::exchange(header_passed, header_passed || record->line == first->line))
      read_record(*std::move(record), header, builder, told_unused);
    if (builder.overflowing()) break;
  }
  return true;
}

}  // namespace pf::fleet
