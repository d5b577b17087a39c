// Comma-separated values (RFC 4180), with the separator of choice.  Lenient where programs differ: lines may
// end in CR LF, LF or CR, and a quote in the middle of a cell that does not begin with one stands for itself.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::fleet {

struct CsvRecord {
  std::size_t line = 0;  // where it begins, from 1
  std::vector<std::string> cells;
  std::string_view problem = {};  // why it is none; its cells are not to be used
  // A line with nothing on it.
  [[nodiscard]] bool blank() const { return cells.size() == 1 && cells.front().empty(); }
};

// Linear in the text; holds one record.
class CsvReader {
 public:
  // `text` outlives the reader; `first_line` is the number of its first line.
  CsvReader(std::string_view text, char separator, std::size_t first_line = 1)
      : rest_(text), separator_(separator), line_(first_line) {}

  // Nothing at the end.  After a quote that is never closed nothing more comes.
  std::optional<CsvRecord> next();

 private:
  enum class End { cell, record, text };
  End take_cell(CsvRecord& record);
  void take_quoted(CsvRecord& record, std::string& cell);
  void take_line_end();
  [[nodiscard]] bool at_line_end() const { return rest_.front() == '\n' || rest_.front() == '\r'; }

  std::string_view rest_;
  char separator_;
  std::size_t line_;
};

}  // namespace pf::fleet
