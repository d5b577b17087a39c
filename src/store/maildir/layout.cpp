#include "store/maildir/layout.h"

#include "base/ascii.h"
#include "base/printable.h"
#include "base/step.h"
#include "store/maildir/locked_file.h"
#include "store/maildir/subscriptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace pf::store::maildir {

namespace {

constexpr std::string_view inbox = "INBOX";
constexpr std::size_t most_levels = 64;
constexpr std::size_t longest_name = 255;
constexpr std::array<std::string_view, 3> parts{"tmp", "new", "cur"};

bool is_part(std::string_view name) {
  return std::ranges::find(parts, name) != parts.end();
}

bool is_inbox(std::string_view id) {
  return iequals(id, inbox);
}

bool holds(const os::Directory& at, std::string_view name) {
  const auto status = at.status(name);
  return status && status->kind == os::Entry::Kind::directory;
}

bool is_mailbox(const os::Directory& at) {
  return holds(at, "cur") || holds(at, "new");
}

Error about(Errc code, std::string_view what, const std::string& id) {
  return {code, Scope::mailbox, Retry::never, fmt::format("{} {}", what, printable(id))};
}

std::vector<std::string> directories_in(const os::Directory& at, Status& walked) {
  std::vector<std::string> out;
  walked = at.each([&](os::Entry entry) -> Status {
    if (entry.kind != os::Entry::Kind::directory) return {};
    if (out.size() == Layout::most_mailboxes) {
      return Error{Errc::limit, Scope::account, Retry::never,
                   fmt::format("{} holds too many directories", at.path().native())};
    }
    out.push_back(std::move(entry.name));
    return {};
  });
  return out;
}

// Files that may stand around where there is no mailbox yet.
bool says_nothing(const os::Entry& entry) {
  const std::string_view name = entry.name;
  return name == subscriptions_file || name.starts_with("dovecot") || name == "lost+found" ||
         (entry.kind == os::Entry::Kind::file && name.starts_with('.')) || is_part(name);
}

// Mailboxes below a directory, by their parts with '/' between them.
class Below {
 public:
  explicit Below(std::vector<std::string>& notes) : notes_(notes) {}

  Status walk(const os::Directory& at, const std::string& prefix, std::size_t level) {
    Status walked;
    auto names = directories_in(at, walked);
    PF_TRYV(walked);
    std::ranges::sort(names);
    for (const auto& name : names) {
      if (is_part(name)) continue;
      auto below = at.open_below(name);
      if (!below && below.error().code == Errc::not_found) continue;
      if (!below) {
        notes_.push_back(fmt::format("left out: {}", below.error().describe()));
        continue;
      }
      if (is_mailbox(*below)) found.push_back(prefix + name);
      if (found.size() > Layout::most_mailboxes || ++looked_ > Layout::most_mailboxes) {
        return Error{Errc::limit, Scope::account, Retry::never,
                     fmt::format("{} holds too many directories", at.path().native())};
      }
      if (level < most_levels) PF_TRYV(walk(*below, prefix + name + '/', level + 1));
    }
    return {};
  }

  std::vector<std::string> found;

 private:
  std::vector<std::string>& notes_;
  std::size_t looked_ = 0;
};

// Not below the INBOX's own name, which would be the INBOX.
std::vector<std::string> split(std::string_view id, char separator) {
  std::vector<std::string> out;
  for (;;) {
    const auto end = id.find(separator);
    out.emplace_back(id.substr(0, end));
    if (end == std::string_view::npos) return out;
    id.remove_prefix(end + 1);
  }
}

}  // namespace

// ---- what is there

struct Layout::Found {
  bool root_is_mailbox = false;
  bool has_dot_mailboxes = false;
  bool has_others = false;  // things that are no mailbox
};

void Layout::take_kind(Kind kind, bool inbox_is_root) {
  kind_ = kind;
  inbox_is_root_ = inbox_is_root;
  names_.separator = kind == Kind::plus_plus ? '.' : '/';
  names_.forbidden = "/";
  if (kind == Kind::plus_plus) names_.max_bytes = longest_name - 1;  // with the '.' in front
}

