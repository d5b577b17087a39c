// Messages on their way into an archive: whole files in a directory of their own, from where they are moved
// to their places.  Blocks.
#pragma once

#include "base/os/directory.h"
#include "mail/flag.h"
#include "mail/message_key.h"
#include "store/archive/manifest.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::store {

// Below the archive, made when the first file is.  One for each batch: who makes files in a directory waits
// for whoever else does, and each of them is looked for among the others.  What a run that was killed leaves
// here is swept by the next that writes.
class StagingDirectory {
 public:
  explicit StagingDirectory(std::shared_ptr<const os::Directory> root) : root_(std::move(root)) {}
  ~StagingDirectory() { close(); }
  StagingDirectory(const StagingDirectory&) = delete;
  StagingDirectory& operator=(const StagingDirectory&) = delete;

  // A name nobody else has here.
  std::string next() { return std::to_string(++last_); }
  Result<os::Fd> create(std::string_view name);
  Status write(std::string_view name, std::string_view text);
  // Of files that were made here.
  [[nodiscard]] std::filesystem::path path_of(std::string_view name) const;
  Status rename(std::string_view name, const os::Directory& to, std::string_view new_name) const;
  void remove(std::string_view name) const;
  // Removes the directory.  Empty by now, or swept later.
  void close();

 private:
  Result<const os::Directory*> directory();

  std::shared_ptr<const os::Directory> root_;
  std::string name_;
  std::optional<os::Directory> directory_;
  std::uint64_t last_ = 0;
};

// What is known of a message before its first octet.
struct IncomingMessage {
  FlagSet flags;
  InternalDate date;
  std::uint64_t size = 0;
  std::uint32_t uid = 0, uid_validity = 0;
  std::string mailbox;  // as its .json shall say
};

struct StagedMessage {
  std::shared_ptr<StagingDirectory> at;
  std::string name;      // of both files in the staging directory, without their endings
  MessageRecord record;  // but for its numbers
  std::string flags;
};

// Takes messages of one batch, one after the other.
class Stager {
 public:
  explicit Stager(std::shared_ptr<const os::Directory> root)
      : at_(std::make_shared<StagingDirectory>(std::move(root))) {}
  ~Stager() { abandon(); }
  Stager(const Stager&) = delete;
  Stager& operator=(const Stager&) = delete;

  Status begin(const IncomingMessage& message);
  Status write(std::string_view octets);
  Status finish();

  [[nodiscard]] std::vector<StagedMessage>& staged() { return staged_; }
  // Removes what was not published.
  void abandon();

 private:
  [[nodiscard]] std::filesystem::path path() const;

  std::shared_ptr<StagingDirectory> at_;
  std::vector<StagedMessage> staged_;
  IncomingMessage incoming_;
  StagedMessage current_;
  os::Fd file_;
  Sha256 digest_;
  HeaderScan header_;
};

inline std::string message_file(std::string_view stem) {
  return std::string(stem) + ".eml";
}
inline std::string sidecar_file(std::string_view stem) {
  return std::string(stem) + ".json";
}

}  // namespace pf::store
