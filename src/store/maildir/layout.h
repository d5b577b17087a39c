// Where the mailboxes of a Maildir lie, and what they are called.
//
//   Maildir++   DIR is the INBOX, DIR/.Work.2024 the mailbox Work.2024; '.' separates
//   nested      DIR/Work/2024 is the mailbox Work/2024 (mbsync's "SubFolders Verbatim", Dovecot's
//               LAYOUT=fs); the INBOX is DIR/INBOX, or DIR itself
//
// Names are in modified UTF-7 in both, as mbsync and Dovecot have them.  A new or empty DIR becomes a
// Maildir++, which is what Dovecot takes a Maildir for unless told otherwise.  Everything here blocks and may
// be called from any thread.
#pragma once

#include "base/os/directory.h"
#include "mail/mailbox_name.h"
#include "store/maildir/folder.h"
#include "store/store.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store::maildir {

class Layout {
 public:
  static constexpr std::size_t most_mailboxes = 100'000;

  enum class Kind : std::uint8_t { plus_plus, nested };

  // Looks what is there and makes nothing.  Errc::usage when DIR holds things and is no Maildir.
  static Result<std::shared_ptr<Layout>> find(const std::filesystem::path& directory);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const NameRules& names() const { return names_; }

  // What was skipped, for the log, goes to `notes`.
  [[nodiscard]] Result<std::vector<MailboxInfo>> list(std::vector<std::string>& notes) const;

  // Errc::not_found of scope mailbox when there is none.
  [[nodiscard]] Result<Folder> open(const std::string& id) const;
  // The same, ready to be written to; makes an INBOX.
  Result<Folder> open_for_write(const std::string& id);
  Status create(const std::string& id);
  Status remove(const std::string& id);
  Status rename(const std::string& from, const std::string& to);
  Status subscribe(const std::string& id);

 private:
  explicit Layout(std::filesystem::path directory) : directory_(std::move(directory)) {}

  using Root = std::shared_ptr<const os::Directory>;
  struct Place {
    os::Directory parent;
    std::string name;
  };
  struct Found;

  [[nodiscard]] Root root() const;  // nullptr: nobody has made it
  Result<Root> make_root();
  void take_kind(Kind kind, bool inbox_is_root);
  [[nodiscard]] bool is_root(const std::string& id) const;
  // Nothing for what cannot be a mailbox here.
  [[nodiscard]] std::vector<std::string> steps_to(const std::string& id) const;
  [[nodiscard]] Result<os::Directory> open_directory(const std::string& id) const;
  // The directory it lies in; `make`: with what is missing on the way.
  [[nodiscard]] Result<Place> place_of(const os::Directory& root, const std::string& id, bool make) const;
  [[nodiscard]] bool exists(const std::string& id) const;
  [[nodiscard]] Result<std::vector<std::string>> ids(std::vector<std::string>& notes) const;
  [[nodiscard]] MailboxInfo info(const std::string& id, bool selectable) const;
  [[nodiscard]] Result<std::vector<std::string>> subscribed() const;

  std::filesystem::path directory_;
  Kind kind_ = Kind::plus_plus;
  bool inbox_is_root_ = true;
  NameRules names_;
  mutable std::mutex mutex_;
  Root root_;
};

}  // namespace pf::store::maildir
