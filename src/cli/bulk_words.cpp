#include "cli/bulk_words.h"

#include "cli/bulk_command.h"
#include "cli/options.h"
#include "config/usage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace pf::cli {
namespace {

using config::usage_error;
using Names = std::vector<std::string_view>;

constexpr std::array<std::string_view, 13> reference_options = {
    "mode",
    "config",
    "output-dir",
    "input-dir",
    "max-workers",
    "log-dir",
    "ignore-errors",
    "min-free-gb",
    "imap-timeout",
    "resync-missing",
    "no-audit-after-export",
    "no-connectivity-test",
    "audit-offline",
};
// Beginnings of the options of hosting panels.
constexpr std::array<std::string_view, 5> panel_options = {"auto-provision-", "da-", "cpanel-",
                                                           "reset-confirm", "reset"};

Names beginning_with(std::span<const std::string_view> names, std::string_view prefix) {
  Names found;
  std::ranges::copy_if(names, std::back_inserter(found), [&](auto name) { return name.starts_with(prefix); });
  return found;
}

// All modes take the same options, as they do there.
Names own_options() {
  Names names;
  for (const auto& group : find_command("bulk export")->groups)
    for (const auto& option : group.options) names.push_back(option.name);
  return names;
}

bool about_panels(std::string_view name) {
  return std::ranges::any_of(panel_options, [&](auto panel) {
    return panel.ends_with('-') ? name.starts_with(panel) : name == panel;
  });
}

Error no_panels(std::string_view name) {
  return usage_error(fmt::format("--{}: postferry does not set up or reset accounts at hosting panels", name),
                     "make the accounts at the panel first, then leave out this option");
}

// The whole name of a long option; as it is when nobody knows it.
Result<std::string> whole_name(const std::string& name, const Names& own) {
  if (name == "mode" || std::ranges::find(own, name) != own.end()) return name;
  if (about_panels(name)) return no_panels(name);
  auto meant = beginning_with(reference_options, name);
  if (meant.empty()) meant = beginning_with(own, name);
  if (meant.size() == 1) return std::string(meant.front());
  if (meant.size() > 1)
    return usage_error(
        fmt::format("ambiguous option: --{} could match --{}", name, fmt::join(meant, ", --")));
  if (!beginning_with(panel_options, name).empty() && !name.empty()) return no_panels(name);
  return name;
}

bool takes_value(std::string_view name) {
  const auto* option = find_option(*find_command("bulk export"), name);
  return option != nullptr && option->takes != Takes::nothing;
}

class Rewriting {
 public:
  explicit Rewriting(std::span<const std::string> words) : words_(words) {}

  Result<std::vector<std::string>> rewrite() {
    while (at_ < words_.size()) {
      const auto& word = words_[at_++];
      if (word == "--") {
        out_.push_back(word);
        take_rest();
      } else if (word.starts_with("--")) {
        PF_TRYV(option(word.substr(2)));
      } else if (!word.starts_with('-') && !mode_) {
        mode_ = word;
        if (word == "sync") take_rest();
      } else {
        out_.push_back(word);
      }
    }
    if (mode_)
      out_.insert(out_.begin(), *mode_);
    else if (std::ranges::none_of(out_, [](const auto& word) { return word == "--help" || word == "-h"; }))
      return usage_error("bulk needs a mode",
                         "write postferry bulk export, import, validate, test, audit, "
                         "preflight or sync, or --mode with one of them");
    out_.insert(out_.begin(), "bulk");
    return std::move(out_);
  }

 private:
  void take_rest() {
    out_.insert(out_.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end());
    at_ = words_.size();
  }

  Status option(const std::string& text) {
    const auto equals = text.find('=');
    PF_TRY(const auto name, whole_name(text.substr(0, equals), own_));
    std::optional<std::string> value;
    if (equals != std::string::npos) value = text.substr(equals + 1);
    if (name == "mode") return take_mode(value);
    out_.push_back("--" + name + (value ? "=" + *value : ""));
    if (!value && takes_value(name) && at_ < words_.size()) out_.push_back(words_[at_++]);
    return {};
  }

  Status take_mode(std::optional<std::string> value) {
    if (!value && at_ < words_.size()) value = words_[at_++];
    if (!value || value->empty()) return usage_error("--mode needs a value: export, import, validate, ...");
    if (mode_ && *mode_ != *value)
      return usage_error(fmt::format("the mode is given twice, as {} and {}", *mode_, *value));
    mode_ = value;
    if (*mode_ == "sync") take_rest();
    return {};
  }

  std::span<const std::string> words_;
  std::size_t at_ = 1;
  Names own_ = own_options();
  std::vector<std::string> out_;
  std::optional<std::string> mode_;
};

}  // namespace

Result<std::vector<std::string>> bulk_words(std::span<const std::string> words) {
  return Rewriting(words).rewrite();
}

}  // namespace pf::cli
