#include "store/archive/archive_root.h"

#include "base/os/fd_io.h"
#include "base/step.h"
#include "store/archive/errors.h"
#include "store/archive/flat_json.h"
#include "store/archive/mailbox_folder.h"
#include "store/archive/names.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace pf::store {

namespace {

constexpr std::string_view format_name = "postferry-archive";
constexpr std::uint64_t format_version = 1;
constexpr std::size_t archive_file_limit = 4096;
constexpr std::size_t most_folders = 200'000;
// Names in memory, however many there are to be removed.
constexpr std::size_t remove_at_once = 10'000;

Error about(const std::filesystem::path& path, std::string_view what, std::string hint) {
  return {Errc::usage, Scope::account, Retry::never, fmt::format("{} {}", path.native(), what),
          {},          std::move(hint)};
}

Status check_description(const os::Directory& root) {
  PF_TRY(const std::string text, root.read_file(archive_file, archive_file_limit));
  std::string format;
  std::uint64_t version = 0;
  FlatJsonReader reader(text);
  JsonMember member;
  while (reader.next(member)) {
    if (member.key == "format" && member.kind == JsonMember::Kind::text) format = member.text;
    if (member.key == "version" && member.kind == JsonMember::Kind::number) version = member.number;
  }
  const auto path = root.path() / archive_file;
  if (!reader.ok() || format != format_name) return about(path, "is damaged, or of another program", {});
  if (version != format_version)
    return about(path, fmt::format("is of version {}, this program knows {}", version, format_version),
                 "Use a newer postferry.");
  return {};
}

// Nothing in it but what we ourselves were about to put there.
Result<bool> is_empty(const os::Directory& root) {
  bool empty = true;
  PF_TRYV(root.each([&](const os::Entry& entry) -> Status {
    empty = empty && (is_temporary(entry.name) || (entry.name == list_file && MailboxList::is_new(root)));
    return {};
  }));
  return empty;
}

std::string description(bool with_list) {
  std::string text;
  FlatJsonWriter writer(text, FlatJsonWriter::Style::loose);
  writer.text("format", format_name).number("version", format_version);
  if (with_list) writer.text("mailboxes", list_file);
  writer.end();
  text += '\n';
  return text;
}

// The list first: who says there is one has one.
Status write_new_archive(const os::Directory& root) {
  auto done = MailboxList::make(root, {});
  if (done || done.error().code == Errc::exists)
    done = make_whole_file(root, archive_file, description(true));
  return done || done.error().code == Errc::exists ? Status{} : done;
}

struct Held {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<ArchiveLock>> locks;  // by the directory's real path
};
Held& held() {
  static Held all;
  return all;
}

}  // namespace

Result<std::shared_ptr<ArchiveLock>> ArchiveLock::acquire(const os::Directory& root) {
  std::error_code error;
  const auto real = std::filesystem::canonical(root.path(), error);
  const std::string key = error ? root.path().native() : real.native();
  const std::scoped_lock guard(held().mutex);
  auto& known = held().locks[key];
  if (auto lock = known.lock()) return lock;
  auto fd = root.lock_file(archive_file);
  if (!fd) return of_account(std::move(fd).error());
  std::shared_ptr<ArchiveLock> lock(new ArchiveLock(*std::move(fd)));
  PF_TRYV(sweep_archive(root));
  if (auto loaded = lock->load_list(root); !loaded) return of_account(std::move(loaded).error());
  known = lock;
  return lock;
}

// ---- the list of mailboxes

Status ArchiveLock::load_list(const os::Directory& root) {
  auto list = MailboxList::load(root, {});
  if (list) {
    list_ = *std::move(list);
    return {};
  }
  Error error = std::move(list).error();
  if (error.code == Errc::not_found) return {};
  error.hint = "Remove it: the next export makes a list of the folders that are there.";
  return error;
}

namespace {

// As its manifest has it now.  Nothing when that cannot be read.
std::optional<ListedMailbox> mailbox_in(const os::Directory& root, const std::string& name) {
  auto directory = root.open_below(name);
  if (!directory) return std::nullopt;
  const auto folder = MailboxFolder::load(*std::move(directory), {});
  if (!folder) return std::nullopt;
  return (*folder)->with(
      [](const MailboxLog& log) { return ListedMailbox{log.header().epoch, log.header().mailbox}; });
}

}  // namespace

