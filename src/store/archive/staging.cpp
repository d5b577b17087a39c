#include "store/archive/staging.h"

#include "base/os/fd_io.h"
#include "base/step.h"
#include "store/archive/sidecar.h"

#include <utility>

namespace pf::store {

Result<std::shared_ptr<StagingDirectory>> StagingDirectory::make(const os::Directory& root) {
  std::string name = temporary_name();
  PF_TRY(auto directory, root.open_or_make_below(name));
  return std::shared_ptr<StagingDirectory>(new StagingDirectory(std::move(directory), std::move(name)));
}

Status StagingDirectory::write(std::string_view name, std::string_view text) const {
  PF_TRY(const os::Fd fd, create(name));
  return os::write_all(fd, as_bytes(text), directory_.path() / name);
}

void StagingDirectory::remove(const os::Directory& root) const {
  ignore(root.remove_directory(name_));
}

std::filesystem::path Stager::path() const {
  return at_->directory().path() / message_file(current_.name);
}

Status Stager::begin(const IncomingMessage& message) {
  incoming_ = message;
  current_ = {};
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
    ignore(at_->directory().remove_file(message_file(message.name)));
    ignore(at_->directory().remove_file(sidecar_file(message.name)));
  }
  staged_.clear();
  digest_.finish();
}

}  // namespace pf::store
