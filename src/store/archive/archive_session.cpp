#include "store/archive/archive_session.h"

#include "base/printable.h"
#include "base/step.h"
#include "store/archive/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace pf::store {

namespace {

// Two fill files while one waits for the disk (measured on 2 cores: with two in all an export takes a tenth
// longer).
constexpr std::size_t file_threads = 3;

}  // namespace

ArchiveSession::ArchiveSession(ArchiveOptions wanted)
    : options(std::move(wanted)),
      pool(options.pool ? options.pool : std::make_shared<WorkerPool>(file_threads)) {}

Status ArchiveSession::alive() const {
  if (!aborted) return {};
  return Error{Errc::cancelled, Scope::run, Retry::never, "the archive was given up"};
}

Error ArchiveSession::no_such_mailbox(std::string_view id) const {
  return {Errc::not_found, Scope::mailbox, Retry::never,
          fmt::format("{} has no mailbox {}", options.directory.native(), printable(id))};
}

Error ArchiveSession::missing_mailbox(std::string_view id) const {
  return {
      Errc::io,
      Scope::mailbox,
      Retry::never,
      fmt::format("{}: the mailbox {} is missing; its folder was taken away", options.directory.native(),
                  printable(id)),
      {},
      fmt::format("Restore the folder from a backup; or, to do without it, remove {}: the next export makes "
                  "a list of what is there.",
                  list_file)};
}

Task<void> ArchiveSession::begin_writing() {
  PF_CO_TRYV(alive());
  const auto turn = co_await beginning_.lock();
  if (lock) co_return Status{};
  if (!looked_) PF_CO_TRYV(co_await look());
  struct Begun {
    std::shared_ptr<const os::Directory> root;
    std::shared_ptr<ArchiveLock> lock;
    std::vector<std::string> placed;  // ids
  };
  std::vector<std::pair<std::string, std::string>> misplaced;
  for (const auto& id : misplaced_) misplaced.emplace_back(id, folder_of(id));
  auto job = [directory = options.directory, seen = seen_, misplaced]() -> Result<Begun> {
    PF_TRY(os::Directory made, make_archive(directory));
    Begun out;
    out.root = std::make_shared<const os::Directory>(std::move(made));
    PF_TRY(out.lock, ArchiveLock::acquire(*out.root));
    if (auto listed = out.lock->list_folders(*out.root, seen); !listed)
      return of_account(std::move(listed).error());
    for (const auto& [id, folder] : misplaced) {
      if (out.root->rename_to_new(folder, *out.root, folder_name(id))) out.placed.push_back(id);
    }
    return out;
  };
  PF_CO_TRY(auto begun, co_await pool->call<Begun>(std::move(job)));
  root = std::move(begun.root);
  lock = std::move(begun.lock);
  for (const auto& id : begun.placed) folders_[id] = folder_name(id);
  misplaced_.clear();
  co_return alive();
}

// ---- which folder is whose

namespace {

// One that stands where its name says before one that does not: somebody may have copied a folder.  Those
// that are not there come last.
bool better(const FoundMailbox& a, const FoundMailbox& b) {
  const auto rank = [](const FoundMailbox& m) {
    return std::tuple(m.missing, folder_name(m.header.mailbox) != m.folder, m.folder);
  };
  return rank(a) < rank(b);
}

}  // namespace

Task<std::vector<FoundMailbox>> ArchiveSession::look() {
  PF_CO_TRYV(alive());
  if (!root) co_return std::vector<FoundMailbox>{};
  auto job = [at = root, allow = options.allow_damaged]() -> Result<FoundMailboxes> {
    return find_mailboxes(*at, allow);
  };
  PF_CO_TRY(auto found, co_await pool->call<FoundMailboxes>(std::move(job)));
  PF_CO_TRYV(alive());
  std::ranges::sort(found.all, better);
  looked_ = true;
  folders_.clear();
  missing_.clear();
  misplaced_.clear();
  seen_.clear();
  for (const auto& text : found.warnings) warn(text);
  std::erase_if(found.all, [this](const FoundMailbox& mailbox) { return !note(mailbox); });
  co_return std::move(found.all);
}

bool ArchiveSession::note(const FoundMailbox& mailbox) {
  const std::string& id = mailbox.header.mailbox;
  if (mailbox.missing) {
    const bool elsewhere = folders_.contains(id);
    if (elsewhere) warn(missing_mailbox(id).context + "; another has its name now");
    return !elsewhere && missing_.insert(id).second;
  }
  if (mailbox.status) seen_.push_back({mailbox.folder, {mailbox.header.epoch, id}});
  const auto [known, first] = folders_.emplace(id, mailbox.folder);
  if (!first) {
    warn(fmt::format("{}: {} says it is the mailbox {}, which is in {}; left out", options.directory.native(),
                     printable(mailbox.folder), printable(id), printable(known->second)));
    return false;
  }
  const std::string name = folder_name(id);
  const bool fits = mailbox.folder == name || mailbox.folder.starts_with(name + "-");
  if (mailbox.status && !fits) misplaced_.push_back(id);
  return true;
}

