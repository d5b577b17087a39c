// A `bulk` command line as imapsync_bulk_migrator's users write it, put into the words of the option table.
#pragma once

#include "base/result.h"

#include <span>
#include <string>
#include <vector>

namespace pf::cli {

// `words` begin with "bulk".  The mode may be a word or `--mode X`; beginnings of long options that fit one
// only are written out, those of the reference before our own.  What follows "bulk sync" stays as it is.
// Errors: usage, also for the options of hosting panels, which are not offered.
Result<std::vector<std::string>> bulk_words(std::span<const std::string> words);

}  // namespace pf::cli
