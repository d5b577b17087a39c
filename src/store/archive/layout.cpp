#include "store/archive/layout.h"

#include "base/encoding.h"
#include "store/archive/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace pf::store {

namespace {

constexpr std::size_t readable_octets = 40;
constexpr std::size_t most_flag_octets = std::size_t{64} << 20;
constexpr std::size_t most_mailboxes = 200'000;

// Short enough for a reference, and another for each file.
MessageRef ref_of_file(const std::string& folder, std::string_view file) {
  if (file.ends_with(".eml")) file.remove_suffix(4);
  const auto digest = hex(sha256(folder + "/" + std::string(file)));
  return MessageRef(fmt::format("{}-{}", file.substr(0, readable_octets), digest.substr(0, 8)));
}

std::optional<Digest256> digest_of(const std::string& text) {
  const auto octets = hex_decode(text);
  Digest256 out{};
  if (!octets || octets->size() != out.size()) return std::nullopt;
  std::ranges::copy(*octets, out.begin());
  return out;
}

// The server is gone: how its names were parted shows in the names.
NameRules guess_rules(const std::set<std::string>& names, std::optional<char> told) {
  NameRules rules;
  const auto any = [&](char c) {
    return std::ranges::any_of(names, [c](const auto& name) { return name.find(c) != std::string::npos; });
  };
  const auto has_parent = [&](const std::string& name) {
    const auto dot = name.rfind('.');
    return dot != std::string::npos && (names.contains(name.substr(0, dot)) || name.starts_with("INBOX."));
  };
  const bool dots = !any('/') && std::ranges::any_of(names, has_parent);
  rules.separator = told.value_or(dots ? '.' : '/');
  const std::string below = std::string("INBOX") + rules.separator;
  const auto is_below = [&](const std::string& name) { return name == "INBOX" || name.starts_with(below); };
  const bool all = names.size() > 1 && std::ranges::all_of(names, is_below);
  if (all) rules.prefix = below;
  return rules;
}

}  // namespace

Layout detect_layout(const os::Directory& root) {
  if (root.status(archive_file)) return Layout::none;
  if (is_provider_layout(root)) return Layout::provider;
  return is_folders_layout(root) ? Layout::folders : Layout::none;
}

Result<LayoutTree> read_layout(const os::Directory& root, Layout layout, const Log& log) {
  return layout == Layout::provider ? read_provider_layout(root, log) : read_folders_layout(root, log);
}

void LayoutBuilder::mailbox(const std::string& name, SpecialUse use) {
  if (boxes_.size() == most_mailboxes && !boxes_.contains(name)) return;
  Box& box = boxes_[name];
  if (use != SpecialUse::none) box.use = use;
}

std::uint32_t LayoutBuilder::flags_of(const std::string& text) {
  if (const auto known = flag_index_.find(text); known != flag_index_.end()) return known->second;
  if (flag_octets_ + text.size() > most_flag_octets) return text.empty() ? 0 : flags_of("");
  flag_octets_ += text.size();
  const auto index = static_cast<std::uint32_t>(tree_.flags.size());
  tree_.flags.push_back(FlagSet::parse(text));
  flag_index_.emplace(text, index);
  return index;
}

Status LayoutBuilder::message(const Found& found) {
  if (count_ == layout_most_messages || (boxes_.size() == most_mailboxes && !boxes_.contains(found.mailbox)))
    return Error{Errc::limit, Scope::account, Retry::never, "there are too many messages or mailboxes"};
  ++count_;
  const auto [folder, fresh] =
      folder_index_.emplace(found.folder, static_cast<std::uint32_t>(tree_.folders.size()));
  if (fresh) tree_.folders.push_back(found.folder);
  LayoutMessage message;
  message.folder = folder->second;
  message.flags = flags_of(found.flags);
  message.file = found.file;
  message.ref = ref_of_file(found.folder, found.file);
  message.date = InternalDate::parse(found.date);
  message.size = found.size;
  message.sha256 = digest_of(found.sha256);
  boxes_[found.mailbox].messages.push_back(std::move(message));
  return {};
}

LayoutTree LayoutBuilder::finish() {
  std::set<std::string> names;
  for (const auto& [name, box] : boxes_) names.insert(name);
  tree_.rules = guess_rules(names, separator_);
  // Two spellings of the INBOX are one.
  std::map<MailboxPath, std::size_t> places;
  for (const auto& name : names) {
    Box& box = boxes_[name];
    const MailboxPath path = path_from_wire(name, tree_.rules);
    const auto [place, fresh] = places.emplace(path, tree_.mailboxes.size());
    if (fresh) tree_.mailboxes.push_back({name, path, box.use, {}});
    auto& all = tree_.mailboxes[place->second].messages;
    std::ranges::move(box.messages, std::back_inserter(all));
  }
  for (auto& mailbox : tree_.mailboxes) {
    std::ranges::sort(mailbox.messages, {}, &LayoutMessage::ref);
    const auto twice = std::ranges::unique(mailbox.messages, {}, &LayoutMessage::ref);
    mailbox.messages.erase(twice.begin(), twice.end());
  }
  return std::move(tree_);
}

}  // namespace pf::store