Result<std::shared_ptr<Layout>> Layout::find(const std::filesystem::path& directory) {
  std::shared_ptr<Layout> out(new Layout(directory));
  out->take_kind(Kind::plus_plus, true);
  auto root = os::Directory::open(directory);
  if (!root && root.error().code == Errc::not_found) return out;
  if (!root) {
    root.error().scope = Scope::account;
    return root.error();
  }
  Found found;
  found.root_is_mailbox = is_mailbox(*root);
  const auto walked = root->each([&](const os::Entry& entry) -> Status {
    if (entry.kind == os::Entry::Kind::directory && entry.name.front() == '.') {
      const auto below = root->open_below(entry.name);
      if (below && is_mailbox(*below)) found.has_dot_mailboxes = true;
    }
    if (!says_nothing(entry)) found.has_others = true;
    return {};
  });
  PF_TRYV(walked);
  // Only a look below tells a nested layout from a directory of something else.
  bool has_nested = false;
  if (!found.has_dot_mailboxes && found.has_others) {
    std::vector<std::string> notes;
    Below below(notes);
    PF_TRYV(below.walk(*root, "", 1));
    has_nested = !below.found.empty();
  }
  if (has_nested) out->take_kind(Kind::nested, found.root_is_mailbox);
  if (!has_nested && !found.root_is_mailbox && !found.has_dot_mailboxes && found.has_others) {
    return Error{Errc::usage,  Scope::account,
                 Retry::never, fmt::format("{} is no Maildir, and it is not empty", directory.native()),
                 {},           "Name a Maildir, or a directory that is empty or new."};
  }
  out->root_ = std::make_shared<const os::Directory>(*std::move(root));
  return out;
}

Layout::Root Layout::root() const {
  const std::lock_guard lock(mutex_);
  return root_;
}

Result<Layout::Root> Layout::make_root() {
  const std::lock_guard lock(mutex_);
  if (!root_) {
    PF_TRY(auto made, os::Directory::open_or_make(directory_));
    root_ = std::make_shared<const os::Directory>(std::move(made));
  }
  return root_;
}

// ---- names

bool Layout::is_root(const std::string& id) const {
  return inbox_is_root_ && is_inbox(id);
}

std::vector<std::string> Layout::steps_to(const std::string& id) const {
  auto steps = split(id, names_.separator);
  for (const auto& step : steps) {
    const bool reserved = kind_ == Kind::nested && (is_part(step) || step == "." || step == "..");
    if (step.empty() || reserved || step.size() > longest_name || step.find('/') != std::string::npos ||
        step.find('\0') != std::string::npos || steps.size() > most_levels)
      return {};
  }
  if (kind_ == Kind::nested) return steps;
  if (id.size() >= longest_name) return {};
  return {'.' + id};
}

Result<Layout::Place> Layout::place_of(const os::Directory& root, const std::string& id, bool make) const {
  const auto steps = steps_to(id);
  if (steps.empty()) return about(Errc::rejected, "this cannot be the name of a mailbox in a Maildir:", id);
  // Not a copy of `root`: a directory is one descriptor.
  if (steps.size() == 1) {
    PF_TRY(auto again, os::Directory::open(root.path()));
    return Place{std::move(again), steps.front()};
  }
  const auto enter = [make](const os::Directory& at, const std::string& name) {
    return make ? at.open_or_make_below(name) : at.open_below(name);
  };
  PF_TRY(auto at, enter(root, steps.front()));
  for (std::size_t i = 1; i + 1 < steps.size(); ++i) {
    PF_TRY(auto next, enter(at, steps[i]));
    at = std::move(next);
  }
  return Place{std::move(at), steps.back()};
}

Result<os::Directory> Layout::open_directory(const std::string& id) const {
  const Root root = this->root();
  if (!root) return about(Errc::not_found, "there is no mailbox", id);
  if (is_root(id)) return os::Directory::open(root->path());
  const auto steps = steps_to(is_inbox(id) ? std::string(inbox) : id);
  if (steps.empty()) return about(Errc::not_found, "there is no mailbox", id);
  auto at = root->open_below(steps.front());
  for (std::size_t i = 1; at && i < steps.size(); ++i) at = at->open_below(steps[i]);
  if (!at && at.error().code == Errc::not_found) return about(Errc::not_found, "there is no mailbox", id);
  return at;
}

