// What an ArchiveStore shares with the mailboxes and streams it hands out.  Used on the store's event loop;
// files are worked on in the pool.
#pragma once

#include "async/event.h"
#include "store/archive/archive_root.h"
#include "store/archive/archive_store.h"
#include "store/archive/found_mailboxes.h"
#include "store/archive/mailbox_folder.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store {

struct ArchiveSession : std::enable_shared_from_this<ArchiveSession> {
  explicit ArchiveSession(ArchiveOptions wanted);

  ArchiveOptions options;
  std::shared_ptr<WorkerPool> pool;
  bool aborted = false;
  Store::Traffic traffic;
  // Nothing: there is no archive yet.
  std::shared_ptr<const os::Directory> root;
  // From the first change on.
  std::shared_ptr<ArchiveLock> lock;

  [[nodiscard]] Status alive() const;
  [[nodiscard]] Error no_such_mailbox(std::string_view id) const;
  // Its folder was taken away.  To be told from one that never was.
  [[nodiscard]] Error missing_mailbox(std::string_view id) const;
  // Makes the archive if need be, locks it, puts folders on its list, and gives them the names they ought to
  // have: somebody may have been killed in the middle of a change.
  Task<void> begin_writing();
  // All folders, and those that should be there; remembers which is whose.
  Task<std::vector<FoundMailbox>> look();
  // As it is now, shared by all who have it open.  Errc::not_found of scope mailbox when there is no such
  // mailbox, Errc::io when there should be.
  Task<std::shared_ptr<MailboxFolder>> folder(std::string id);
  [[nodiscard]] std::string folder_of(const std::string& id) const;
  // It was given another name, or taken away: who has it open must open it again.
  void forget(const std::string& id);

  // Makes staged messages part of the mailbox: on the disk when it returns.  Those of several callers, also
  // of one mailbox, go together and in the order of the calls, so that they wait for the disk together.  The
  // numbers are set in `messages`.
  Task<void> commit(std::shared_ptr<MailboxFolder> folder, std::vector<StagedMessage>& messages);

  // change() in the pool, alone.
  template <class T, class Change>
  Task<T> change(Change work) {
    ++traffic.commands;
    auto job = [writer = lock, work = std::move(work)]() mutable -> Result<T> {
      const std::scoped_lock guard(writer->writing);
      return work();
    };
    auto done = co_await pool->call<T>(std::move(job));
    co_return done;
  }

 private:
  struct Commit {
    std::shared_ptr<MailboxFolder> folder;
    std::vector<StagedMessage> messages;
    Status result;
    bool done = false;
  };
  using Commits = std::vector<std::shared_ptr<Commit>>;
  static void commit_all(const os::Directory& root, const Commits& commits);
  Task<void> commit_waiting();
  // The one that somebody has open, as it is now.  Null: nobody has.
  Task<std::shared_ptr<MailboxFolder>> opened(std::string id);
  Task<std::shared_ptr<MailboxFolder>> load(std::string id);
  // Whether it is one, and not another folder's.
  bool note(const FoundMailbox& mailbox);
  void warn(const std::string& text) const;

  AsyncMutex beginning_;
  std::map<std::string, std::string> folders_;  // by mailbox id
  std::set<std::string> missing_;               // ids
  std::vector<SeenFolder> seen_;
  bool looked_ = false;
  std::vector<std::string> misplaced_;                          // ids, as of the last look
  std::map<std::string, std::weak_ptr<MailboxFolder>> opened_;  // by mailbox id
  Commits waiting_;
  bool committing_ = false;
  Event committed_;
};

}  // namespace pf::store
