// Damaged database files: kept under another name, never deleted, never read again by us.
#pragma once

#include "base/result.h"

#include <string>

namespace pf::state {

// Notes beside the database that it was found damaged while in use, so that the next start sets it aside.
Status mark_suspect(const std::string& database_path);
[[nodiscard]] bool is_suspect(const std::string& database_path);

// Renames the file to <path>.damaged-<wall seconds>, its log with it, and takes the mark away.  The new path.
Result<std::string> set_aside(const std::string& database_path);

}  // namespace pf::state
