// One folder of an archive, compared with its manifest.  Blocks; from any thread.
#pragma once

#include "store/archive/archive_check.h"
#include "store/archive/mailbox_folder.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace pf::store {

// Of one thing, so that nobody's rubbish takes all memory; one more says that there is more.
class ArchiveFindings {
 public:
  static constexpr std::size_t most = 100'000;
  void add(ArchiveFinding finding);
  // Of an error about a file: `file` as findings name it.
  void add(const Error& error, const std::filesystem::path& path, std::string file);
  [[nodiscard]] const std::vector<ArchiveFinding>& all() const { return all_; }

 private:
  std::vector<ArchiveFinding> all_;
  std::size_t notes_ = 0, problems_ = 0;
};

struct CheckedFolder {
  std::string name;
  std::shared_ptr<MailboxFolder> folder;  // none: its manifest cannot be read at all
  bool damaged = false;                   // the manifest: what it says may be wrong
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
// Both files of each: as many findings as there are files.
ArchiveFindings check_messages(const CheckedFolder& folder, const MessageBatch& batch);

// ---- what findings say
inline constexpr std::uint32_t beyond_owner = 077;
std::string shared_text(std::uint32_t mode);
std::string torn_text(std::uint64_t octets);

}  // namespace pf::store
