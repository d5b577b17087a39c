// <folder>/<ms>-<8 hex digits>.eml and .json with the mailbox, flags and date; or, newer, <folder>/u<uid>.eml
// and .json with digest and separator, too, and <folder>/.mailbox.json about the mailbox.
#include "base/ascii.h"
#include "base/printable.h"
#include "store/archive/archive_root.h"
#include "store/archive/errors.h"
#include "store/archive/layout.h"
#include "store/archive/loose_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pf::store {

namespace {

constexpr std::string_view about_mailbox = ".mailbox.json";
constexpr std::string_view about_export = "export-state.json";
constexpr std::size_t time_digits = 8;  // at least: milliseconds since 1970
constexpr std::size_t random_digits = 8;
constexpr std::size_t uid_digits = 10;
// What others put in the way is said, but not for ever.
constexpr std::size_t most_complaints = 100;

bool all_of(std::string_view text, auto predicate) {
  return std::ranges::all_of(text, predicate);
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

// "1704067200000-0123abcd.eml" or "u0000004711.eml".
bool is_message_name(std::string_view name) {
  if (!name.ends_with(".eml")) return false;
  name.remove_suffix(4);
  if (name.starts_with('u') && name.size() == uid_digits + 1) return all_of(name.substr(1), is_digit);
  const auto dash = name.find('-');
  return dash != std::string_view::npos && dash >= time_digits && all_of(name.substr(0, dash), is_digit) &&
         name.size() == dash + 1 + random_digits && all_of(name.substr(dash + 1), is_hex);
}

std::string json_of(const std::string& file) {
  return file.substr(0, file.size() - 3) + "json";
}

class FoldersReader {
 public:
  FoldersReader(const os::Directory& root, const Log& log) : root_(root), log_(log) {}

  Result<LayoutTree> read() {
    PF_TRY(auto folders, folder_names(root_));
    std::ranges::sort(folders);
    for (const auto& folder : folders) PF_TRYV(read_folder(folder));
    return builder_.finish();
  }

 private:
  Status read_folder(const std::string& name) {
    auto folder = root_.open_below(name);
    if (!folder) {
      complain(folder.error().context);
      return {};
    }
    std::vector<std::string> files;
    PF_TRYV(folder->each([&](os::Entry entry) -> Status {
      if (!is_message_name(entry.name)) return {};
      if (files.size() == layout_most_messages)
        return Error{Errc::limit, Scope::account, Retry::never,
                     fmt::format("{} holds too many files", folder->path().native())};
      files.push_back(std::move(entry.name));
      return {};
    }));
    std::ranges::sort(files);
    const std::string own = read_about(*folder);
    // Messages without a .json are where the others of this folder are.
    std::vector<LayoutBuilder::Found> homeless;
    std::string home = own;
    for (const auto& file : files) {
      auto found = read_message(*folder, name, file);
      if (!found) continue;
      if (found->mailbox.empty()) {
        homeless.push_back(*std::move(found));
        continue;
      }
      if (home.empty()) home = found->mailbox;
      PF_TRYV(builder_.message(*found));
    }
    for (auto& found : homeless) {
      found.mailbox = home.empty() ? name : home;
      PF_TRYV(builder_.message(found));
    }
    return {};
  }

  // The mailbox a folder is of, when it says so.
  std::string read_about(const os::Directory& folder) {
    const auto json = read_json(folder, std::string(about_mailbox));
    if (!json) return {};
    std::string mailbox = json->text("mailbox");
    if (mailbox.empty()) return {};
    auto use = SpecialUse::none;
    for (const auto& attribute : json->list("source_attributes")) {
      if (use == SpecialUse::none) use = parse_special_use(attribute);
    }
    builder_.mailbox(mailbox, use);
    note_separator(*json);
    return mailbox;
  }

  std::optional<LayoutBuilder::Found> read_message(const os::Directory& folder, const std::string& name,
                                                   const std::string& file) {
    LayoutBuilder::Found found;
    const auto status = folder.status(file);
    if (!status) {
      complain(status.error().context);
      return std::nullopt;
    }
    found.size = status->size;
    found.folder = name;
    found.file = file;
    const auto json = read_json(folder, json_of(file));
    if (!json) return found;
    found.mailbox = json->text("mailbox");
    for (const auto& flags : json->list("flags")) found.flags += (found.flags.empty() ? "" : " ") + flags;
    found.date = json->text("internaldate");
    found.sha256 = json->text("content_sha256");
    note_separator(*json);
    return found;
  }

  std::optional<LooseJson> read_json(const os::Directory& folder, const std::string& file) {
    const auto text = folder.read_file(file, layout_json_limit);
    if (!text) {
      if (text.error().code != Errc::not_found) complain(text.error().context);
      return std::nullopt;
    }
    auto json = parse_loose_json(*text);
    if (!json) complain(fmt::format("{} makes no sense, and is left out", (folder.path() / file).native()));
    return json;
  }

  void note_separator(const LooseJson& json) {
    const auto separator = json.text("source_delimiter");
    if (separator.size() == 1) builder_.separator(separator.front());
  }

  void complain(std::string_view what) {
    if (log_ && ++complaints_ <= most_complaints) log_(LogLevel::warning, printable(what));
  }

  const os::Directory& root_;
  const Log& log_;
  LayoutBuilder builder_;
  std::size_t complaints_ = 0;
};

bool holds_messages(const os::Directory& root, const std::string& name) {
  const auto folder = root.open_below(name);
  if (!folder) return false;
  if (folder->status(about_mailbox)) return true;
  bool found = false;
  ignore(folder->each([&](const os::Entry& entry) -> Status {
    found = found || (entry.kind == os::Entry::Kind::file && is_message_name(entry.name));
    if (!found) return {};
    return Error(Errc::exists, Scope::run, Retry::never, "seen");
  }));
  return found;
}

}  // namespace

bool is_folders_layout(const os::Directory& root) {
  const auto folders = folder_names(root);
  if (!folders) return false;
  if (std::ranges::any_of(*folders, [&](const auto& name) { return holds_messages(root, name); }))
    return true;
  return folders->empty() && root.status(about_export).has_value();
}

Result<LayoutTree> read_folders_layout(const os::Directory& root, const Log& log) {
  auto tree = FoldersReader(root, log).read();
  if (!tree) return of_account(std::move(tree).error());
  return tree;
}

}  // namespace pf::store