void ArchiveSession::warn(const std::string& text) const {
  if (options.log) options.log(LogLevel::warning, text);
}

std::string ArchiveSession::folder_of(const std::string& id) const {
  const auto known = folders_.find(id);
  return known == folders_.end() ? folder_name(id) : known->second;
}

void ArchiveSession::forget(const std::string& id) {
  folders_.erase(id);
  const auto known = opened_.find(id);
  if (known == opened_.end()) return;
  if (const auto folder = known->second.lock()) folder->retire();
  opened_.erase(known);
}

Task<std::shared_ptr<MailboxFolder>> ArchiveSession::opened(std::string id) {
  const auto known = opened_.find(id);
  auto folder = known == opened_.end() ? nullptr : known->second.lock();
  if (!folder) co_return nullptr;
  auto job = [folder]() -> Result<void> { return folder->catch_up(); };
  const auto current = co_await pool->call<void>(std::move(job));
  PF_CO_TRYV(alive());
  if (current) co_return folder;
  if (current.error().scope != Scope::connection && current.error().code != Errc::not_found)
    co_return current.error();
  folder->retire();
  co_return nullptr;
}

Task<std::shared_ptr<MailboxFolder>> ArchiveSession::load(std::string id) {
  auto job = [at = root, name = folder_of(id), allow = options.allow_damaged,
              log = options.log]() -> Result<std::shared_ptr<MailboxFolder>> {
    auto directory = at->open_below(name);
    if (!directory) return of_mailbox(std::move(directory).error());
    return MailboxFolder::load(*std::move(directory), {allow, log});
  };
  auto loaded = co_await pool->call<std::shared_ptr<MailboxFolder>>(std::move(job));
  co_return loaded;
}

Task<std::shared_ptr<MailboxFolder>> ArchiveSession::folder(std::string id) {
  PF_CO_TRYV(alive());
  if (!root) co_return no_such_mailbox(id);
  PF_CO_TRY(auto shared, co_await opened(id));
  if (shared) co_return shared;
  const auto is_wanted = [&id](const auto& loaded) {
    return (*loaded)->with([&id](const MailboxLog& log) { return log.header().mailbox == id; });
  };
  auto loaded = co_await load(id);
  const bool elsewhere = loaded ? !is_wanted(loaded) : loaded.error().code == Errc::not_found;
  if (elsewhere) {  // somebody gave the folder another name
    PF_CO_TRYV(co_await look());
    if (missing_.contains(id)) co_return missing_mailbox(id);
    if (!folders_.contains(id)) co_return no_such_mailbox(id);
    loaded = co_await load(id);
    if (loaded && !is_wanted(loaded)) co_return no_such_mailbox(id);
  }
  PF_CO_TRYV(alive());
  if (!loaded) co_return loaded;
  // Somebody else may have come first.
  PF_CO_TRY(shared, co_await opened(id));
  if (shared) co_return shared;
  opened_[id] = *loaded;
  co_return loaded;
}

// ---- commit

void ArchiveSession::commit_all(const os::Directory& root, const Commits& commits) {
  const auto synced = root.sync_file_system();
  PF_STEP(file);
  std::map<MailboxFolder*, std::vector<StagedMessage*>> by_folder;
  for (const auto& commit : commits) {
    auto& all = by_folder[commit->folder.get()];
    for (auto& message : commit->messages) all.push_back(&message);
  }
  std::map<MailboxFolder*, MailboxFolder::Publication> publications;
  for (auto& [folder, messages] : by_folder) publications.try_emplace(folder, *folder, std::move(messages));
  if (synced) {
    for (auto& [folder, publication] : publications) publication.place();
    for (auto& [folder, publication] : publications) publication.sync_names();
  }
  std::map<MailboxFolder*, Status> results;
  for (auto& [folder, publication] : publications)
    results[folder] = synced ? publication.list() : Status(of_mailbox(synced.error()));
  for (const auto& commit : commits) {
    commit->result = results[commit->folder.get()];
    if (!commit->result) continue;
    for (auto& message : commit->messages) message.at->close();
  }
}

Task<void> ArchiveSession::commit_waiting() {
  const Commits commits = std::exchange(waiting_, {});
  auto job = [at = root, commits]() -> Result<void> {
    commit_all(*at, commits);
    return {};
  };
  auto done = co_await change<void>(std::move(job));
  for (const auto& commit : commits) commit->done = true;
  co_return done;
}

Task<void> ArchiveSession::commit(std::shared_ptr<MailboxFolder> folder,
                                  std::vector<StagedMessage>& messages) {
  const auto self = shared_from_this();
  const auto mine = std::make_shared<Commit>();
  mine->folder = std::move(folder);
  mine->messages = std::move(messages);
  waiting_.push_back(mine);
  while (!mine->done) {
    if (committing_) {
      co_await committed_.wait();
      continue;
    }
    committing_ = true;
    ignore(co_await commit_waiting());
    committing_ = false;
    committed_.notify_all();
  }
  messages = std::move(mine->messages);
  co_return mine->result;
}

}  // namespace pf::store
