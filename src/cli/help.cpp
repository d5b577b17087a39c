#include "cli/help.h"

#include "cli/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace pf::cli {
namespace {

constexpr std::size_t option_column = 34;

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (auto at = text.find(separator); at != std::string_view::npos; at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

std::string option_help(const Option& option) {
  const auto left = fmt::format("  {}{}", option.letter == '\0' ? "    " : "", usage_of(option));
  const auto right =
      wrapped(fmt::format("{}{}", option.help,
                          option.repeats && option.takes != Takes::nothing ? " (may be repeated)" : ""),
              option_column);
  if (left.size() + 2 > option_column) return left + "\n" + right;
  return left + right.substr(left.size());
}

std::string examples_of(const CommandSpec& command) {
  std::string out = "\nEXAMPLES\n";
  for (const auto& example : command.examples)
    out += fmt::format("  {}\n      {}\n", example.command, example.meaning);
  return out;
}

std::string command_line(const CommandSpec& command) {
  constexpr std::size_t widest = 19;
  const auto usage = usage_of(command);
  return fmt::format("  {:<20}{}\n", usage.size() <= widest ? usage : fmt::format("{} ...", command.name),
                     command.summary);
}

constexpr std::string_view endpoint_help = R"(
ACCOUNTS
  FROM and TO are URLs or names of accounts in the configuration file:
    imaps://USER@HOST[:993]         TLS from the first octet
    imap://USER@HOST[:143]          STARTTLS, required
  An '@' in USER may be written %40. Items after '?', joined by '&':
    tls=implicit|starttls|none  ca=FILE  pin=SHA256  auth=MECHANISM
    admin=USER  admin-form=authzid|star|proxyauth
)";

constexpr std::string_view exit_help = R"(
EXIT STATUS
  0 done · 1 unexpected failure · 2 usage or configuration · 3 cannot connect
  or log in · 4 differences found · 5 withheld by a guard · 6 finished, some
  failed · 7 another run is at work · 130/143 interrupted, state kept
)";

}  // namespace

std::string usage_of(const CommandSpec& command) {
  std::string out(command.name);
  bool optional = !command.unless.empty();
  for (const auto positional : command.positionals) {
    out += optional ? fmt::format(" [{}]", positional) : fmt::format(" {}", positional);
    optional = false;
  }
  return out;
}

std::string usage_of(const Option& option) {
  auto out = option.letter == '\0' ? fmt::format("--{}", option.name)
                                   : fmt::format("-{}, --{}", option.letter, option.name);
  if (!option.value.empty()) out += fmt::format(" {}", option.value);
  return out;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::string line;
  for (const auto word : split(text, " ")) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
      out += fmt::format("{:{}}{}\n", "", indent, line);
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return out + fmt::format("{:{}}{}\n", "", indent, line);
}

std::string program_help() {
  auto out =
      fmt::format("postferry {}: {}\n\nUSAGE\n  postferry COMMAND [OPTIONS]\n", version(), program_summary());
  std::string_view group;
  for (const auto& command : commands()) {
    if (command.hidden) continue;
    if (command.group != group) out += fmt::format("\n{}\n", command.group);
    group = command.group;
    out += command_line(command);
  }
  out += "\nEXAMPLES\n";
  for (const auto* name : {"sync", "verify", "doctor"}) {
    const auto& example = find_command(name)->examples.front();
    out += fmt::format("  {}\n      {}\n", example.command, example.meaning);
  }
  return out + "\n'postferry COMMAND --help' tells all options of a command.\n";
}

std::string family_help(std::string_view family) {
  auto out = fmt::format("USAGE\n  postferry {} COMMAND [OPTIONS]\n\nCOMMANDS\n", family);
  for (const auto& command : commands())
    if (!command.hidden && family_of(command) == family) out += command_line(command);
  return out + fmt::format("\n'postferry {} COMMAND --help' tells all options of a command.\n", family);
}

std::string command_help(const CommandSpec& command) {
  auto out = fmt::format("postferry {}: {}\n\nUSAGE\n  postferry {} [OPTIONS]\n\n", command.name,
                         command.summary, usage_of(command));
  bool first = true;
  for (const auto paragraph : split(command.description, "\n\n")) {
    if (!first) out += '\n';
    first = false;
    out += wrapped(paragraph, 0);
  }
  for (const auto& group : command.groups) {
    out += fmt::format("\n{}\n", group.title);
    for (const auto& option : group.options)
      if (!option.hidden) out += option_help(option);
  }
  const bool has_accounts = std::ranges::find(command.positionals, "FROM") != command.positionals.end();
  if (has_accounts) out += endpoint_help;
  out += examples_of(command);
  if (has_accounts) out += exit_help;
  return out;
}

}  // namespace pf::cli
