#include "cli/args_parts.h"

#include "base/ascii.h"
#include "config/config_file.h"
#include "config/sizes.h"

#include <array>
#include <charconv>
#include <utility>

namespace pf::cli {
namespace {

using config::usage_error;

constexpr std::uint64_t max_removals = 1'000'000'000'000;
constexpr std::uint64_t max_message_rate = 1'000'000;

Result<Duration> parse_wait(std::string_view text) {
  PF_TRY(const auto time, config::parse_duration(text));
  return Duration(time);
}

Result<Duration> parse_positive_wait(std::string_view text) {
  PF_TRY(const auto time, parse_wait(text));
  if (time == Duration::zero()) return usage_error("it must be more than 0");
  return time;
}

Result<sync::Mode> parse_mode(std::string_view text) {
  for (const auto mode : {sync::Mode::copy, sync::Mode::mirror, sync::Mode::two_way})
    if (text == sync::name(mode)) return mode;
  return not_one_of(text, "copy, mirror or two-way");
}

// "100" messages or "5%" of what is there, from 0.
Status parse_most(std::string_view text, sync::RemovalPolicy& removal) {
  if (const auto count = config::parse_count(text, 0, max_removals)) {
    removal.most_messages = *count;
    return {};
  }
  constexpr double whole = 100;
  const bool percent = text.ends_with('%') && text.size() > 1;
  double value = 0;
  const auto number = text.substr(0, text.size() - (percent ? 1 : 0));
  const auto* end = number.data() + number.size();
  const auto [rest, error] =
      std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
  const bool in_range = value >= 0 && value <= whole;  // "nan" is a number to from_chars
  if (!percent || error != std::errc{} || rest != end || !in_range)
    return usage_error(fmt::format("'{}' is no number and no share: write 100 or 5%", text));
  removal.most_percent = value;
  return {};
}

// What only makes sense where something is removed, or only in a mirror.
Status check_removal_options(const RawArgs& raw, sync::Mode mode) {
  const auto given = [&](std::string_view option) { return raw.has(option) || raw.one(option); };
  if (given("delete-extra") && mode != sync::Mode::mirror)
    return usage_error("--delete-extra needs --mode mirror");
  for (const std::string_view option : {"expunge", "max-delete", "delete-to", "delete-mailboxes", "yes"})
    if (given(option) && mode == sync::Mode::copy)
      return usage_error(fmt::format("--{} needs --mode mirror or two-way", option));
  if (raw.has("keep-deleted") && mode == sync::Mode::two_way)
    return usage_error("--keep-deleted and --mode two-way exclude each other");
  if (raw.has("expunge") && raw.one("delete-to"))
    return usage_error("--expunge and --delete-to exclude each other");
  // What was left out of the comparison would count as extra.
  for (const std::string_view option : {"since", "before", "max-size", "skip-deleted"})
    if (given(option) && raw.has("delete-extra"))
      return usage_error(fmt::format("--delete-extra and --{} exclude each other", option));
  return {};
}

Result<std::uint64_t> parse_message_rate(std::string_view text) {
  return config::parse_count(text, 1, max_message_rate);
}

Result<OutputArgs> output(const RawArgs& raw) {
  OutputArgs args;
  args.format = raw.has("json") ? Format::json : Format::text;
  args.quiet = raw.has("quiet");
  args.verbose = raw.count("verbose");
  take_text(raw, "report", args.report_dir);
  if (args.quiet && args.verbose > 0) return usage_error("--quiet and --verbose exclude each other");
  return args;
}

}  // namespace

void take_text(const RawArgs& raw, std::string_view option, std::string& into) {
  if (const auto text = raw.one(option)) into = *text;
}

Error not_one_of(std::string_view text, std::string_view words) {
  return usage_error(fmt::format("'{}' is unknown: use {}", text, words));
}

Result<std::size_t> parse_connections(std::string_view text) {
  return config::parse_count(text, 1, config::max_connections);
}

Result<sync::RemovalPolicy> removal(const RawArgs& raw, sync::Mode mode) {
  sync::RemovalPolicy removal;
  PF_TRYV(check_removal_options(raw, mode));
  removal.extra = raw.has("delete-extra");
  removal.for_good = raw.has("expunge");
  removal.mailboxes = raw.has("delete-mailboxes");
  removal.confirmed = raw.has("yes");
  take_text(raw, "delete-to", removal.quarantine);
  if (iequals(removal.quarantine, "INBOX"))
    return usage_error("--delete-to: INBOX cannot be the quarantine: name a mailbox of its own");
  if (const auto text = raw.one("max-delete")) {
    if (auto parsed = parse_most(*text, removal); !parsed)
      return std::move(parsed.error().at("--max-delete"));
  }
  return removal;
}

Result<sync::PacePolicy> pace(const RawArgs& raw) {
  sync::PacePolicy pace;
  PF_TRYV(take(raw, "max-rate", config::parse_size, pace.bytes_per_second));
  PF_TRYV(take(raw, "max-messages-rate", parse_message_rate, pace.messages_per_second));
  PF_TRYV(take(raw, "max-bytes", config::parse_size, pace.most_bytes));
  return pace;
}

Result<sync::MailboxChoice> mailbox_choice(const RawArgs& raw) {
  sync::MailboxChoice choice;
  choice.include = raw.all("mailbox");
  choice.exclude = raw.all("exclude");
  choice.map_special_use = raw.has("map-special-use");
  for (const auto& text : raw.all("map")) {
    auto pair = config::parse_map(text);
    if (!pair) return std::move(pair.error().at("--map"));
    choice.map.push_back(*std::move(pair));
  }
  return choice;
}

Result<sync::MessageChoice> message_choice(const RawArgs& raw) {
  sync::MessageChoice choice;
  PF_TRYV(take(raw, "since", config::parse_date, choice.since));
  PF_TRYV(take(raw, "before", config::parse_date, choice.before));
  PF_TRYV(take(raw, "max-size", config::parse_size, choice.max_size));
  choice.skip_deleted = raw.has("skip-deleted");
  if (choice.since && choice.before && *choice.since >= *choice.before)
    return usage_error("--since is not before --before: no message can match");
  return choice;
}

Result<sync::Timing> timing(const RawArgs& raw) {
  sync::Timing timing;
  PF_TRYV(take(raw, "settle", parse_wait, timing.settle_floor));
  PF_TRYV(take(raw, "time-limit", parse_positive_wait, timing.budget));
  return timing;
}

Result<EndpointArgs> password_source(const RawArgs& raw, std::string_view prefix) {
  EndpointArgs args;
  const std::array sources = {std::pair{"env", &args.password_env}, std::pair{"file", &args.password_file},
                              std::pair{"command", &args.password_command}};
  std::string first;
  for (const auto& [kind, slot] : sources) {
    const auto option = fmt::format("{}password-{}", prefix, kind);
    take_text(raw, option, *slot);
    if (slot->empty()) continue;
    if (!first.empty()) return usage_error(fmt::format("--{} and --{} exclude each other", first, option));
    first = option;
  }
  return args;
}

Result<EndpointArgs> endpoint(const RawArgs& raw, std::size_t position, std::string_view prefix) {
  PF_TRY(auto args, password_source(raw, prefix));
  args.where = raw.positionals[position];
  return args;
}

Result<CommonArgs> common(const RawArgs& raw) {
  CommonArgs args;
  PF_TRY(args.output, output(raw));
  take_text(raw, "config", args.config_file);
  take_text(raw, "state-dir", args.state_dir);
  take_text(raw, "trace", args.trace_file);
  PF_TRYV(take(raw, "compress", config::parse_compress, args.compress));
  PF_TRYV(take(raw, "timeout", parse_positive_wait, args.io_timeout));
  args.allow_cleartext = raw.has("allow-cleartext");
  args.allow_damaged = raw.has("allow-damaged");
  return args;
}

Result<sync::Policy> sync_policy(const RawArgs& raw) {
  sync::Policy policy;
  PF_TRYV(take(raw, "mode", parse_mode, policy.mode));
  PF_TRY(policy.removal, removal(raw, policy.mode));
  PF_TRY(policy.pace, pace(raw));
  PF_TRY(policy.mailboxes, mailbox_choice(raw));
  PF_TRY(policy.messages, message_choice(raw));
  PF_TRY(policy.timing, timing(raw));
  PF_TRYV(take(raw, "connections", parse_connections, policy.connections));
  policy.dry_run = raw.has("dry-run");
  policy.sync_flags = !raw.has("no-flags");
  policy.keep_deleted = raw.has("keep-deleted");
  policy.retry_failed = raw.has("retry-failed");
  policy.adopt_renumbered = raw.has("adopt-renumbered");
  policy.verify_after = raw.has("verify");
  if (policy.dry_run && policy.verify_after) return usage_error("--dry-run and --verify exclude each other");
  return policy;
}

}  // namespace pf::cli
