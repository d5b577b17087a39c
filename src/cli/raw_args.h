// The words of one command, sorted into options and positionals by the option table; values are still text.
#pragma once

#include "base/result.h"
#include "cli/options.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::cli {

struct RawArgs {
  std::map<std::string, std::vector<std::string>, std::less<>> values;  // options with a value, in order
  std::map<std::string, int, std::less<>> flags;                        // switches, how often
  std::vector<std::string> positionals;

  [[nodiscard]] bool has(std::string_view flag) const { return flags.contains(flag); }
  [[nodiscard]] int count(std::string_view flag) const;
  [[nodiscard]] const std::vector<std::string>& all(std::string_view option) const;
  [[nodiscard]] std::optional<std::string_view> one(std::string_view option) const;
};

// Errors: usage, one sentence; an unknown option with the one that may have been meant.  With --help among
// the words nothing else is complained of.
Result<RawArgs> parse_raw(const CommandSpec& command, std::span<const std::string> words);

}  // namespace pf::cli
