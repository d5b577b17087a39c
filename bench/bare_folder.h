// A folder for the messages of one mailbox, written with nothing but what the disk needs.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

namespace pf::bench {

// Throw std::system_error.
class BareFolder {
 public:
  BareFolder() = default;
  virtual ~BareFolder() = default;
  BareFolder(const BareFolder&) = delete;
  BareFolder& operator=(const BareFolder&) = delete;

  virtual void add(std::string_view message) = 0;
  // There are no more.
  virtual void finish() = 0;
};

// A file a message; nothing is synced.
std::unique_ptr<BareFolder> file_a_message(const std::filesystem::path& folder);
// In the steps of an archive (docs/archive-format.md): two files a message without a name, and for every so
// many of them a sync, names, a sync of the folder, and lines of a manifest.  No digest, no journal.
std::unique_ptr<BareFolder> as_an_archive(const std::filesystem::path& folder);

void sync_file_system(const std::filesystem::path& of);

}  // namespace pf::bench
