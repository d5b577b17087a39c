#include "store/archive/archive_check.h"

#include "async/group.h"
#include "base/digest.h"
#include "base/printable.h"
#include "store/archive/archive_root.h"
#include "store/archive/errors.h"
#include "store/archive/folder_check.h"
#include "store/archive/layout.h"
#include "store/archive/list_check.h"
#include "store/archive/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace pf::store {

namespace {

using Kind = ArchiveFinding::Kind;

constexpr std::size_t lanes = 2;

struct Root {
  std::shared_ptr<const os::Directory> directory;
  std::vector<std::string> folders;
  ArchiveFindings findings;
  ListCheck list;
};

std::string_view problem_of(const os::Entry& entry) {
  using EntryKind = os::Entry::Kind;
  if (entry.kind == EntryKind::link) return "a symbolic link";
  return entry.kind == EntryKind::other ? "no regular file" : "no part of an archive";
}

void look_at(const os::Entry& entry, Root& root) {
  const bool folder = entry.kind == os::Entry::Kind::directory;
  const bool plain = folder || entry.kind == os::Entry::Kind::file;
  if (plain && is_temporary(entry.name)) {
    root.findings.add({Kind::note, entry.name, "left by an export that was killed; the next removes it"});
    return;
  }
  const bool own = !folder && (entry.name == archive_file || entry.name == list_file);
  if (!own && (!folder || entry.name.starts_with('.')))
    root.findings.add({plain ? Kind::unknown : Kind::refused, entry.name, std::string(problem_of(entry))});
  if (!own && !folder) return;
  if (const auto status = root.directory->status(entry.name); status && (status->mode & beyond_owner) != 0)
    root.findings.add({Kind::note, entry.name, shared_text(status->mode)});
}

Error not_to_be_checked(const os::Directory& root) {
  if (detect_layout(root) != Layout::none)
    return {Errc::unsupported, Scope::account, Retry::never,
            fmt::format("{} is an export of imapsync_bulk_migrator, which has no manifest to compare with",
                        root.path().native())};
  return {Errc::usage, Scope::account, Retry::never,
          fmt::format("there is no archive in {}", root.path().native())};
}

// The file that says it is an archive, and the list of its mailboxes.
Status look_at_descriptions(Root& root) {
  const auto description = look_at_description(*root.directory);
  const bool there = description || description.error().code != Errc::not_found;
  const bool intact = description && *description != Description::changed;
  if (!intact)
    root.findings.add({there ? Kind::damaged : Kind::missing, std::string(archive_file),
                       there ? "is not what was written, or was by a newer postferry" : "is not there"});
  const bool has_list = !intact || *description != Description::without_list;
  root.list = ListCheck::load(*root.directory, has_list, root.findings);
  const auto has_manifest = [&](const std::string& name) {
    const auto folder = root.directory->open_below(name);
    return folder && folder->status(manifest_file);
  };
  if (there || root.list.lists_some() || std::ranges::any_of(root.folders, has_manifest)) return {};
  return not_to_be_checked(*root.directory);
}

Result<Root> look_at_root(const std::filesystem::path& path) {
  Root root;
  auto directory = os::Directory::open(path);
  if (!directory) return of_account(std::move(directory).error());
  root.directory = std::make_shared<const os::Directory>(*std::move(directory));
  PF_TRY(root.folders, folder_names(*root.directory));
  PF_TRYV(look_at_descriptions(root));
  if (const auto status = root.directory->status(); status && (status->mode & beyond_owner) != 0)
    root.findings.add({Kind::note, ".", shared_text(status->mode)});
  PF_TRYV(root.directory->each([&](const os::Entry& entry) -> Status {
    look_at(entry, root);
    return {};
  }));
  std::ranges::sort(root.folders);
  return root;
}

class Checking {
 public:
  explicit Checking(ArchiveCheck check)
      : check_(std::move(check)), pool_(check_.pool ? check_.pool : std::make_shared<WorkerPool>(lanes)) {}

