// The directory an archive is in: whether it is one, making one, and who may write to it.  Blocks.
#pragma once

#include "base/os/directory.h"
#include "base/result.h"
#include "store/archive/mailbox_list.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store {

// Which mailbox a folder says it is.
struct SeenFolder {
  std::string folder;
  ListedMailbox mailbox;
};

// One process at a time writes to an archive; inside it, one thread.  Shared by all stores of this process
// that have the same archive.
class ArchiveLock {
 public:
  // Errc::locked, scope account, when another process has it.
  static Result<std::shared_ptr<ArchiveLock>> acquire(const os::Directory& root);
  // Held around each change.
  std::mutex writing;

  // Puts those folders on the list that are not there, or under another name: somebody may have been killed
  // before, and an archive of an earlier version has no list.  What was seen before the lock was had is
  // looked at again.  To be called before list().
  Status list_folders(const os::Directory& root, std::span<const SeenFolder> seen);
  // Only while `writing` is held.
  MailboxList& list() { return *list_; }

 private:
  explicit ArchiveLock(os::Fd fd) : fd_(std::move(fd)) {}
  Status load_list(const os::Directory& root);

  os::Fd fd_;
  std::optional<MailboxList> list_;  // nothing: there is none
};

// Nothing when there is no such directory, or an empty one.  An Error of scope account when there is
// something else in it than an archive, or an archive of a newer version.
Result<std::optional<os::Directory>> open_archive(const std::filesystem::path& directory);
// Makes it in a directory that is missing or empty; what is an archive already is only opened.
Result<os::Directory> make_archive(const std::filesystem::path& directory);

// The file that says it is one.
enum class Description : std::uint8_t {
  intact,
  without_list,  // intact, and of a version that knew no list of mailboxes
  changed,       // not as any of us wrote it
};
Result<Description> look_at_description(const os::Directory& root);

// A file of these octets, 0600 and on the disk; or none.  Errc::exists when there is something.
Status make_whole_file(const os::Directory& root, std::string_view name, std::string_view text);

// The names of what may be folders of mailboxes.
Result<std::vector<std::string>> folder_names(const os::Directory& root);

// What a writer that was killed left behind.  Only for who holds the lock.
Status sweep_archive(const os::Directory& root);

// Takes the folder away with all that is in it; not found is fine.
Status remove_folder(const os::Directory& root, std::string_view name);

}  // namespace pf::store
