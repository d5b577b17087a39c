#include "cli/render/table.h"

#include "cli/render/numbers.h"

#include <algorithm>

namespace pf::cli {

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - columns_of(row[i]), ' ');
      out += "  ";
      out += i == 0 ? row[i] + padding : padding + row[i];
    }
    out += '\n';
  }
  return out;
}

}  // namespace pf::cli
