// The directories of one mailbox, held open, and what is in them.  Everything here blocks.
#pragma once

#include "base/os/directory.h"
#include "store/maildir/file_name.h"
#include "store/maildir/keywords.h"
#include "store/store.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store::maildir {

// References of all Maildirs are made by one rule, and name a message for good: there is one epoch.
Epoch only_epoch();

// Of dead programs, by the rule of maildir(5): what was not touched for 36 hours before `now` (unix seconds).
// Touched in any way: a message about to be delivered may bear a date of long ago.
void remove_dead(const os::Directory& tmp, std::int64_t now);

// Where a mailbox lies.  A mailbox that is only read may lack some of its directories: they are empty then.
class Folder {
 public:
  // Errc::not_found when `at` is no mailbox.
  static Result<Folder> open(os::Directory at);
  // Makes what is missing, and clears tmp/ of what dead programs have left there for 36 hours.
  static Result<Folder> open_or_make(os::Directory at);
  // An empty one that is not on the disk: the INBOX of a Maildir nobody has written to.
  static Folder nothing() { return {}; }

  [[nodiscard]] const os::Directory* at() const { return get(at_); }
  [[nodiscard]] const os::Directory* cur() const { return get(cur_); }
  [[nodiscard]] const os::Directory* fresh() const { return get(new_); }
  [[nodiscard]] const os::Directory* tmp() const { return get(tmp_); }
  // new/ or cur/, which must be there: a message of it was listed, or it was opened to be written to.
  [[nodiscard]] const os::Directory& place(bool fresh) const { return fresh ? new_.value() : cur_.value(); }

  [[nodiscard]] Result<Keywords> keywords() const;

 private:
  static const os::Directory* get(const std::optional<os::Directory>& directory) {
    return directory ? &*directory : nullptr;
  }
  std::optional<os::Directory> at_, cur_, new_, tmp_;
};

// The messages of a folder at one time, ascending by reference.  Some 90 octets a message.
class Listing {
 public:
  static constexpr std::size_t most_octets = std::size_t{1} << 30;  // of all names

  // Complete: a message that is renamed while the directories are read is in it.
  static Result<Listing> read(const Folder& folder);

  struct Item {
    std::uint64_t time = 0;
    std::uint32_t name_at = 0;
    std::uint16_t name_size = 0;
    bool fresh = false;  // in new/
    std::uint32_t twin = 0;
  };
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] std::string_view name(const Item& item) const {
    return std::string_view(names_).substr(item.name_at, item.name_size);
  }
  [[nodiscard]] MessageRef ref(const Item& item) const;
  // Nothing when it is not there.
  [[nodiscard]] const Item* find(const MessageRef& ref) const;
  // Where references at or above `ref` begin.
  [[nodiscard]] std::size_t lower_bound(const MessageRef& ref) const;
  // Nobody changed anything while we looked: what is not in it was not there.
  [[nodiscard]] bool sure() const { return sure_; }
  // 0 when there are none.
  [[nodiscard]] std::uint64_t last_time() const { return items_.empty() ? 0 : items_.back().time; }
  // Letters a to z that some name has.
  [[nodiscard]] std::string keyword_letters() const;

  [[nodiscard]] MailboxStatus status(const Keywords& keywords) const;

 private:
  Status take(const os::Directory& directory, bool fresh);
  Status settle(const Folder& folder);
  Result<bool> keep_files(const Folder& folder, std::span<const Item> same, std::vector<Item>& kept) const;
  void sort();

  std::string names_;
  std::vector<Item> items_;
  bool sure_ = false;
};

// Later than all that was ever delivered here, as far as anybody can tell: names of messages that are gone
// again count by the times of the directories.
std::uint64_t latest_delivery(const Folder& folder, const Listing& listing);

}  // namespace pf::store::maildir