  Task<ArchiveCounts> run() {
    auto look = [path = check_.directory]() -> Result<Root> { return look_at_root(path); };
    PF_CO_TRY(auto root, co_await pool_->call<Root>(std::move(look)));
    tell(root.findings);
    for (const auto& name : root.folders) {
      PF_CO_TRYV(alive());
      auto job = [at = root.directory, name]() -> Result<std::shared_ptr<const CheckedFolder>> {
        return std::make_shared<const CheckedFolder>(check_folder(*at, name));
      };
      PF_CO_TRY(const auto folder,
                co_await pool_->call<std::shared_ptr<const CheckedFolder>>(std::move(job)));
      tell(folder->findings);
      if (const auto listed = root.list.compare(*folder)) tell(*listed);
      if (!folder->folder) continue;
      ++counts_.mailboxes;
      tell_of_name(*folder);
      PF_CO_TRYV(co_await check_all(folder));
    }
    tell(root.list.missing());
    co_return counts_;
  }

 private:
  Status alive() const {
    if (!check_.stopped || !check_.stopped()) return {};
    return Error{Errc::cancelled, Scope::run, Retry::never, "stopped"};
  }

  void tell(const ArchiveFinding& finding) {
    if (finding.kind != Kind::note) ++counts_.problems;
    check_.found(finding);
  }
  void tell(const ArchiveFindings& findings) {
    for (const auto& finding : findings.all()) tell(finding);
  }

  void tell_of_name(const CheckedFolder& folder) {
    const auto& mailbox = folder.header.mailbox;
    const auto [first, fresh] = names_.emplace(sha256(mailbox), folder.name);
    if (!fresh)
      tell({Kind::unknown, folder.name,
            fmt::format("says it is the mailbox {}, as {} does: a copy", printable(mailbox),
                        printable(first->second))});
    const auto wanted = folder_name(mailbox);
    if (folder.name != wanted && !folder.name.starts_with(wanted + "-"))
      tell({Kind::note, folder.name,
            fmt::format("is the mailbox {}; the next export calls it {}", printable(mailbox), wanted)});
  }

  Task<void> check_all(std::shared_ptr<const CheckedFolder> folder) {
    auto next = std::make_shared<std::uint32_t>(1);
    TaskGroup group;
    for (std::size_t i = 0; i < lanes; ++i) co_await group.spawn(lane(folder, next));
    auto done = co_await group.join();
    co_return done;
  }

  Task<void> lane(std::shared_ptr<const CheckedFolder> folder, std::shared_ptr<std::uint32_t> next) {
    while (*next != 0) {
      PF_CO_TRYV(alive());
      auto batch = std::make_shared<const MessageBatch>(batch_from(*folder->folder, *next));
      *next = batch->next;
      auto job = [folder, batch]() -> Result<ArchiveFindings> { return check_messages(*folder, *batch); };
      PF_CO_TRY(const auto findings, co_await pool_->call<ArchiveFindings>(std::move(job)));
      counts_.messages += batch->messages.size();
      for (const auto& [record, flags] : batch->messages) counts_.octets += record.size;
      tell(findings);
    }
    co_return Status{};
  }

  ArchiveCheck check_;
  std::shared_ptr<WorkerPool> pool_;
  ArchiveCounts counts_;
  std::map<Digest256, std::string> names_;  // of a mailbox: its folder
};

}  // namespace

std::string_view name(ArchiveFinding::Kind kind) {
  switch (kind) {
    case Kind::missing:
      return "missing";
    case Kind::damaged:
      return "damaged";
    case Kind::unknown:
      return "unknown";
    case Kind::refused:
      return "refused";
    case Kind::note:
      return "note";
  }
  return "note";
}

Task<ArchiveCounts> check_archive(ArchiveCheck check) {
  Checking checking(std::move(check));
  auto counts = co_await checking.run();
  co_return counts;
}

}  // namespace pf::store
