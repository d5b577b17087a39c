#include "store/archive/staging.h"

#include "base/os/fd_io.h"
#include "base/step.h"
#include "store/archive/sidecar.h"

#include <utility>

namespace pf::store {

void StagingDirectory::close() {
  if (directory_) ignore(root_->remove_directory(name_));
  directory_.reset();
}

Result<const os::Directory*> StagingDirectory::directory() {
  if (!directory_) {
    name_ = temporary_name();
    PF_TRY(directory_, root_->open_or_make_below(name_));
  }
  return &*directory_;
}

Result<os::Fd> StagingDirectory::create(std::string_view name) {
  PF_TRY(const os::Directory* made, directory());
  return made->create_file(name);
}

Status StagingDirectory::write(std::string_view name, std::string_view text) {
  PF_TRY(const os::Fd fd, create(name));
  return os::write_all(fd, as_bytes(text), path_of(name));
}

std::filesystem::path StagingDirectory::path_of(std::string_view name) const {
  return directory_ ? directory_->path() / name : root_->path() / name;
}

Status StagingDirectory::rename(std::string_view name, const os::Directory& to,
                                std::string_view new_name) const {
  return directory_->rename(name, to, new_name);
}

void StagingDirectory::remove(std::string_view name) const {
  if (directory_) ignore(directory_->remove_file(name));
}

std::filesystem::path Stager::path() const {
  return at_->path_of(message_file(current_.name));
}

Status Stager::begin(const IncomingMessage& message) {
  incoming_ = message;
  current_ = {};
  current_.at = at_;
  current_.name = at_->next();
  header_.reset();
  PF_TRY(file_, at_->create(message_file(current_.name)));
  return {};
}

Status Stager::write(std::string_view octets) {
  if (!header_.done()) header_.feed(as_bytes(octets));
  digest_.update(octets);
  current_.record.size += octets.size();
  return os::write_all(file_, as_bytes(octets), path());
}

Status Stager::finish() {
  file_.reset();
  MessageRecord& record = current_.record;
  record.sha256 = digest_.finish();
  record.key = header_.key(record.size);
  record.date = incoming_.date;
  record.uid = incoming_.uid;
  record.uid_validity = incoming_.uid_validity;
  current_.flags = incoming_.flags.to_string();
  PF_TRYV(at_->write(sidecar_file(current_.name), sidecar_text(incoming_.mailbox, record, current_.flags)));
  staged_.push_back(std::exchange(current_, {}));
  PF_STEP(file);
  return {};
}

void Stager::abandon() {
  file_.reset();
  if (!current_.name.empty()) staged_.push_back(std::exchange(current_, {}));
  for (const auto& message : staged_) {
    at_->remove(message_file(message.name));
    at_->remove(sidecar_file(message.name));
  }
  staged_.clear();
  at_->close();
  digest_.finish();
}

}  // namespace pf::store
