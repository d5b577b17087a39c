// The octets of a message on disk, proved to be those that were written before the first is handed out.
// Blocks.
#pragma once

#include "base/bytes.h"
#include "base/os/directory.h"
#include "store/archive/manifest.h"

#include <cstdint>
#include <optional>
#include <string>

namespace pf::store {

class MessageFile {
 public:
  // Up to this size a message is read whole; a larger one twice, piece by piece.
  static constexpr std::uint64_t whole_limit = std::uint64_t{1} << 20;

  // Errc::not_found, scope message, when there is no such file.  `allow_damaged`: what is there is taken as
  // it is.
  static Result<MessageFile> open(const os::Directory& folder, const MessageRecord& message,
                                  bool allow_damaged);
  // The same for a file of any name, of which less may be known.
  struct Known {
    std::optional<std::uint64_t> size{};
    std::optional<Digest256> sha256{};
  };
  static Result<MessageFile> open(const os::Directory& folder, const std::string& name, const Known& known,
                                  bool allow_damaged);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  // All of it.  Only up to whole_limit.
  Result<std::string> whole();
  // Reads it through once.  To be called before the first next() of a larger one.
  Status check();
  // The next piece; empty at the end.  Should the file have changed since check(), its last piece is
  // withheld.
  Status next(std::string& piece);

 private:
  MessageFile(os::Fd fd, std::filesystem::path path, std::uint64_t size, const Digest256& expected,
              bool allow_damaged)
      : fd_(std::move(fd)),
        path_(std::move(path)),
        size_(size),
        expected_(expected),
        lenient_(allow_damaged) {}
  [[nodiscard]] Error damaged(std::string_view how) const;

  os::Fd fd_;
  std::filesystem::path path_;
  std::uint64_t size_;
  std::uint64_t given_ = 0;
  Digest256 expected_;
  Sha256 digest_;
  bool lenient_;
};

}  // namespace pf::store
