#include "cli/completion.h"

#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace pf::cli {
namespace {

template <class Visit>
void each_option(const CommandSpec& command, Visit visit) {
  for (const auto& group : command.groups)
    for (const auto& option : group.options)
      if (!option.hidden) visit(option);
}

template <class Visit>
void each_command(Visit visit) {
  for (const auto& command : commands())
    if (!command.hidden) visit(command);
}

// "bulk", ...: each once.
std::vector<std::string_view> families() {
  std::vector<std::string_view> out;
  each_command([&](const CommandSpec& command) {
    const auto family = family_of(command);
    if (!family.empty() && std::ranges::find(out, family) == out.end()) out.push_back(family);
  });
  return out;
}

template <class Visit>
void each_member(std::string_view family, Visit visit) {
  each_command([&](const CommandSpec& command) {
    if (family_of(command) == family) visit(command);
  });
}

// "sync" of "bulk sync", and of "sync".
std::string_view last_word(const CommandSpec& command) {
  return command.name.substr(command.name.rfind(' ') + 1);
}

// The first words of all commands.
std::string command_names() {
  std::string out;
  each_member({}, [&](const CommandSpec& command) { out += fmt::format("{} ", command.name); });
  for (const auto family : families()) out += fmt::format("{} ", family);
  return out + "help";
}

std::string member_names(std::string_view family) {
  std::string out;
  each_member(family, [&](const CommandSpec& command) { out += fmt::format("{} ", last_word(command)); });
  return out + "--help";
}

// A quote inside single quotes of a shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string bash_value(const Option& option) {
  switch (option.takes) {
    case Takes::word:
      return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))", fmt::join(option.words, " "));
    case Takes::file:
      return "COMPREPLY=($(compgen -f -- \"$cur\"))";
    case Takes::directory:
      return "COMPREPLY=($(compgen -d -- \"$cur\"))";
    default:
      return "COMPREPLY=()";
  }
}

std::string bash_command(const CommandSpec& command) {
  std::string cases;
  std::string names;
  each_option(command, [&](const Option& option) {
    names += fmt::format("{}--{}", names.empty() ? "" : " ", option.name);
    if (option.takes != Takes::nothing)
      cases += fmt::format("        --{}) {}; return ;;\n", option.name, bash_value(option));
  });
  auto out = fmt::format("    '{}')\n", command.name);
  if (!cases.empty()) out += fmt::format("      case \"$prev\" in\n{}      esac\n", cases);
  out += fmt::format("      COMPREPLY=($(compgen -W '{}{}{}' -- \"$cur\")) ;;\n",
                     fmt::join(command.words, " "), command.words.empty() ? "" : " ", names);
  return out;
}

std::string bash_script() {
  std::string out =
      "# bash completion for postferry, made by 'postferry completion bash'\n"
      "_postferry() {\n"
      "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
  out += fmt::format("    COMPREPLY=($(compgen -W '{} --help --version' -- \"$cur\"))\n    return\n  fi\n",
                     command_names());
  out += "  local command=\"${COMP_WORDS[1]}\"\n";
  for (const auto family : families())
    out += fmt::format(
        "  if [ \"$command\" = {0} ]; then\n    if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
        "      COMPREPLY=($(compgen -W '{1}' -- \"$cur\"))\n      return\n    fi\n"
        "    command=\"{0} ${{COMP_WORDS[2]}}\"\n  fi\n",
        family, member_names(family));
  out += "  case \"$command\" in\n";
  each_command([&](const CommandSpec& command) { out += bash_command(command); });
  out += fmt::format("    help) COMPREPLY=($(compgen -W '{}' -- \"$cur\")) ;;\n", command_names());
  return out + "  esac\n}\ncomplete -F _postferry postferry\n";
}

// Inside "[...]" of _arguments, and after ':'.
std::string zsh_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_option(const Option& option) {
  std::string action;
  switch (option.takes) {
    case Takes::nothing:
      break;
    case Takes::word:
      action = fmt::format(":{}:({})", option.value, fmt::join(option.words, " "));
      break;
    case Takes::file:
      action = fmt::format(":{}:_files", option.value);
      break;
    case Takes::directory:
      action = fmt::format(":{}:_files -/", option.value);
      break;
    case Takes::text:
      action = fmt::format(":{}: ", option.value);
      break;
  }
  const auto spec =
      fmt::format("{}--{}[{}]{}", option.repeats ? "*" : "", option.name, zsh_escaped(option.help), action);
  return "        " + shell_quoted(spec) + " \\\n";
}

std::string zsh_descriptions(std::string_view family) {
  std::string out;
  each_member(family, [&](const CommandSpec& command) {
    out += fmt::format("      {}\n",
                       shell_quoted(fmt::format("{}:{}", last_word(command), zsh_escaped(command.summary))));
  });
  return out;
}

