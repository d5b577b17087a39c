// The folders of an archive, compared with its list of mailboxes.  load() blocks.
#pragma once

#include "base/os/directory.h"
#include "store/archive/folder_check.h"
#include "store/archive/found_mailboxes.h"
#include "store/archive/mailbox_list.h"

#include <optional>
#include <string>
#include <vector>

namespace pf::store {

class ListCheck {
 public:
  // `expected`: the archive says it has one.  What is wrong with the list itself goes to `findings`.
  static ListCheck load(const os::Directory& root, bool expected, ArchiveFindings& findings);
  // Whether there is a list with mailboxes on it.
  [[nodiscard]] bool lists_some() const { return list_ && !list_->listed().empty(); }

  // To be told of each folder.  What the list says of it, if it is worth telling.
  std::optional<ArchiveFinding> compare(const CheckedFolder& folder);
  // After the last: the folders that are not there.
  ArchiveFindings missing();

 private:
  std::optional<MailboxList> list_;
  Unfound unfound_;
  std::vector<std::string> nameless_;  // folders whose manifest does not say whose they are
};

}  // namespace pf::store
