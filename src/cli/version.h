// What this build is.
#pragma once

#include <string>
#include <string_view>

namespace pf::cli {

std::string_view version();  // "0.1.0"
std::string version_line();  // "postferry 0.1.0 (Clang 19.1.7)"

}  // namespace pf::cli