bool Layout::exists(const std::string& id) const {
  const auto at = open_directory(id);
  return is_inbox(id) || (at && is_mailbox(*at));
}

// ---- listing

Result<std::vector<std::string>> Layout::ids(std::vector<std::string>& notes) const {
  std::vector<std::string> out;
  const Root root = this->root();
  if (!root) return out;
  if (kind_ == Kind::nested) {
    Below below(notes);
    PF_TRYV(below.walk(*root, "", 1));
    return std::move(below.found);
  }
  Status walked;
  const auto names = directories_in(*root, walked);
  PF_TRYV(walked);
  for (const auto& name : names) {
    if (name.front() != '.' || name.size() < 2) continue;
    auto at = root->open_below(name);
    if (!at && at.error().code != Errc::not_found)
      notes.push_back(fmt::format("left out: {}", at.error().describe()));
    if (at && is_mailbox(*at)) out.push_back(name.substr(1));
  }
  return out;
}

MailboxInfo Layout::info(const std::string& id, bool selectable) const {
  MailboxInfo out;
  out.id = id;
  out.path = path_from_wire(id, names_);
  out.selectable = selectable;
  return out;
}

Result<std::vector<std::string>> Layout::subscribed() const {
  const Root root = this->root();
  if (!root) return std::vector<std::string>{};
  PF_TRY(const std::string text, read_if_there(*root, subscriptions_file, subscriptions_octets));
  return parse_subscriptions(text, names_.separator);
}

Result<std::vector<MailboxInfo>> Layout::list(std::vector<std::string>& notes) const {
  PF_TRY(const auto found, ids(notes));
  std::map<std::string, bool> known{{std::string(inbox), true}};
  for (const auto& id : found) {
    const bool double_inbox = is_inbox(id) && (inbox_is_root_ || id != inbox);
    if (double_inbox || steps_to(id).empty()) {
      notes.push_back(
          fmt::format("left out: {}/{}: no name of a mailbox", directory_.native(), printable(id)));
      continue;
    }
    known[id] = true;
    for (auto end = id.rfind(names_.separator); end != std::string::npos && end != 0;
         end = id.rfind(names_.separator, end - 1)) {
      const auto parent = id.substr(0, end);
      if (!is_inbox(parent)) known.try_emplace(parent, false);
    }
  }
  PF_TRY(const auto wanted, subscribed());
  const std::set<std::string> names(wanted.begin(), wanted.end());
  std::vector<MailboxInfo> out;
  out.reserve(known.size());
  for (const auto& [id, selectable] : known) {
    out.push_back(info(id, selectable));
    out.back().subscribed = names.contains(id);
  }
  return out;
}

// ---- opening

Result<Folder> Layout::open(const std::string& id) const {
  auto at = open_directory(id);
  if (!at && at.error().code == Errc::not_found && is_inbox(id)) return Folder::nothing();
  if (!at) return at.error();
  auto folder = Folder::open(*std::move(at));
  if (!folder && folder.error().code == Errc::not_found) {
    if (is_inbox(id)) return Folder::nothing();
    return about(Errc::not_found, "there is no mailbox", id);
  }
  return folder;
}

Result<Folder> Layout::open_for_write(const std::string& id) {
  if (!is_inbox(id)) {
    PF_TRY(auto at, open_directory(id));
    if (!is_mailbox(at)) return about(Errc::not_found, "there is no mailbox", id);
    return Folder::open_or_make(std::move(at));
  }
  PF_TRY(const Root root, make_root());
  if (inbox_is_root_) {
    PF_TRY(auto at, os::Directory::open(root->path()));
    return Folder::open_or_make(std::move(at));
  }
  PF_TRY(auto at, root->open_or_make_below(inbox));
  return Folder::open_or_make(std::move(at));
}

// ---- making and taking away

