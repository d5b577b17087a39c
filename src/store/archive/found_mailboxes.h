// Which mailboxes an archive holds, by its folders and its list.  Blocks.
#pragma once

#include "base/os/directory.h"
#include "base/result.h"
#include "store/archive/mailbox_list.h"
#include "store/archive/manifest.h"
#include "store/store.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pf::store {

// What stands in a folder of the archive, or should.
struct FoundMailbox {
  std::string folder;
  // Of one that cannot be read: named as the list has it, else as the folder is called.
  MailboxHeader header;
  std::optional<MailboxStatus> status;  // of one that can be read
  bool missing = false;                 // the list has it, and there is no such folder
};

struct FoundMailboxes {
  std::vector<FoundMailbox> all;
  std::vector<std::string> warnings;  // about the list
};

// Somebody else may write meanwhile.
Result<FoundMailboxes> find_mailboxes(const os::Directory& root, bool allow_damaged);

// Those of the list that no folder was found for.
class Unfound {
 public:
  Unfound() = default;
  explicit Unfound(const MailboxList& list);
  void found(const std::string& epoch);
  // A folder that does not say whose it is: whose it must be by its name, if one is to be found that is
  // called so.
  std::optional<ListedMailbox> found_by_name(const std::string& folder);
  [[nodiscard]] std::vector<ListedMailbox> rest() const;

 private:
  std::map<std::string, std::string> names_;    // by epoch
  std::map<std::string, std::string> folders_;  // epoch, by the name its folder should have
  bool indexed_ = false;
};

}  // namespace pf::store