Status ArchiveLock::list_folders(const os::Directory& root, std::span<const SeenFolder> seen) {
  const std::scoped_lock guard(writing);
  const auto is_listed = [this](const ListedMailbox& mailbox) {
    return list_ && list_->state(mailbox.epoch) == MailboxList::State::listed &&
           list_->name_of(mailbox.epoch) == mailbox.mailbox;
  };
  std::set<std::string> done;  // epochs: a folder may have been copied
  for (const auto& [folder, mailbox] : seen) {
    if (is_listed(mailbox)) done.insert(mailbox.epoch);
  }
  std::vector<ListedMailbox> missing;
  for (const auto& [folder, mailbox] : seen) {
    if (is_listed(mailbox) || done.contains(mailbox.epoch)) continue;
    auto now = mailbox_in(root, folder);
    if (!now || is_listed(*now) || !done.insert(now->epoch).second) continue;
    missing.push_back(*std::move(now));
  }
  if (list_) return list_->add(root, missing);
  PF_TRYV(MailboxList::make(root, missing));
  return load_list(root);
}

// ---- the directory

Result<Description> look_at_description(const os::Directory& root) {
  PF_TRY(const std::string text, root.read_file(archive_file, archive_file_limit));
  if (text == description(true)) return Description::intact;
  return text == description(false) ? Description::without_list : Description::changed;
}

Status make_whole_file(const os::Directory& root, std::string_view name, std::string_view text) {
  const std::string temporary = temporary_name();
  {
    PF_TRY(const os::Fd fd, root.create_file(temporary));
    PF_TRYV(os::write_all(fd, as_bytes(text), root.path() / temporary));
    PF_TRYV(os::sync_file(fd, root.path() / temporary));
  }
  PF_STEP(file);
  auto renamed = root.rename_to_new(temporary, root, name);
  if (!renamed) {
    PF_TRYV(root.remove_file(temporary));
    return renamed;
  }
  PF_STEP(file);
  return root.sync();
}

Result<std::optional<os::Directory>> open_archive(const std::filesystem::path& directory) {
  auto root = os::Directory::open(directory);
  if (!root && root.error().code == Errc::not_found) return std::optional<os::Directory>{};
  if (!root) return of_account(std::move(root).error());
  auto checked = check_description(*root);
  if (checked) return std::optional(*std::move(root));
  if (checked.error().code != Errc::not_found) return of_account(std::move(checked).error());
  PF_TRY(const bool empty, is_empty(*root));
  if (empty) return std::optional<os::Directory>{};
  return about(directory, "holds something else than an archive",
               "Name a directory that is empty, or does not exist yet.");
}

Result<os::Directory> make_archive(const std::filesystem::path& directory) {
  PF_TRY(auto there, open_archive(directory));
  if (there) return *std::move(there);
  auto root = os::Directory::open_or_make(directory);
  if (!root) return of_account(std::move(root).error());
  auto written = write_new_archive(*root);
  if (!written) return of_account(std::move(written).error());
  return *std::move(root);
}

Result<std::vector<std::string>> folder_names(const os::Directory& root) {
  std::vector<std::string> out;
  PF_TRYV(root.each([&](os::Entry entry) -> Status {
    if (entry.kind != os::Entry::Kind::directory || entry.name.starts_with('.')) return {};
    if (out.size() == most_folders)
      return Error{Errc::limit, Scope::account, Retry::never,
                   fmt::format("{} holds more than {} folders", root.path().native(), most_folders)};
    out.push_back(std::move(entry.name));
    return {};
  }));
  return out;
}

namespace {

// Some of those that are wanted; all of them, when they are not too many.
Result<std::vector<os::Entry>> some_entries(const os::Directory& directory,
                                            bool (*wanted)(std::string_view name)) {
  std::vector<os::Entry> out;
  auto walked = directory.each([&](os::Entry entry) -> Status {
    if (wanted(entry.name)) out.push_back(std::move(entry));
    if (out.size() < remove_at_once) return {};
    return Error{Errc::exists, Scope::run, Retry::never, "enough"};
  });
  if (!walked && out.size() < remove_at_once) return std::move(walked).error();
  return out;
}

}  // namespace

Status remove_folder(const os::Directory& root, std::string_view name) {
  auto folder = root.open_below(name);
  if (!folder) return folder.error().code == Errc::not_found ? Status{} : Status(std::move(folder).error());
  for (;;) {
    PF_TRY(const auto files, some_entries(*folder, [](std::string_view) { return true; }));
    if (files.empty()) break;
    for (const auto& file : files) {
      PF_TRYV(folder->remove_file(file.name));
      PF_STEP(file);
    }
  }
  return root.remove_directory(name);
}

Status sweep_archive(const os::Directory& root) {
  for (;;) {
    PF_TRY(const auto left, some_entries(root, is_temporary));
    if (left.empty()) return {};
    for (const auto& entry : left) {
      const bool folder = entry.kind == os::Entry::Kind::directory;
      PF_TRYV(folder ? remove_folder(root, entry.name) : root.remove_file(entry.name));
    }
  }
}

}  // namespace pf::store
