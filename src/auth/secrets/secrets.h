// Where passwords come from.  No error text ever holds one.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace pf::secrets {

// Errors: usage when the variable is not set or empty.
Result<Secret> from_env(const std::string& name);

// The first line, without its end (LF or CR LF); blanks at its edges belong to the password.  Errors: usage
// when that line is empty or holds a NUL, limit above 64 KiB, and those of os::read_file.
Result<Secret> from_file(const std::filesystem::path& path);
// True when others than the owner may read the file: worth a warning, not a refusal (a container's mounted
// secret is 0444).
Result<bool> readable_by_others(const std::filesystem::path& path);

// The first line of what the command prints: see os::run_secret_command.
Result<Secret> from_command(std::string_view line);

}  // namespace pf::secrets
