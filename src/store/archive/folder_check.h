// One folder of an archive, compared with its manifest.  Blocks; from any thread.
#pragma once

#include "store/archive/archive_check.h"
#include "store/archive/mailbox_folder.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pf::store {

using ArchiveFindings = std::vector<ArchiveFinding>;

struct CheckedFolder {
  std::string name;
  std::shared_ptr<MailboxFolder> folder;  // none: its manifest cannot be read at all
  MailboxHeader header;
  ArchiveFindings findings;  // of the manifest, and of files it does not know
};
// What is in the manifest, and which other files there are.
CheckedFolder check_folder(const os::Directory& root, const std::string& name);

// Some messages of a folder, each with its flags.
struct MessageBatch {
  std::vector<std::pair<MessageRecord, std::string>> messages;
  std::uint32_t next = 0;  // where to go on; 0: these were the last
};
MessageBatch batch_from(MailboxFolder& folder, std::uint32_t first);
// Both files of each.
ArchiveFindings check_messages(const CheckedFolder& folder, const MessageBatch& batch);

}  // namespace pf::store
