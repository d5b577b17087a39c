// A file of lines that are only added: the manifest of a mailbox, the list of mailboxes.  A last line without
// its end was cut off by a crash, or is just being written: it counts as not there.  Blocks.
#pragma once

#include "base/os/directory.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pf::store {

class LineFile {
 public:
  // Whole lines, each with its end.
  using Take = std::function<Status(std::string_view lines)>;

  // Nothing is read of one that is larger.
  LineFile(std::string_view name, std::uint64_t most_octets) : name_(name), most_octets_(most_octets) {}

  // What was added since the last call.  Errc::disconnected, scope connection, when this is no longer the
  // file that was read.
  Status read(const os::Directory& directory, const Take& take);
  // Behind what was read; on the disk when it returns, and taken, too.  After an Error nothing was added; of
  // scope connection: nobody knows, or it is no longer the file that was read.
  Status append(const os::Directory& directory, std::string_view lines, const Take& take);
  // Behind the last whole line that was read.
  [[nodiscard]] Result<std::uint64_t> torn_octets(const os::Directory& directory) const;

 private:
  std::string name_;
  std::uint64_t most_octets_;
  std::uint64_t end_ = 0;   // of the last whole line that was read
  std::uint64_t seen_ = 0;  // of the file, when it was read: a torn line may lie between
  std::uint64_t inode_ = 0;
};

}  // namespace pf::store
