// From the values of options that several commands share to their types.  Errors: usage, naming the option.
#pragma once

#include "cli/command.h"
#include "cli/raw_args.h"
#include "config/usage.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace pf::cli {

// Parses the value of `option`, when it is given, into `into`.
template <class T, class Parse>
Status take(const RawArgs& raw, std::string_view option, Parse parse, T& into) {
  const auto text = raw.one(option);
  if (!text) return {};
  auto value = parse(*text);
  if (!value) return std::move(value.error().at(fmt::format("--{}", option)));
  into = *std::move(value);
  return {};
}

void take_text(const RawArgs& raw, std::string_view option, std::string& into);
Error not_one_of(std::string_view text, std::string_view words);

Result<std::size_t> parse_connections(std::string_view text);

Result<sync::RemovalPolicy> removal(const RawArgs& raw, sync::Mode mode);
Result<sync::PacePolicy> pace(const RawArgs& raw);
Result<sync::MailboxChoice> mailbox_choice(const RawArgs& raw);
Result<sync::MessageChoice> message_choice(const RawArgs& raw);
Result<sync::Timing> timing(const RawArgs& raw);
// All of it but the order of messages.
Result<sync::Policy> sync_policy(const RawArgs& raw);

// Where the password is; `prefix` is "from-", "to-" or nothing.  `where` stays empty.
Result<EndpointArgs> password_source(const RawArgs& raw, std::string_view prefix);
// The same for the account that stands at `position`.
Result<EndpointArgs> endpoint(const RawArgs& raw, std::size_t position, std::string_view prefix);
Result<CommonArgs> common(const RawArgs& raw);

}  // namespace pf::cli
