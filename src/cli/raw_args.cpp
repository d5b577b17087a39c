#include "cli/raw_args.h"

#include "cli/did_you_mean.h"
#include "config/usage.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::cli {
namespace {

using config::usage_error;

// What CLI11 fills in for one option of the table.
struct Slot {
  const Option* spec = nullptr;
  CLI::Option* option = nullptr;
};

std::string names_of(const Option& option) {
  return option.letter == '\0' ? fmt::format("--{}", option.name)
                               : fmt::format("-{},--{}", option.letter, option.name);
}

std::vector<Slot> declare(CLI::App& app, const CommandSpec& command) {
  std::vector<Slot> slots;
  for (const auto& group : command.groups)
    for (const auto& spec : group.options) {
      auto* option = spec.takes == Takes::nothing ? app.add_flag(names_of(spec))
                                                  : app.add_option(names_of(spec))
                                                        ->type_size(1)
                                                        ->expected(1, CLI::detail::expected_max_vector_size);
      option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      slots.push_back({&spec, option});
    }
  return slots;
}

std::string needs_a_value(const Option& option) {
  auto text = fmt::format("--{} needs a value", option.name);
  if (!option.words.empty()) text += fmt::format(": {}", fmt::join(option.words, ", "));
  return text;
}

Error unknown_option(const CommandSpec& command, std::string_view word) {
  const auto name = word.substr(0, word.find('='));
  std::vector<std::string_view> known;
  for (const auto& group : command.groups)
    for (const auto& option : group.options)
      if (!option.hidden) known.push_back(option.name);
  const auto bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
  const auto meant = did_you_mean(bare, known);
  return usage_error(fmt::format("unknown option '{}' of {}", name, command.name),
                     meant ? fmt::format("did you mean --{}?", *meant)
                           : fmt::format("see 'postferry {} --help'", command.name));
}

// "--name=" and "--switch=value": CLI11 would take the next word, or read a truth value.
Status check_equals(const CommandSpec& command, std::string_view word) {
  const auto equals = word.find('=');
  if (!word.starts_with("--") || equals == std::string_view::npos) return {};
  const auto* option = find_option(command, word.substr(2, equals - 2));
  if (option == nullptr) return {};
  if (option->takes == Takes::nothing) return usage_error(fmt::format("--{} takes no value", option->name));
  if (equals + 1 == word.size()) return usage_error(needs_a_value(*option));
  return {};
}

Status collect(RawArgs& raw, const Slot& slot) {
  const auto& spec = *slot.spec;
  if (slot.option->count() == 0) return {};
  if (spec.takes == Takes::nothing) {
    raw.flags[std::string(spec.name)] = static_cast<int>(slot.option->count());
    return {};
  }
  const auto& values = slot.option->results();
  if (values.size() > 1 && !spec.repeats) return usage_error(fmt::format("--{} is given twice", spec.name));
  if (std::ranges::any_of(values, &std::string::empty))
    return usage_error(fmt::format("--{} is empty", spec.name));
  raw.values[std::string(spec.name)] = values;
  return {};
}

Status check_positionals(const CommandSpec& command, const RawArgs& raw) {
  std::span<const std::string_view> wanted = command.positionals;
  std::string how = fmt::format("write postferry {} ", command.name);
  if (!command.unless.empty() && raw.has(command.unless)) {
    wanted = wanted.subspan(1);
    how += fmt::format("--{} ", command.unless);
  }
  if (raw.positionals.size() < wanted.size())
    return usage_error(fmt::format("{} is missing", wanted[raw.positionals.size()]),
                       how + fmt::format("{}", fmt::join(wanted, " ")));
  if (raw.positionals.size() > wanted.size())
    return usage_error(fmt::format("unexpected argument '{}'", raw.positionals[wanted.size()]),
                       fmt::format("see 'postferry {} --help'", command.name));
  return {};
}

// The option that stands last and lacks its value: what CLI11 complained of.
Error mismatch(const std::vector<Slot>& slots, std::span<const std::string> words) {
  for (const auto& slot : slots) {
    const auto& spec = *slot.spec;
    if (spec.takes != Takes::nothing && !words.empty() && words.back() == fmt::format("--{}", spec.name))
      return usage_error(needs_a_value(spec));
  }
  return usage_error("an option lacks its value");
}

}  // namespace

int RawArgs::count(std::string_view flag) const {
  const auto found = flags.find(flag);
  return found == flags.end() ? 0 : found->second;
}

const std::vector<std::string>& RawArgs::all(std::string_view option) const {
  static const std::vector<std::string> none;
  const auto found = values.find(option);
  return found == values.end() ? none : found->second;
}

std::optional<std::string_view> RawArgs::one(std::string_view option) const {
  const auto& values_given = all(option);
  return values_given.empty() ? std::nullopt : std::optional<std::string_view>(values_given.front());
}

Result<RawArgs> parse_raw(const CommandSpec& command, std::span<const std::string> words) {
  RawArgs raw;
  if (std::ranges::any_of(words, [](const auto& word) { return word == "--help" || word == "-h"; })) {
    raw.flags["help"] = 1;
    return raw;
  }
  for (const auto& word : words) {
    PF_TRYV(check_equals(command, word));
  }

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const auto slots = declare(app, command);
  app.add_option("words", raw.positionals);
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // CLI11 takes them from the back
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError&) {  // the library's way to refuse
    return mismatch(slots, words);
  }
  for (const auto& word : app.remaining()) {
    if (word != "--") return unknown_option(command, word);
  }
  for (const auto& slot : slots) {
    PF_TRYV(collect(raw, slot));
  }
  PF_TRYV(check_positionals(command, raw));
  return raw;
}

}  // namespace pf::cli
