#include "cli/args.h"

#include "base/ascii.h"
#include "cli/args_parts.h"
#include "cli/bulk_options.h"
#include "cli/bulk_sync.h"
#include "cli/bulk_words.h"
#include "cli/did_you_mean.h"
#include "cli/options.h"
#include "config/sizes.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace pf::cli {
namespace {

using config::usage_error;

constexpr std::uint64_t max_run = std::numeric_limits<std::int64_t>::max();

Result<sync::Order> parse_order(std::string_view text) {
  if (text == "oldest") return sync::Order::oldest;
  if (text == "newest") return sync::Order::newest;
  return not_one_of(text, "oldest or newest");
}

Result<Command> sync_command(const RawArgs& raw) {
  SyncCommand command;
  PF_TRY(command.from, endpoint(raw, 0, "from-"));
  PF_TRY(command.to, endpoint(raw, 1, "to-"));
  PF_TRY(command.common, common(raw));
  PF_TRY(command.policy, sync_policy(raw));
  PF_TRYV(take(raw, "order", parse_order, command.policy.order));
  return command;
}

Result<Command> verify_command(const RawArgs& raw) {
  VerifyCommand command;
  PF_TRY(command.from, endpoint(raw, 0, "from-"));
  PF_TRY(command.to, endpoint(raw, 1, "to-"));
  PF_TRY(command.common, common(raw));
  auto& policy = command.policy;
  PF_TRY(policy.mailboxes, mailbox_choice(raw));
  PF_TRY(policy.messages, message_choice(raw));
  PF_TRY(policy.timing, timing(raw));
  PF_TRYV(take(raw, "connections", parse_connections, policy.connections));
  policy.content = raw.has("content");
  return command;
}

Result<Command> undo_command(const RawArgs& raw) {
  UndoCommand command;
  const std::size_t first = raw.has("list") ? 0 : 1;
  if (first == 1) {
    const auto run = config::parse_count(raw.positionals.front(), 1, max_run);
    if (!run)
      return usage_error(fmt::format("'{}' is no run", raw.positionals.front()),
                         "'postferry undo --list FROM TO' shows them");
    command.run = static_cast<std::int64_t>(*run);
  }
  PF_TRY(command.from, endpoint(raw, first, "from-"));
  PF_TRY(command.to, endpoint(raw, first + 1, "to-"));
  PF_TRY(command.timing, timing(raw));
  PF_TRY(command.common, common(raw));
  return command;
}

Result<Command> syncimap(const RawArgs& raw) {
  return syncimap_command(raw);
}

template <BulkMode mode>
Result<Command> bulk(const RawArgs& raw) {
  PF_TRY(auto command, bulk_command(mode, raw));
  return command;
}

Result<Command> bulk_sync(const RawArgs& raw) {
  PF_TRY(auto command, bulk_sync_command(raw));
  return command;
}

Result<Command> archive_check_command(const RawArgs& raw) {
  ArchiveCheckCommand command;
  PF_TRY(const auto shared, common(raw));
  command.output = shared.output;
  command.directory = raw.positionals.front();
  if (command.directory.starts_with("archive:"))
    command.directory.erase(0, std::string_view("archive:").size());
  if (command.directory.empty()) return usage_error("no directory", "see 'postferry archive check --help'");
  return command;
}

Result<Command> doctor_command(const RawArgs& raw) {
  DoctorCommand command;
  PF_TRY(command.endpoint, endpoint(raw, 0, ""));
  PF_TRY(command.common, common(raw));
  return command;
}

Result<Command> completion_command(const RawArgs& raw) {
  const auto& shell = raw.positionals.front();
  if (shell == "bash") return CompletionCommand{Shell::bash};
  if (shell == "zsh") return CompletionCommand{Shell::zsh};
  if (shell == "fish") return CompletionCommand{Shell::fish};
  return not_one_of(shell, "bash, zsh or fish");
}

Result<Command> man_command(const RawArgs& /*raw*/) {
  return ManCommand{};
}

// One for every command of the table.
constexpr std::array parsers = {
    std::pair{std::string_view("sync"), &sync_command},
    std::pair{std::string_view("verify"), &verify_command},
    std::pair{std::string_view("undo"), &undo_command},
    std::pair{std::string_view("syncimap"), &syncimap},
    std::pair{std::string_view("bulk sync"), &bulk_sync},
    std::pair{std::string_view("bulk export"), &bulk<BulkMode::exporting>},
    std::pair{std::string_view("bulk import"), &bulk<BulkMode::importing>},
    std::pair{std::string_view("bulk validate"), &bulk<BulkMode::validate>},
    std::pair{std::string_view("bulk test"), &bulk<BulkMode::test>},
    std::pair{std::string_view("bulk audit"), &bulk<BulkMode::audit>},
    std::pair{std::string_view("bulk preflight"), &bulk<BulkMode::preflight>},
    std::pair{std::string_view("archive check"), &archive_check_command},
    std::pair{std::string_view("doctor"), &doctor_command},
    std::pair{std::string_view("completion"), &completion_command},
    std::pair{std::string_view("man"), &man_command},
};

// `family`: "bulk" when `word` stands behind it.
Error unknown_command(std::string_view word, std::string_view family = {}) {
  const auto name = family.empty() ? std::string(word) : fmt::format("{} {}", family, word);
  const auto help = fmt::format("see 'postferry {}{}--help'", family, family.empty() ? "" : " ");
  if (word.starts_with('-')) return usage_error(fmt::format("unknown option '{}'", name), help);
  std::vector<std::string_view> names = {"help"};
  for (const auto& command : commands()) {
    if (command.hidden) continue;
    names.push_back(command.name);
    if (family.empty() && !family_of(command).empty()) names.push_back(family_of(command));
  }
  const auto meant = did_you_mean(name, names);
  return usage_error(fmt::format("unknown command '{}'", name),
                     meant ? fmt::format("did you mean {}?", *meant) : help);
}

// What the first words name, and how many of them do.
struct Named {
  std::string_view name;
  std::size_t words = 0;
  const CommandSpec* spec = nullptr;  // nothing: a family
};

Result<Named> find_named(std::span<const std::string> words) {
  const std::string_view first = words.front();
  if (!is_family(first)) {
    const auto* spec = find_command(first);
    return spec == nullptr ? Result<Named>(unknown_command(first)) : Named{first, 1, spec};
  }
  if (words.size() == 1)
    return usage_error(fmt::format("'{}' is no command by itself", first),
                       fmt::format("see 'postferry {} --help'", first));
  const std::string_view second = words[1];
  if (second == "--help" || second == "-h") return Named{first, 1, nullptr};
  const auto* spec = find_command(fmt::format("{} {}", first, second));
  if (spec == nullptr) return unknown_command(second, first);
  return Named{spec->name, 2, spec};
}

Result<Command> help_command(std::span<const std::string> words) {
  if (words.empty() || words.front().starts_with('-')) return HelpCommand{};
  if (words.size() == 1 && is_family(words.front())) return HelpCommand{words.front()};
  PF_TRY(const auto named, find_named(words));
  return HelpCommand{std::string(named.name)};
}

Result<Command> parse_words(std::span<const std::string> words) {
  if (words.empty()) return usage_error("no command", "see 'postferry --help'");
  const auto& first = words.front();
  if (first == "--help" || first == "-h" || first == "help") return help_command(words.subspan(1));
  if (first == "--version" || first == "-V") return VersionCommand{};
  PF_TRY(const auto named, find_named(words));
  if (named.spec == nullptr) return HelpCommand{std::string(named.name)};
  const auto raw = parse_raw(*named.spec, words.subspan(named.words));
  if (!raw && named.name == "syncimap") return syncimap_usage();
  if (!raw) return raw.error();
  if (raw->has("help")) return HelpCommand{std::string(named.name)};
  const auto parser = std::ranges::find(parsers, named.name, [](const auto& entry) { return entry.first; });
  return parser->second(*raw);
}

}  // namespace

Result<Command> parse_args(std::span<const std::string> words) {
  if (words.empty() || words.front() != "bulk") return parse_words(words);
  PF_TRY(const auto plain, bulk_words(words));
  return parse_words(plain);
}

}  // namespace pf::cli
