// The man page, made from the option table.
#pragma once

#include <string>

namespace pf::cli {

// troff source (man macros) of postferry(1); no date in it, so that builds are reproducible.
std::string man_page();

}  // namespace pf::cli
