#include "store/archive/archive_root.h"

#include "base/os/fd_io.h"
#include "base/step.h"
#include "store/archive/errors.h"
#include "store/archive/flat_json.h"
#include "store/archive/names.h"

#include <fmt/format.h>

#include <map>

namespace pf::store {

namespace {

constexpr std::string_view format_name = "postferry-archive";
constexpr std::uint64_t format_version = 1;
constexpr std::size_t archive_file_limit = 4096;
constexpr std::size_t most_folders = 200'000;

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
    empty = empty && is_temporary(entry.name);
    return {};
  }));
  return empty;
}

std::string description() {
  std::string text;
  FlatJsonWriter(text, FlatJsonWriter::Style::loose)
      .text("format", format_name)
      .number("version", format_version)
      .end();
  text += '\n';
  return text;
}

Status write_description(const os::Directory& root) {
  const std::string text = description();
  const std::string temporary = temporary_name();
  {
    PF_TRY(const os::Fd fd, root.create_file(temporary));
    PF_TRYV(os::write_all(fd, as_bytes(text), root.path() / temporary));
    PF_TRYV(os::sync_file(fd, root.path() / temporary));
  }
  PF_STEP(file);
  auto renamed = root.rename_to_new(temporary, root, archive_file);
  if (!renamed) PF_TRYV(root.remove_file(temporary));
  if (!renamed && renamed.error().code != Errc::exists) return renamed;
  PF_STEP(file);
  return root.sync();
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
  known = lock;
  return lock;
}

Result<bool> archive_description_is_intact(const os::Directory& root) {
  PF_TRY(const std::string text, root.read_file(archive_file, archive_file_limit));
  return text == description();
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
  auto written = write_description(*root);
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

Status remove_folder(const os::Directory& root, std::string_view name) {
  auto folder = root.open_below(name);
  if (!folder) return folder.error().code == Errc::not_found ? Status{} : Status(std::move(folder).error());
  std::vector<std::string> files;
  PF_TRYV(folder->each([&](os::Entry entry) -> Status {
    files.push_back(std::move(entry.name));
    return {};
  }));
  for (const auto& file : files) {
    PF_TRYV(folder->remove_file(file));
    PF_STEP(file);
  }
  return root.remove_directory(name);
}

Status sweep_archive(const os::Directory& root) {
  std::vector<os::Entry> left;
  PF_TRYV(root.each([&](os::Entry entry) -> Status {
    if (is_temporary(entry.name)) left.push_back(std::move(entry));
    return {};
  }));
  for (const auto& entry : left) {
    const bool folder = entry.kind == os::Entry::Kind::directory;
    PF_TRYV(folder ? remove_folder(root, entry.name) : root.remove_file(entry.name));
  }
  return {};
}

}  // namespace pf::store
