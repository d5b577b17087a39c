// An archive: mail in plain files, one folder a mailbox (docs/archive-format.md).
#pragma once

#include "async/worker_pool.h"
#include "base/log.h"
#include "store/store.h"

#include <filesystem>
#include <memory>
#include <string>

namespace pf::store {

struct ArchiveOptions {
  std::filesystem::path directory;
  // Messages whose octets are not those that were written are read nevertheless, and so are manifests with
  // lines that make no sense.
  bool allow_damaged = false;
  // A directory without an archive is an Error at connect(); otherwise it is an archive without mailboxes,
  // and is made by the first change.
  bool must_exist = false;
  Log log{};
  std::shared_ptr<WorkerPool> pool{};  // none: one of its own
};

struct ArchiveSession;

class ArchiveStore final : public Store {
 public:
  explicit ArchiveStore(ArchiveOptions options);
  ~ArchiveStore() override;

  [[nodiscard]] std::string label() const override;
  [[nodiscard]] std::string ref_text(const MessageRef& ref) const override;
  Task<void> connect() override;
  [[nodiscard]] const Features& features() const override { return features_; }
  [[nodiscard]] const NameRules& name_rules() const override;

  // A mailbox whose manifest is damaged is listed without status; to open it is an Error.
  Task<std::vector<MailboxInfo>> list() override;
  Task<std::vector<Result<MailboxStatus>>> status(const std::vector<MailboxInfo>& mailboxes) override;
  // For anything but reading this keeps other processes from writing to the archive until close();
  // Errc::locked when another one does.
  Task<std::unique_ptr<OpenMailbox>> open(const MailboxInfo& mailbox, Access access) override;
  Task<MailboxInfo> create(const MailboxPath& path, const std::string& id, SpecialUse use) override;
  Task<void> subscribe(const MailboxInfo& mailbox) override;
  Task<void> remove(const MailboxInfo& mailbox) override;
  Task<MailboxInfo> rename(const MailboxInfo& mailbox, const MailboxPath& path,
                           const std::string& id) override;

  [[nodiscard]] Traffic traffic() const override;
  Task<void> close() override;
  void abort() override;

 private:
  std::shared_ptr<ArchiveSession> session_;  // outlived by nothing we handed out
  Features features_;
};

}  // namespace pf::store