std::string zsh_script() {
  std::string out =
      "#compdef postferry\n"
      "# zsh completion for postferry, made by 'postferry completion zsh'\n"
      "_postferry() {\n"
      "  if (( CURRENT == 2 )); then\n"
      "    local -a commands=(\n";
  out += zsh_descriptions({});
  for (const auto family : families()) out += fmt::format("      '{}:commands of two words'\n", family);
  out +=
      "      'help:print help'\n    )\n"
      "    _describe command commands\n    return\n  fi\n"
      "  local command=$words[2]\n"
      "  shift words; (( CURRENT-- ))\n";
  for (const auto family : families())
    out += fmt::format(
        "  if [[ $command = {0} ]]; then\n    if (( CURRENT == 2 )); then\n"
        "      local -a members=(\n{1}    )\n      _describe command members\n      return\n    fi\n"
        "    command=\"{0} $words[2]\"\n    shift words; (( CURRENT-- ))\n  fi\n",
        family, zsh_descriptions(family));
  out += "  case $command in\n";
  each_command([&](const CommandSpec& command) {
    out += fmt::format("    '{}')\n      _arguments \\\n", command.name);
    each_option(command, [&](const Option& option) { out += zsh_option(option); });
    for (const auto positional : command.positionals) {
      const auto action =
          command.words.empty() ? std::string(" ") : fmt::format("({})", fmt::join(command.words, " "));
      out += fmt::format("        {} \\\n", shell_quoted(fmt::format(":{}:{}", positional, action)));
    }
    out += "        ;;\n";
  });
  return out + "  esac\n}\n_postferry \"$@\"\n";
}

// When the command has been typed; "sync" may have been so as part of "bulk sync".
std::string fish_condition(const CommandSpec& command) {
  const auto seen = [](std::string_view word) { return fmt::format("__fish_seen_subcommand_from {}", word); };
  const auto family = family_of(command);
  if (!family.empty()) return fmt::format("{}; and {}", seen(family), seen(last_word(command)));
  auto out = seen(command.name);
  for (const auto other : families()) out += fmt::format("; and not {}", seen(other));
  return out;
}

std::string fish_option(const CommandSpec& command, const Option& option) {
  auto line = fmt::format("complete -c postferry -n '{}' -l {}", fish_condition(command), option.name);
  if (option.letter != '\0') line += fmt::format(" -s {}", option.letter);
  switch (option.takes) {
    case Takes::nothing:
      break;
    case Takes::text:
      line += " -x";
      break;
    case Takes::word:
      line += fmt::format(" -x -a '{}'", fmt::join(option.words, " "));
      break;
    case Takes::file:
      line += " -r -F";
      break;
    case Takes::directory:
      line += " -x -a '(__fish_complete_directories)'";
      break;
  }
  // fish knows \\ and \' inside single quotes.
  std::string help;
  for (const char c : option.help) {
    if (c == '\\' || c == '\'') help += '\\';
    help += c;
  }
  return fmt::format("{} -d '{}'\n", line, help);
}

std::string fish_script() {
  std::string out =
      "# fish completion for postferry, made by 'postferry completion fish'\n"
      "complete -c postferry -f\n"
      "complete -c postferry -n __fish_use_subcommand -l help -d 'print help'\n"
      "complete -c postferry -n __fish_use_subcommand -l version -d 'print the version'\n";
  each_member({}, [&](const CommandSpec& command) {
    out += fmt::format("complete -c postferry -n __fish_use_subcommand -a {} -d '{}'\n", command.name,
                       command.summary);
  });
  for (const auto family : families()) {
    out += fmt::format("complete -c postferry -n __fish_use_subcommand -a {}\n", family);
    std::vector<std::string_view> members;
    each_member(family, [&](const CommandSpec& command) { members.push_back(last_word(command)); });
    for (const auto member : members)
      out += fmt::format(
          "complete -c postferry -n '__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}' "
          "-a "
          "{} -d '{}'\n",
          family, fmt::join(members, " "), member,
          find_command(fmt::format("{} {}", family, member))->summary);
  }
  each_command([&](const CommandSpec& command) {
    if (!command.words.empty())
      out += fmt::format("complete -c postferry -n '{}' -a '{}'\n", fish_condition(command),
                         fmt::join(command.words, " "));
    each_option(command, [&](const Option& option) { out += fish_option(command, option); });
  });
  return out;
}

}  // namespace

std::string completion_script(Shell shell) {
  switch (shell) {
    case Shell::bash:
      return bash_script();
    case Shell::zsh:
      return zsh_script();
    case Shell::fish:
      return fish_script();
  }
  return {};
}

}  // namespace pf::cli
