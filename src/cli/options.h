// The one table of commands and options.  Parsing, --help, completion scripts and the man page all come from
// it, so they cannot drift apart.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace pf::cli {

// What an option takes, for completion.
enum class Takes { nothing, text, word, file, directory };

struct Option {
  std::string_view name;  // without the dashes
  char letter = '\0';
  Takes takes = Takes::nothing;
  std::string_view value = {};  // name of the value in help: "GLOB"
  std::string_view help = {};
  bool repeats = false;
  bool hidden = false;
  std::vector<std::string_view> words = {};  // all values of Takes::word
};

struct OptionGroup {
  std::string_view title;
  std::vector<Option> options;
};

struct Example {
  std::string_view command, meaning;
};

struct CommandSpec {
  std::string_view name;                           // one word, or two: "bulk sync"
  std::string_view group = {};                     // heading in the top help
  std::vector<std::string_view> positionals = {};  // all required but for `unless`
  std::string_view unless = {};                    // a switch with which the first positional is left out
  std::vector<std::string_view> words = {};        // values of the first positional, when it is one of few
  std::string_view summary = {};                   // one line, lower case, no full stop
  std::string_view description = {};               // paragraphs, parted by an empty line
  std::vector<OptionGroup> groups = {};
  std::vector<Example> examples = {};
  bool hidden = false;
};

std::span<const CommandSpec> commands();
const CommandSpec* find_command(std::string_view name);
// Whether commands of two words begin with `word`: "bulk".
bool is_family(std::string_view word);
// "bulk" of "bulk sync"; empty for a command of one word.
std::string_view family_of(const CommandSpec& command);
const Option* find_option(const CommandSpec& command, std::string_view name);

std::string_view program_summary();

}  // namespace pf::cli
