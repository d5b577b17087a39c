#include "fleet/csv.h"

#include <array>
#include <utility>

namespace pf::fleet {

void CsvReader::take_line_end() {
  rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
  ++line_;
}

// What stands after the opening quote, up to the closing one.
void CsvReader::take_quoted(CsvRecord& record, std::string& cell) {
  while (!rest_.empty()) {
    if (rest_.front() == '"') {
      rest_.remove_prefix(1);
      if (!rest_.starts_with('"')) return;
    } else if (at_line_end()) {
      cell += rest_.starts_with("\r\n") ? "\r\n" : rest_.substr(0, 1);
      take_line_end();
      continue;
    }
    cell += rest_.front();
    rest_.remove_prefix(1);
  }
  record.problem = "a quote is not closed";
}

CsvReader::End CsvReader::take_cell(CsvRecord& record) {
  std::string cell;
  const bool quoted = rest_.starts_with('"');
  if (quoted) {
    rest_.remove_prefix(1);
    take_quoted(record, cell);
  }
  const std::array ends = {separator_, '\r', '\n'};
  const auto plain = rest_.substr(0, rest_.find_first_of(std::string_view(ends.data(), ends.size())));
  if (quoted && !plain.empty()) record.problem = "text stands behind a closing quote";
  cell += plain;
  rest_.remove_prefix(plain.size());
  record.cells.push_back(std::move(cell));
  if (rest_.empty()) return End::text;
  if (!at_line_end()) {
    rest_.remove_prefix(1);
    return End::cell;
  }
  take_line_end();
  return End::record;
}

std::optional<CsvRecord> CsvReader::next() {
  if (rest_.empty()) return std::nullopt;
  CsvRecord record;
  record.line = line_;
  while (take_cell(record) == End::cell) {
  }
  return record;
}

}  // namespace pf::fleet
