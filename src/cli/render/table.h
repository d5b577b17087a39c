// Text in columns.
#pragma once

#include <string>
#include <vector>

namespace pf::cli {

// Rows of equal length: the first column to the left, all others to the right, two blanks between; each line
// after two blanks.  Widths are those of columns_of().
std::string table_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace pf::cli