Status Layout::create(const std::string& id) {
  PF_TRY(const Root root, make_root());
  // Whoever looks at a Maildir looks for its INBOX.
  PF_TRY(const auto inbox_folder, open_for_write(std::string(inbox)));
  if (exists(id)) return about(Errc::exists, "there is a mailbox", id);
  PF_TRY(const auto place, place_of(*root, id, true));
  PF_TRY(auto at, place.parent.open_or_make_below(place.name));
  PF_STEP(file);
  if (kind_ == Kind::plus_plus) {  // so that delivery agents know it for a part of something larger
    auto marked = at.create_file("maildirfolder");
    if (!marked && marked.error().code != Errc::exists) return marked.error();
  }
  PF_TRY(const auto made, Folder::open_or_make(std::move(at)));
  PF_STEP(file);
  PF_TRYV(made.at()->sync());
  return place.parent.sync();
}

namespace {

// What is in a directory but directories; gives the names of those.
Result<std::vector<std::string>> remove_files(const os::Directory& at) {
  std::vector<std::string> files, directories;
  PF_TRYV(at.each([&](os::Entry entry) -> Status {
    auto& list = entry.kind == os::Entry::Kind::directory ? directories : files;
    list.push_back(std::move(entry.name));
    return {};
  }));
  for (const auto& name : files) PF_TRYV(at.remove_file(name));
  return directories;
}

}  // namespace

Status Layout::remove(const std::string& id) {
  if (is_inbox(id)) return about(Errc::rejected, "the INBOX stays:", id);
  const Root root = this->root();
  if (!root || !exists(id)) return about(Errc::not_found, "there is no mailbox", id);
  PF_TRY(const auto place, place_of(*root, id, false));
  PF_TRY(const auto at, place.parent.open_below(place.name));
  for (const auto part : {"cur", "new", "tmp"}) {
    auto below = at.open_below(part);
    if (!below && below.error().code == Errc::not_found) continue;
    if (!below) return below.error();
    PF_TRY(const auto rest, remove_files(*below));
    PF_TRYV(at.remove_directory(part));
  }
  PF_TRY(const auto children, remove_files(at));
  // Other mailboxes lie below a nested one.
  if (children.empty()) PF_TRYV(place.parent.remove_directory(place.name));
  return place.parent.sync();
}

Status Layout::rename(const std::string& from, const std::string& to) {
  const std::string beneath = from + names_.separator;
  if (is_inbox(from) || to.starts_with(beneath))
    return about(Errc::rejected, "this cannot be renamed:", from);
  const Root root = this->root();
  if (!root || !exists(from)) return about(Errc::not_found, "there is no mailbox", from);
  if (exists(to)) return about(Errc::exists, "there is a mailbox", to);
  if (kind_ == Kind::nested) {
    PF_TRY(const auto old_place, place_of(*root, from, false));
    PF_TRY(const auto new_place, place_of(*root, to, true));
    PF_TRYV(old_place.parent.rename_to_new(old_place.name, new_place.parent, new_place.name));
    PF_TRYV(new_place.parent.sync());
    return old_place.parent.sync();
  }
  std::vector<std::string> notes;
  PF_TRY(const auto all, ids(notes));
  std::vector<std::pair<std::string, std::string>> names{{from, to}};
  for (const auto& id : all) {
    if (id.starts_with(beneath)) names.emplace_back(id, to + id.substr(from.size()));
  }
  for (const auto& [old_id, new_id] : names) {
    if (steps_to(new_id).empty())
      return about(Errc::rejected, "this cannot be the name of a mailbox in a Maildir:", new_id);
    if (exists(new_id)) return about(Errc::exists, "there is a mailbox", new_id);
  }
  for (const auto& [old_id, new_id] : names) PF_TRYV(root->rename_to_new('.' + old_id, *root, '.' + new_id));
  return root->sync();
}

Status Layout::subscribe(const std::string& id) {
  PF_TRY(const Root root, make_root());
  return change_locked(*root, subscriptions_file, subscriptions_octets, [&](const std::string& text) {
    return with_subscription(text, id, names_.separator);
  });
}

}  // namespace pf::store::maildir
