#include "store/archive/message_file.h"

#include "base/os/fd_io.h"
#include "store/archive/staging.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store {

namespace {

constexpr std::size_t piece_octets = std::size_t{1} << 18;

Error of_message(Error error) {
  error.scope = Scope::message;
  return error;
}

}  // namespace

Error MessageFile::damaged(std::string_view how) const {
  return {Errc::io,     Scope::message,
          Retry::never, fmt::format("{} {}", path_.native(), how),
          {},           "Restore the file from a backup, or take it as it is with --allow-damaged."};
}

Result<MessageFile> MessageFile::open(const os::Directory& folder, const MessageRecord& message,
                                      bool allow_damaged) {
  return open(folder, message_file(message.stem().to_string()), {message.size, message.sha256},
              allow_damaged);
}

Result<MessageFile> MessageFile::open(const os::Directory& folder, const std::string& name,
                                      const Known& known, bool allow_damaged) {
  auto fd = folder.open_file(name);
  if (!fd) return of_message(std::move(fd).error());
  const auto path = folder.path() / name;
  const auto size = os::file_size(*fd, path);
  if (!size) return of_message(size.error());
  const bool lenient = allow_damaged || !known.sha256;
  MessageFile file(*std::move(fd), path, *size, known.sha256.value_or(Digest256{}), lenient);
  if (known.size && *size != *known.size && !allow_damaged)
    return file.damaged(fmt::format("has {} octets, and had {}", *size, *known.size));
  return file;
}

Result<std::string> MessageFile::whole() {
  std::string out(static_cast<std::size_t>(size_), '\0');
  auto got = os::read_at(fd_, out, 0, path_);
  if (!got) return of_message(std::move(got).error());
  if (*got != size_) return damaged("has become shorter");
  if (!lenient_ && sha256(out) != expected_) return damaged("is not what it was: its SHA-256 is another");
  return out;
}

Status MessageFile::check() {
  std::string piece;
  while (given_ < size_) PF_TRYV(next(piece));
  given_ = 0;
  return {};
}

Status MessageFile::next(std::string& piece) {
  piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece_octets, size_ - given_)));
  auto got = os::read_at(fd_, piece, given_, path_);
  if (!got) return of_message(std::move(got).error());
  if (*got != piece.size()) return damaged("has become shorter");
  given_ += *got;
  if (lenient_ || piece.empty()) return {};
  digest_.update(piece);
  if (given_ == size_ && digest_.finish() != expected_)
    return damaged("is not what it was: its SHA-256 is another");
  return {};
}

}  // namespace pf::store
