#include "store/archive/staging.h"

#include "base/os/fd_io.h"
#include "base/os/open_files.h"
#include "base/step.h"
#include "store/archive/sidecar.h"

#include <utility>

namespace pf::store {

StagingDirectory::StagingDirectory(std::shared_ptr<const os::Directory> root,
                                   std::shared_ptr<const os::Directory> places)
    : root_(std::move(root)), places_(std::move(places)), most_open_(os::open_files_allowed() / 2) {}

void StagingDirectory::close() {
  if (directory_) ignore(root_->remove_directory(name_));
  directory_.reset();
}

Result<StagedFile> StagingDirectory::create() {
  if (!places_) return create_named();
  auto fd = places_->create_nameless_file();
  const bool few_left = fd && static_cast<std::size_t>(fd->get()) >= most_open_;  // the rest is for others
  if (few_left || (!fd && fd.error().code == Errc::unsupported)) {
    places_.reset();
    return create_named();
  }
  if (!fd) return std::move(fd).error();
  return StagedFile{std::move(*fd), {}};
}

Result<StagedFile> StagingDirectory::create_named() {
  if (!directory_) {
    name_ = temporary_name();
    PF_TRY(directory_, root_->open_or_make_below(name_));
  }
  StagedFile file;
  file.name = std::to_string(++last_);
  PF_TRY(file.fd, directory_->create_file(file.name));
  return file;
}

Status StagingDirectory::write(StagedFile& file, std::string_view octets) const {
  return os::write_all(file.fd, as_bytes(octets), path_of(file));
}

void StagingDirectory::finish(StagedFile& file) {
  if (!file.name.empty()) file.fd.reset();
}

Result<StagedFile> StagingDirectory::make(std::string_view text) {
  PF_TRY(StagedFile file, create());
  PF_TRYV(write(file, text));
  finish(file);
  return file;
}

std::filesystem::path StagingDirectory::path_of(const StagedFile& file) const {
  if (file.name.empty()) return root_->path() / "a new file";
  return directory_->path() / file.name;
}

Status StagingDirectory::move(StagedFile& file, const os::Directory& to, std::string_view name) const {
  if (!file.name.empty()) return directory_->rename(file.name, to, name);
  auto named = to.give_name(file.fd, name);
  if (named) file.fd.reset();
  return named;
}

void StagingDirectory::remove(StagedFile& file) const {
  file.fd.reset();
  if (!file.name.empty() && directory_) ignore(directory_->remove_file(file.name));
}

Status Stager::begin(const IncomingMessage& message) {
  incoming_ = message;
  header_.reset();
  current_.emplace();
  current_->at = at_;
  PF_TRY(current_->message, at_->create());
  return {};
}

Status Stager::write(std::string_view octets) {
  if (!header_.done()) header_.feed(as_bytes(octets));
  digest_.update(octets);
  current_->record.size += octets.size();
  return at_->write(current_->message, octets);
}

Status Stager::finish() {
  StagingDirectory::finish(current_->message);
  MessageRecord& record = current_->record;
  record.sha256 = digest_.finish();
  record.key = header_.key(record.size);
  record.date = incoming_.date;
  record.uid = incoming_.uid;
  record.uid_validity = incoming_.uid_validity;
  current_->flags = incoming_.flags.to_string();
  PF_TRY(current_->sidecar, at_->make(sidecar_text(incoming_.mailbox, record, current_->flags)));
  staged_.push_back(*std::move(current_));
  current_.reset();
  PF_STEP(file);
  return {};
}

void Stager::abandon() {
  if (current_) staged_.push_back(*std::exchange(current_, std::nullopt));
  for (auto& message : staged_) {
    at_->remove(message.message);
    at_->remove(message.sidecar);
  }
  staged_.clear();
  at_->close();
  digest_.finish();
}

}  // namespace pf::store
