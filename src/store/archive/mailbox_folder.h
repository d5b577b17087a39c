// One mailbox on disk: a folder with a manifest, and the files of its messages.  Shared by everybody in a
// store who has the mailbox open; from any thread.  Blocks.
//
// The manifest is what counts.  A message is there from the moment its line is on the disk, and its files
// were there before; it is gone from the moment the line that says so is on the disk, and its files go after.
#pragma once

#include "base/log.h"
#include "base/os/directory.h"
#include "store/archive/line_file.h"
#include "store/archive/mailbox_log.h"
#include "store/archive/manifest_chain.h"
#include "store/archive/staging.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store {

class MailboxFolder {
 public:
  struct Options {
    bool allow_damaged = false;  // what cannot be read of a manifest is left out, and said to `log`
    Log log{};
    // Told of each such line, however many there are, instead of `log`.
    std::function<void(const Error&)> complain{};
  };

  // Makes the folder `name` with a manifest of this one line.  Errc::exists when there is something.
  static Status make(const os::Directory& root, std::string_view name, const MailboxHeader& header);
  // Reads the manifest.  Errors of scope mailbox; not_found when there is none.
  static Result<std::shared_ptr<MailboxFolder>> load(os::Directory directory, Options options);

  [[nodiscard]] const os::Directory& directory() const { return directory_; }
  [[nodiscard]] bool allow_damaged() const { return options_.allow_damaged; }

  // What others wrote since.  Errc::disconnected, scope connection, when this is no longer the manifest that
  // was read, or after retire(): open the mailbox again.
  Status catch_up();
  // The mailbox has another name now, or is gone.
  void retire() { retired_ = true; }
  // Octets behind the last whole line: torn off by a crash, or being written.
  [[nodiscard]] Result<std::uint64_t> torn_octets() const;
  // read(log), while nobody changes it.
  template <class Reader>
  auto with(Reader reader) {
    const std::scoped_lock guard(log_mutex_);
    return reader(log_);
  }

  // ---- changes: only for who holds ArchiveLock::writing; all of it or nothing

  class Publication;

  struct FlagsChanged {
    std::vector<MessageMeta> now;        // of the messages that are there
    std::vector<MessageRef> left_alone;  // changed after `since`
  };
  Result<FlagsChanged> change_flags(StagingDirectory& at, std::span<const FlagChange> changes,
                                    std::optional<std::uint64_t> since);
  Status remove(std::span<const MessageRef> refs);
  // The epoch must be the same.
  Status describe(const MailboxHeader& header);

 private:
  explicit MailboxFolder(os::Directory directory, Options options);

  Status take_lines(std::string_view text);
  Status damaged(Error error);
  Status begin_change();
  Status write_lines(std::string_view unsealed);

  Status place(StagedMessage& staged) const;
  Status rewrite_sidecars(StagingDirectory& at,
                          std::span<const std::pair<MessageRecord, std::string>> messages);
  [[nodiscard]] std::string sidecar_mailbox(std::string_view stem);

  os::Directory directory_;
  Options options_;
  std::mutex reading_;  // of the file; taken before log_mutex_
  std::mutex log_mutex_;
  MailboxLog log_;
  ManifestChain chain_;
  LineFile manifest_;
  LineFile::Take take_;
  std::size_t complaints_ = 0;
  bool swept_ = false;
  std::atomic<bool> retired_ = false;
};

// The staged files to their places; their octets must be on the disk.  In steps, so that several mailboxes
// share the second wait: all of one, of each mailbox, before the next.  A step after one that failed does
// nothing.
class MailboxFolder::Publication {
 public:
  // Both must outlive it.
  Publication(MailboxFolder& folder, std::vector<StagedMessage*> messages)
      : folder_(folder), messages_(std::move(messages)) {}

  // The files get their names, and each record its number.
  void place();
  // The disk has the names.
  void sync_names();
  // The manifest, and the disk, has their lines.  How it all ended; an Error of scope connection: nobody
  // knows.
  Status list();

 private:
  void take_back();

  MailboxFolder& folder_;
  std::vector<StagedMessage*> messages_;
  std::string lines_;
  bool numbered_ = false;
  std::size_t placed_ = 0;
  Status done_;
};

// Its directory, which keeps it.
inline std::shared_ptr<const os::Directory> places_in(const std::shared_ptr<MailboxFolder>& folder) {
  return {folder, &folder->directory()};
}

}  // namespace pf::store
